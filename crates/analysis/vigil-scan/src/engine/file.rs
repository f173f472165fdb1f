//! One file: its text, its facts, what the rules say.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::Job;
use super::around::Around;
use super::place::Selection;
use super::project::Project;
use crate::cache::{Cache, Digest};
use crate::config::Config;
use crate::facts::{Facts, Helper, Mount, Need};
use crate::files::{Encoding, Found, Kind, Notebook, Text, Unread};
use crate::finding::{Finding, Fix, Note, NoteKind};
use crate::rule::Category;
use crate::rules::{Context, EnvExamples, judge as judge_facts, secrets};
use crate::source::{Language, Position, Source, Span};
use crate::suppress::{self, Suppression, Terms};
use crate::{javascript, python};

/// What one file has to say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Judged {
    /// What the rules found, before suppressions.
    pub(crate) findings: Vec<Finding>,
    /// What could not be read.
    pub(crate) notes: Vec<Note>,
    /// Comments that suppress findings.
    pub(crate) suppressions: Vec<Suppression>,
    /// What it imports from elsewhere, each module once.
    pub(crate) imports: Vec<Imported>,
    /// Routers of other files that it mounts.
    pub(crate) mounts: Vec<Mount>,
    /// Functions that tests of other files may call.
    pub(crate) helpers: Vec<Helper>,
    /// What tests with too few assertions call of other files, by where the tests begin.
    pub(crate) calls: Vec<(Position, Vec<String>)>,
    /// The digest of its bytes, when a cache wants it.
    pub(crate) digest: Option<Digest>,
}

/// A module that a file imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Imported {
    /// As written.
    pub(crate) module: String,
    /// What becomes of the file without it.
    pub(crate) need: Need,
    /// Where it begins.
    pub(crate) start: Position,
    /// Behind its last character.
    pub(crate) end: Position,
    /// The line it begins on.
    pub(crate) line: String,
}

/// What [`scan_source`] says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceReport {
    /// What the rules found, in the order of the text, without what comments suppress.
    pub findings: Vec<Finding>,
    /// What could not be read, and suppressions that do nothing.
    pub notes: Vec<Note>,
}

/// Scans one text, without file system: what rules say that need nothing but the file. The path tells the language.
///
/// Suppressions do not expire here, since there is no day to compare with.
pub fn scan_source(path: &Path, bytes: &[u8], config: &Config) -> SourceReport {
    judge_source(path, bytes, config, None)
}

/// Scans one text as if it stood in its place in a project: what lies around it may hold the guards of its routes and the
/// assertions of its tests. The path starts from `root`.
pub fn scan_source_in(root: &Path, path: &Path, bytes: &[u8], config: &Config) -> SourceReport {
    judge_source(path, bytes, config, Some(root))
}

fn judge_source(path: &Path, bytes: &[u8], config: &Config, root: Option<&Path>) -> SourceReport {
    let kind = Kind::of(path);
    let mut judged = match kind {
        Kind::Code(_) | Kind::Notebook => {
            judge_bytes(path, kind, bytes.to_vec(), config, &EnvExamples::default())
        }
        Kind::Manifest | Kind::Other => return SourceReport::default(),
    };
    if let Some(root) = root {
        let mut one = vec![(path.to_owned(), judged)];
        Around::on_disk(root, config).settle(&mut one);
        judged = one.pop().map(|(_, judged)| judged).unwrap_or_default();
    }
    let terms = Terms { config, today: None };
    let (_, told) = suppress::apply(&judged.suppressions, &mut judged.findings, path, terms);
    judged.notes.extend(told);
    judged.findings.sort_by_key(|finding| (finding.start, finding.rule));
    SourceReport { findings: judged.findings, notes: judged.notes }
}

/// The changes that mend what is found in a text, with the places of their findings.
pub(crate) fn fixes_of(path: &Path, bytes: &[u8], config: &Config) -> Vec<(Position, Fix)> {
    let judged = judge_bytes(path, Kind::of(path), bytes.to_vec(), config, &EnvExamples::default());
    let fixes = judged.findings.into_iter().filter_map(|finding| Some((finding.start, finding.fix?)));
    fixes.collect()
}

