//! DEP-006: imports that no manifest declares.
//!
//! The manifests beside a file and in the directories above it say what it may import. Where there is no manifest, or one
//! that cannot be read as a whole, nothing is said.

mod builtin;
mod javascript;
mod provided;
mod python;
mod scope;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::json;

pub(crate) use self::builtin::is_python as is_builtin_python;
use self::javascript::Aliases;
use self::python::Modules;
use self::scope::{Scope, Scopes};
use super::declared::{Ecosystem, Manifest};
use super::installed::{Installed, is_installed};
use super::judge;
use super::similar::Popular;
use super::{Allowed, FileImports, PlacedImport, Project};
use crate::config::Config;
use crate::facts::Need;
use crate::finding::Finding;
use crate::rule::RuleId;
use crate::source::Language;

/// An import that no manifest declares.
#[derive(Clone, Debug)]
pub(crate) struct Undeclared<'a> {
    /// Ecosystem and normalised name of the package that would have to be declared.
    pub(crate) key: (Ecosystem, String),
    file: &'a FileImports,
    import: &'a PlacedImport,
    /// The module's first part, or the package's name.
    module: &'a str,
    /// The manifest that a line would be added to.
    manifest: String,
    /// The package is known to provide the module.
    known: bool,
    /// Tests, documentation and scripts often run in environments of their own; what is imported when it is called may be
    /// an extra.
    aside: bool,
}

/// Finds the imports that no manifest declares, in the order of the files.
pub(crate) fn undeclared<'a>(
    project: &'a Project,
    manifests: &[Manifest],
    popular: &Popular,
    allowed: &Allowed,
) -> Vec<Undeclared<'a>> {
    let scopes = Scopes::new(manifests);
    let modules = Modules::new(&project.root, &project.files);
    let mut aliases = Aliases::new(&project.root, manifests);
    let mut found = Vec::new();
    let mut installed = Installed::new(&project.root);
    for file in project.imports.iter().filter(|file| !is_installed(&file.file)) {
        let ecosystem = match file.language {
            Language::Python => Ecosystem::PyPi,
            Language::JavaScript => Ecosystem::Npm,
        };
        let Some(scope) = scopes.of(ecosystem, &file.file) else { continue };
        let mut seen = BTreeSet::new();
        for import in file.imports.iter().filter(|import| import.need <= Need::Late) {
            let module = match ecosystem {
                Ecosystem::PyPi => python::root(&import.module),
                _ => javascript::package(&import.module),
            };
            let Some(module) = module.filter(|module| !allowed.has(ecosystem, module)) else { continue };
            let missing = match ecosystem {
                Ecosystem::PyPi => {
                    !builtin::is_python(module)
                        && !scope.python(&import.module, module)
                        && !modules.has(module, &file.file)
                }
                _ => {
                    !builtin::is_node(module)
                        && !scope.javascript(module)
                        && !aliases.has(&import.module, module, &file.file)
                }
            };
            if !missing {
                continue;
            }
            let (name, known) = package(ecosystem, &import.module, module, popular);
            if allowed.has(ecosystem, &name) || installed.has(&file.file) {
                continue;
            }
            if seen.insert(name.clone()) {
                found.push(Undeclared {
                    key: (ecosystem, name),
                    file,
                    import,
                    module,
                    manifest: scope.nearest().to_owned(),
                    known,
                    aside: import.need == Need::Late || is_aside(file),
                });
            }
        }
    }
    found
}

/// The package that an import needs: the usual distribution of a module, or its own name.
fn package(ecosystem: Ecosystem, path: &str, module: &str, popular: &Popular) -> (String, bool) {
    if ecosystem == Ecosystem::Npm {
        return (module.to_owned(), popular.knows(ecosystem, module));
    }
    match provided::distributions(path).first() {
        Some(name) => ((*name).to_owned(), true),
        None => (ecosystem.normalise(module), popular.knows(ecosystem, module)),
    }
}

