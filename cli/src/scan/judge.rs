//! Texts that stand in no file yet, judged with the settings of the place where they will stand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::packages::Packages;
use vigil_scan::{Flags, Settings, SourceReport, discover, scan_source, scan_source_in};

/// Where the rules' pages are.
pub(crate) const RULE_PAGES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/rules");

/// Judges texts. Settings are read once for each configuration file, until they are forgotten.
pub(crate) struct Judge {
    config: Option<PathBuf>,
    flags: Flags,
    packages: Option<Packages>,
    known: Mutex<BTreeMap<Option<PathBuf>, Arc<Loaded>>>,
}

/// Settings, or the defaults and what is wrong with the settings.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) settings: Settings,
    pub(crate) problem: Option<String>,
}

impl Judge {
    /// With a configuration file that was named, or with those that are found.
    pub(crate) fn new(config: Option<PathBuf>) -> Self {
        Self { config, flags: Flags::default(), packages: None, known: Mutex::default() }
    }

    /// Also manifests are judged, with these flags.
    pub(crate) fn with_packages(self, packages: Packages, flags: Flags) -> Self {
        Self { flags, packages: Some(packages), ..self }
    }

    /// Whether a file is a manifest whose packages can be asked for.
    pub(crate) fn asks_for(&self, path: &Path) -> bool {
        self.packages.as_ref().is_some_and(Packages::asks) && vigil_scan::is_manifest(path)
    }

    /// The settings that hold for files in a directory.
    pub(crate) fn settings(&self, directory: &Path) -> Arc<Loaded> {
        let file = self.config.clone().or_else(|| discover(directory));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = known
            .entry(file.clone())
            .or_insert_with(|| Arc::new(load(file.as_deref(), directory, &self.flags)));
        Arc::clone(loaded)
    }

    /// The settings changed on the disk.
    pub(crate) fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What is said about a manifest; registries are asked anew when `ask` says so, and every trouble is a problem.
    pub(crate) fn manifest(
        &self,
        path: &Path,
        bytes: &[u8],
        root: &Path,
        ask: bool,
    ) -> (SourceReport, Option<String>) {
        let loaded = self.settings(path.parent().unwrap_or(root));
        let Some(packages) = self.packages.as_ref().filter(|_| !loaded.settings.excludes(path, root)) else {
            return (SourceReport::default(), loaded.problem.clone());
        };
        match packages.document(path, bytes, root, &loaded.settings, ask && packages.asks()) {
            Ok(report) => (report, loaded.problem.clone()),
            Err(problem) => (SourceReport::default(), Some(problem)),
        }
    }

    /// What the rules say about a text, and what is wrong with the settings. The path is absolute; the report's is
    /// relative to the directory of the settings, or to `root`, where it lies below.
    pub(crate) fn document(&self, path: &Path, bytes: &[u8], root: &Path) -> (SourceReport, Option<String>) {
        let loaded = self.settings(path.parent().unwrap_or(root));
        let settings = &loaded.settings;
        if settings.excludes(path, root) {
            return (SourceReport::default(), loaded.problem.clone());
        }
        let above = settings.file.as_deref().and_then(Path::parent);
        let bases = [above, Some(root)].into_iter().flatten();
        let placed = bases.into_iter().find_map(|base| Some((base, path.strip_prefix(base).ok()?)));
        let config = settings.config_for(path);
        let report = match placed {
            Some((base, relative)) => scan_source_in(base, relative, bytes, &config),
            None => scan_source(path, bytes, &config),
        };
        (report, loaded.problem.clone())
    }
}

fn load(file: Option<&Path>, directory: &Path, flags: &Flags) -> Loaded {
    match Settings::load(file, directory, flags.clone()) {
        Ok(settings) => Loaded { settings, problem: None },
        Err(error) => Loaded {
            settings: Settings::defaults(directory, flags.clone()),
            problem: Some(format!("configuration: {error}; the defaults hold meanwhile")),
        },
    }
}
