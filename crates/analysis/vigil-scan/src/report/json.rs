//! For programs: all there is, in a stable order.

use std::collections::BTreeMap;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::text::{by_severity, path};
use super::{Report, SuppressedBy, fingerprints};
use crate::finding::{Finding, Fix, Note, NoteKind};
use crate::rule::Severity;

/// Files that the summary names, those with the most findings first.
const TOP_FILES: usize = 10;

#[derive(Serialize)]
struct Document<'a> {
    version: &'a str,
    root: String,
    files_scanned: usize,
    duration_seconds: f64,
    analyzers_run: Vec<&'static str>,
    rules_run: Vec<&'static str>,
    findings_count: usize,
    findings: Vec<Entry<'a>>,
    summary: Summary<'a>,
    errors: &'a [String],
    notes: Vec<NoteEntry<'a>>,
    suppressed: Vec<SuppressedEntry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    rule_id: &'static str,
    category: &'static str,
    severity: &'static str,
    message: &'a str,
    location: Location<'a>,
    suggestion: &'a str,
    metadata: &'a BTreeMap<&'static str, Value>,
    fingerprint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<FixEntry<'a>>,
}

#[derive(Serialize)]
struct Location<'a> {
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    #[serde(skip_serializing_if = "str::is_empty")]
    snippet: &'a str,
}

#[derive(Serialize)]
struct FixEntry<'a> {
    title: &'a str,
    file: String,
    edits: Vec<EditEntry<'a>>,
}

#[derive(Serialize)]
struct EditEntry<'a> {
    start_byte: u32,
    end_byte: u32,
    text: &'a str,
}

#[derive(Serialize)]
struct NoteEntry<'a> {
    kind: &'static str,
    file: Option<String>,
    line: Option<u32>,
    message: &'a str,
}

#[derive(Serialize)]
struct SuppressedEntry<'a> {
    kind: &'static str,
    reason: Option<&'a str>,
    finding: Entry<'a>,
}

#[derive(Serialize)]
struct Summary<'a> {
    files_scanned: usize,
    total_findings: usize,
    duration_seconds: f64,
    analyzers_run: Vec<&'static str>,
    by_severity: Counts,
    by_category: Counts,
    by_rule: Counts,
    by_file: Counts,
    has_blocking: bool,
    errors: &'a [String],
}

/// A map that keeps its order.
struct Counts(Vec<(String, usize)>);

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, count) in &self.0 {
            map.serialize_entry(key, count)?;
        }
        map.end()
    }
}

pub(super) fn render(report: &Report) -> String {
    let analyzers: Vec<&'static str> = report.categories_run.iter().map(|category| category.name()).collect();
    let duration_seconds = (report.duration.as_secs_f64() * 1000.0).round() / 1000.0;
    let suppressed: Vec<Finding> = report.suppressed.iter().map(|entry| entry.finding.clone()).collect();
    let document = Document {
        version: &report.tool_version,
        root: report.root.to_string_lossy().into_owned(),
        files_scanned: report.files_scanned,
        duration_seconds,
        analyzers_run: analyzers.clone(),
        rules_run: report.rules_run.iter().map(|rule| rule.code()).collect(),
        findings_count: report.findings.len(),
        findings: report.findings.iter().zip(fingerprints(&report.findings)).map(entry).collect(),
        summary: Summary {
            files_scanned: report.files_scanned,
            total_findings: report.findings.len(),
            duration_seconds,
            analyzers_run: analyzers,
            by_severity: Counts(
                by_severity(&report.findings)
                    .into_iter()
                    .map(|(severity, count)| (severity.name().to_owned(), count))
                    .collect(),
            ),
            by_category: count(&report.findings, |finding| finding.rule.rule().category.name().to_owned()),
            by_rule: count(&report.findings, |finding| finding.rule.code().to_owned()),
            by_file: top(count(&report.findings, |finding| path(&finding.file))),
            has_blocking: report.findings.iter().any(|finding| finding.severity >= Severity::High),
            errors: &report.errors,
        },
        errors: &report.errors,
        notes: report.notes.iter().map(note).collect(),
        suppressed: report
            .suppressed
            .iter()
            .zip(fingerprints(&suppressed))
            .map(|(suppressed, fingerprint)| SuppressedEntry {
                kind: match suppressed.kind {
                    SuppressedBy::Inline => "inline",
                    SuppressedBy::Baseline => "baseline",
                },
                reason: suppressed.reason.as_deref(),
                finding: entry((&suppressed.finding, fingerprint)),
            })
            .collect(),
    };
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_else(|_| "{}".to_owned());
    text.push('\n');
    text
}

fn entry<'a>((finding, fingerprint): (&'a Finding, String)) -> Entry<'a> {
    Entry {
        rule_id: finding.rule.code(),
        category: finding.rule.rule().category.name(),
        severity: finding.severity.name(),
        message: &finding.message,
        location: Location {
            file: path(&finding.file),
            line: finding.start.line,
            column: finding.start.column,
            end_line: finding.end.line,
            end_column: finding.end.column,
            snippet: &finding.snippet,
        },
        suggestion: &finding.suggestion,
        metadata: &finding.metadata,
        fingerprint,
        fix: finding.fix.as_ref().map(|change| fix(finding, change)),
    }
}

fn fix<'a>(finding: &'a Finding, fix: &'a Fix) -> FixEntry<'a> {
    FixEntry {
        title: &fix.title,
        file: path(fix.file.as_ref().unwrap_or(&finding.file)),
        edits: fix
            .edits
            .iter()
            .map(|edit| EditEntry { start_byte: edit.start, end_byte: edit.end, text: &edit.text })
            .collect(),
    }
}

fn note(note: &Note) -> NoteEntry<'_> {
    NoteEntry {
        kind: match note.kind {
            NoteKind::Skipped => "skipped",
            NoteKind::Registry => "registry",
            NoteKind::Unused => "unused",
            NoteKind::Info => "info",
        },
        file: note.file.as_deref().map(path),
        line: note.line,
        message: &note.message,
    }
}

fn count(findings: &[Finding], key: impl Fn(&Finding) -> String) -> Counts {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for finding in findings {
        *counts.entry(key(finding)).or_default() += 1;
    }
    Counts(counts.into_iter().collect())
}

fn top(Counts(mut counts): Counts) -> Counts {
    counts.sort_by(|one, two| two.1.cmp(&one.1).then_with(|| one.0.cmp(&two.0)));
    counts.truncate(TOP_FILES);
    Counts(counts)
}