/// The secrets in a text as they are written, and what may be shown instead.
pub(crate) fn secrets_of(path: &Path, bytes: &[u8], config: &Config) -> Vec<(String, String)> {
    let (Kind::Code(language), Ok(read)) = (Kind::of(path), Text::of(bytes.to_vec(), &config.files)) else {
        return Vec::new();
    };
    let source = Source::new(path, read.text);
    let (facts, _) = match language {
        Language::Python => python::read(&source),
        Language::JavaScript => javascript::read(&source),
    };
    // What no rule reports is a secret all the same.
    let mut config = config.clone();
    config.categories = vec![Category::Secrets];
    secrets(&source, &facts, &Context { config: &config, env_examples: &EnvExamples::default() })
}

/// Judges a file of a scan, or takes what an earlier scan said about the same bytes.
pub(super) fn judge(
    found: &Found,
    selection: &Selection,
    job: &Job<'_>,
    project: &Project,
    cache: Option<&Cache>,
) -> Judged {
    let path = crate::files::relative(&found.path, &selection.root);
    let config = job.settings.config_for(&found.path);
    let settings = cache.map(|cache| cache.settings_key(&config, matches!(config, Cow::Owned(_))));
    if let (Some(cache), Some(settings)) = (cache, settings)
        && let Some(judged) = cache.by_stamp(&path, found.stamp, settings)
    {
        return judged;
    }
    let bytes = match selection.bytes(found, config.files.max_bytes) {
        Ok(bytes) => bytes,
        Err(unread) => return Judged { notes: vec![skipped(&path, &unread)], ..Judged::default() },
    };
    let Some((cache, settings)) = cache.zip(settings) else {
        return judge_bytes(&path, found.kind, bytes, &config, project.env_examples());
    };
    let digest = Digest::of(&bytes);
    if let Some(judged) = cache.by_digest(&path, digest, settings) {
        return judged;
    }
    let judged = judge_bytes(&path, found.kind, bytes, &config, project.env_examples());
    Judged { digest: Some(digest), ..judged }
}

fn judge_bytes(
    path: &Path,
    kind: Kind,
    bytes: Vec<u8>,
    config: &Config,
    env_examples: &EnvExamples,
) -> Judged {
    let read = match Text::of(bytes, &config.files) {
        Ok(read) => read,
        Err(unread) => return Judged { notes: vec![skipped(path, &unread)], ..Judged::default() },
    };
    let mut judged = match kind {
        Kind::Notebook => judge_notebook(path, &read.text, config, env_examples),
        Kind::Code(language) => judge_code(Source::new(path, read.text), language, config, env_examples),
        Kind::Manifest | Kind::Other => Judged::default(),
    };
    if read.encoding == Encoding::Lossy {
        judged.notes.push(Note {
            file: Some(path.to_owned()),
            line: None,
            kind: NoteKind::Info,
            message: "it is not UTF-8; invalid bytes were replaced".to_owned(),
        });
    }
    if read.encoding != Encoding::Utf8 || kind == Kind::Notebook {
        // Offsets in the text are not those in the file.
        for finding in &mut judged.findings {
            shift_fix(finding, read.encoding, kind);
        }
    }
    judged
}

fn judge_code(source: Source, language: Language, config: &Config, env_examples: &EnvExamples) -> Judged {
    let (facts, mut notes) = match language {
        Language::Python => python::read(&source),
        Language::JavaScript => javascript::read(&source),
    };
    let findings = judge_facts(&source, &facts, &Context { config, env_examples });
    let (suppressions, told) = suppress::read(&source);
    notes.extend(told);
    let imports = imports(&source, &facts);
    let least = config.tests.min_assertions_per_test as usize;
    let open = facts.tests.iter().filter(|test| test.assertions.len() < least && !test.calls.is_empty());
    let calls = open.map(|test| (source.position(test.head.start), test.calls.clone())).collect();
    let (mounts, helpers) = (facts.mounts, facts.helpers);
    Judged { findings, notes, suppressions, imports, mounts, helpers, calls, digest: None }
}

