//! What tests call of other files, and what a file has for the tests of others.

use std::collections::{HashMap, HashSet};

use oxc_ast::ast::{CallExpression, Expression};

use super::super::scope::Scope;
use super::super::value::{self, bare};
use super::{Record, Trials, Verdicts};
use crate::facts::{Helper, MAX_CALLS, MAX_HELPERS};

impl<'a> Trials<'a> {
    /// Notes what is called of another file, and what is handed on to be called: `check(x)`, `helpers.check(x)`.
    pub(super) fn note_elsewhere(&mut self, scope: &Scope<'a>, call: &'a CallExpression<'a>) {
        let mut targets = Vec::new();
        let mut of = |expression: &'a Expression<'a>| match bare(expression) {
            Expression::Identifier(name) => {
                let name = name.name.as_str();
                if let Some((module, inner)) =
                    scope.module(name).filter(|(module, _)| module.starts_with('.'))
                {
                    targets.push(format!("{module}#{inner}"));
                    // The file may call its default what everybody calls it.
                    if matches!(inner, "default" | "*") {
                        targets.push(format!("{module}#{name}"));
                    }
                }
            }
            other => {
                let Some(member) = value::member(other) else { return };
                let (Expression::Identifier(name), Some(property)) =
                    (bare(member.object()), value::property(member))
                else {
                    return;
                };
                if let Some((module, _)) =
                    scope.module(name.name.as_str()).filter(|(module, _)| module.starts_with('.'))
                {
                    targets.push(format!("{module}#{property}"));
                }
            }
        };
        of(&call.callee);
        call.arguments.iter().filter_map(|argument| argument.as_expression()).for_each(of);
        if let Some(record) = self.record() {
            let room = MAX_CALLS.saturating_sub(record.elsewhere.len());
            record.elsewhere.extend(targets.into_iter().take(room));
        }
    }

    /// `export { name } from "./module"`, `export * from "./module"`, with `*` for all names.
    pub(in crate::javascript) fn hands_on(&mut self, name: &str, inner: &str, module: &str) {
        if module.starts_with('.') && self.handed_on.len() < MAX_HELPERS {
            let target = format!("{module}#{}", if inner == "*" { "" } else { inner });
            match self.handed_on.iter_mut().find(|helper| helper.name == name) {
                Some(known) => known.calls.push(target),
                None => {
                    let calls = vec![target];
                    self.handed_on.push(Helper { name: name.to_owned(), asserts: false, calls });
                }
            }
        }
    }
}

/// What a test or a function calls of other files, also through functions of its own.
pub(super) fn reached<'a>(record: &Record<'a>, functions: &HashMap<&'a str, Record<'a>>) -> Vec<String> {
    let mut targets = Vec::new();
    let mut pending = vec![record];
    let mut seen: HashSet<&str> = HashSet::new();
    while let Some(record) = pending.pop().filter(|_| targets.len() < MAX_CALLS && seen.len() < 200) {
        targets.extend(record.elsewhere.iter().cloned());
        for (name, _) in &record.calls {
            if let Some(inner) = functions.get(name).filter(|_| seen.insert(name)) {
                pending.push(inner);
            }
        }
    }
    targets.sort_unstable();
    targets.dedup();
    targets.truncate(MAX_CALLS);
    targets
}

/// The functions of the file that assert, or may by what they call.
pub(super) fn helpers<'a>(
    functions: &HashMap<&'a str, Record<'a>>,
    verdicts: &mut Verdicts<'_, 'a>,
) -> Vec<Helper> {
    let mut names: Vec<&'a str> = functions.keys().copied().collect();
    names.sort_unstable();
    names.truncate(MAX_HELPERS);
    let helper = |name: &'a str| {
        let asserts = verdicts.of(name, 16).says;
        let record = functions.get(name).filter(|_| !asserts);
        let calls = record.map(|record| reached(record, functions)).unwrap_or_default();
        (asserts || !calls.is_empty()).then(|| Helper { name: name.to_owned(), asserts, calls })
    };
    names.into_iter().filter_map(helper).collect()
}
