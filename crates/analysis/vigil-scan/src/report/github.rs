//! Workflow commands that GitHub shows as annotations. It shows ten of each kind for each step, so the worst come first.

use super::Report;
use super::text::{counts_line, plain, sentences, shown};
use crate::finding::NoteKind;
use crate::rule::Severity;

pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    for error in &report.errors {
        out.push_str(&format!("::error title=vigil::{}\n", data(error)));
    }
    for finding in &report.findings {
        let (start, end) = (finding.start, finding.end.max(finding.start));
        let columns = if start.line == end.line && end.column > start.column {
            format!(",col={},endColumn={}", start.column.max(1), end.column.max(1))
        } else {
            String::new()
        };
        out.push_str(&format!(
            "::{} file={},line={},endLine={}{columns},title={}::{}\n",
            command(finding.severity),
            property(&shown(&finding.file)),
            start.line.max(1),
            end.line.max(1),
            property(&format!("{} {}", finding.rule.code(), finding.rule.rule().name)),
            data(&sentences(&finding.message, &finding.suggestion))
        ));
    }
    for note in &report.notes {
        let command = match note.kind {
            NoteKind::Skipped | NoteKind::Registry => "warning",
            NoteKind::Unused | NoteKind::Info => "notice",
        };
        let file =
            note.file.as_ref().map_or(String::new(), |file| format!("file={},", property(&shown(file))));
        let line = note.line.map_or(String::new(), |line| format!("line={},", line.max(1)));
        out.push_str(&format!("::{command} {file}{line}title=vigil::{}\n", data(&note.message)));
    }
    out.push_str(&format!("vigil: {}\n", counts_line(report)));
    out
}

fn command(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    }
}

fn data(text: &str) -> String {
    plain(text).replace('%', "%25")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
