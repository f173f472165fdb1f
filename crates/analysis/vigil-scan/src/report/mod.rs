//! Reports: one plain struct, and one file for each format.
//!
//! A report is a function of its [`Report`] and [`Look`]: the same scan gives the same bytes. Everything in it may come from
//! hostile source code, so each format escapes all of it.

mod fingerprint;

use std::path::PathBuf;
use std::time::Duration;

pub use fingerprint::fingerprints;

use crate::finding::{Finding, Note};
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