/// Directories of what is no part of the program itself.
#[rustfmt::skip]
const FOLDERS: &[&str] = &[
        "test",
        "tests",
        "testing",
        "__tests__",
        "__mocks__",
        "e2e",
        "cypress",
        "spec",
        "specs",
        "doc",
        "docs",
        "example",
        "examples",
        "demo",
        "demos",
        "sample",
        "samples",
        "bench",
        "benchmark",
        "benchmarks",
        "script",
        "scripts",
        "tools",
        "ci",
        ".github",
        ".storybook",
        "stories",
        "notebooks",
        "fixtures",
        "playground",
        "templates",
        "website",
    "dist", "build", "compiled", "bundled", "generated",
    "docs_src", "vendor", "vendors", "_vendor", "vendored", "third_party", "thirdparty", "extern", "externals", "requirements",
];

/// A path lies in one of those directories.
fn lies_aside(path: &Path) -> bool {
    path.parent().is_some_and(|folder| {
        folder.iter().any(|part| FOLDERS.iter().any(|known| part.eq_ignore_ascii_case(known)))
    })
}

/// Tests, documentation, examples, scripts, copies of other projects, and settings of tools.
fn is_aside(file: &FileImports) -> bool {
    let path = &file.file;
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let by_name = match file.language {
        Language::Python => {
            name.starts_with("test_")
                || name.ends_with("_test.py")
                || name.ends_with(".ipynb")
                || matches!(
                    name,
                    "conftest.py"
                        | "noxfile.py"
                        | "setup.py"
                        | "fabfile.py"
                        | "tasks.py"
                        | "tests.py"
                        | "conf.py"
                )
        }
        Language::JavaScript => {
            [".test.", ".spec.", ".stories.", ".config.", ".bench.", ".cy.", ".e2e.", ".setup."]
                .iter()
                .any(|part| name.contains(part))
                || name.starts_with('.')
                || matches!(name, "Gruntfile.js" | "gulpfile.js" | "Gulpfile.js" | "webpack.js")
                || name.ends_with(".d.ts")
        }
    };
    by_name || lies_aside(path)
}

impl Undeclared<'_> {
    /// Whether it is worth asking the registry.
    pub(crate) fn is_open(&self) -> bool {
        !self.known
    }

    /// The finding, if there is one. `exists` is what the registry said, if it was asked and answered.
    pub(crate) fn finding(
        &self,
        config: &Config,
        popular: &Popular,
        exists: Option<bool>,
    ) -> Option<Finding> {
        let absent = exists == Some(false) && !self.known;
        if self.aside && !absent {
            return None;
        }
        let (ecosystem, name) = (self.key.0, &self.key.1);
        let written = ecosystem.normalise(self.module);
        let provides = if *name == written { String::new() } else { format!(" (package `{name}`)") };
        let mut message = format!("`{}`{provides} is imported, and no manifest declares it", self.module);
        if absent {
            message.push_str(&format!("; {} has no package of that name", ecosystem.registry()));
        }
        let intended =
            (!self.known && exists != Some(true)).then(|| popular.intended(ecosystem, name)).flatten();
        let suggestion = match &intended {
            Some(intended) if !absent => {
                let manifest = &self.manifest;
                format!("Add `{name}` to `{manifest}`, or import `{intended}` if that is what was meant.")
            }
            Some(intended) => format!("Import `{intended}` if that is what was meant, or remove the import."),
            None if absent => "Remove the import, or name the package that was meant.".to_owned(),
            None => format!("Add `{name}` to `{}`, with a version.", self.manifest),
        };
        let mut metadata = BTreeMap::from([
            ("package", json!(name)),
            ("import", json!(self.import.module)),
            ("ecosystem", json!(ecosystem.name())),
            ("manifest", json!(self.manifest)),
        ]);
        if let Some(exists) = exists {
            metadata.insert("exists", json!(exists));
        }
        if let Some(intended) = intended {
            metadata.insert("similar_to", json!(intended));
        }
        let snippet: String = self.import.line.trim().chars().take(200).collect();
        let at =
            snippet.find(self.module).map(|at| snippet.get(..at).map_or(0, |before| before.chars().count()));
        let length = self.module.chars().count();
        let count = |number: usize| u32::try_from(number).unwrap_or(0);
        Some(Finding {
            rule: RuleId::Dep006,
            severity: judge::severity(config, RuleId::Dep006),
            message,
            suggestion,
            file: self.file.file.clone(),
            start: self.import.start,
            end: self.import.end,
            mark: at.map_or(0..0, |at| count(at)..count(at + length)),
            snippet,
            metadata,
            fix: None,
        })
    }
}

