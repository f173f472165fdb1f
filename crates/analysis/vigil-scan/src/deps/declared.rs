//! What a manifest says about one dependency.

use std::path::PathBuf;

pub(crate) use super::ecosystem::Ecosystem;
use crate::finding::Note;
use crate::source::{Source, Span};

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
    /// Packages with the version that a digest was written down of: somebody has fetched them.
    pub(crate) fetched: Vec<(String, String)>,
    /// Owners whose packages may be private because the project is one of theirs: `github.com/acme`, `com.acme`.
    pub(crate) owners: Vec<String>,
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
