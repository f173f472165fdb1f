//! Python modules: their first part, and which of them are the project's own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The first part of a module's path. `None` for relative imports and for what is no module's name.
pub(super) fn root(module: &str) -> Option<&str> {
    let root = module.split('.').next()?;
    let fine = root.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && root.chars().all(|sign| sign.is_alphanumeric() || sign == '_');
    // Compilers of protocols write these into the tree when it is built.
    let generated = root.ends_with("_pb2") || root.ends_with("_pb2_grpc");
    (fine && !generated).then_some(root)
}

/// The project's own modules.
#[derive(Debug)]
pub(super) struct Modules<'a> {
    root: &'a Path,
    /// Directories that hold a module or a package of this name.
    homes: BTreeMap<String, BTreeSet<PathBuf>>,
    /// Directories with `__init__.py`: their modules are reached through them.
    packages: BTreeSet<PathBuf>,
}

/// Endings of files that can be imported.
const ENDINGS: &[&str] = &["py", "pyi", "pyx", "so", "pyd", "ipynb"];

impl<'a> Modules<'a> {
    pub(super) fn new(root: &'a Path, files: &[PathBuf]) -> Self {
        let mut modules = Self { root, homes: BTreeMap::new(), packages: BTreeSet::new() };
        let mut seen = BTreeSet::new();
        for file in files {
            let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or("");
            if !ENDINGS.contains(&ending) {
                continue;
            }
            let folder = file.parent().unwrap_or(Path::new(""));
            let stem =
                file.file_name().and_then(|name| name.to_str()).and_then(|name| name.split('.').next());
            if stem == Some("__init__") {
                modules.packages.insert(folder.to_owned());
            } else if let Some(stem) = stem {
                modules.homes.entry(stem.to_owned()).or_default().insert(folder.to_owned());
            }
            for folder in folder.ancestors() {
                if !seen.insert(folder.to_owned()) {
                    break;
                }
                let name = folder.file_name().and_then(|name| name.to_str());
                if let (Some(name), Some(above)) = (name, folder.parent()) {
                    modules.homes.entry(name.to_owned()).or_default().insert(above.to_owned());
                }
            }
        }
        modules
    }

    /// A file can import a module of this name from the project: from its own directory or one above, or from one that is
    /// no package and may be on the path.
    pub(super) fn has(&self, name: &str, file: &Path) -> bool {
        let folder = file.parent().unwrap_or(Path::new(""));
        let listed = self.homes.get(name).is_some_and(|homes| {
            homes.iter().any(|home| folder.starts_with(home) || !self.packages.contains(home))
        });
        listed || self.lies_beside(name, folder)
    }

    /// A scan of a few files does not list the others, so the disk is asked.
    fn lies_beside(&self, name: &str, folder: &Path) -> bool {
        folder.ancestors().any(|above| {
            ["", "src", "lib"].iter().any(|part| {
                let base = self.root.join(above).join(part);
                ENDINGS.iter().any(|ending| base.join(format!("{name}.{ending}")).is_file())
                    || is_package(&base.join(name))
            })
        })
    }
}

/// A directory with Python files in it.
fn is_package(folder: &Path) -> bool {
    if folder.join("__init__.py").is_file() {
        return true;
    }
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries
        .flatten()
        .take(2_000)
        .any(|entry| Path::new(&entry.file_name()).extension().is_some_and(|end| end == "py"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_and_generated_modules_have_no_root() {
        assert_eq!(root("a.b.c"), Some("a"));
        for module in ["", ".", "..a", "x_pb2", "1a", "a b"] {
            assert_eq!(root(module), None, "{module}");
        }
    }

    #[test]
    fn modules_are_found_where_the_path_may_lead() {
        let files =
            ["src/app/__init__.py", "src/app/db.py", "src/app/web/views.py", "tools/gen.py", "app/x/y.py"];
        let files = files.map(PathBuf::from);
        let modules = Modules::new(Path::new("/nowhere"), &files);
        let has = |name, file| modules.has(name, Path::new(file));
        assert!(has("app", "main.py"));
        assert!(has("db", "src/app/web/views.py"));
        assert!(!has("db", "main.py"));
        assert!(has("gen", "main.py"));
        assert!(!has("requests", "main.py"));
    }
}
