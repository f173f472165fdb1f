//! `requirements*.txt`: one requirement for each logical line, and pip's options.

use std::path::{Path, PathBuf};

use super::requirement;
use crate::deps::declared::{Contents, Declared, Ecosystem, IndexSetting, Origin};
use crate::finding::{Note, NoteKind};
use crate::source::{Source, Span};

/// Longer logical lines are left out, with a note.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// Reads a requirement file.
pub(crate) fn parse(source: &Source) -> Contents {
    let mut contents = Contents::default();
    for line in logical_lines(&source.text) {
        if line.text.len() > MAX_LINE_BYTES {
            contents.notes.push(Note {
                file: Some(source.path.clone()),
                line: Some(source.line_of(line.offset(0))),
                kind: NoteKind::Skipped,
                message: format!("a line longer than {MAX_LINE_BYTES} bytes was left out"),
            });
            continue;
        }
        read_line(source, &line, &mut contents);
    }
    contents.declares = !contents.declared.is_empty() || !contents.includes.is_empty();
    contents
}

/// Reads one line that another kind of file quotes; `start` is where it begins in the file.
pub(super) fn quoted(source: &Source, text: &str, start: usize, contents: &mut Contents) {
    read_line(source, &LogicalLine { text: text.to_owned(), pieces: vec![(0, start)] }, contents);
}

fn read_line(source: &Source, line: &LogicalLine, contents: &mut Contents) {
    let text = without_comment(&line.text);
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return;
    }
    let start = text.len() - text.trim_start().len();
    if trimmed.starts_with('-') {
        option(line, start, trimmed, contents);
        return;
    }
    // Options of one requirement (`--hash=…`, `--config-settings`) follow it on the same line.
    let spec = trimmed.split(" --").next().unwrap_or(trimmed);
    if let Some(found) = requirement::parse(spec) {
        let at = start + found.start;
        let origin = found.url.map_or(Origin::Registry, |_| Origin::Elsewhere);
        contents.declared.push(Declared {
            ecosystem: Ecosystem::PyPi,
            name: found.name.to_owned(),
            alias: None,
            requirement: found.version.to_owned(),
            origin,
            span: line.span(at, found.name.len()),
        });
        return;
    }
    if let Some(declared) = elsewhere(spec, line, start) {
        contents.declared.push(declared);
        return;
    }
    if !is_address(spec) {
        contents.notes.push(Note {
            file: Some(source.path.clone()),
            line: Some(source.line_of(line.offset(start))),
            kind: NoteKind::Skipped,
            message: format!(
                "`{}` is no requirement that pip would understand; it was left out",
                shorten(spec)
            ),
        });
    }
}

fn option(line: &LogicalLine, start: usize, text: &str, contents: &mut Contents) {
    let end = text.find(|sign: char| sign == '=' || sign.is_whitespace()).unwrap_or(text.len());
    // `-rfile` and `-e.` are written without a blank, too.
    let (name, value) = match text.get(..2) {
        Some(short @ ("-r" | "-c" | "-e" | "-i")) => (short, text.get(2..).unwrap_or("")),
        _ => (text.get(..end).unwrap_or(text), text.get(end..).unwrap_or("")),
    };
    let value = value.trim_start_matches(|sign: char| sign == '=' || sign.is_whitespace());
    let value = value.trim_end().trim_matches(['"', '\'']);
    let at = start + text.find(value).unwrap_or(0);
    match name {
        "-r" | "--requirement" if !value.is_empty() => {
            contents.includes.push((PathBuf::from(value), line.span(at, value.len())));
        }
        "-e" | "--editable" => contents.declared.extend(elsewhere(value, line, at)),
        "-i" | "--index-url" | "--pypi-url" => contents.indexes.push(IndexSetting::Only(value.to_owned())),
        "--extra-index-url" => contents.indexes.push(IndexSetting::Extra(value.to_owned())),
        "--no-index" => contents.indexes.push(IndexSetting::NoIndex),
        _ => {}
    }
}

