//! A comment on a pull request.

use super::Report;
use super::text::{counted, counts_line, cut, note_line, page, plain, shown};
use crate::finding::Finding;
use crate::rule::Severity;

/// GitHub takes comments of 65,536 characters.
const MAX_BYTES: usize = 60_000;

/// Longer tables are not read.
const MAX_ROWS: usize = 50;

pub(super) fn render(report: &Report) -> String {
    let mut out = String::from("## Vigil scan\n\n");
    out.push_str(&format!(
        "**{}** in {}, {:.1} s.\n",
        counts_line(report),
        counted(report.files_scanned, "file"),
        report.duration.as_secs_f64()
    ));
    for error in &report.errors {
        out.push_str(&format!("\n> [!CAUTION]\n> {}\n", escape(error)));
    }
    if !report.findings.is_empty() {
        out.push_str("\n| | Rule | Place | Finding |\n|---|---|---|---|\n");
        for finding in report.findings.iter().take(MAX_ROWS) {
            out.push_str(&row(finding));
        }
        if let Some(more) = report.findings.len().checked_sub(MAX_ROWS).filter(|more| *more > 0) {
            out.push_str(&format!("\n… and {}.\n", counted(more, "more finding")));
        }
        details(&mut out, report);
    }
    if !report.notes.is_empty() {
        out.push_str(&format!("\n<details><summary>{}</summary>\n\n", counted(report.notes.len(), "note")));
        for note in report.notes.iter().take(MAX_ROWS) {
            let line = format!("- {}\n", escape(&note_line(note)));
            if out.len() + line.len() > MAX_BYTES {
                break;
            }
            out.push_str(&line);
        }
        out.push_str("\n</details>\n");
    }
    if !report.suppressed.is_empty() {
        out.push_str(&format!("\n{} suppressed.\n", counted(report.suppressed.len(), "finding")));
    }
    out
}

fn row(finding: &Finding) -> String {
    let place = format!("{}:{}", cut(&shown(&finding.file), 120), finding.start.line.max(1));
    format!(
        "| {} {} | [{}]({}) | {} | {} |\n",
        icon(finding.severity),
        finding.severity.name(),
        finding.rule.code(),
        page(finding),
        code(&place).replace('|', "\\|"),
        escape(&cut(&finding.message, 300))
    )
}

/// What to do about each finding, and the line it is about.
fn details(out: &mut String, report: &Report) {
    out.push_str("\n<details><summary>What to do</summary>\n");
    for finding in report.findings.iter().take(MAX_ROWS) {
        let snippet = if finding.snippet.is_empty() {
            String::new()
        } else {
            format!("  {}\n", code(&cut(&plain(&finding.snippet), 200)))
        };
        let item = format!(
            "\n- **{}** {}\n{snippet}  {}\n",
            finding.rule.code(),
            code(&format!("{}:{}", shown(&finding.file), finding.start.line.max(1))),
            escape(&finding.suggestion)
        );
        if out.len() + item.len() > MAX_BYTES {
            break;
        }
        out.push_str(&item);
    }
    out.push_str("\n</details>\n");
}

fn icon(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "🛑",
        Severity::High => "🔴",
        Severity::Medium => "🟠",
        Severity::Low => "🔵",
        Severity::Info => "⚪",
    }
}

/// Text that starts nothing: no table cell, link, tag, emphasis or mention. Code spans of our own messages stay.
fn escape(text: &str) -> String {
    let text = plain(text);
    let mut out = String::new();
    let mut parts = text.split('`').peekable();
    let mut inside = false;
    while let Some(part) = parts.next() {
        let closes = parts.peek().is_some();
        if inside && closes && !part.is_empty() {
            out.push_str(&code(part).replace('|', "\\|"));
            inside = false;
            continue;
        }
        if inside {
            out.push_str("\\`");
        }
        for c in part.chars() {
            match c {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                '@' => out.push_str("@\u{200B}"),
                '#' => out.push_str("#\u{200B}"),
                '\\' | '|' | '*' | '_' | '[' | ']' | '~' | '!' => {
                    out.push('\\');
                    out.push(c);
                }
                c => out.push(c),
            }
        }
        inside = true;
    }
    out
}

/// A code span that holds the text, whatever backquotes are in it.
fn code(text: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}
