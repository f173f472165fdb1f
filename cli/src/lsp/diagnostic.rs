//! Findings as diagnostics.

use std::path::PathBuf;

use tower_lsp_server::ls_types::{
    CodeDescription, Diagnostic, DiagnosticSeverity, DiagnosticTag, NumberOrString, Position, Range,
};
use vigil_scan::{Finding, Language, Note, NoteKind, RuleId, Severity};

use super::desk::Copy;
use super::text::Text;
use crate::scan::{Judge, RULE_PAGES};

/// What was found in a document.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) findings: Vec<Finding>,
    /// For the findings and then for the notes.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// What is wrong with the settings.
    pub(super) problem: Option<String>,
    /// Registries that did not answer.
    pub(super) unasked: Vec<String>,
}

/// Judges a document as it is.
pub(super) fn judge(judge: &Judge, copy: &Copy) -> Judged {
    let Some(path) = path_of(copy) else { return Judged::default() };
    let root =
        copy.roots.iter().filter(|root| path.starts_with(root)).max_by_key(|root| root.as_os_str().len());
    let root = root.cloned().or_else(|| path.parent().map(PathBuf::from)).unwrap_or_default();
    let bytes = copy.text.as_str().as_bytes();
    let (report, problem) = match vigil_scan::is_manifest(&path) && Language::of_path(&path).is_none() {
        true => judge.manifest(&path, bytes, &root, copy.asks),
        false => judge.document(&path, bytes, &root),
    };
    let silent = report.notes.iter().filter(|note| note.kind == NoteKind::Registry);
    let unasked = silent.map(|note| note.message.clone()).collect();
    let of_findings = report.findings.iter().map(|finding| of_finding(finding, &copy.text));
    let of_notes = report.notes.iter().filter_map(|note| of_note(note, &copy.text));
    Judged { diagnostics: of_findings.chain(of_notes).collect(), findings: report.findings, problem, unasked }
}

/// The file of a document; what an editor has not saved yet has none, and its name tells no language.
pub(super) fn path_of(copy: &Copy) -> Option<PathBuf> {
    copy.uri.to_file_path().map(|path| path.into_owned())
}

/// One finding.
pub(super) fn of_finding(finding: &Finding, text: &Text) -> Diagnostic {
    let suggestion = if finding.suggestion.is_empty() { "" } else { "\n" };
    Diagnostic {
        range: text.range(finding.start, finding.end),
        severity: Some(severity(finding.severity)),
        code: Some(NumberOrString::String(finding.rule.code().to_owned())),
        code_description: page(finding.rule),
        source: Some("vigil".to_owned()),
        message: format!("{}{suggestion}{}", finding.message, finding.suggestion),
        // A skipped test does not run: editors show it faded.
        tags: (finding.rule == RuleId::Test004).then(|| vec![DiagnosticTag::UNNECESSARY]),
        ..Diagnostic::default()
    }
}

/// A note that speaks of a line, or that says that the file was not read.
fn of_note(note: &Note, text: &Text) -> Option<Diagnostic> {
    let (severity, tags) = match note.kind {
        NoteKind::Unused => (DiagnosticSeverity::HINT, Some(vec![DiagnosticTag::UNNECESSARY])),
        NoteKind::Skipped => (DiagnosticSeverity::INFORMATION, None),
        NoteKind::Registry | NoteKind::Info => return None,
    };
    let line = note.line.unwrap_or(1).saturating_sub(1);
    let end = text.line(line as usize).encode_utf16().count();
    let end = Position::new(line, u32::try_from(end).unwrap_or(u32::MAX));
    Some(Diagnostic {
        range: Range::new(Position::new(line, 0), end),
        severity: Some(severity),
        source: Some("vigil".to_owned()),
        message: note.message.clone(),
        tags,
        ..Diagnostic::default()
    })
}

fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Critical | Severity::High => DiagnosticSeverity::ERROR,
        Severity::Medium => DiagnosticSeverity::WARNING,
        Severity::Low => DiagnosticSeverity::INFORMATION,
        Severity::Info => DiagnosticSeverity::HINT,
    }
}

fn page(rule: RuleId) -> Option<CodeDescription> {
    let href = format!("{RULE_PAGES}/{}.md", rule.code()).parse().ok()?;
    Some(CodeDescription { href })
}
