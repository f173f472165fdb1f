//! Where a manifest stands in its project.

use std::path::{Component, Path, PathBuf};

/// A directory that no project has, for what is declared nowhere.
const NOWHERE: &str = ".vigil-install";

/// A manifest in its project.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Placed {
    /// The project's directory.
    pub(super) root: PathBuf,
    /// The manifest, relative to it.
    pub(super) file: PathBuf,
}

impl Placed {
    /// The project of a manifest is the repository that holds it; without one, the directory that the client works in,
    /// or else its own.
    pub(super) fn of(path: &Path, directory: &Path) -> Self {
        let (path, directory) = (plain(path), plain(directory));
        let folder = path.parent().unwrap_or(&path);
        let repository = folder.ancestors().find(|above| above.join(".git").exists());
        let root = repository.or_else(|| folder.starts_with(&directory).then_some(directory.as_path()));
        // What lies among installed packages is no part of the project around it.
        let root = root.filter(|root| !folder.strip_prefix(root).is_ok_and(is_excluded)).unwrap_or(folder);
        Self { root: root.to_owned(), file: path.strip_prefix(root).unwrap_or(&path).to_owned() }
    }

    /// What a command that runs in the directory installs, beside the manifests that are there.
    pub(super) fn unwritten(directory: &Path, name: &str) -> Self {
        let Self { root, file } = Self::of(&directory.join(name), directory);
        let folder = file.parent().unwrap_or(Path::new(""));
        Self { file: folder.join(NOWHERE).join(name), root }
    }
}

fn is_excluded(folder: &Path) -> bool {
    let named = |part: &std::ffi::OsStr| {
        vigil_scan::EXCLUDED.iter().any(|excluded| part == excluded.trim_matches('/'))
    };
    folder.iter().any(named)
}

/// An absolute path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for part in whole.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_the_nearest_repository_or_where_the_client_works() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path();
        std::fs::create_dir_all(top.join("repo/sub/.git")).unwrap();
        std::fs::create_dir_all(top.join("repo/.git")).unwrap();
        for (path, root, file) in [
            ("repo/a/b/go.mod", "repo", "a/b/go.mod"),
            ("repo/sub/a/go.mod", "repo/sub", "a/go.mod"),
            ("repo/sub/../a/./go.mod", "repo", "a/go.mod"),
            ("repo/node_modules/a/package.json", "repo/node_modules/a", "package.json"),
            ("work/a/go.mod", "work", "a/go.mod"),
            ("other/a/go.mod", "other/a", "go.mod"),
        ] {
            let expect = Placed { root: top.join(root), file: file.into() };
            assert_eq!(Placed::of(&top.join(path), &top.join("work")), expect, "{path}");
        }
        let expect = Placed { root: top.join("repo"), file: "a/.vigil-install/go.mod".into() };
        assert_eq!(Placed::unwritten(&top.join("repo/a"), "go.mod"), expect);
    }
}
