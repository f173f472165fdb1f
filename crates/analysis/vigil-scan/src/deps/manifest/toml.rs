//! TOML with places: shorthand over the parser's spanned tables.

use std::borrow::Cow;

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use crate::deps::declared::Contents;
use crate::finding::{Note, NoteKind};
use crate::source::{Source, Span};

/// Reads the document, or says in a note what is wrong with it.
fn read<'i>(source: &'i Source) -> Result<DeTable<'i>, Note> {
    DeTable::parse(&source.text).map(Spanned::into_inner).map_err(|error| {
        let at = error.span().map_or(0, |span| u32::try_from(span.start).unwrap_or(u32::MAX));
        let message = error.message().lines().next().unwrap_or("").to_owned();
        Note {
            file: Some(source.path.clone()),
            line: Some(source.line_of(at)),
            kind: NoteKind::Skipped,
            message: format!("this is no TOML ({message}); its dependencies were not checked"),
        }
    })
}

/// Reads a manifest's document; what is wrong with it becomes a note of its contents.
pub(crate) fn root<'i>(source: &'i Source, contents: &mut Contents) -> Option<DeTable<'i>> {
    read(source).map_err(|note| contents.notes.push(note)).ok()
}

/// The value below a path of keys.
pub(crate) fn find<'a, 'i>(table: &'a DeTable<'i>, path: &[&str]) -> Option<&'a Spanned<DeValue<'i>>> {
    let (first, rest) = path.split_first()?;
    let value = table.get(*first)?;
    if rest.is_empty() { Some(value) } else { find(value.get_ref().as_table()?, rest) }
}

/// The table below a path of keys.
pub(crate) fn table<'a, 'i>(table: &'a DeTable<'i>, path: &[&str]) -> Option<&'a DeTable<'i>> {
    find(table, path)?.get_ref().as_table()
}

/// The text below a path of keys.
pub(crate) fn text<'a>(table: &'a DeTable<'_>, path: &[&str]) -> Option<&'a str> {
    find(table, path)?.get_ref().as_str()
}

/// The items of a list; none when it is no list.
pub(crate) fn items<'a, 'i>(value: &'a Spanned<DeValue<'i>>) -> &'a [Spanned<DeValue<'i>>] {
    value.get_ref().as_array().map_or(&[], |array| array)
}

/// The entries of a table in the order of the text: key, its place, value.
pub(crate) fn entries<'a, 'i>(
    table: &'a DeTable<'i>,
) -> Vec<(&'a str, std::ops::Range<usize>, &'a Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, value)| {
            let text: &Cow<'_, str> = key.get_ref();
            (text.as_ref(), key.span(), value)
        })
        .collect();
    entries.sort_by_key(|(_, span, _)| span.start);
    entries
}

/// Where `name` stands within a range of the source; the range itself when it is written with escapes.
pub(crate) fn place(source: &Source, range: std::ops::Range<usize>, name: &str) -> Span {
    let raw = source.text.get(range.clone()).unwrap_or("");
    match raw.find(name) {
        Some(at) => super::span_of(u32::try_from(range.start + at).unwrap_or(u32::MAX), name.len()),
        None => super::span_of(u32::try_from(range.start).unwrap_or(u32::MAX), range.len()),
    }
}
