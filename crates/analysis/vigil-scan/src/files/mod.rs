//! Which files are scanned, and their texts.

mod notebook;
mod text;
mod walk;

use std::path::{Path, PathBuf};

pub(crate) use notebook::Notebook;
pub(crate) use text::{Encoding, Text, Unread, read};
pub(crate) use walk::{Excludes, few, look, skipped, walk};

use crate::source::Language;

/// What a file is to the scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// Source code.
    Code(Language),
    /// A Jupyter notebook.
    Notebook,
    /// A manifest, lock file or registry setting.
    Manifest,
    /// Nothing to read, but its name may say that it holds a secret.
    Other,
}

impl Kind {
    /// What a file is by its name.
    pub(crate) fn of(path: &Path) -> Self {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match Language::of_path(path) {
            _ if name.ends_with(".ipynb") => Self::Notebook,
            Some(language) if !name.ends_with(".pyi") => Self::Code(language),
            _ if is_manifest(name) => Self::Manifest,
            _ => Self::Other,
        }
    }
}

/// A file that the walk found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// Where it lies, absolute.
    pub(crate) path: PathBuf,
    /// What it is.
    pub(crate) kind: Kind,
    /// What the file system says about it.
    pub(crate) stamp: Stamp,
}

/// What changes when a file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp {
    /// Bytes.
    pub(crate) size: u64,
    /// Last written, in nanoseconds since 1970.
    pub(crate) modified_ns: u64,
    /// Its number in the file system; 0 where there is none.
    pub(crate) inode: u64,
}

impl Stamp {
    pub(crate) fn of(metadata: &std::fs::Metadata) -> Self {
        let modified = metadata.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        Self {
            size: metadata.len(),
            modified_ns: modified.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)),
            inode: inode(metadata),
        }
    }
}

#[cfg(unix)]
fn inode(metadata: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_metadata: &std::fs::Metadata) -> u64 {
    0
}

/// Whether a file of this name declares packages, locks them or says where they come from.
fn is_manifest(name: &str) -> bool {
    let requirements = |name: &str| {
        name.ends_with(".txt") && (name.starts_with("requirements") || name.starts_with("constraints"))
            || name.ends_with("requirements.txt")
            || name.ends_with("requirements.in")
    };
    matches!(
        name,
        "pyproject.toml"
            | "setup.cfg"
            | "Pipfile"
            | "Pipfile.lock"
            | "poetry.lock"
            | "pdm.lock"
            | "uv.lock"
            | "uv.toml"
            | "pylock.toml"
            | "environment.yml"
            | "environment.yaml"
            | "package.json"
            | "package-lock.json"
            | "npm-shrinkwrap.json"
            | "yarn.lock"
            | "pnpm-lock.yaml"
            | "pnpm-workspace.yaml"
            | "lerna.json"
            | "deno.json"
            | "bun.lock"
            | ".npmrc"
            | ".yarnrc.yml"
            | "pip.conf"
            | "go.mod"
            | "go.sum"
            | "go.work"
            | "Cargo.toml"
            | "Cargo.lock"
            | "pom.xml"
    ) || requirements(name)
        || name.ends_with(".gradle")
        || name.ends_with(".gradle.kts")
        || name.ends_with(".versions.toml")
}

/// A path as reports show it: `/` between its parts.
pub(crate) fn relative(path: &Path, root: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, kind: Kind) {
        assert_eq!(Kind::of(Path::new(name)), kind, "{name}");
    }

    #[test]
    fn a_name_tells_what_a_file_is() {
        check("a/setup.py", Kind::Code(Language::Python));
        check("a/types.pyi", Kind::Other);
        check("A.PY", Kind::Other);
        check("a.mts", Kind::Code(Language::JavaScript));
        check("a.ipynb", Kind::Notebook);
        check("requirements-dev.txt", Kind::Manifest);
        check("dev-requirements.txt", Kind::Manifest);
        check("requirements.md", Kind::Other);
        check(".env", Kind::Other);
    }
}
