//! What a name stands for at a place in the file.

use std::collections::HashMap;

use oxc_ast::ast::Expression;

/// What a name was bound to.
#[derive(Clone, Copy)]
pub(super) enum Bound<'a> {
    /// `const name = expression`: it cannot change.
    Constant(&'a Expression<'a>),
    /// `let name = expression`, `var name = expression`.
    Variable(&'a Expression<'a>),
    /// An import or a `require`: the module, and the name within it (`default`, `*`).
    Module(&'a str, &'a str),
    /// A function of this file.
    Function,
    /// A parameter, a class, a name without a value.
    Other,
}

/// The names that can be seen, innermost last.
#[derive(Default)]
pub(super) struct Scope<'a> {
    names: HashMap<&'a str, Vec<Bound<'a>>>,
    declared: Vec<&'a str>,
    marks: Vec<usize>,
}

impl<'a> Scope<'a> {
    pub(super) fn enter(&mut self) {
        self.marks.push(self.declared.len());
    }

    pub(super) fn leave(&mut self) {
        let mark = self.marks.pop().unwrap_or(0);
        for name in self.declared.drain(mark..) {
            if let Some(bounds) = self.names.get_mut(name) {
                bounds.pop();
            }
        }
    }

    pub(super) fn declare(&mut self, name: &'a str, bound: Bound<'a>) {
        self.names.entry(name).or_default().push(bound);
        self.declared.push(name);
    }

    /// Hides a name of an outer scope, or one that everybody knows; any other needs no hiding.
    pub(super) fn hide(&mut self, name: &'a str) {
        let global = matches!(
            name,
            "require" | "cors" | "fetch" | "test" | "it" | "describe" | "express" | "Router" | "cookies"
        );
        if global || self.names.contains_key(name) {
            self.declare(name, Bound::Other);
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<Bound<'a>> {
        self.names.get(name)?.last().copied()
    }

    /// The value that a name has for good.
    pub(super) fn constant(&self, name: &str) -> Option<&'a Expression<'a>> {
        match self.find(name)? {
            Bound::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The value that a name was given, even if it may be given another.
    pub(super) fn value(&self, name: &str) -> Option<&'a Expression<'a>> {
        match self.find(name)? {
            Bound::Constant(value) | Bound::Variable(value) => Some(value),
            _ => None,
        }
    }

    /// The module that a name comes from, and its name there.
    pub(super) fn module(&self, name: &str) -> Option<(&'a str, &'a str)> {
        match self.find(name)? {
            Bound::Module(module, inner) => Some((module, inner)),
            _ => None,
        }
    }
}
