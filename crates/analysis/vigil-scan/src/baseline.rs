//! Known findings: a file of fingerprints. What is in it is not reported again; what is in it and gone is told.
//!
//! A fingerprint speaks of content, not of lines, so that a finding stays known when code above it moves.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Note, NoteKind};
use crate::report::{Suppressed, SuppressedBy, fingerprints};

/// Known findings.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// The file, as reports name it.
    path: PathBuf,
    entries: BTreeMap<String, Entry>,
}

/// A known finding.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
struct Entry {
    rule: String,
    file: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    findings: BTreeMap<String, Entry>,
}

/// Largest baseline that is read.
const MAX_BASELINE_BYTES: usize = 64 << 20;

/// Why a file is no baseline.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BaselineError {
    /// Not the format.
    #[error("baseline `{}` cannot be read: {reason}; write it anew with --update-baseline", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl Baseline {
    /// Reads a baseline.
    pub fn parse(path: &Path, text: &str) -> Result<Self, BaselineError> {
        let wrong = |reason: String| BaselineError::Malformed { path: path.to_owned(), reason };
        if text.len() > MAX_BASELINE_BYTES {
            return Err(wrong(format!("it has more than {MAX_BASELINE_BYTES} bytes")));
        }
        let document: Document = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if document.version != 1 {
            return Err(wrong(format!("its version is {}, and 1 is known", document.version)));
        }
        Ok(Self { path: path.to_owned(), entries: document.findings })
    }

    /// The baseline that knows these findings, as a file's text.
    pub fn of(findings: &[Finding]) -> String {
        let entry =
            |finding: &Finding| Entry { rule: finding.rule.code().to_owned(), file: shown(&finding.file) };
        let entries = fingerprints(findings).into_iter().zip(findings.iter().map(entry)).collect();
        let document = Document { version: 1, findings: entries };
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text.push('\n');
        text
    }

    /// How many findings it knows.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// It knows none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes known findings away and gives them. For a whole project it tells the entries that are gone.
    pub(crate) fn apply(
        &self,
        findings: &mut Vec<Finding>,
        scanned: &[PathBuf],
        whole: bool,
    ) -> (Vec<Suppressed>, Vec<Note>) {
        let prints = fingerprints(findings);
        let mut known = Vec::new();
        for (finding, print) in std::mem::take(findings).into_iter().zip(&prints) {
            match self.entries.contains_key(print) {
                true => known.push(Suppressed { finding, reason: None, kind: SuppressedBy::Baseline }),
                false => findings.push(finding),
            }
        }
        let mut notes = Vec::new();
        if whole {
            let scanned: std::collections::BTreeSet<String> =
                scanned.iter().map(|path| shown(path)).collect();
            let found: std::collections::BTreeSet<&str> = prints.iter().map(String::as_str).collect();
            for (print, entry) in &self.entries {
                if !found.contains(print.as_str()) && scanned.contains(&entry.file) {
                    let message = format!(
                        "{} in `{}` is in the baseline and gone; --update-baseline takes it out",
                        entry.rule, entry.file
                    );
                    notes.push(Note {
                        file: Some(self.path.clone()),
                        line: None,
                        kind: NoteKind::Unused,
                        message,
                    });
                }
            }
        }
        (known, notes)
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{RuleId, Severity};
    use crate::source::Position;

    fn finding(line: u32, snippet: &str) -> Finding {
        Finding {
            rule: RuleId::Sec001,
            severity: Severity::Critical,
            message: String::new(),
            suggestion: String::new(),
            file: "a.py".into(),
            start: Position { line, column: 1 },
            end: Position { line, column: 2 },
            snippet: snippet.to_owned(),
            mark: 0..0,
            metadata: BTreeMap::new(),
            fix: None,
        }
    }

    /// Lines that stay, and how many entries are told to be gone.
    #[track_caller]
    fn check(known: &[Finding], mut now: Vec<Finding>, stays: &[u32], gone: usize) {
        let baseline = Baseline::parse(Path::new("b.json"), &Baseline::of(known)).unwrap();
        assert_eq!(baseline.len(), known.len());
        let (_, notes) = baseline.apply(&mut now, &["a.py".into()], true);
        let left: Vec<u32> = now.iter().map(|finding| finding.start.line).collect();
        assert_eq!((left.as_slice(), notes.len()), (stays, gone), "{notes:?}");
    }

    #[test]
    fn a_finding_stays_known_when_it_moves() {
        check(&[finding(1, "a = 1")], vec![finding(9, "a  =  1")], &[], 0);
    }

    #[test]
    fn a_second_one_that_looks_the_same_is_new() {
        check(&[finding(1, "a")], vec![finding(1, "a"), finding(2, "a")], &[2], 0);
    }

    #[test]
    fn an_entry_that_is_gone_is_told() {
        check(&[finding(1, "a"), finding(2, "b")], vec![finding(1, "a")], &[], 1);
    }

    #[test]
    fn another_format_is_an_error() {
        let told = Baseline::parse(Path::new("b.json"), "{\"version\": 2, \"findings\": {}}").unwrap_err();
        assert_eq!(
            told.to_string(),
            "baseline `b.json` cannot be read: its version is 2, and 1 is known; write it anew with --update-baseline"
        );
    }
}
