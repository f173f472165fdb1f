//! The leaves of an XML document: what stands in each element, however it is written.
//!
//! `a-b`, `<![CDATA[a-b]]>`, `a&#45;b` and `a<!-- -->-b` are the same value to those who use the file, so they are one here.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

use crate::source::Span;

/// A step through a document. The path that comes with it ends with the element that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'t> {
    /// An element begins.
    Open,
    /// All text that stands in an element itself, trimmed and not empty, and its place. It comes before the end.
    Value(&'t str, Span),
    /// An element ends.
    Close,
}

/// Where a document could not be read further, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) at: u32,
    pub(super) reason: String,
}

/// Walks through a document, up to what cannot be read: elements deeper than `max_depth`, document types, broken markup.
pub(super) fn walk(
    text: &str,
    max_depth: usize,
    mut visit: impl FnMut(&[String], Step<'_>),
) -> Result<(), Unreadable> {
    let mut reader = Reader::from_str(text);
    let mut path: Vec<String> = Vec::new();
    let mut values: Vec<Value> = Vec::new();
    loop {
        let event = reader.read_event();
        let at = u32::try_from(reader.buffer_position()).unwrap_or(u32::MAX);
        let unreadable = |reason: &str| Unreadable { at, reason: reason.to_owned() };
        match event.map_err(|error| unreadable(&error.to_string()))? {
            Event::Start(_) if path.len() >= max_depth => return Err(unreadable("it is nested too deeply")),
            Event::Start(start) => {
                path.push(String::from_utf8_lossy(start.local_name().as_ref()).into_owned());
                values.push(Value::default());
                visit(&path, Step::Open);
            }
            Event::End(_) => {
                if let Some((value, span)) = values.pop().as_ref().and_then(Value::trimmed) {
                    visit(&path, Step::Value(value, span));
                }
                visit(&path, Step::Close);
                path.pop();
            }
            Event::Text(piece) => add(&mut values, &String::from_utf8_lossy(&piece), piece.len(), at),
            Event::CData(piece) => {
                let end = at.saturating_sub(3);
                add(&mut values, &String::from_utf8_lossy(&piece), piece.len(), end);
            }
            Event::GeneralRef(name) => add(&mut values, &referred(&name), name.len() + 2, at),
            Event::DocType(_) => return Err(unreadable("it has a document type")),
            Event::Eof if path.is_empty() => return Ok(()),
            Event::Eof => return Err(unreadable("it ends in the middle")),
            _ => {}
        }
    }
}

/// The pieces of text of one element.
#[derive(Debug, Default)]
struct Value {
    text: String,
    span: Option<Span>,
}

impl Value {
    fn trimmed(&self) -> Option<(&str, Span)> {
        Some((self.text.trim(), self.span?)).filter(|(text, _)| !text.is_empty())
    }
}

/// Adds a piece that takes `len` bytes of the document and ends at `end`.
fn add(values: &mut [Value], piece: &str, len: usize, end: u32) {
    let Some(value) = values.last_mut() else { return };
    value.text.push_str(piece);
    if piece.trim().is_empty() {
        return;
    }
    let bytes = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let start = end.saturating_sub(bytes(len)).saturating_add(bytes(piece.len() - piece.trim_start().len()));
    let end = end.saturating_sub(bytes(piece.len() - piece.trim_end().len()));
    value.span = Some(Span::new(value.span.map_or(start, |span| span.start), end));
}

/// What a reference stands for; itself where that is not known.
fn referred(name: &BytesRef<'_>) -> String {
    if let Ok(Some(sign)) = name.resolve_char_ref() {
        return sign.to_string();
    }
    let text = String::from_utf8_lossy(name);
    match text.as_ref() {
        "amp" => "&".to_owned(),
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "quot" => "\"".to_owned(),
        "apos" => "'".to_owned(),
        other => format!("&{other};"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[(&str, &str, &str)]) {
        let mut found = Vec::new();
        let read = walk(text, 4, |path, step| {
            if let Step::Value(value, span) = step {
                let place = text.get(span.start as usize..span.end as usize).unwrap();
                found.push((path.join("/"), value.to_owned(), place.to_owned()));
            }
        });
        assert_eq!(read, Ok(()), "{text}");
        let found: Vec<_> = found.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn a_value_is_one_however_it_is_written() {
        check("<a><b> x-y\n</b></a>", &[("a/b", "x-y", "x-y")]);
        check("<a><b><![CDATA[x-y]]></b></a>", &[("a/b", "x-y", "x-y")]);
        check("<a>\n<b>x&#45;y</b></a>", &[("a/b", "x-y", "x&#45;y")]);
        check("<a><b> x<!-- z -->-<?p?>y </b></a>", &[("a/b", "x-y", "x<!-- z -->-<?p?>y")]);
        check("<a><b>x<![CDATA[-]]>&#x79;</b></a>", &[("a/b", "x-y", "x<![CDATA[-]]>&#x79;")]);
        check("<a>&lt;&nbsp;&amp;</a>", &[("a", "<&nbsp;&", "&lt;&nbsp;&amp;")]);
        check("<a>p<b>c</b>q</a>", &[("a/b", "c", "c"), ("a", "pq", "p<b>c</b>q")]);
        check("<a><b/><c> </c></a>", &[]);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for text in ["<a>", "<a></b>", "<!DOCTYPE a><a/>", "<a><a><a><a><a></a></a></a></a></a>", "<"] {
            assert!(walk(text, 4, |_, _| {}).is_err(), "{text}");
        }
    }
}
