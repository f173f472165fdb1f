//! One file's result as bytes. A file in which nothing is found takes a few bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Digest;
use super::codec::{Reader, Writer};
use crate::engine::{Imported, Judged};
use crate::facts::{Helper, Mount, Need};
use crate::files::Stamp;
use crate::finding::{Edit, Finding, Fix, Note, NoteKind};
use crate::rule::{RuleId, Severity};
use crate::source::Position;
use crate::suppress::{Scope, Suppression};

/// A file's result, and what it holds for.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) stamp: Stamp,
    pub(super) settings: Digest,
    pub(super) digest: Digest,
    judged: Judged,
    /// The entry as it was written.
    pub(super) raw: Box<[u8]>,
}

impl Entry {
    /// The result.
    pub(super) fn judged(&self) -> Judged {
        Judged { digest: Some(self.digest), ..self.judged.clone() }
    }
}

/// Keys of metadata. A finding with another key is not kept, and its file is judged anew each time.
const KEYS: &[&str] = &[
    "age_days",
    "assert_line",
    "assertion_count",
    "created_at",
    "default_length",
    "downloads",
    "ecosystem",
    "entropy",
    "env_file",
    "env_key",
    "framework",
    "kind",
    "latest_version",
    "lifetime_hours",
    "method",
    "min_required",
    "missing_flags",
    "mock_line",
    "module",
    "name",
    "package",
    "path",
    "pattern",
    "reason",
    "router",
    "similar_to",
    "similarity",
    "test_name",
    "threshold_hours",
    "username",
    "value",
    "value_length",
    "value_preview",
    "version",
];

/// Writes an entry. `None` for one that cannot be read back.
pub(super) fn write(
    writer: &mut Writer,
    path: &Path,
    stamp: Stamp,
    settings: Digest,
    digest: Digest,
    judged: &Judged,
) -> Option<()> {
    let mut body = Writer::default();
    let path = path.to_str()?;
    body.text(path);
    for number in [stamp.size, stamp.modified_ns, stamp.inode] {
        body.number(number);
    }
    body.digest(settings);
    body.digest(digest);
    body.number(judged.findings.len() as u64);
    for finding in &judged.findings {
        write_finding(&mut body, finding)?;
    }
    body.number(judged.notes.len() as u64);
    for note in &judged.notes {
        body.number(u64::from(note.line.map_or(0, |line| line.saturating_add(1))));
        body.number(NOTE_KINDS.iter().position(|kind| *kind == note.kind)? as u64);
        body.text(&note.message);
    }
    body.number(judged.suppressions.len() as u64);
    for suppression in &judged.suppressions {
        body.number(u64::from(suppression.line));
        body.number(match suppression.scope {
            Scope::File => 0,
            Scope::Line(line) => u64::from(line).saturating_add(1),
        });
        body.number(suppression.rules.len() as u64);
        for rule in &suppression.rules {
            body.text(rule.code());
        }
        body.text(&suppression.until.map_or_else(String::new, |date| date.to_string()));
        body.text(&suppression.reason);
    }
    body.number(judged.imports.len() as u64);
    for import in &judged.imports {
        body.text(&import.module);
        body.number(NEEDS.iter().position(|need| *need == import.need)? as u64);
        write_place(&mut body, import.start);
        write_place(&mut body, import.end);
        body.text(&import.line);
    }
    body.number(judged.mounts.len() as u64);
    for mount in &judged.mounts {
        body.text(&mount.target);
        body.text(&mount.into);
        write_texts(&mut body, &mount.guards);
    }
    body.number(judged.helpers.len() as u64);
    for helper in &judged.helpers {
        body.text(&helper.name);
        body.number(u64::from(helper.asserts));
        write_texts(&mut body, &helper.calls);
    }
    body.number(judged.calls.len() as u64);
    for (place, targets) in &judged.calls {
        write_place(&mut body, *place);
        write_texts(&mut body, targets);
    }
    writer.blob(&body.bytes);
    Some(())
}

fn write_texts(writer: &mut Writer, texts: &[String]) {
    writer.number(texts.len() as u64);
    texts.iter().for_each(|text| writer.text(text));
}

fn write_place(writer: &mut Writer, place: Position) {
    writer.number(u64::from(place.line));
    writer.number(u64::from(place.column));
}

