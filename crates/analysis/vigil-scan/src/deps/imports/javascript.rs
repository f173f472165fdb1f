//! npm packages: the name within an import, and names that the project maps to its own files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::deps::declared::{Ecosystem, Manifest};
use crate::deps::load::plain;
use crate::deps::manifest::json::{self, Node};
use crate::javascript::mapped_names;
use crate::source::Source;

/// Larger settings files of the compiler are not read.
const MAX_BYTES: u64 = 1024 * 1024;
/// Chains of `extends` end here.
const MAX_EXTENDS: usize = 8;

/// The package's name in an import. `None` for relative paths, addresses, and what bundlers make up.
pub(super) fn package(module: &str) -> Option<&str> {
    let module = module.split('?').next()?;
    // `~/x`, `@/x`, `#x` and `$lib` are aliases by every tool's convention; `a!b` names loaders.
    if module.starts_with(['.', '/', '\\', '~', '#', '$', '%'])
        || module.starts_with("@/")
        || module.contains('!')
    {
        return None;
    }
    let mut parts = module.split('/');
    let first = parts.next()?;
    let name = match first.strip_prefix('@') {
        Some(scope) => {
            let second = parts.next().filter(|second| !second.is_empty() && !scope.is_empty())?;
            module.get(..first.len() + 1 + second.len())?
        }
        None => first,
    };
    let fine = name.len() <= 214
        && name
            .chars()
            .all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.' | '@' | '/'))
        && name.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '@');
    fine.then_some(name)
}

/// Names that settings of the compiler and the layout of the project map to its own files.
#[derive(Debug)]
pub(super) struct Aliases<'a> {
    root: &'a Path,
    /// What the manifests map, with the directory they speak for.
    mapped: Vec<(PathBuf, String)>,
    /// What `tsconfig.json` and its like in a directory map.
    folders: BTreeMap<PathBuf, Paths>,
}

/// One directory's settings.
#[derive(Clone, Debug, Default)]
struct Paths {
    /// Beginnings of names, up to the star.
    prefixes: Vec<String>,
    /// Directories below which a name may begin.
    bases: Vec<PathBuf>,
}

impl<'a> Aliases<'a> {
    pub(super) fn new(root: &'a Path, manifests: &[Manifest]) -> Self {
        let mut mapped = Vec::new();
        for manifest in manifests.iter().filter(|manifest| manifest.ecosystem == Ecosystem::Npm) {
            let folder = manifest.source.path.parent().unwrap_or(Path::new(""));
            mapped.extend(manifest.contents.aliases.iter().map(|alias| (folder.to_owned(), alias.clone())));
        }
        Self { root, mapped, folders: BTreeMap::new() }
    }

    /// A module is one of the project's own.
    pub(super) fn has(&mut self, module: &str, package: &str, file: &Path) -> bool {
        let folder = file.parent().unwrap_or(Path::new(""));
        let mapped =
            self.mapped.iter().any(|(home, alias)| folder.starts_with(home) && matches(module, alias));
        if mapped {
            return true;
        }
        for above in folder.ancestors() {
            let root = self.root;
            let paths = self.folders.entry(above.to_owned()).or_insert_with(|| Paths::of(root, above));
            let first = module.split('/').next().unwrap_or(module);
            if paths.prefixes.iter().any(|prefix| matches(module, prefix))
                || paths.bases.iter().any(|base| lies_in(&root.join(base), first))
                || is_layout(root, above, module)
                || is_linked(&root.join(above), package)
            {
                return true;
            }
        }
        false
    }
}

/// `@app/` and `@app` match what begins with them as a whole word.
fn matches(module: &str, alias: &str) -> bool {
    module
        .strip_prefix(alias)
        .is_some_and(|rest| rest.is_empty() || alias.ends_with(['/', ':']) || rest.starts_with('/'))
}

/// `components/Button` and `@components/Button` where there is a directory `components` or `src/components`: bundlers are
/// told so in settings that are programs.
fn is_layout(root: &Path, above: &Path, module: &str) -> bool {
    let Some((first, _)) = module.split_once('/') else { return false };
    let first = first.trim_start_matches('@');
    !first.is_empty()
        && ["", "src", "app"].iter().any(|part| {
            let folder = root.join(above).join(part).join(first);
            folder.is_dir() && !folder.join("package.json").is_file()
        })
}

fn lies_in(base: &Path, first: &str) -> bool {
    base.join(first).is_dir()
        || ["ts", "tsx", "js", "jsx", "mjs", "d.ts", "vue", "json"]
            .iter()
            .any(|ending| base.join(format!("{first}.{ending}")).is_file())
}

/// Package managers link the members of a workspace.
fn is_linked(folder: &Path, package: &str) -> bool {
    let path = folder.join("node_modules").join(package);
    fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_symlink())
}