impl Scope {
    /// A manifest declares what provides a Python module.
    fn python(&self, path: &str, module: &str) -> bool {
        let usual = provided::distributions(path).iter().chain(provided::distributions(module));
        let normal = Ecosystem::PyPi.normalise(module);
        if self.has(&normal) || usual.into_iter().any(|name| self.has(name)) {
            return true;
        }
        let plain = normal.replace('-', "");
        self.names()
            .any(|name| provided::brings(name).contains(&module) || is_named_after(name, &normal, &plain))
    }

    /// A manifest declares an npm package, its types, or what it is part of.
    fn javascript(&self, package: &str) -> bool {
        let types = match package.strip_prefix('@').and_then(|rest| rest.split_once('/')) {
            Some((scope, name)) => format!("@types/{scope}__{name}"),
            None => format!("@types/{package}"),
        };
        let whole = || {
            PARTS.iter().any(|(part, whole)| {
                package.strip_prefix(part).is_some_and(|rest| rest.is_empty() || part.ends_with('/'))
                    && self.has(whole)
            })
        };
        self.has(package) || self.has(&types) || whole()
    }
}

/// Packages that come with another one and whose direct use is usual.
const PARTS: &[(&str, &str)] = &[
    ("@jest/globals", "jest"),
    ("expect", "jest"),
    ("@theme/", "@docusaurus/core"),
    ("@theme-original/", "@docusaurus/core"),
    ("@docusaurus/", "@docusaurus/core"),
    ("@generated/", "@docusaurus/core"),
    ("@site/", "@docusaurus/core"),
    ("@eslint/js", "eslint"),
    ("espree", "eslint"),
    ("@storybook/", "storybook"),
    ("@nuxt/", "nuxt"),
    ("vue-router", "nuxt"),
    ("h3", "nuxt"),
    ("nitropack", "nuxt"),
    ("@sveltejs/", "@sveltejs/kit"),
    ("rollup", "vite"),
    ("esbuild", "vite"),
    ("vite", "vitest"),
    ("@playwright/test", "playwright"),
    ("@remix-run/", "@remix-run/dev"),
    ("@babel/core", "babel-jest"),
    ("history", "react-router-dom"),
    ("react-router", "react-router-dom"),
    ("@types/", "typescript"),
];

/// `python-foo`, `foo-sdk` and `foobar` for `foo_bar`: names that say the module's with words around it.
fn is_named_after(name: &str, normal: &str, plain: &str) -> bool {
    let starts = name.strip_prefix(normal).is_some_and(|rest| rest.starts_with('-'));
    let ends = name.strip_suffix(normal).is_some_and(|rest| rest.ends_with('-'));
    let squashed = name.replace('-', "");
    starts
        || ends
        || squashed == plain
        || squashed.strip_prefix("py") == Some(plain)
        || squashed.strip_suffix("py") == Some(plain)
        || squashed.strip_prefix("python") == Some(plain)
        || squashed.strip_suffix(|last: char| last.is_ascii_digit()) == Some(plain)
}

#[cfg(test)]
mod tests;
