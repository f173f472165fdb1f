//! What a scan has to say.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use serde_json::Value;

use crate::rule::{RuleId, Severity};
use crate::source::Position;

/// One thing that a rule found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which rule.
    pub rule: RuleId,
    /// How bad; the rule's own unless the configuration says otherwise.
    pub severity: Severity,
    /// What is wrong, one sentence, secrets redacted.
    pub message: String,
    /// What to do, one sentence.
    pub suggestion: String,
    /// The file, as [`crate::Source::path`].
    pub file: PathBuf,
    /// Where it begins.
    pub start: Position,
    /// Behind its last character.
    pub end: Position,
    /// The line it begins on, stripped, secrets redacted.
    pub snippet: String,
    /// Which characters of the snippet it is about; empty when it is about the line as a whole.
    pub mark: Range<u32>,
    /// The facts behind it, as the rule's page names them.
    pub metadata: BTreeMap<&'static str, Value>,
    /// A change that mends it, where one is safe.
    pub fix: Option<Fix>,
}

/// A change that mends a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, in the imperative.
    pub title: String,
    /// The edits, in the finding's file unless [`Fix::file`] names another; they do not overlap.
    pub edits: Vec<Edit>,
    /// Another file than the finding's; it is made when it is not there.
    pub file: Option<PathBuf>,
}

/// Bytes `start..end` of a file become `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// First byte that goes.
    pub start: u32,
    /// Byte after the last that goes.
    pub end: u32,
    /// What stands there afterwards.
    pub text: String,
}

/// Something that did not go as a reader of the report would assume.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The file it is about, if it is about one.
    pub file: Option<PathBuf>,
    /// The line, from 1, if it is about one.
    pub line: Option<u32>,
    /// What kind of thing.
    pub kind: NoteKind,
    /// What happened and what was done about it, one sentence.
    pub message: String,
}

/// Kinds of notes, by what they mean for the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoteKind {
    /// A file was not read, or only what the parser recovered: the result is not whole.
    Skipped,
    /// A registry did not answer: what depends on it was not checked.
    Registry,
    /// A suppression, baseline entry or configuration entry that matches nothing, or has expired.
    Unused,
    /// Worth knowing; the result is whole.
    Info,
}
