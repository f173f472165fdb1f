//! Reports: one plain struct, and one file for each format.
//!
//! A report is a function of its [`Report`] and [`Look`]: the same scan gives the same bytes. Everything in it may come from
//! hostile source code, so each format escapes all of it.

mod agent;
mod fingerprint;
mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod markdown;
mod sarif;
mod style;
mod text;

use std::path::PathBuf;
use std::time::Duration;

pub use fingerprint::fingerprints;

use crate::finding::{Finding, Note, NoteKind};
use crate::rule::{Category, RuleId};

/// What a scan says, ready to be written down.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The version of the program.
    pub tool_version: String,
    /// The directory that paths of findings and notes are relative to.
    pub root: PathBuf,
    /// How many files were scanned.
    pub files_scanned: usize,
    /// How long it took.
    pub duration: Duration,
    /// Categories that ran.
    pub categories_run: Vec<Category>,
    /// Rules that ran.
    pub rules_run: Vec<RuleId>,
    /// Sorted by severity, file, place and rule.
    pub findings: Vec<Finding>,
    /// Findings that do not count.
    pub suppressed: Vec<Suppressed>,
    /// What did not go as a reader would assume.
    pub notes: Vec<Note>,
    /// What failed as a whole.
    pub errors: Vec<String>,
}

impl Report {
    /// How many files could not be read, or only in part.
    pub fn skipped(&self) -> usize {
        let skipped = self.notes.iter().filter(|note| note.kind == NoteKind::Skipped);
        skipped.filter_map(|note| note.file.as_deref()).collect::<std::collections::BTreeSet<_>>().len()
    }
}

/// A finding that does not count.
#[derive(Clone, Debug, PartialEq)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// Why it does not count, in the words of who suppressed it.
    pub reason: Option<String>,
    /// What suppresses it.
    pub kind: SuppressedBy,
}

/// What suppresses a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuppressedBy {
    /// A comment in the source.
    Inline,
    /// The baseline.
    Baseline,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// For people, on a terminal.
    Human,
    /// For programs.
    Json,
    /// For CI servers that show tests.
    Junit,
    /// For code scanning, SARIF 2.1.0.
    Sarif,
    /// Annotations in a workflow of GitHub.
    Github,
    /// GitLab's code quality.
    Gitlab,
    /// A comment on a pull request.
    Markdown,
    /// For language models: few tokens, nothing when there is nothing to say.
    Agent,
}

impl Format {
    /// All, in the order of the help text.
    pub const ALL: [Self; 8] = [
        Self::Human,
        Self::Json,
        Self::Junit,
        Self::Sarif,
        Self::Github,
        Self::Gitlab,
        Self::Markdown,
        Self::Agent,
    ];

    /// The word on the command line and in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Markdown => "markdown",
            Self::Agent => "agent",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == word)
    }
}

/// How the human report looks; the other formats are the same for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Colours, as ANSI codes.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Findings only: no header, no summary, no suggestions.
    pub quiet: bool,
    /// What to do stands below each finding.
    pub suggestions: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { color: false, width: 80, quiet: false, suggestions: true }
    }
}

/// Writes a report.
pub fn render(report: &Report, format: Format, look: Look) -> String {
    match format {
        Format::Human => human::render(report, look),
        Format::Json => json::render(report),
        Format::Junit => junit::render(report),
        Format::Sarif => sarif::render(report),
        Format::Github => github::render(report),
        Format::Gitlab => gitlab::render(report),
        Format::Markdown => markdown::render(report),
        Format::Agent => agent::render(report),
    }
}

#[cfg(test)]
mod tests;
