//! Comments that suppress findings: `# vigil: ignore[SEC-001] test fixture`, `// vigil: ignore-file[TEST-001] until=2027-01-31 …`.
//!
//! `ignore` speaks of its own line, or of the next one when it stands alone; `ignore-next-line` of the next one;
//! `ignore-file` of the whole file. Rules are named, and a reason is given. A comment that suppresses nothing is told.

use jiff::civil::Date;
use memchr::memmem;

use crate::config::{Config, unknown_rule};
use crate::finding::{Finding, Note, NoteKind};
use crate::report::{Suppressed, SuppressedBy};
use crate::rule::RuleId;
use crate::source::Source;

/// A comment that suppresses findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Suppression {
    /// Its own line.
    pub(crate) line: u32,
    /// Where it holds.
    pub(crate) scope: Scope,
    /// For which rules.
    pub(crate) rules: Vec<RuleId>,
    /// Until when, that day included.
    pub(crate) until: Option<Date>,
    /// Why; empty when nobody says.
    pub(crate) reason: String,
}

/// Where a suppression holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// On one line.
    Line(u32),
    /// In the whole file.
    File,
}

/// What introduces a suppression.
const MARK: &str = "vigil:";

/// Most suppressions that are read in one file.
const MAX_SUPPRESSIONS: usize = 2_000;

/// Longer reasons are cut.
const MAX_REASON_BYTES: usize = 500;

/// Most times that the mark is looked at on one line.
const MAX_MARKS_OF_LINE: usize = 16;

/// Finds the suppressions of a file, and those that mean nothing.
pub(crate) fn read(source: &Source) -> (Vec<Suppression>, Vec<Note>) {
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    let mut marks_of_line = (0, 0);
    for at in memmem::find_iter(source.text.as_bytes(), MARK) {
        let line = source.line_of(u32::try_from(at).unwrap_or(u32::MAX));
        marks_of_line = if marks_of_line.0 == line { (line, marks_of_line.1 + 1) } else { (line, 1) };
        if marks_of_line.1 > MAX_MARKS_OF_LINE {
            continue;
        }
        let text = source.line(line);
        let start =
            source.text.get(..at).map_or(0, |before| before.rfind(['\n', '\r']).map_or(0, |end| end + 1));
        let before = source.text.get(start..at).unwrap_or_default();
        let Some(alone) = comment_before(before) else { continue };
        let rest = text.get(before.len() + MARK.len()..).unwrap_or_default().trim_start();
        if !rest.starts_with("ignore") {
            continue;
        }
        if found.len() >= MAX_SUPPRESSIONS {
            let message = format!("more than {MAX_SUPPRESSIONS} suppressions; the rest is not read");
            notes.push(note(source, line, message));
            break;
        }
        match parse(rest, line, alone, source) {
            Ok(suppression) => found.push(suppression),
            Err(message) => notes.push(note(source, line, format!("suppresses nothing: {message}"))),
        }
    }
    (found, notes)
}

/// Whether a comment begins directly at the end of the text, and whether it stands alone on its line.
fn comment_before(before: &str) -> Option<bool> {
    let before = before.trim_end();
    let code = ["#", "//", "/*", "<!--", "*"].iter().find_map(|mark| before.strip_suffix(mark))?;
    Some(code.trim_matches(|c: char| c.is_whitespace() || matches!(c, '{' | '*' | '/' | '#')).is_empty())
}

