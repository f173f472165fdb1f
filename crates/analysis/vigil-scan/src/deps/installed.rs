//! Directories of installed packages: what lies there is not this project's code.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Names of such directories.
const NAMES: &[&str] = &[
    "node_modules",
    ".venv",
    "venv",
    "site-packages",
    ".git",
    "__pycache__",
    ".tox",
    ".nox",
    ".mypy_cache",
    "bower_components",
];

/// Files that package managers leave in a directory that they fill.
const MARKS: &[&str] =
    &["pyvenv.cfg", ".package-lock.json", ".yarn-integrity", ".yarn-state.yml", ".modules.yaml"];

/// More entries of a directory are not looked at.
const MAX_ENTRIES: usize = 4_000;

/// The path leads through a directory whose name says it.
pub(crate) fn is_installed(path: &Path) -> bool {
    path.iter().any(|part| NAMES.iter().any(|name| part == *name))
}

/// The directories of a project that package managers filled, whatever they are called.
#[derive(Debug)]
pub(crate) struct Installed<'a> {
    root: &'a Path,
    known: BTreeMap<PathBuf, bool>,
}

impl<'a> Installed<'a> {
    pub(crate) fn new(root: &'a Path) -> Self {
        Self { root, known: BTreeMap::new() }
    }

    /// The file lies in one, by its path from the root.
    pub(crate) fn has(&mut self, file: &Path) -> bool {
        if is_installed(file) {
            return true;
        }
        // What lies above the root is not looked at, and `..` leads there.
        let folders: Vec<&Path> = file.ancestors().skip(1).filter(|path| !path.starts_with("..")).collect();
        let root = self.root;
        let mut filled = false;
        for folder in folders.into_iter().rev() {
            filled = match self.known.get(folder) {
                Some(known) => *known,
                None => {
                    let filled = filled || is_filled(&root.join(folder));
                    self.known.insert(folder.to_owned(), filled);
                    filled
                }
            };
        }
        filled
    }
}

/// A package manager filled the directory: it holds a mark, or records of what pip installed.
fn is_filled(folder: &Path) -> bool {
    if MARKS.iter().any(|mark| folder.join(mark).is_file()) {
        return true;
    }
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().take(MAX_ENTRIES).any(|entry| {
        let path = entry.path();
        path.extension().is_some_and(|end| end == "dist-info") && path.join("RECORD").is_file()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_package_manager_filled_is_known_by_what_it_left_there() {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "copy/.package-lock.json",
            "copy/next/dist/a.js",
            "env/pyvenv.cfg",
            "env/lib/a.py",
            "libs/x-1.dist-info/RECORD",
            "libs/x/a.py",
            "src/a.dist-info/other",
            "src/a.py",
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let mut installed = Installed::new(folder.path());
        for (path, expect) in [
            ("copy/next/dist/a.js", true),
            ("env/lib/a.py", true),
            ("libs/x/a.py", true),
            ("node_modules/x/a.js", true),
            ("src/a.py", false),
            ("a.py", false),
            ("../a.py", false),
        ] {
            assert_eq!(installed.has(Path::new(path)), expect, "{path}");
        }
    }
}
