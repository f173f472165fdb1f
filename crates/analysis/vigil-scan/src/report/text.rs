//! Texts that every format needs.

use std::collections::BTreeMap;
use std::path::Path;

use super::Report;
use crate::finding::{Finding, Note};
use crate::rule::Severity;

/// The address of this project.
pub(super) const HOME: &str = env!("CARGO_PKG_REPOSITORY");

/// One line without characters that steer a terminal, hide text, or are refused by XML.
pub(super) fn plain(text: &str) -> String {
    let harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
    };
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            c if harmful(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

/// A path with `/`, as programs read it.
pub(super) fn path(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() }
}

/// A path as people read it.
pub(super) fn shown(of: &Path) -> String {
    plain(&path(of))
}

/// A path as part of a URI.
pub(super) fn uri(of: &Path) -> String {
    let mut uri = String::new();
    for byte in path(of).bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b'/'
            | b'@'
            | b'+'
            | b','
            | b'=' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// No more than so many characters.
pub(super) fn cut(text: &str, max_chars: usize) -> String {
    if text.chars().nth(max_chars).is_none() {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(max_chars.saturating_sub(1)).collect();
    kept.push('…');
    kept
}

/// `path:line:column`.
pub(super) fn place(finding: &Finding) -> String {
    format!("{}:{}:{}", shown(&finding.file), finding.start.line.max(1), finding.start.column.max(1))
}

/// `path:line: message`, as far as the note knows.
pub(super) fn note_line(note: &Note) -> String {
    let message = plain(&note.message);
    match (&note.file, note.line) {
        (Some(file), Some(line)) => format!("{}:{line}: {message}", shown(file)),
        (Some(file), None) => format!("{}: {message}", shown(file)),
        (None, _) => message,
    }
}

/// How many findings there are of each severity, most severe first, none left out.
pub(super) fn by_severity(findings: &[Finding]) -> Vec<(Severity, usize)> {
    let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.severity).or_default() += 1;
    }
    counts.into_iter().rev().collect()
}

/// `3 findings: 1 critical, 2 high`, or `0 findings`.
pub(super) fn counts_line(report: &Report) -> String {
    let total = counted(report.findings.len(), "finding");
    let parts: Vec<String> = by_severity(&report.findings)
        .iter()
        .map(|(severity, count)| format!("{count} {}", severity.name()))
        .collect();
    if parts.is_empty() { total } else { format!("{total}: {}", parts.join(", ")) }
}

/// `1 finding`, `2 findings`.
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Where the rule's page lies.
pub(super) fn page(finding: &Finding) -> String {
    format!("{HOME}/blob/main/docs/rules/{}.md", finding.rule.code())
}

/// Two sentences, whether or not the first one has its full stop.
pub(super) fn sentences(message: &str, suggestion: &str) -> String {
    let stop = if message.ends_with(['.', '!', '?', ':']) || suggestion.is_empty() { "" } else { "." };
    format!("{message}{stop} {suggestion}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\nc\u{202e}d"), "a\u{FFFD}[31mb c\u{FFFD}d");
    }

    #[test]
    fn paths_are_escaped_in_uris() {
        assert_eq!(uri(Path::new("a b/[id]/ä#.ts")), "a%20b/%5Bid%5D/%C3%A4%23.ts");
    }
}
