//! What tests call of other files, and what a file has for the tests of others.

use std::collections::BTreeSet;

use ruff_python_ast::{Expr, ExprCall, ExprName, Stmt, StmtClassDef};

use super::{Place, Reader};
use crate::facts::{Helper, MAX_CALLS, MAX_HELPERS};
use crate::python::names::{Names, each_block};

/// Most names that a package hands on.
const MAX_HANDED_ON: usize = 200;

/// Notes what a call calls, when it is of another file of the project.
pub(super) fn of_call<'a>(call: &'a ExprCall, place: &Place<'a, '_>, out: &mut BTreeSet<String>) {
    let names = place.names;
    match call.func.as_ref() {
        Expr::Name(name) => out.extend(of_name(name, names)),
        Expr::Attribute(attribute) => match attribute.value.as_ref() {
            Expr::Name(owner) if matches!(owner.id.as_str(), "self" | "cls") => {
                inherited(place, &attribute.attr, out);
            }
            // `super().check()`, `Checker(…).run()`
            Expr::Call(made) => match made.func.as_ref() {
                Expr::Name(name) if name.id.as_str() == "super" => inherited(place, &attribute.attr, out),
                Expr::Name(name) => {
                    out.extend(of_name(name, names).map(|class| format!("{class}.{}", attribute.attr)));
                }
                _ => {}
            },
            _ => out.extend(names.imported_path(&call.func).filter(|path| is_ours(path))),
        },
        _ => {}
    }
}

/// The path of a name that an import brought, or may have brought.
pub(super) fn of_name<'a>(name: &'a ExprName, names: &Names<'a>) -> Option<String> {
    let text = name.id.as_str();
    if names.is_imported(text) {
        return names.imported(text).filter(|path| is_ours(path));
    }
    let is_known = names.function(text).is_some() || names.class(text).is_some();
    (!is_known).then(|| names.stars().find(|module| is_ours(module)).map(|module| module + text)).flatten()
}

/// A fixture that the classes of other files have that a class is made from.
pub(super) fn inherited_fixture<'a>(
    class: Option<&'a StmtClassDef>,
    name: &str,
    names: &Names<'a>,
) -> Vec<String> {
    let bases = class.filter(|_| name != "self").map(|class| bases(class, names)).unwrap_or_default();
    bases.into_iter().map(|base| format!("{base}.{name}")).collect()
}

/// Methods of classes of other files that a class is made from.
fn inherited(place: &Place<'_, '_>, method: &str, out: &mut BTreeSet<String>) {
    if let Some(class) = place.class {
        out.extend(bases(class, place.names).into_iter().map(|base| format!("{base}.{method}")));
    }
}

/// The paths of the classes of other files that a class is made from, directly or through classes of this file.
fn bases<'a>(class: &'a StmtClassDef, names: &Names<'a>) -> Vec<String> {
    let (mut pending, mut paths, mut seen) = (vec![class], Vec::new(), 0);
    while let Some(class) = pending.pop().filter(|_| seen < 16) {
        seen += 1;
        for base in class.bases() {
            match base {
                Expr::Name(name) => match names.class(name.id.as_str()) {
                    Some(inner) => pending.push(inner),
                    None => paths.extend(of_name(name, names)),
                },
                other => paths.extend(names.imported_path(other).filter(|path| is_ours(path))),
            }
        }
    }
    paths.truncate(MAX_CALLS);
    paths
}

/// The path may lead to a file of the project.
fn is_ours(path: &str) -> bool {
    let root = path.split('.').next().unwrap_or(path);
    root == "test"
        || !(crate::deps::is_builtin_python(root) || matches!(root, "pytest" | "unittest" | "numpy"))
}

impl<'a> Reader<'a, '_> {
    /// Reads the functions and classes of the file that tests of others may call.
    pub(super) fn help(&mut self, module: &'a [Stmt]) {
        // Models, settings and data beside tests assert nothing, and are many.
        let text = &self.source.text;
        let asserts =
            ["assert", "raise", "fail", "check", "verify", "expect"].iter().any(|word| text.contains(word));
        if asserts || self.names.handed_on().any(|(_, path)| path.starts_with('.') || path.contains("test")) {
            self.help_block(module);
        }
        if self.source.path.file_name().is_some_and(|name| name == "__init__.py") {
            let mut handed: Vec<_> = self.names.handed_on().filter(|(_, path)| is_ours(path)).collect();
            handed.sort_unstable();
            handed.truncate(MAX_HANDED_ON);
            for (name, path) in handed {
                self.add(Helper { name: name.to_owned(), asserts: false, calls: vec![path] });
            }
        }
        let stars: Vec<String> = self.names.stars().filter(|module| is_ours(module)).collect();
        if !stars.is_empty() {
            self.add(Helper { name: "*".to_owned(), asserts: false, calls: stars });
        }
    }

    fn help_block(&mut self, block: &'a [Stmt]) {
        for statement in block {
            match statement {
                Stmt::FunctionDef(function) if !function.name.starts_with("test") => {
                    self.function_helps(function, None);
                }
                Stmt::ClassDef(class) => {
                    let calls = bases(class, self.names);
                    if !calls.is_empty() {
                        self.add(Helper { name: class.name.to_string(), asserts: false, calls });
                    }
                    for method in class.body.iter().filter_map(Stmt::as_function_def_stmt) {
                        self.function_helps(method, Some(class));
                    }
                }
                _ => each_block(statement, &mut |inner| self.help_block(inner)),
            }
        }
    }

    fn function_helps(
        &mut self,
        function: &'a ruff_python_ast::StmtFunctionDef,
        class: Option<&'a StmtClassDef>,
    ) {
        if self.facts.helpers.len() >= MAX_HELPERS {
            return;
        }
        let place = Place { source: self.source, names: self.names, class };
        let summary = self.helpers.summary(function, class, &place, 1);
        let name = match class {
            Some(class) => format!("{}.{}", class.name, function.name),
            None => function.name.to_string(),
        };
        // What asserts itself needs no others.
        let calls = if summary.asserts { Vec::new() } else { summary.calls.to_vec() };
        if summary.asserts || !calls.is_empty() {
            self.add(Helper { name, asserts: summary.asserts, calls });
        }
    }

    fn add(&mut self, helper: Helper) {
        if self.facts.helpers.len() < MAX_HELPERS {
            self.facts.helpers.push(helper);
        }
    }
}
