//! Facts of small files, by subject.

mod auth;
mod corpus;
mod endpoints;
mod hostile;
mod testing;
mod values;

use crate::facts::Facts;
use crate::source::Source;

/// The facts of a text that parses.
#[track_caller]
fn facts_at(path: &str, text: &str) -> Facts {
    let (facts, notes) = super::read(&Source::new(path, text.to_owned()));
    assert!(notes.is_empty(), "{notes:?}");
    facts
}

/// The facts of an ordinary module.
#[track_caller]
fn facts(text: &str) -> Facts {
    facts_at("app/main.py", text)
}