fn write_finding(writer: &mut Writer, finding: &Finding) -> Option<()> {
    writer.text(finding.rule.code());
    writer.text(finding.severity.name());
    writer.text(&finding.message);
    writer.text(&finding.suggestion);
    write_place(writer, finding.start);
    write_place(writer, finding.end);
    writer.text(&finding.snippet);
    writer.number(u64::from(finding.mark.start));
    writer.number(u64::from(finding.mark.end));
    writer.number(finding.metadata.len() as u64);
    for (key, value) in &finding.metadata {
        writer.number(KEYS.iter().position(|known| known == key)? as u64);
        writer.text(&value.to_string());
    }
    match &finding.fix {
        None => writer.number(0),
        Some(fix) => {
            writer.number(1);
            writer.text(&fix.title);
            writer.text(fix.file.as_ref().map_or(Some(""), |file| file.to_str())?);
            writer.number(fix.edits.len() as u64);
            for edit in &fix.edits {
                writer.number(u64::from(edit.start));
                writer.number(u64::from(edit.end));
                writer.text(&edit.text);
            }
        }
    }
    Some(())
}

const NEEDS: [Need; 4] = [Need::Firm, Need::Late, Need::Types, Need::Tried];
const NOTE_KINDS: [NoteKind; 4] = [NoteKind::Skipped, NoteKind::Registry, NoteKind::Unused, NoteKind::Info];

/// Reads an entry.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<(PathBuf, Entry)> {
    let blob = reader.blob()?;
    let mut whole = Writer::default();
    whole.blob(blob);
    let mut body = Reader::new(blob);
    let path = PathBuf::from(body.text()?);
    let stamp = Stamp { size: body.number()?, modified_ns: body.number()?, inode: body.number()? };
    let settings = body.digest()?;
    let digest = body.digest()?;
    let findings = body.list(|body| read_finding(body, &path))?;
    let notes = body.list(|body| {
        Some(Note {
            file: Some(path.clone()),
            line: body.small()?.checked_sub(1),
            kind: *NOTE_KINDS.get(usize::try_from(body.number()?).ok()?)?,
            message: body.text()?.to_owned(),
        })
    })?;
    let suppressions = body.list(|body| {
        let line = body.small()?;
        let scope = match body.small()? {
            0 => Scope::File,
            next => Scope::Line(next - 1),
        };
        let rules = body.list(|body| RuleId::parse(body.text()?))?;
        let until = match body.text()? {
            "" => None,
            date => Some(date.parse().ok()?),
        };
        Some(Suppression { line, scope, rules, until, reason: body.text()?.to_owned() })
    })?;
    let imports = body.list(|body| {
        let module = body.text()?.to_owned();
        let need = *NEEDS.get(usize::try_from(body.number()?).ok()?)?;
        Some(Imported {
            module,
            need,
            start: read_place(body)?,
            end: read_place(body)?,
            line: body.text()?.to_owned(),
        })
    })?;
    let mounts = body.list(|body| {
        let (target, into) = (body.text()?.to_owned(), body.text()?.to_owned());
        Some(Mount { target, into, guards: read_texts(body)? })
    })?;
    let helpers = body.list(|body| {
        let (name, asserts) = (body.text()?.to_owned(), body.number()? == 1);
        Some(Helper { name, asserts, calls: read_texts(body)? })
    })?;
    let calls = body.list(|body| Some((read_place(body)?, read_texts(body)?)))?;
    let judged = Judged { findings, notes, suppressions, imports, mounts, helpers, calls, digest: None };
    Some((path, Entry { stamp, settings, digest, judged, raw: whole.bytes.into_boxed_slice() }))
}

fn read_texts(reader: &mut Reader<'_>) -> Option<Vec<String>> {
    reader.list(|reader| reader.text().map(str::to_owned))
}

fn read_place(reader: &mut Reader<'_>) -> Option<Position> {
    Some(Position { line: reader.small()?, column: reader.small()? })
}

fn read_finding(reader: &mut Reader<'_>, path: &Path) -> Option<Finding> {
    let rule = RuleId::parse(reader.text()?)?;
    let severity = Severity::parse(reader.text()?)?;
    let message = reader.text()?.to_owned();
    let suggestion = reader.text()?.to_owned();
    let (start, end) = (read_place(reader)?, read_place(reader)?);
    let snippet = reader.text()?.to_owned();
    let mark = reader.small()?..reader.small()?;
    let metadata: BTreeMap<_, _> = reader
        .list(|reader| {
            let key = *KEYS.get(usize::try_from(reader.number()?).ok()?)?;
            Some((key, serde_json::from_str(reader.text()?).ok()?))
        })?
        .into_iter()
        .collect();
    let fix = match reader.number()? {
        0 => None,
        _ => Some(Fix {
            title: reader.text()?.to_owned(),
            file: Some(reader.text()?).filter(|file| !file.is_empty()).map(PathBuf::from),
            edits: reader.list(|reader| {
                Some(Edit { start: reader.small()?, end: reader.small()?, text: reader.text()?.to_owned() })
            })?,
        }),
    };
    let file = path.to_owned();
    Some(Finding { rule, severity, message, suggestion, file, start, end, snippet, mark, metadata, fix })
}
