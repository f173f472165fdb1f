//! For people, on a terminal.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use super::style::Style;
use super::text::{counted, counts_line, note_line, place, plain, shown};
use super::{Look, Report, SuppressedBy};
use crate::finding::{Finding, NoteKind};
use crate::rule::Severity;

/// Narrower terminals get lines that are longer than they are.
const MIN_WIDTH: usize = 40;

/// More notes are counted, not shown.
const MAX_NOTES: usize = 20;

pub(super) fn render(report: &Report, look: Look) -> String {
    let page = Page { style: Style { color: look.color }, width: look.width.max(MIN_WIDTH), look };
    let mut out = String::new();
    if !look.quiet {
        let title = format!(
            "vigil v{} — scanning {}...",
            plain(&report.tool_version),
            counted(report.files_scanned, "file")
        );
        out.push_str(&format!("\n  {}\n\n", page.style.bold(&title)));
    }
    for (file, findings) in by_file(&report.findings) {
        out.push_str(&format!("{}\n", page.style.bold(&shown(file))));
        for finding in findings {
            page.finding(&mut out, finding);
        }
    }
    page.notes(&mut out, report);
    for error in &report.errors {
        out.push_str(&format!("  {}  {}\n", page.style.severity(Severity::Critical, "ERROR"), plain(error)));
    }
    if report.findings.is_empty() && report.errors.is_empty() {
        out.push_str(&format!("  {}\n", page.style.good("No findings.")));
    }
    if !look.quiet {
        page.summary(&mut out, report);
    }
    out
}

/// Findings of the same file together; the file with the worst one first.
fn by_file(findings: &[Finding]) -> Vec<(&Path, Vec<&Finding>)> {
    let mut groups: Vec<(&Path, Vec<&Finding>)> = Vec::new();
    let mut places: HashMap<&Path, usize> = HashMap::new();
    for finding in findings {
        let at = *places.entry(&finding.file).or_insert(groups.len());
        match groups.get_mut(at) {
            Some((_, group)) => group.push(finding),
            None => groups.push((&finding.file, vec![finding])),
        }
    }
    groups
}

struct Page {
    style: Style,
    width: usize,
    look: Look,
}

impl Page {
    fn finding(&self, out: &mut String, finding: &Finding) {
        let severity = finding.severity;
        let label = format!("{} {:<8}", icon(severity), severity.name().to_uppercase());
        out.push_str(&format!(
            "  {}  {}  {}\n",
            self.style.severity(severity, &label),
            self.style.bold(finding.rule.code()),
            place(finding)
        ));
        for line in wrap(&plain(&finding.message), self.width.saturating_sub(4)) {
            out.push_str(&format!("    {line}\n"));
        }
        self.excerpt(out, finding);
        if self.look.suggestions && !self.look.quiet && !finding.suggestion.is_empty() {
            self.suggestion(out, finding);
        }
        out.push('\n');
    }

    /// The line, and below it what it is about.
    fn excerpt(&self, out: &mut String, finding: &Finding) {
        if finding.snippet.is_empty() {
            return;
        }
        let number = finding.start.line.max(1).to_string();
        let room = self.width.saturating_sub(number.len() + 9).max(20);
        let (text, mark) = window(&plain(&finding.snippet), &finding.mark, room);
        let bar = self.style.faint("|");
        out.push_str(&format!("      {} {bar} {text}\n", self.style.faint(&number)));
        if !mark.is_empty() {
            let carets = self.style.severity(finding.severity, &"^".repeat(mark.len()));
            out.push_str(&format!(
                "      {} {bar} {}{carets}\n",
                " ".repeat(number.len()),
                " ".repeat(mark.start)
            ));
        }
    }

    fn suggestion(&self, out: &mut String, finding: &Finding) {
        let text = plain(&finding.suggestion);
        let mut lines = wrap(&format!("Suggestion: {text}"), self.width.saturating_sub(6)).into_iter();
        if let Some(first) = lines.next() {
            out.push_str(&format!("    {} {first}\n", self.style.hint("→")));
        }
        for line in lines {
            out.push_str(&format!("      {line}\n"));
        }
    }

