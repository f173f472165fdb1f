//! Known findings: a file of fingerprints. What is in it is not reported again; what is in it and gone is told.
//!
//! A fingerprint speaks of content, not of lines, so that a finding stays known when code above it moves.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::finding::{Finding, Note, NoteKind};

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
    /// How many findings look exactly like it.
    count: usize,
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
        let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
        for finding in findings {
            let entry = entries.entry(fingerprint(finding)).or_insert_with(|| Entry {
                rule: finding.rule.code().to_owned(),
                file: shown(&finding.file),
                count: 0,
            });
            entry.count += 1;
        }
        let document = Document { version: 1, findings: entries };
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text.push('\n');
        text
    }

    /// How many findings it knows.
    pub fn len(&self) -> usize {
        self.entries.values().map(|entry| entry.count).sum()
    }

    /// It knows none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes known findings away. Gives their number and, for a whole project, the entries that are gone.
    pub(crate) fn apply(
        &self,
        findings: &mut Vec<Finding>,
        scanned: &[PathBuf],
        whole: bool,
    ) -> (usize, Vec<Note>) {
        let mut left: BTreeMap<&str, usize> =
            self.entries.iter().map(|(fingerprint, entry)| (fingerprint.as_str(), entry.count)).collect();
        let before = findings.len();
        findings.retain(|finding| match left.get_mut(fingerprint(finding).as_str()) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
        let mut notes = Vec::new();
        if whole {
            let scanned: std::collections::BTreeSet<String> =
                scanned.iter().map(|path| shown(path)).collect();
            for (fingerprint, entry) in &self.entries {
                let gone = left.get(fingerprint.as_str()).copied().unwrap_or(0);
                if gone > 0 && scanned.contains(&entry.file) {
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
        (before - findings.len(), notes)
    }
}

/// What stays the same when code moves: the rule, the file and the line's text without its blanks.
fn fingerprint(finding: &Finding) -> String {
    let mut hash = Sha256::new();
    hash.update(finding.rule.code());
    hash.update([0]);
    hash.update(shown(&finding.file));
    hash.update([0]);
    let text = if finding.snippet.is_empty() { &finding.message } else { &finding.snippet };
    for word in text.split_whitespace() {
        hash.update(word);
    }
    let digest = hash.finalize();
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
