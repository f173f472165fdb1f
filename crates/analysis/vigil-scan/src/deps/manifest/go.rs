//! `go.mod`, `go.work` and `go.sum`.

use super::span_of;
use crate::deps::declared::{Contents, Declared, Ecosystem, Origin};
use crate::deps::route::owner;
use crate::finding::{Note, NoteKind};
use crate::source::Source;

/// More lines than this are not read.
const MAX_LINES: usize = 200_000;

/// Reads `go.mod` or `go.work`: both have the same lines.
pub(super) fn module(source: &Source) -> Contents {
    let mut contents = Contents { declares: true, ..Contents::default() };
    contents.notes.extend(unread(source));
    let mut block = None;
    for (at, line) in lines(source) {
        let (code, comment) = line.split_once("//").unwrap_or((line, ""));
        let mut words = words(code, at);
        let Some(first) = words.first().copied() else { continue };
        let verb = match block {
            Some(verb) => verb,
            None => {
                words.remove(0);
                if words.first().is_some_and(|word| word.text == "(") {
                    words.remove(0);
                    block = Some(first.text);
                }
                first.text
            }
        };
        if block.is_some()
            && let Some(end) = words.iter().position(|word| word.text == ")")
        {
            words.truncate(end);
            block = None;
        }
        match (verb, words.as_slice()) {
            ("module", [name, ..]) => {
                contents.own_names.push(name.text.to_owned());
                contents.owners.extend(owner(Ecosystem::Go, name.text));
            }
            // What Go has added itself was resolved by it.
            ("require", [..]) if comment.trim() == "indirect" || comment.trim().starts_with("indirect;") => {}
            ("require", [name, version]) => contents.declared.extend(declared(*name, version.text)),
            ("replace", words) => {
                let Some(arrow) = words.iter().position(|word| word.text == "=>") else { continue };
                let (Some(old), Some(new)) = (words.first(), words.get(arrow + 1)) else { continue };
                // Nobody fetches what is replaced.
                contents.own_names.push(old.text.to_owned());
                if let Some(version) = words.get(arrow + 2) {
                    contents.declared.extend(declared(*new, version.text));
                }
            }
            ("require", [_, _, ..]) => contents.notes.push(Note {
                file: Some(source.path.clone()),
                line: Some(source.line_of(at)),
                kind: NoteKind::Skipped,
                message: "this line of `require` has more than a module and a version; it was left out"
                    .to_owned(),
            }),
            _ => {}
        }
    }
    contents
}

/// Reads `go.sum`: the versions whose digests were written down.
pub(super) fn sum(source: &Source) -> Contents {
    let mut contents = Contents::default();
    contents.notes.extend(unread(source));
    for (_, line) in lines(source) {
        let mut words = line.split_ascii_whitespace();
        let (Some(name), Some(version), Some(digest)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        // `h1:` and 32 bytes in base64.
        if digest.starts_with("h1:") && digest.len() == 47 {
            let version = version.strip_suffix("/go.mod").unwrap_or(version);
            contents.fetched.push((name.to_owned(), version.to_owned()));
        }
    }
    contents.fetched.dedup();
    contents
}

fn declared(name: Word<'_>, version: &str) -> Option<Declared> {
    let first = name.text.split('/').next().unwrap_or("");
    let plain = name.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte));
    if name.text.is_empty() || !plain || name.text.starts_with('.') || name.text.starts_with('/') {
        return None;
    }
    Some(Declared {
        ecosystem: Ecosystem::Go,
        name: name.text.to_owned(),
        alias: None,
        requirement: version.to_owned(),
        // What no host serves is found in the workspace or nowhere.
        origin: if first.contains('.') { Origin::Registry } else { Origin::Local },
        span: span_of(name.at, name.text.len()),
    })
}

#[derive(Clone, Copy)]
struct Word<'t> {
    text: &'t str,
    at: u32,
}

/// Words of a line without quotes, with their places; `(` and `)` are words of their own, as Go has it.
fn words(line: &str, at: u32) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut push = |from: usize, to: usize| {
        let text = line.get(from..to).unwrap_or("");
        words.push(Word { text, at: at.saturating_add(u32::try_from(from).unwrap_or(u32::MAX)) });
    };
    for (index, sign) in line.char_indices().chain([(line.len(), ' ')]) {
        let is_bracket = matches!(sign, '(' | ')');
        if is_bracket || sign.is_whitespace() || matches!(sign, '"' | '`') {
            if let Some(from) = start.take() {
                push(from, index);
            }
            if is_bracket {
                push(index, index + 1);
            }
        } else if start.is_none() {
            start = Some(index);
        }
    }
    words
}

