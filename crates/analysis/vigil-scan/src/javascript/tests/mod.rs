//! Small sources in, facts out.

mod auth;
mod broken;
mod corpus;
mod route;
mod trial;
mod value;

use crate::facts::Facts;
use crate::finding::Note;
use crate::source::Source;

fn read(path: &str, text: &str) -> (Facts, Vec<Note>) {
    super::read(&Source::new(path, text.to_owned()))
}

/// The facts of a file that parses.
fn facts_at(path: &str, text: &str) -> Facts {
    let (facts, notes) = read(path, text);
    assert!(notes.is_empty(), "{text}\n{notes:?}");
    facts
}

fn facts(text: &str) -> Facts {
    facts_at("src/a.js", text)
}