    fn notes(&self, out: &mut String, report: &Report) {
        // What makes the result less than whole is told even when only findings are wanted.
        let told = |kind| !self.look.quiet || matches!(kind, NoteKind::Skipped | NoteKind::Registry);
        let notes: Vec<_> = report.notes.iter().filter(|note| told(note.kind)).collect();
        for note in notes.iter().take(MAX_NOTES) {
            let mut lines = wrap(&note_line(note), self.width.saturating_sub(8)).into_iter();
            if let Some(first) = lines.next() {
                out.push_str(&format!("  {} {first}\n", self.style.severity(Severity::Low, "note:")));
            }
            for line in lines {
                out.push_str(&format!("        {line}\n"));
            }
        }
        if let Some(more) = notes.len().checked_sub(MAX_NOTES).filter(|more| *more > 0) {
            out.push_str(&format!("  … and {}; `-f json` has all of them.\n", counted(more, "more note")));
        }
        if !notes.is_empty() {
            out.push('\n');
        }
    }

    fn summary(&self, out: &mut String, report: &Report) {
        out.push_str(&format!("\n  {}\n", self.style.faint(&"─".repeat(49))));
        let seconds = report.duration.as_secs_f64();
        let skipped = match report.skipped() {
            0 => String::new(),
            count => format!("; {count} not, or not wholly"),
        };
        let files = counted(report.files_scanned, "file");
        out.push_str(&format!("  {files} scanned in {seconds:.1}s{skipped}\n"));
        let counts = counts_line(report);
        let worst = report.findings.iter().map(|finding| finding.severity).max();
        let counts =
            worst.map_or_else(|| self.style.good(&counts), |worst| self.style.severity(worst, &counts));
        out.push_str(&format!("  {counts}\n"));
        let by = |kind| report.suppressed.iter().filter(|suppressed| suppressed.kind == kind).count();
        let (inline, baseline) = (by(SuppressedBy::Inline), by(SuppressedBy::Baseline));
        if inline + baseline > 0 {
            let parts = [(inline, "by comments"), (baseline, "by the baseline")];
            let parts: Vec<String> = parts
                .iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, what)| format!("{count} {what}"))
                .collect();
            out.push_str(&format!("  {} suppressed: {}\n", inline + baseline, parts.join(", ")));
        }
        let ran: Vec<String> = report
            .categories_run
            .iter()
            .map(|category| format!("{} {}", category.name(), self.style.good("✓")))
            .collect();
        let end = if ran.is_empty() { String::new() } else { format!(": {}", ran.join(", ")) };
        out.push_str(&format!("  {}{end}\n", counted(ran.len(), "analyzer")));
        if let Some(next) = next_step(report) {
            out.push('\n');
            for line in wrap(&next, self.width.saturating_sub(2)) {
                out.push_str(&format!("  {line}\n"));
            }
        }
        out.push('\n');
    }
}

/// What a reader would do next.
fn next_step(report: &Report) -> Option<String> {
    let first = report.findings.first()?;
    let fixable = report.findings.iter().filter(|finding| finding.fix.is_some()).count();
    let explain = format!("`vigil rules {}` explains a rule", first.rule.code());
    Some(if fixable > 0 {
        format!("`vigil scan --fix` mends {fixable} of them and shows each change first; {explain}.")
    } else {
        format!("{explain}; a comment `vigil: ignore[{}] reason` suppresses a finding.", first.rule.code())
    })
}

fn icon(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "✗",
        Severity::Medium => "⚠",
        Severity::Low => "~",
        Severity::Info => "i",
    }
}

/// As much of the text as there is room for, around the mark.
fn window(text: &str, mark: &Range<u32>, room: usize) -> (String, Range<usize>) {
    let chars: Vec<char> = text.chars().collect();
    let mark = (mark.start as usize).min(chars.len())..(mark.end as usize).min(chars.len());
    if chars.len() <= room {
        return (text.to_owned(), mark);
    }
    let inner = room - 2;
    let from = mark.start.saturating_sub(inner / 4).min(chars.len() - inner);
    let to = (from + inner).min(chars.len());
    let head = if from > 0 { "…" } else { "" };
    let tail = if to < chars.len() { "…" } else { "" };
    let kept: String = chars.get(from..to).unwrap_or(&[]).iter().collect();
    let shift = head.chars().count();
    let place = |at: usize| at.clamp(from, to) - from + shift;
    (format!("{head}{kept}{tail}"), place(mark.start)..place(mark.end))
}

/// Breaks at blanks; a word that is longer than a line stays whole, so that it can be copied.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let chars = word.chars().count();
        match lines.last_mut() {
            Some(line) if length + 1 + chars <= width => {
                line.push(' ');
                line.push_str(word);
                length += 1 + chars;
            }
            _ => {
                lines.push(word.to_owned());
                length = chars;
            }
        }
    }
    lines
}