/// What an address declares; `at` is where the address begins in the line.
fn elsewhere(address: &str, line: &LogicalLine, at: usize) -> Option<Declared> {
    let name = name_of_address(address)?;
    let within = address.find(name)?;
    Some(Declared {
        ecosystem: Ecosystem::PyPi,
        name: name.to_owned(),
        alias: None,
        requirement: String::new(),
        origin: Origin::Elsewhere,
        span: line.span(at + within, name.len()),
    })
}

fn is_address(text: &str) -> bool {
    text.contains("://")
        || text.starts_with(['.', '/', '~', '$'])
        || text.contains('/')
        || text.contains('\\')
        || text.starts_with("file:")
        || [".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz"].iter().any(|end| text.ends_with(end))
}

/// The package that an address names: `#egg=name`, or the head of a wheel's or archive's file name, or the repository.
fn name_of_address(text: &str) -> Option<&str> {
    if !is_address(text) {
        return None;
    }
    let egg = text.split_once("egg=").map(|(_, egg)| egg);
    let last = || {
        let path = text.split(['#', '?']).next().unwrap_or(text).trim_end_matches('/');
        let last = Path::new(path).file_name()?.to_str()?;
        let last = last.split('@').next().unwrap_or(last);
        Some(last.strip_suffix(".git").unwrap_or(last))
    };
    let text = egg.or_else(last)?;
    let end = text
        .find(|sign: char| !(sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-' | '.')))
        .unwrap_or(text.len());
    let name = text.get(..end)?;
    let wheel = [".whl", ".zip", ".tar.gz", ".tar.bz2", ".tgz"].iter().find_map(|end| name.strip_suffix(end));
    let name = wheel.map_or(name, |stem| {
        let version = stem
            .match_indices('-')
            .find(|(at, _)| stem.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit));
        version.and_then(|(at, _)| stem.get(..at)).unwrap_or(stem)
    });
    name.starts_with(|first: char| first.is_ascii_alphanumeric()).then_some(name)
}

/// pip: a comment begins at `#` at the start of a line or after white space.
fn without_comment(line: &str) -> &str {
    let mut from = 0;
    while let Some(at) = line.get(from..).and_then(|rest| rest.find('#')).map(|at| at + from) {
        let before = line.get(..at).unwrap_or("");
        if before.is_empty() || before.ends_with(char::is_whitespace) {
            return before;
        }
        from = at + 1;
    }
    line
}

fn shorten(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

/// A line together with those that a trailing `\` joins to it.
struct LogicalLine {
    text: String,
    /// Pieces: where they begin in `text`, and in the file.
    pieces: Vec<(usize, usize)>,
}

impl LogicalLine {
    /// The offset in the file of an offset in the joined text.
    fn offset(&self, at: usize) -> u32 {
        let piece = self.pieces.iter().rev().find(|(begin, _)| *begin <= at);
        let (begin, file) = piece.copied().unwrap_or((0, 0));
        u32::try_from(file + (at - begin)).unwrap_or(u32::MAX)
    }

    /// The place in the file of a part of the joined text; it may run over the end of a joined line.
    fn span(&self, at: usize, len: usize) -> Span {
        let start = self.offset(at);
        let end = if len == 0 { start } else { self.offset(at + len - 1).saturating_add(1) };
        Span::new(start, end)
    }
}

fn logical_lines(text: &str) -> Vec<LogicalLine> {
    let mut lines = Vec::new();
    let mut open: Option<LogicalLine> = None;
    let mut at = 0;
    for raw in text.split_inclusive(['\n', '\r']) {
        let begin = at;
        at += raw.len();
        let piece = raw.trim_end_matches(['\n', '\r']);
        // The second half of `\r\n` is no line of its own.
        if piece.is_empty() && raw == "\n" && begin > 0 && text.as_bytes().get(begin - 1) == Some(&b'\r') {
            continue;
        }
        let line = open.get_or_insert_with(|| LogicalLine { text: String::new(), pieces: Vec::new() });
        line.pieces.push((line.text.len(), begin));
        // A comment swallows the backslash, as pip has it.
        let comment = piece.trim_start().starts_with('#');
        match piece.strip_suffix('\\') {
            Some(joined) if !comment => {
                line.text.push_str(joined);
            }
            _ => {
                line.text.push_str(piece);
                lines.extend(open.take());
            }
        }
    }
    lines.extend(open);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Source, Contents) {
        let source = Source::new("requirements.txt", text.to_owned());
        let contents = parse(&source);
        (source, contents)
    }

    #[track_caller]
    fn check(text: &str, expect: &[(&str, &str, u32, u32)]) {
        let (source, contents) = read(text);
        let found: Vec<_> = contents
            .declared
            .iter()
            .filter(|declared| declared.origin == Origin::Registry)
            .map(|declared| {
                assert_eq!(source.slice(declared.span), declared.name);
                let place = source.position(declared.span.start);
                (declared.name.as_str(), declared.requirement.as_str(), place.line, place.column)
            })
            .collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn reads_names_with_versions_comments_hashes_and_markers() {
        check("flask\n", &[("flask", "", 1, 1)]);
        check("  a==1  # why\n\n# b\nc>=2,<3;os_name=='nt'\n", &[("a", "==1", 1, 3), ("c", ">=2,<3", 4, 1)]);
        check("a==2.1.0 --hash=sha256:0011\n", &[("a", "==2.1.0", 1, 1)]);
        check(
            "a==2.1.0 \\\n    --hash=sha256:0011 \\\n    --hash=sha256:22\nb\n",
            &[("a", "==2.1.0", 1, 1), ("b", "", 4, 1)],
        );
        check("a==2.1.0 \\", &[("a", "==2.1.0", 1, 1)]);
        check("a\r\nb\rc", &[("a", "", 1, 1), ("b", "", 2, 1), ("c", "", 3, 1)]);
        check("a[x,y] == 1 ; python_version < '3'", &[("a", "== 1", 1, 1)]);
        check("\\\n  late\n", &[("late", "", 2, 3)]);
    }

    #[test]
    fn addresses_and_paths_are_not_asked_of_a_registry() {
        check(
            "-e ./libs/x\n./w/y-1-py3-none-any.whl\ngit+https://h.invalid/z.git\nq @ https://h.invalid/q.whl\n",
            &[],
        );
        let (_, contents) =
            read("./w/y_z-1.0-py3-none-any.whl\ngit+https://h.invalid/z.git@v1#egg=zed\n-e .\n");
        let names: Vec<_> = contents.declared.iter().map(|declared| declared.name.as_str()).collect();
        assert_eq!(names, ["y_z", "zed"]);
        assert!(contents.notes.is_empty());
    }

    #[test]
    fn a_place_is_that_of_the_name_whatever_stands_before_it() {
        let (source, contents) =
            read("-e\u{fffd}\u{fffd}é ./libs/reqeusts\ngit+https://é.invalid/b.git\n-r é\\\né.txt\n");
        let slices: Vec<_> = contents.declared.iter().map(|declared| source.slice(declared.span)).collect();
        assert_eq!(slices, ["reqeusts", "b"]);
        assert_eq!(source.slice(contents.includes[0].1), "é\\\né.txt");
    }

    #[test]
    fn options_name_includes_and_indexes() {
        let (_, contents) = read(
            "-r base.txt\n-rmore.txt\n--requirement=x.txt\n-c c.txt\n-i https://a.invalid\n--extra-index-url https://b.invalid\n--no-index\n",
        );
        let includes: Vec<_> = contents.includes.iter().map(|(path, _)| path.to_str().unwrap()).collect();
        assert_eq!(includes, ["base.txt", "more.txt", "x.txt"]);
        assert_eq!(
            contents.indexes,
            [
                IndexSetting::Only("https://a.invalid".to_owned()),
                IndexSetting::Extra("https://b.invalid".to_owned()),
                IndexSetting::NoIndex,
            ]
        );
        assert!(contents.declared.is_empty());
    }

    #[test]
    fn a_line_that_is_nothing_gives_a_note() {
        let (_, contents) = read("flask\nthis is prose\n");
        assert_eq!(contents.declared.len(), 1);
        assert_eq!(contents.notes[0].line, Some(2));
    }
}
