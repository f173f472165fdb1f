//! What a manifest says about one dependency.

use std::path::PathBuf;

use crate::finding::Note;
use crate::source::{Source, Span};

/// Whose names these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Ecosystem {
    /// Python packages.
    PyPi,
    /// JavaScript packages.
    Npm,
}

impl Ecosystem {
    /// The word in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PyPi => "pypi",
            Self::Npm => "npm",
        }
    }

    /// How people call the registry.
    pub(crate) fn registry(self) -> &'static str {
        match self {
            Self::PyPi => "PyPI",
            Self::Npm => "the npm registry",
        }
    }

    /// The one spelling under which the registry compares names.
    pub(crate) fn normalise(self, name: &str) -> String {
        match self {
            Self::PyPi => normalise_pypi(name),
            Self::Npm => name.to_lowercase(),
        }
    }
}

/// PEP 503: lower case, runs of `-`, `_` and `.` are one `-`.
fn normalise_pypi(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for character in name.chars() {
        if matches!(character, '-' | '_' | '.') {
            if !normal.ends_with('-') {
                normal.push('-');
            }
        } else {
            normal.extend(character.to_lowercase());
        }
    }
    normal
}

/// Where a dependency comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The registry that the project uses.
    Registry,
    /// An index that the manifest names for this package: its address, or its name where the address is unknown.
    Index(String),
    /// A path, a workspace member, a link: it is not asked of any registry.
    Local,
    /// A repository, an archive, another package manager's channel.
    Elsewhere,
}

/// One dependency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declared {
    /// Whose name it is.
    pub(crate) ecosystem: Ecosystem,
    /// The name that the registry is asked for, as written.
    pub(crate) name: String,
    /// The name under which code imports it, when it is another one (npm aliases).
    pub(crate) alias: Option<String>,
    /// The version text, as written, without markers; `None` when a manifest leaves it open.
    pub(crate) requirement: String,
    /// Where it comes from.
    pub(crate) origin: Origin,
    /// The name, in the manifest.
    pub(crate) span: Span,
}

/// An index or registry that a manifest or a settings file switches to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IndexSetting {
    /// Packages come from here and not from the public index.
    Only(String),
    /// Packages may come from here too.
    Extra(String),
    /// Packages come from directories.
    NoIndex,
}

/// Everything that a manifest says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    /// Its dependencies, in the order of the text.
    pub(crate) declared: Vec<Declared>,
    /// Names of what the manifest itself describes: the project, its packages.
    pub(crate) own_names: Vec<String>,
    /// Indexes for all Python packages of this manifest.
    pub(crate) indexes: Vec<IndexSetting>,
    /// Other requirement files that it includes, relative to its directory.
    pub(crate) includes: Vec<(PathBuf, Span)>,
    /// What a lock file says: exact versions, and where they come from.
    pub(crate) locked: Vec<Locked>,
    /// Beginnings of module names that the project maps to its own files.
    pub(crate) aliases: Vec<String>,
    /// It is a manifest: what is imported below it can be expected to stand in it.
    pub(crate) declares: bool,
    /// It may declare more than what can be read here: computed lists, files that are broken.
    pub(crate) open: bool,
    /// What could not be read.
    pub(crate) notes: Vec<Note>,
}

/// A package in a lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Locked {
    /// Its name, as written.
    pub(crate) name: String,
    /// Where it was fetched from, when the file says so.
    pub(crate) address: Option<String>,
}

/// A manifest that was read.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    /// Its text and path.
    pub(crate) source: Source,
    /// Whose packages it declares.
    pub(crate) ecosystem: Ecosystem,
    /// Findings about it are reported; otherwise it only tells what is declared.
    pub(crate) reported: bool,
    /// What it says.
    pub(crate) contents: Contents,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_names_have_one_spelling() {
        for name in ["Foo-Bar", "foo_bar", "FOO.bar", "foo-_.bar"] {
            assert_eq!(Ecosystem::PyPi.normalise(name), "foo-bar");
        }
    }
}