/// Says that there are more lines than are read.
fn unread(source: &Source) -> Option<Note> {
    source.text.split_inclusive('\n').nth(MAX_LINES)?;
    Some(Note {
        file: Some(source.path.clone()),
        line: None,
        kind: NoteKind::Skipped,
        message: format!("this has more than {MAX_LINES} lines; what follows was not checked"),
    })
}

fn lines(source: &Source) -> impl Iterator<Item = (u32, &str)> {
    let mut at = 0_usize;
    source.text.split_inclusive('\n').take(MAX_LINES).map(move |line| {
        let start = u32::try_from(at).unwrap_or(u32::MAX);
        at += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Source, Contents) {
        let source = Source::new("go.mod", text.to_owned());
        let contents = module(&source);
        (source, contents)
    }

    #[test]
    fn every_direct_requirement_has_its_place() {
        let (source, contents) = read(
            "module github.com/acme/app // main\n\ngo 1.22\n\nrequire github.com/a/b v1.2.3\nrequire (\n\t\"github.com/C/d/v2\" v2.0.0\n\tgolang.org/x/sys v0.1.0 // indirect\n\tlocalthing v0.0.0\n)\nexclude github.com/e/f v1.0.0\n",
        );
        let found: Vec<_> = contents
            .declared
            .iter()
            .map(|one| {
                (
                    source.slice(one.span),
                    one.requirement.as_str(),
                    source.position(one.span.start).line,
                    one.origin.clone(),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("github.com/a/b", "v1.2.3", 5, Origin::Registry),
                ("github.com/C/d/v2", "v2.0.0", 7, Origin::Registry),
                ("localthing", "v0.0.0", 9, Origin::Local),
            ]
        );
        assert_eq!(
            (contents.own_names, contents.owners),
            (vec!["github.com/acme/app".to_owned()], vec!["github.com/acme".to_owned()])
        );
    }

    #[test]
    fn what_is_replaced_is_not_fetched() {
        let (_, contents) = read(
            "module m\nreplace a.b/c => ../c\nreplace (\n a.b/d v1.0.0 => e.f/g v1.1.0\n a.b/h => ./h\n)\nrequire a.b/c v0.0.0\n",
        );
        let names: Vec<_> =
            contents.declared.iter().map(|one| (one.name.as_str(), one.requirement.as_str())).collect();
        assert_eq!(names, [("e.f/g", "v1.1.0"), ("a.b/c", "v0.0.0")]);
        assert_eq!(contents.own_names, ["m", "a.b/c", "a.b/d", "a.b/h"]);
    }

    #[test]
    fn digests_prove_that_a_version_was_fetched() {
        let digest = format!("h1:{}=", "a".repeat(43));
        let text =
            format!("a.b/c v1.0.0 {digest}\na.b/c v1.0.0/go.mod {digest}\nd.e/f v1.0.0 h1:x\nbroken\n");
        let contents = sum(&Source::new("go.sum", text));
        assert_eq!(contents.fetched, [("a.b/c".to_owned(), "v1.0.0".to_owned())]);
    }

    #[test]
    fn a_block_needs_no_blank_before_it() {
        for text in [
            "require(\n\ta.b/c v1.0.0\n)\nmodule m",
            "require (a.b/c v1.0.0)\nmodule m",
            "require(\na.b/c v1.0.0)\nmodule m",
            "require()\nrequire a.b/c v1.0.0\nmodule m",
        ] {
            let (_, contents) = read(text);
            let names: Vec<_> = contents.declared.iter().map(|one| one.name.as_str()).collect();
            assert_eq!((names.as_slice(), contents.notes.len()), (&["a.b/c"][..], 0), "{text}");
            assert_eq!(contents.own_names, ["m"], "{text}");
        }
    }

    #[test]
    fn lines_that_are_not_read_are_told() {
        let text = format!("{}require a.b/c v1.0.0\n", "\n".repeat(MAX_LINES));
        let (_, contents) = read(&text);
        assert_eq!((contents.declared.len(), contents.notes.len()), (0, 1));
        assert_eq!(contents.notes[0].kind, NoteKind::Skipped);
        assert_eq!(read(&"\n".repeat(MAX_LINES)).1.notes, []);
        let sums = sum(&Source::new("go.sum", "x\n".repeat(MAX_LINES + 1)));
        assert_eq!(sums.notes.len(), 1);
    }

    #[test]
    fn broken_lines_are_told_or_left_out() {
        for text in [
            "require (",
            "require",
            "replace =>",
            "replace a",
            "=> x",
            ")",
            "require a.b/../../c",
            "require ../x v1",
            "module",
        ] {
            let _ = read(text);
        }
        assert_eq!(read("require a.b/c v1 v2\n").1.notes.len(), 1);
    }
}