fn parse(rest: &str, line: u32, alone: bool, source: &Source) -> Result<Suppression, String> {
    let word_end = rest.find(|c: char| !(c.is_ascii_alphabetic() || c == '-')).unwrap_or(rest.len());
    let (word, rest) = rest.split_at(word_end);
    let scope = match word {
        "ignore" if alone => Scope::Line(next_code_line(source, line)),
        "ignore" => Scope::Line(line),
        "ignore-next-line" => Scope::Line(line.saturating_add(1)),
        "ignore-file" => Scope::File,
        other => {
            return Err(format!(
                "unknown word `{other}`; write `ignore`, `ignore-next-line` or `ignore-file`"
            ));
        }
    };
    let Some((codes, rest)) = rest.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']'))
    else {
        return Err(format!("name the rules: `{word}[SEC-001] reason`"));
    };
    let mut rules = Vec::new();
    for code in codes.split(',').map(str::trim).filter(|code| !code.is_empty()) {
        rules.push(RuleId::parse(code).ok_or_else(|| unknown_rule(code))?);
    }
    if rules.is_empty() {
        return Err(format!("name the rules: `{word}[SEC-001] reason`"));
    }
    let end = rest.find("*/").or_else(|| rest.find("-->")).unwrap_or(rest.len());
    let mut until = None;
    let mut reason = String::new();
    for word in rest.get(..end).unwrap_or(rest).split_whitespace() {
        match word.strip_prefix("until=") {
            Some(date) => {
                let date: Date =
                    date.parse().map_err(|_| format!("`{date}` is no date; write `until=2027-01-31`"))?;
                until = Some(date);
            }
            None if reason.len() > MAX_REASON_BYTES => break,
            // What separates the rules from the reason is no part of it.
            None if reason.is_empty() && !word.contains(char::is_alphanumeric) => {}
            None => {
                if !reason.is_empty() {
                    reason.push(' ');
                }
                reason.push_str(word);
            }
        }
    }
    Ok(Suppression { line, scope, rules, until, reason })
}

/// The next line that holds something else than a comment.
fn next_code_line(source: &Source, line: u32) -> u32 {
    let count = u32::try_from(source.line_count()).unwrap_or(u32::MAX);
    let comment = |text: &str| {
        let text = text.trim_start();
        text.is_empty() || ["#", "//", "/*", "*"].iter().any(|mark| text.starts_with(mark))
    };
    (line + 1..=count).take(50).find(|&next| !comment(source.line(next))).unwrap_or(line + 1)
}

fn note(source: &Source, line: u32, message: String) -> Note {
    Note { file: Some(source.path.clone()), line: Some(line), kind: NoteKind::Unused, message }
}

/// What decides whether a suppression holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms<'a> {
    /// Whether a reason is required, and which rules report at all: one that is switched off leaves its suppressions
    /// without use, which is no fault.
    pub(crate) config: &'a Config,
    /// The day of the scan; without one nothing expires.
    pub(crate) today: Option<Date>,
}

/// Takes the suppressed findings of one file away. Gives them, and tells what suppressions did not do.
pub(crate) fn apply(
    suppressions: &[Suppression],
    findings: &mut Vec<Finding>,
    file: &std::path::Path,
    terms: Terms<'_>,
) -> (Vec<Suppressed>, Vec<Note>) {
    if suppressions.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let mut suppressed = Vec::new();
    let mut used = vec![Vec::<RuleId>::new(); suppressions.len()];
    for finding in std::mem::take(findings) {
        let mut reason = None;
        for (suppression, used) in suppressions.iter().zip(&mut used) {
            if suppression.rules.contains(&finding.rule) && suppression.covers(&finding) {
                used.push(finding.rule);
                if suppression.void(terms).is_none() {
                    reason.get_or_insert_with(|| suppression.reason.clone());
                }
            }
        }
        match reason {
            None => findings.push(finding),
            Some(reason) => {
                let reason = Some(reason).filter(|reason| !reason.is_empty());
                suppressed.push(Suppressed { finding, reason, kind: SuppressedBy::Inline });
            }
        }
    }
    let mut notes = Vec::new();
    for (suppression, used) in suppressions.iter().zip(&used) {
        let mut tell = |message: String| {
            notes.push(Note {
                file: Some(file.to_owned()),
                line: Some(suppression.line),
                kind: NoteKind::Unused,
                message,
            });
        };
        if let Some(reason) = suppression.void(terms) {
            tell(format!("suppresses nothing: {reason}"));
            continue;
        }
        for rule in
            suppression.rules.iter().filter(|rule| !used.contains(rule) && terms.config.reports(**rule))
        {
            tell(format!("nothing to suppress: {rule} is not found here; remove the comment"));
        }
    }
    (suppressed, notes)
}

impl Suppression {
    fn covers(&self, finding: &Finding) -> bool {
        match self.scope {
            Scope::File => true,
            Scope::Line(line) => {
                (finding.start.line..=finding.end.line.max(finding.start.line)).contains(&line)
            }
        }
    }