/// Settings of bundlers and test runners that are programs: `webpack.config.js`, `vite.config.ts`, `babel.config.cjs`.
fn is_program(name: &str) -> bool {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let tool = stem.split('.').next().unwrap_or(stem);
    matches!(ending, "js" | "cjs" | "mjs" | "ts" | "mts" | "cts")
        && stem.contains(".config")
        && [
            "webpack", "rspack", "rsbuild", "vite", "vitest", "rollup", "next", "nuxt", "astro", "svelte",
            "babel", "jest", "metro", "craco", "electron",
        ]
        .contains(&tool)
}

impl Paths {
    fn of(root: &Path, folder: &Path) -> Self {
        let mut paths = Self::default();
        let Ok(entries) = fs::read_dir(root.join(folder)) else { return paths };
        let mut names: Vec<String> = entries
            .flatten()
            .take(20_000)
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| {
                let settings =
                    name.starts_with("tsconfig") || name.starts_with("jsconfig") || name.starts_with("deno");
                (settings && (name.ends_with(".json") || name.ends_with(".jsonc"))) || is_program(name)
            })
            .collect();
        names.sort();
        for name in names.into_iter().take(16) {
            match is_program(&name) {
                true => paths.run(root, &folder.join(name)),
                false => paths.read(root, &folder.join(name), 0),
            }
        }
        paths
    }

    /// Takes the names out of settings that are programs.
    fn run(&mut self, root: &Path, file: &Path) {
        let whole = root.join(file);
        let small = fs::metadata(&whole).is_ok_and(|found| found.is_file() && found.len() <= MAX_BYTES);
        let Some(text) = small.then(|| fs::read_to_string(&whole).ok()).flatten() else { return };
        self.prefixes.extend(mapped_names(&Source::new(file, text)));
    }

    fn read(&mut self, root: &Path, file: &Path, depth: usize) {
        let whole = root.join(file);
        let small = fs::metadata(&whole).is_ok_and(|found| found.is_file() && found.len() <= MAX_BYTES);
        let Some(text) = small.then(|| fs::read_to_string(&whole).ok()).flatten() else { return };
        let Ok(settings) = json::parse(text.trim_start_matches('\u{feff}'), true) else { return };
        let folder = file.parent().unwrap_or(Path::new(""));
        if let Some(options) = settings.entry("compilerOptions") {
            for (pattern, _) in options.entry("paths").map(Node::entries).unwrap_or_default() {
                let prefix = pattern.text.split('*').next().unwrap_or("");
                if !prefix.is_empty() {
                    self.prefixes.push(prefix.to_owned());
                }
            }
            if let Some(base) = options.entry("baseUrl").and_then(Node::text) {
                self.bases.push(plain(&folder.join(base)));
            }
        }
        // Deno's map of imports.
        let imports = settings.entry("imports").map(Node::entries).unwrap_or_default();
        self.prefixes
            .extend(imports.iter().map(|(name, _)| name.text.clone()).filter(|name| !name.is_empty()));
        if depth >= MAX_EXTENDS {
            return;
        }
        let extends = settings.entry("extends");
        let texts = extends.into_iter().flat_map(|node| {
            let list: Vec<&str> = node.items().iter().filter_map(Node::text).collect();
            if list.is_empty() { node.text().into_iter().collect() } else { list }
        });
        for target in texts.take(16).filter(|target| target.starts_with('.')) {
            let target = plain(&folder.join(target));
            let target = if target.extension().is_none() { target.with_extension("json") } else { target };
            self.read(root, &target, depth + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_names_its_package() {
        for (module, name) in [
            ("express", "express"),
            ("lodash/fp", "lodash"),
            ("@s/p/deep/file.js", "@s/p"),
            ("./a.css?inline", ""),
            ("svg?raw", "svg"),
            ("@/components/x", ""),
            ("~/x", ""),
            ("#internal", ""),
            ("$lib/x", ""),
            ("node:fs", ""),
            ("https://h.invalid/x.js", ""),
            ("virtual:pwa", ""),
            ("style!css!./x", ""),
            ("@scope", ""),
            ("", ""),
            ("é", ""),
        ] {
            assert_eq!(package(module).unwrap_or(""), name, "{module}");
        }
    }

    #[test]
    fn settings_of_the_compiler_map_names() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "base.json",
            "{\"compilerOptions\": {\"paths\": {\"@core/*\": [\"x/*\"]}}, \"extends\": \"./base.json\"}",
        );
        write(
            "web/tsconfig.json",
            "{ // why\n \"extends\": \"../base\", \"compilerOptions\": {\"baseUrl\": \"src\",},}",
        );
        write("web/src/models/user.ts", "");
        write("web/src/theme.ts", "");
        let mut aliases = Aliases::new(folder.path(), &[]);
        let mut has =
            |module: &str| aliases.has(module, package(module).unwrap(), Path::new("web/src/pages/a.ts"));
        assert!(has("@core/x"));
        assert!(has("models/user"));
        assert!(has("theme"));
        assert!(has("@models/user"));
        assert!(!has("@cores/x"));
        assert!(!has("express"));
    }
}
