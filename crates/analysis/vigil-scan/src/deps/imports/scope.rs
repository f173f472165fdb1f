//! What the manifests of a directory, and of those above it, declare.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::deps::declared::{Ecosystem, Manifest};
use crate::deps::load::GATHERED;

/// The names that code in a directory may use.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    names: BTreeSet<String>,
    /// There is a manifest.
    declares: bool,
    /// More may be declared than what could be read.
    open: bool,
    nearest: String,
}

/// The scopes of all directories that have manifests.
#[derive(Debug)]
pub(super) struct Scopes {
    folders: BTreeMap<(Ecosystem, PathBuf), Scope>,
    empty: Scope,
}

impl Scopes {
    /// Collects what manifests declare, and hands it down to the directories below.
    pub(super) fn new(manifests: &[Manifest]) -> Self {
        let mut own: BTreeMap<(Ecosystem, PathBuf), Scope> = BTreeMap::new();
        let mut everywhere: BTreeMap<Ecosystem, BTreeSet<String>> = BTreeMap::new();
        for manifest in manifests {
            let ecosystem = manifest.ecosystem;
            let names = manifest.contents.own_names.iter();
            // What tests and documentation install is known to the project; a part of it that is optional needs no more.
            let aside =
                manifest.contents.declared.iter().filter(|_| super::lies_aside(&manifest.source.path));
            let names = names.chain(aside.map(|declared| &declared.name));
            everywhere.entry(ecosystem).or_default().extend(names.map(|name| ecosystem.normalise(name)));
            let scope = own.entry((ecosystem, home(&manifest.source.path))).or_default();
            scope.add(manifest);
        }
        // Shorter paths come first, so what is above is complete.
        let mut folders: BTreeMap<(Ecosystem, PathBuf), Scope> = BTreeMap::new();
        for ((ecosystem, folder), mut scope) in own {
            if let Some(above) = folder.parent().and_then(|above| nearest(&folders, ecosystem, above)) {
                scope.names.extend(above.names.iter().cloned());
                scope.open |= above.open;
                if !scope.declares {
                    scope.nearest.clone_from(&above.nearest);
                }
                scope.declares |= above.declares;
            } else if let Some(names) = everywhere.get(&ecosystem) {
                scope.names.extend(names.iter().cloned());
            }
            folders.insert((ecosystem, folder), scope);
        }
        Self { folders, empty: Scope::default() }
    }

    /// The scope of a file, if there is a manifest for it and all are known.
    pub(super) fn of(&self, ecosystem: Ecosystem, file: &Path) -> Option<&Scope> {
        let folder = file.parent().unwrap_or(Path::new(""));
        let scope = nearest(&self.folders, ecosystem, folder).unwrap_or(&self.empty);
        (scope.declares && !scope.open).then_some(scope)
    }
}

impl Scope {
    /// A normalised name is declared.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// All declared names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The manifest nearest to the file.
    pub(super) fn nearest(&self) -> &str {
        &self.nearest
    }

    fn add(&mut self, manifest: &Manifest) {
        let contents = &manifest.contents;
        let ecosystem = manifest.ecosystem;
        self.open |= contents.open;
        if contents.declares && !self.declares {
            self.declares = true;
            self.nearest = manifest.source.path.to_string_lossy().replace('\\', "/");
        }
        self.names.extend(contents.locked.iter().map(|locked| ecosystem.normalise(&locked.name)));
        for declared in contents.declared.iter().filter(|_| contents.declares) {
            self.names.insert(ecosystem.normalise(&declared.name));
            self.names.extend(declared.alias.iter().map(|alias| ecosystem.normalise(alias)));
        }
    }
}

fn nearest<'s>(
    folders: &'s BTreeMap<(Ecosystem, PathBuf), Scope>,
    ecosystem: Ecosystem,
    folder: &Path,
) -> Option<&'s Scope> {
    folder.ancestors().find_map(|folder| folders.get(&(ecosystem, folder.to_owned())))
}

/// The directory that a manifest speaks for: `requirements/base.txt` speaks for the one above.
fn home(path: &Path) -> PathBuf {
    let folder = path.parent().unwrap_or(Path::new(""));
    let gathered = folder.file_name().is_some_and(|name| GATHERED.iter().any(|known| name == *known));
    if gathered { folder.parent().unwrap_or(folder).to_owned() } else { folder.to_owned() }
}
