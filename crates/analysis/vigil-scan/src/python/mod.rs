//! The Python front end: from a file's text to [`Facts`].
//!
//! One parse and one walk. `walk` visits the tree and hands each node to the subject it may be a fact of: `text` follows
//! values, `endpoint` gathers routes and what stands before them, `testing` reads tests. Nothing is judged here.

mod comparison;
mod cookie;
mod cors;
mod endpoint;
mod env;
mod lifetime;
mod names;
mod nesting;
mod number;
mod signing;
mod testing;
#[cfg(test)]
mod tests;
mod text;
mod walk;
mod words;

use ruff_python_ast::PySourceType;
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::TextRange;

use crate::facts::Facts;
use crate::finding::{Note, NoteKind};
use crate::source::{Source, Span};

/// A text is nested too deeply to be parsed.
pub(crate) fn is_nested_too_deeply(text: &str) -> bool {
    nesting::check(text).is_err()
}

/// Reads a Python file. A file that does not parse yields what the parser recovered, and a note.
pub(crate) fn read(source: &Source) -> (Facts, Vec<Note>) {
    let skipped = |line: u32, message: String| Note {
        file: Some(source.path.clone()),
        line: Some(line),
        kind: NoteKind::Skipped,
        message,
    };
    if u32::try_from(source.text.len()).is_err() {
        return (
            Facts::default(),
            vec![skipped(1, "the file is larger than 4 GiB and was not read".to_owned())],
        );
    }
    if let Err(deep) = nesting::check(&source.text) {
        let line = source.line_of(u32::try_from(deep.offset).unwrap_or(u32::MAX));
        let message = format!("{} are nested too deeply here; the file was not read", deep.what);
        return (Facts::default(), vec![skipped(line, message)]);
    }
    let notebook = source.path.extension().is_some_and(|extension| extension == "ipynb");
    let kind = if notebook { PySourceType::Ipynb } else { PySourceType::Python };
    let parsed = parse_unchecked_source(&source.text, kind);
    let facts = walk::facts(source, &parsed.syntax().body);
    let notes = parsed.errors().first().map(|error| {
        let line = source.line_of(error.location.start().to_u32());
        skipped(line, format!("does not parse: {}; only what could be recovered was checked", error.error))
    });
    (facts, notes.into_iter().collect())
}

fn span(range: TextRange) -> Span {
    Span::new(range.start().to_u32(), range.end().to_u32())
}
