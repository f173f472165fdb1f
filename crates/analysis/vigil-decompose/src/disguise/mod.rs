//! What a text says beside what its letters say: look-alike letters, hidden characters, escapes and encodings undone.
//!
//! Whoever wants a value not to be found in a page writes it so that a model reads it and a search does not. [`readings`]
//! reads such a text as a model would: level by level, letters first, then escapes, then runs of base64 and hex, so that
//! what is wrapped twice comes out. A reading is not the text again but the passages around what changed in it, as wide as
//! `intent` looks at a value. Plain text has no reading, and finding that out costs less than copying it.
//!
//! No reading is ever what the user said: it only adds to what untrusted content has.
//!
//! Bounds: [`MOST_LEVELS`] levels; each is linear in the one before it and no longer, but for a line end per passage.

mod edit;
mod fold;
mod mark;
mod run;

use std::borrow::Cow;

use crate::intent::{BEFORE, BEHIND};
use edit::Edit;
pub(crate) use mark::percents_undone;
pub use run::{Alphabet, decode};

/// How many disguises are taken off, one under the other.
const MOST_LEVELS: usize = 5;
/// The shortest text that can hide a value.
const SHORTEST_TEXT: usize = 6;

/// What the text says when its disguises are taken off, one reading for each level. Empty for plain text.
pub fn readings(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if text.len() < SHORTEST_TEXT {
        return found;
    }
    let mut next = level(text);
    while let Some(reading) = next {
        next = if found.len() + 1 < MOST_LEVELS { level(&reading) } else { None };
        found.push(reading);
    }
    found.extend(spaced(text));
    found
}

/// The passages of a text in which one level of disguise was taken off; `None` when there is none.
fn level(text: &str) -> Option<String> {
    let mut now = Cow::Borrowed(text);
    let mut changed = Vec::new();
    for undo in [fold::undo, mark::undo, run::undo] {
        let mut edit = Edit::of(&now, &changed);
        undo(&now, &mut edit);
        if let Some((text, places)) = edit.finish() {
            (now, changed) = (Cow::Owned(text), places);
        }
    }
    (!changed.is_empty()).then(|| passages(&now, &changed))
}

/// The text with white space where hidden characters part its words: they may stand between words or in them.
fn spaced(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let mut edit = Edit::of(text, &[]);
    fold::part(text, &mut edit);
    let (text, changed) = edit.finish()?;
    Some(passages(&text, &changed))
}

/// Whether a character is one that text has.
fn is_said(c: char) -> bool {
    !c.is_control() || matches!(c, '\n' | '\t' | '\r')
}

/// The surroundings of places in a text, each once.
fn passages(text: &str, places: &[core::ops::Range<usize>]) -> String {
    let mut out = String::new();
    let mut places = places.iter().peekable();
    while let Some(place) = places.next() {
        let start = text.floor_char_boundary(place.start.saturating_sub(BEFORE));
        let reach = |end: usize| text.ceil_char_boundary(end.saturating_add(BEHIND).min(text.len()));
        let mut end = reach(place.end);
        while let Some(next) = places.next_if(|next| next.start.saturating_sub(BEFORE) <= end) {
            end = end.max(reach(next.end));
        }
        out.push_str(text.get(start..end).unwrap_or_default());
        if places.peek().is_some() {
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests;
