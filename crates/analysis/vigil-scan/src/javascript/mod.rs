//! The JavaScript and TypeScript front end: from a file's text to [`Facts`](crate::facts::Facts).
//!
//! [`parse`] makes the tree, [`walk`] goes over it once and hands each node to the subjects: [`binding`] (values and
//! environment), [`token`] (lifetimes and signing keys), [`cors`], [`cookie`], [`comparison`], [`import`], [`route`]
//! (endpoints and their guards) and [`trial`] (tests). [`value`] and [`scope`] follow names to what they stand for.

mod binding;
mod comparison;
mod cookie;
mod cors;
mod import;
mod mapped;
mod nesting;
mod parse;
mod route;
mod scope;
#[cfg(test)]
mod tests;
mod token;
mod trial;
mod value;
mod walk;

use oxc_allocator::Allocator;

pub(crate) use mapped::mapped_names;

use crate::facts::Facts;
use crate::finding::{Note, NoteKind};
use crate::source::Source;

/// Up to this many levels the caller's stack is enough (512 KiB of it, whatever the build).
const SHALLOW: usize = if cfg!(debug_assertions) { 24 } else { 150 };
/// A text that may nest deeper than this is not read.
const DEEPEST: usize = 20_000;
/// What one level may take of the stack.
const BYTES_PER_LEVEL: usize = if cfg!(debug_assertions) { 20 << 10 } else { 3 << 10 };
/// Source offsets are 32 bits wide.
const LONGEST: usize = u32::MAX as usize / 2;

/// Reads a JavaScript or TypeScript file. A file that does not parse yields what the parser recovered, and a note.
///
/// Needs 512 KiB of stack; a file that nests deeper gets a thread of its own.
pub(crate) fn read(source: &Source) -> (Facts, Vec<Note>) {
    if source.text.len() > LONGEST {
        return (
            Facts::default(),
            vec![skipped(source, None, "the file is too long to be read as code".to_owned())],
        );
    }
    let typed = matches!(source.path.extension().and_then(|end| end.to_str()), Some("ts" | "mts" | "cts"));
    let depth = nesting::depth(&source.text, typed);
    if depth <= SHALLOW {
        return read_here(source);
    }
    if depth > DEEPEST {
        let message =
            format!("the code nests too deeply to be read (up to {depth} levels, the limit is {DEEPEST})");
        return (Facts::default(), vec![skipped(source, None, message)]);
    }
    let stack = (1 << 20) + depth * BYTES_PER_LEVEL;
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().stack_size(stack).spawn_scoped(scope, || read_here(source));
        match worker.map(|worker| worker.join()) {
            Ok(Ok(result)) => result,
            _ => {
                let message = format!("there is no memory to read code that nests {depth} levels deep");
                (Facts::default(), vec![skipped(source, None, message)])
            }
        }
    })
}

fn read_here(source: &Source) -> (Facts, Vec<Note>) {
    let arena = Allocator::with_capacity(source.text.len().saturating_mul(6));
    let parsed = parse::parse(&arena, source);
    let facts = walk::facts(source, arena.alloc(parsed.program));
    let notes = parsed.broken.map(|broken| {
        let line = source.line_of(broken.offset);
        let read = if broken.lost { "nothing of the file was read" } else { "the rest of the file was read" };
        skipped(source, Some(line), format!("this does not parse: {}; {read}", one_line(&broken.message)))
    });
    (facts, notes.into_iter().collect())
}

fn skipped(source: &Source, line: Option<u32>, message: String) -> Note {
    Note { file: Some(source.path.clone()), line, kind: NoteKind::Skipped, message }
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