/// What a file of code says, without judging it.
pub(super) fn facts_of(path: &Path, bytes: Vec<u8>, config: &Config) -> Option<Facts> {
    let Kind::Code(language) = Kind::of(path) else { return None };
    let source = Source::new(path, Text::of(bytes, &config.files).ok()?.text);
    let (facts, _) = match language {
        Language::Python => python::read(&source),
        Language::JavaScript => javascript::read(&source),
    };
    Some(facts)
}

fn judge_notebook(path: &Path, text: &str, config: &Config, env_examples: &EnvExamples) -> Judged {
    let notebook = match Notebook::parse(text) {
        Ok(Some(notebook)) => notebook,
        Ok(None) => return Judged::default(),
        Err(reason) => {
            let message = format!("not scanned: {reason}");
            let note = Note { file: Some(path.to_owned()), line: None, kind: NoteKind::Skipped, message };
            return Judged { notes: vec![note], ..Judged::default() };
        }
    };
    let source = Source::new(path, notebook.text.clone());
    let mut judged = judge_code(source, Language::Python, config, env_examples);
    let place = |position: &mut Position| position.line = notebook.line(position.line);
    for finding in &mut judged.findings {
        place(&mut finding.start);
        place(&mut finding.end);
    }
    for note in &mut judged.notes {
        note.line = note.line.map(|line| notebook.line(line));
    }
    for suppression in &mut judged.suppressions {
        suppression.line = notebook.line(suppression.line);
        if let suppress::Scope::Line(line) = &mut suppression.scope {
            *line = notebook.line(*line);
        }
    }
    for import in &mut judged.imports {
        place(&mut import.start);
        place(&mut import.end);
    }
    judged
}

/// Makes a fix speak of the file's bytes, or drops it where it cannot.
fn shift_fix(finding: &mut Finding, encoding: Encoding, kind: Kind) {
    let Some(fix) = &mut finding.fix else { return };
    if fix.file.is_some() {
        return;
    }
    if encoding == Encoding::Utf8Mark && kind != Kind::Notebook {
        for edit in &mut fix.edits {
            edit.start = edit.start.saturating_add(3);
            edit.end = edit.end.saturating_add(3);
        }
    } else {
        finding.fix = None;
    }
}

/// What is imported from outside the file's own directory, each module once.
fn imports(source: &Source, facts: &Facts) -> Vec<Imported> {
    let mut seen = std::collections::BTreeMap::<&str, usize>::new();
    let mut imports: Vec<Imported> = Vec::new();
    for import in facts.imports.iter().filter(|import| !import.module.starts_with(['.', '/'])) {
        if let Some(at) = seen.get(import.module.as_str()) {
            if let Some(first) = imports.get_mut(*at) {
                if import.need == Need::Firm && first.need > Need::Firm {
                    first.place(source, import.span);
                }
                first.need = first.need.with(import.need);
            }
            continue;
        }
        seen.insert(&import.module, imports.len());
        let none = Position { line: 0, column: 0 };
        let mut imported = Imported {
            module: import.module.clone(),
            need: import.need,
            start: none,
            end: none,
            line: String::new(),
        };
        imported.place(source, import.span);
        imports.push(imported);
    }
    imports
}

impl Imported {
    fn place(&mut self, source: &Source, span: Span) {
        self.start = source.position(span.start);
        self.end = source.position(span.end);
        self.line = source.line(self.start.line).chars().take(200).collect();
    }
}

fn skipped(path: &Path, unread: &Unread) -> Note {
    Note {
        file: Some(PathBuf::from(path)),
        line: None,
        kind: NoteKind::Skipped,
        message: format!("not scanned: {unread}"),
    }
}
