//! Manifests: one file for each format, all with the place of every name.

pub(crate) mod json;
pub(crate) mod package_json;
pub(crate) mod pyproject;
mod requirement;
pub(crate) mod requirements;
pub(crate) mod toml;

use std::path::Path;

use super::declared::{Contents, Ecosystem};
use crate::source::{Source, Span};

/// A format of manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Requirements,
    Pyproject,
    PackageJson,
}

impl Format {
    /// The format that a path tells.
    pub(crate) fn of_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        match name {
            "pyproject.toml" => return Some(Self::Pyproject),
            "package.json" => return Some(Self::PackageJson),
            _ => {}
        }
        let text = name.ends_with(".txt") || name.ends_with(".in");
        let folder = path.parent().and_then(Path::file_name).and_then(|folder| folder.to_str());
        let listed = name.starts_with("requirements")
            || name.ends_with("requirements.txt")
            || name.ends_with("requirements.in")
            || (matches!(folder, Some("requirements" | "reqs")) && !name.starts_with("constraints"));
        (text && listed).then_some(Self::Requirements)
    }

    /// Whose packages it declares.
    pub(crate) fn ecosystem(self) -> Ecosystem {
        match self {
            Self::PackageJson => Ecosystem::Npm,
            _ => Ecosystem::PyPi,
        }
    }

    /// It describes a project, rather than only listing requirements.
    pub(crate) fn is_project(self) -> bool {
        !matches!(self, Self::Requirements)
    }

    /// Reads a file of this format. Broken ones give a note in the contents.
    pub(crate) fn parse(self, source: &Source) -> Contents {
        match self {
            Self::Requirements => requirements::parse(source),
            Self::Pyproject => pyproject::parse(source),
            Self::PackageJson => package_json::parse(source),
        }
    }
}

/// The span of `len` bytes from `start`.
fn span_of(start: u32, len: usize) -> Span {
    Span::new(start, start.saturating_add(u32::try_from(len).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_format() {
        for name in [
            "requirements.txt",
            "requirements-dev.txt",
            "a/requirements/base.txt",
            "dev-requirements.txt",
            "requirements.in",
        ] {
            assert_eq!(Format::of_path(Path::new(name)), Some(Format::Requirements), "{name}");
        }
        for name in [
            "constraints.txt",
            "notes.txt",
            "requirements.md",
            "requirements/constraints.txt",
            "requirements.py",
        ] {
            assert_eq!(Format::of_path(Path::new(name)), None, "{name}");
        }
    }
}
