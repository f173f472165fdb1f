//! What a shell text knows while it runs: the directory, variables, functions.

use std::collections::HashMap;
use std::sync::Arc;

use brush_parser::ast::FunctionBody;

use crate::action::place::Directory;

/// The state of a (sub)shell.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// The current directory.
    pub(crate) directory: Directory,
    /// Variables the text assigned; `None` where only the running shell knows the value.
    variables: HashMap<String, Option<String>>,
    /// Functions the text defined.
    pub(crate) functions: HashMap<String, Arc<FunctionBody>>,
}

impl Default for Scope {
    fn default() -> Self {
        Self { directory: Directory::At(String::new()), variables: HashMap::new(), functions: HashMap::new() }
    }
}

/// How many variables are followed, and how long their values may be: more are unknown.
const MAX_VARIABLES: usize = 256;
const MAX_VALUE: usize = 8 * 1024;

impl Scope {
    pub(crate) fn assign(&mut self, name: &str, value: Option<String>) {
        let value = value.filter(|value| value.len() <= MAX_VALUE);
        if self.variables.len() < MAX_VARIABLES || self.variables.contains_key(name) {
            self.variables.insert(name.to_owned(), value);
        }
    }

    /// The value of a variable, if the text tells it.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        if let Some(value) = self.variables.get(name) {
            return value.clone();
        }
        match (name, &self.directory) {
            ("HOME", _) => Some("~".to_owned()),
            ("TMPDIR", _) => Some("/tmp".to_owned()),
            ("PWD", Directory::At(at)) => Some(if at.is_empty() { ".".to_owned() } else { at.clone() }),
            _ => None,
        }
    }

    /// What is known after a part that may or may not have run: what differs is unknown.
    pub(crate) fn join(&mut self, before: &Self) {
        if self.directory != before.directory {
            self.directory = Directory::Unknown;
        }
        for (name, value) in &mut self.variables {
            // A variable that was not assigned before has a value from the environment, or none: the text's own value
            // is then the better guess.
            if before.variables.get(name).is_some_and(|old| old != value) {
                *value = None;
            }
        }
        for (name, body) in &before.functions {
            self.functions.entry(name.clone()).or_insert_with(|| Arc::clone(body));
        }
    }
}
