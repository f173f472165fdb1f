//! For language models: one line for each finding, and nothing when there is nothing to say.

use super::Report;
use super::text::{note_line, plain, shown};
use crate::finding::NoteKind;

/// More would fill a context that has better uses.
const MAX_FINDINGS: usize = 100;

pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    for finding in report.findings.iter().take(MAX_FINDINGS) {
        out.push_str(&format!(
            "{} {} {}:{} {} -> {}\n",
            finding.severity.name(),
            finding.rule.code(),
            shown(&finding.file),
            finding.start.line.max(1),
            plain(&finding.message),
            plain(&finding.suggestion)
        ));
    }
    if let Some(more) = report.findings.len().checked_sub(MAX_FINDINGS).filter(|more| *more > 0) {
        out.push_str(&format!("… and {more} more, none of them more severe\n"));
    }
    for note in report.notes.iter().filter(|note| matches!(note.kind, NoteKind::Skipped | NoteKind::Registry))
    {
        out.push_str(&format!("note {}\n", note_line(note)));
    }
    for error in &report.errors {
        out.push_str(&format!("error {}\n", plain(error)));
    }
    out
}
