//! Secrets do not reach a report.

use std::ops::Range;

use super::connection;
use crate::source::{Source, Span};

/// Longer snippets are cut around the place they are about.
const MAX_SNIPPET_CHARS: usize = 240;

/// A part of the source that no snippet shows.
#[derive(Clone, Debug)]
pub(super) struct Hidden {
    pub(super) span: Span,
    /// What stands there instead.
    pub(super) with: String,
}

/// What may be told about a secret: at most its first two characters, and its length.
pub(super) fn redact(secret: &str) -> String {
    let length = secret.chars().count();
    let shown = match length {
        0..6 => 0,
        6..8 => 1,
        _ => 2,
    };
    let head: String = secret.chars().take(shown).filter(|c| !c.is_control()).collect();
    format!("{head}…[{length} chars]")
}

/// What stands in a snippet for the literal `written`: its quotes stay. `None` when it is no literal: a name is no secret.
pub(super) fn redact_literal(written: &str, value: &str) -> Option<String> {
    let open = written.find(['"', '\'', '`'])?;
    let close = written.chars().last().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let head = written.get(..=open)?;
    Some(format!("{head}{}{close}", redact(value)))
}

/// The line on which a span begins, stripped and redacted, and which of its characters the span covers.
pub(super) fn snippet(source: &Source, span: Span, hidden: &[Hidden]) -> (String, Range<u32>) {
    let number = source.line_of(span.start);
    let whole = source.line(number);
    // A line is a slice of the text, so its offset is the distance of the two.
    let line_start = line_start(source, span.start);
    let line = whole.trim();
    let start = line_start + (whole.len() - whole.trim_start().len());
    let end = start + line.len();

    let mut text = String::new();
    let mut chars = 0_u32;
    let mut mark = None..None;
    let mut at = start;
    let mut push = |text: &mut String, piece: &str, from: usize, opaque: bool| {
        for (offset, c) in piece.char_indices() {
            let here = if opaque { from } else { from + offset };
            if mark.start.is_none() && here >= span.start as usize {
                mark.start = Some(chars);
            }
            if here < span.end as usize {
                mark.end = Some(chars + 1);
            }
            text.push(if c.is_control() { ' ' } else { c });
            chars += 1;
        }
    };
    for (range, with) in replacements(source, start..end, line, hidden) {
        push(&mut text, source.text.get(at..range.start).unwrap_or(""), at, false);
        push(&mut text, &with, range.start, true);
        at = range.end;
    }
    push(&mut text, source.text.get(at..end).unwrap_or(""), at, false);
    let mark_start = mark.start.unwrap_or(0);
    let mark_end = mark.end.unwrap_or(mark_start).max(mark_start);
    cut(text, mark_start..mark_end)
}

/// The parts of a line that are replaced, in order, without overlap.
fn replacements(
    source: &Source,
    line: Range<usize>,
    text: &str,
    hidden: &[Hidden],
) -> Vec<(Range<usize>, String)> {
    let mut all: Vec<(Range<usize>, String)> = hidden
        .iter()
        .filter(|hidden| (hidden.span.start as usize) < line.end && (hidden.span.end as usize) > line.start)
        .map(|hidden| {
            let range = hidden.span.range();
            (range.start.max(line.start)..range.end.min(line.end), hidden.with.clone())
        })
        .collect();
    all.extend(
        connection::credentials(text)
            .into_iter()
            .map(|range| (line.start + range.start..line.start + range.end, connection::REDACTED.to_owned())),
    );
    all.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    let mut kept: Vec<(Range<usize>, String)> = Vec::new();
    for (range, with) in all {
        let free = kept.last().is_none_or(|(last, _)| last.end <= range.start);
        if free && source.text.is_char_boundary(range.start) && source.text.is_char_boundary(range.end) {
            kept.push((range, with));
        }
    }
    kept
}

fn line_start(source: &Source, offset: u32) -> usize {
    let before = source.text.as_bytes().get(..offset as usize).unwrap_or(source.text.as_bytes());
    memchr::memrchr2(b'\n', b'\r', before).map_or(0, |at| at + 1)
}

/// Keeps what lies around the mark.
fn cut(text: String, mark: Range<u32>) -> (String, Range<u32>) {
    let length = text.chars().count();
    if length <= MAX_SNIPPET_CHARS {
        return (text, mark);
    }
    let from = (mark.start as usize).saturating_sub(40).min(length - MAX_SNIPPET_CHARS);
    let mut kept: String = text.chars().skip(from).take(MAX_SNIPPET_CHARS).collect();
    let mut shift = 0;
    if from > 0 {
        kept.insert(0, '…');
        shift = 1;
    }
    if from + MAX_SNIPPET_CHARS < length {
        kept.push('…');
    }
    let place = |at: u32| {
        let at = (at as usize).saturating_sub(from).min(MAX_SNIPPET_CHARS) + shift;
        u32::try_from(at).unwrap_or(u32::MAX)
    };
    (kept, place(mark.start)..place(mark.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_two_characters_of_a_long_secret_and_none_of_a_short_one() {
        assert_eq!(redact("changeme"), "ch…[8 chars]");
        assert_eq!(redact("monkey"), "m…[6 chars]");
        assert_eq!(redact("1111"), "…[4 chars]");
    }

    #[test]
    fn hides_a_literal_and_keeps_the_mark_on_it() {
        let source = Source::new("a.py", "x = 1\n  TOKEN = \"changeme\"  # why\n".to_owned());
        let span = Span::new(8, 26);
        let hidden = Hidden { span: Span::new(16, 26), with: "\"ch…[8 chars]\"".to_owned() };
        let (text, mark) = snippet(&source, span, &[hidden]);
        assert_eq!(text, "TOKEN = \"ch…[8 chars]\"  # why");
        assert_eq!(mark, 0..22);
    }

    #[test]
    fn hides_credentials_of_a_connection_string_wherever_it_stands() {
        let source = Source::new("a.py", "u = \"redis://me:plum@host/0\"; cookie()".to_owned());
        let (text, mark) = snippet(&source, Span::new(30, 38), &[]);
        assert_eq!(text, "u = \"redis://***:***@host/0\"; cookie()");
        assert_eq!(mark, 30..38);
    }

    #[test]
    fn cuts_a_long_line_around_its_mark() {
        let source = Source::new("a.js", format!("{}f();{}", "a;".repeat(5_000), "b;".repeat(5_000)));
        let (text, mark) = snippet(&source, Span::new(10_000, 10_004), &[]);
        assert_eq!(text.chars().count(), MAX_SNIPPET_CHARS + 2);
        let marked: String = text.chars().skip(mark.start as usize).take(mark.len()).collect();
        assert_eq!(marked, "f();");
    }
}
