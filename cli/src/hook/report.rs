//! What was found, in few words: a model reads it at every edit.

use std::path::PathBuf;

/// Most findings that are told one by one.
const MAX_FINDINGS: usize = 20;
/// Longest message or suggestion, in characters.
const MAX_SENTENCE_CHARS: usize = 300;

/// What was found in a call.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// What was done or is about to be done: `Write`, `Bash`.
    pub(crate) tool: String,
    /// The tool has not run yet.
    pub(crate) before: bool,
    /// Findings at or above the severity that fails, most severe first.
    pub(crate) findings: Vec<Told>,
    /// What could not be checked: for the log, not for the model.
    pub(crate) unchecked: Vec<String>,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) severity: vigil_scan::Severity,
    pub(crate) rule: vigil_scan::RuleId,
    pub(crate) place: Place,
    pub(crate) message: String,
    pub(crate) suggestion: String,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// A line of a file.
    Line(PathBuf, u32),
    /// A package that a command installs.
    Package(String),
}

impl Report {
    /// One sentence.
    pub(crate) fn headline(&self) -> String {
        let count = self.findings.len();
        let problems = if count == 1 { "1 problem".to_owned() } else { format!("{count} problems") };
        let tool = &self.tool;
        match (self.before, self.about_packages()) {
            (true, true) => format!("{problems} in what this command would install; it was not run"),
            (true, false) => format!("{problems} in what `{tool}` would write; nothing was written"),
            (false, true) => format!("{problems} in what this command installed"),
            (false, false) => format!("{problems} in what `{tool}` wrote"),
        }
    }

    /// The whole: a headline, a line for each finding, what to do.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("vigil: {}:\n", self.headline());
        for told in self.findings.iter().take(MAX_FINDINGS) {
            text.push_str(&told.line());
        }
        if let Some(more) = self.findings.len().checked_sub(MAX_FINDINGS).filter(|&more| more > 0) {
            text.push_str(&format!("… and {more} more\n"));
        }
        text.push_str(match (self.before, self.about_packages()) {
            (_, true) => {
                "Install the package that was meant. If the name is right, ask the user to list it under `deps: allow:` in `.vigil.yaml`.\n"
            }
            (true, false) => {
                "Change the content and write it again. If a finding is a false alarm, put `vigil: ignore[RULE] reason` in a comment on its line.\n"
            }
            (false, false) => {
                "Mend this now. If a finding is a false alarm, put `vigil: ignore[RULE] reason` in a comment on its line.\n"
            }
        });
        text
    }

    fn about_packages(&self) -> bool {
        self.findings.iter().all(|told| matches!(told.place, Place::Package(_)))
    }
}

impl Told {
    /// `critical SEC-001 src/app.py:3 message -> suggestion`
    fn line(&self) -> String {
        let place = match &self.place {
            Place::Line(path, line) => format!("{}:{line}", path.display()),
            Place::Package(name) => format!("`{name}`"),
        };
        let message = sentence(&self.message);
        // A message about a package often begins with its name.
        let place = if message.starts_with(&place) { String::new() } else { place + " " };
        let mut line = format!("{} {} {place}{message}", self.severity.name(), self.rule);
        if !self.suggestion.is_empty() {
            line.push_str(&format!(" -> {}", sentence(&self.suggestion)));
        }
        line.push('\n');
        line
    }
}

/// One line, bounded.
fn sentence(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(MAX_SENTENCE_CHARS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use vigil_scan::{RuleId, Severity};

    use super::*;

    fn report(count: usize, before: bool) -> Report {
        let told = Told {
            severity: Severity::Critical,
            rule: RuleId::Sec001,
            place: Place::Line("app.py".into(), 3),
            message: "a secret\nthat a template left".to_owned(),
            suggestion: "read it from the environment".to_owned(),
        };
        Report { tool: "Write".to_owned(), before, findings: vec![told; count], unchecked: Vec::new() }
    }

    #[test]
    fn a_finding_is_one_line() {
        let text = report(1, true).text();
        assert!(text.contains("1 problem in what `Write` would write; nothing was written"), "{text}");
        assert!(
            text.contains(
                "\ncritical SEC-001 app.py:3 a secret that a template left -> read it from the environment\n"
            ),
            "{text}"
        );
    }

    #[test]
    fn the_name_of_a_package_is_told_once() {
        let mut report = report(1, true);
        report.findings[0].place = Place::Package("reqeusts".to_owned());
        report.findings[0].message = "`reqeusts` is nearly `requests`".to_owned();
        assert!(
            report.text().contains("\ncritical SEC-001 `reqeusts` is nearly `requests` -> "),
            "{}",
            report.text()
        );
    }

    #[test]
    fn many_findings_are_counted_not_listed() {
        let text = report(50, false).text();
        assert_eq!(text.matches("SEC-001 app.py").count(), MAX_FINDINGS);
        assert!(text.contains("… and 30 more"), "{text}");
    }

    #[test]
    fn a_sentence_is_cut_at_a_character() {
        assert_eq!(sentence(&"ä".repeat(400)).chars().count(), MAX_SENTENCE_CHARS + 1);
    }
}