    /// Why it holds nothing.
    fn void(&self, terms: Terms<'_>) -> Option<String> {
        if terms.config.suppressions.require_reason && self.reason.is_empty() {
            return Some("it gives no reason".to_owned());
        }
        match (self.until, terms.today) {
            (Some(until), Some(today)) if until < today => Some(format!("it expired on {until}")),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::rule::Severity;
    use crate::source::Position;

    fn finding(rule: RuleId, line: u32) -> Finding {
        Finding {
            rule,
            severity: Severity::High,
            message: String::new(),
            suggestion: String::new(),
            file: "a.py".into(),
            start: Position { line, column: 1 },
            end: Position { line, column: 2 },
            snippet: String::new(),
            mark: 0..0,
            metadata: BTreeMap::new(),
            fix: None,
        }
    }

    /// Lines of SEC-001 that stay, and what is told.
    #[track_caller]
    fn check(text: &str, stays: &[u32], told: &[&str]) {
        let source = Source::new("a.py", text.to_owned());
        let (suppressions, mut notes) = read(&source);
        let mut findings: Vec<_> = (1..=3).map(|line| finding(RuleId::Sec001, line)).collect();
        let today = "2026-11-20".parse().ok();
        let config = Config::default();
        let terms = Terms { config: &config, today };
        notes.extend(apply(&suppressions, &mut findings, &source.path, terms).1);
        let left: Vec<u32> = findings.iter().map(|finding| finding.start.line).collect();
        let told_now: Vec<_> =
            notes.iter().map(|note| format!("{}: {}", note.line.unwrap(), note.message)).collect();
        assert_eq!(left, stays, "{told_now:?}");
        assert_eq!(told_now, told);
    }

    #[test]
    fn a_trailing_comment_speaks_of_its_line() {
        check("a = 1  # vigil: ignore[SEC-001] fixture\nb\nc\n", &[2, 3], &[]);
        check("a = 1; // vigil: ignore[SEC-001] fixture\nb\nc\n", &[2, 3], &[]);
        check("a = 1; /* vigil: ignore[SEC-001] fixture */\nb\nc\n", &[2, 3], &[]);
    }

    #[test]
    fn a_comment_alone_speaks_of_the_next_code() {
        check("# vigil: ignore[SEC-001] fixture\n# more\nc\n", &[1, 2], &[]);
        check("# vigil: ignore-next-line[SEC-001] fixture\nb\nc\n", &[1, 3], &[]);
        check("{/* vigil: ignore[SEC-001] fixture */}\nb\nc\n", &[1, 3], &[]);
    }

    #[test]
    fn a_file_can_be_left_alone() {
        check(
            "a\nb\n# vigil: ignore-file[SEC-001, TEST-001] all made up\n",
            &[],
            &["3: nothing to suppress: TEST-001 is not found here; remove the comment"],
        );
    }

    #[test]
    fn a_suppression_expires() {
        check("a # vigil: ignore[SEC-001] until=2026-11-20 soon\n", &[2, 3], &[]);
        check(
            "a # vigil: ignore[SEC-001] until=2026-11-19 soon\n",
            &[1, 2, 3],
            &["1: suppresses nothing: it expired on 2026-11-19"],
        );
        check(
            "a # vigil: ignore[SEC-001] until=soon x\n",
            &[1, 2, 3],
            &["1: suppresses nothing: `soon` is no date; write `until=2027-01-31`"],
        );
    }

    #[test]
    fn a_suppression_names_rules_and_a_reason() {
        check("a # vigil: ignore[SEC-001]\n", &[1, 2, 3], &["1: suppresses nothing: it gives no reason"]);
        check(
            "a # vigil: ignore\n",
            &[1, 2, 3],
            &["1: suppresses nothing: name the rules: `ignore[SEC-001] reason`"],
        );
        check(
            "a # vigil: ignore[SEC-01] x\n",
            &[1, 2, 3],
            &["1: suppresses nothing: unknown rule `SEC-01`; did you mean `SEC-001`?"],
        );
        check("a # vigil: ignroe[SEC-001] x\n", &[1, 2, 3], &[]);
    }

    #[test]
    fn text_that_only_looks_alike_is_no_suppression() {
        check("a = \"vigil: ignore[SEC-001] x\"\n", &[1, 2, 3], &[]);
        check("vigil: ignore[SEC-001] x\n", &[1, 2, 3], &[]);
    }
}
