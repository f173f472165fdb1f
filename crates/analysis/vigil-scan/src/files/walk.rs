//! The walk: every file below the named paths that is neither excluded nor ignored, in the order of its path.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, WalkBuilder, WalkState};

use super::{Found, Kind, Stamp};
use crate::config::Config;
use crate::finding::{Note, NoteKind};
use crate::rules::{EnvExamples, is_secret_file_name};

/// What is not entered.
///
/// A pattern without an inner `/` holds at any depth below the path that is scanned, and never above it: a checkout that
/// lies in a directory called `build` is scanned. One with an inner `/` starts from `base` or from the path that is scanned.
#[derive(Clone, Debug)]
pub(crate) struct Excludes {
    anchored: Gitignore,
    patterns: Vec<String>,
}

impl Excludes {
    /// Of a configuration whose paths start from `base`.
    pub(crate) fn new(patterns: &[String], base: &Path) -> Result<Self, String> {
        let anchored = compile(patterns, base)?;
        Ok(Self { anchored, patterns: patterns.to_vec() })
    }

    /// For a walk below `root`.
    fn below(&self, root: &Path) -> Option<Gitignore> {
        compile(&self.patterns, root).ok()
    }

    /// Whether a file that is named on the command line is excluded by a path that starts from the base.
    pub(crate) fn names(&self, path: &Path) -> bool {
        path.starts_with(self.anchored.path())
            && self.anchored.matched_path_or_any_parents(path, false).is_ignore()
    }
}

fn compile(patterns: &[String], root: &Path) -> Result<Gitignore, String> {
    let mut builder = GitignoreBuilder::new(root);
    for pattern in patterns {
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
        builder.add_line(None, pattern).map_err(|error| format!("exclude `{pattern}`: {error}"))?;
    }
    builder.build().map_err(|error| error.to_string())
}

/// Finds the files below a directory. What cannot be read, or is no file where one is expected, becomes a note.
pub(crate) fn walk(
    root: &Path,
    config: &Config,
    excludes: &Excludes,
    threads: usize,
) -> (Vec<Found>, Vec<Note>) {
    let found = Mutex::new((Vec::new(), Vec::new()));
    builder(root, config, excludes).threads(threads).build_parallel().run(|| {
        let mut local = Batch { found: Vec::new(), notes: Vec::new(), all: &found };
        Box::new(move |entry| {
            match entry {
                Ok(entry) => local.take(&entry),
                Err(error) => local.notes.push(unwalked(&error)),
            }
            WalkState::Continue
        })
    });
    let (mut files, mut notes) = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    files.sort_unstable();
    notes.sort_unstable();
    (files, notes)
}

/// The files below a directory, in the order of their paths; `None` when there are more entries than this.
pub(crate) fn few(root: &Path, config: &Config, excludes: &Excludes, entries: usize) -> Option<Vec<PathBuf>> {
    let mut files = Vec::new();
    for (count, entry) in builder(root, config, excludes).build().enumerate() {
        if count >= entries {
            return None;
        }
        if let Ok(entry) = entry
            && entry.file_type().is_some_and(|kind| kind.is_file())
        {
            files.push(entry.into_path());
        }
    }
    files.sort_unstable();
    Some(files)
}

fn builder(root: &Path, config: &Config, excludes: &Excludes) -> WalkBuilder {
    let below = excludes.below(root).map(Arc::new);
    let anchored = Arc::new(excludes.anchored.clone());
    let top = root.to_owned();
    let mut builder = WalkBuilder::new(root);
    builder
        .hidden(false)
        .ignore(false)
        .git_global(false)
        .git_ignore(config.files.gitignore)
        .git_exclude(config.files.gitignore)
        .parents(config.files.gitignore)
        .require_git(false)
        .follow_links(false)
        .filter_entry(move |entry| {
            let path = entry.path();
            if path == top {
                return true;
            }
            let directory = entry.file_type().is_some_and(|kind| kind.is_dir());
            let excluded =
                |set: &Gitignore| path.starts_with(set.path()) && set.matched(path, directory).is_ignore();
            !(below.as_deref().is_some_and(excluded) || anchored_only(&anchored, path, directory, &top))
        });
    builder
}

/// Whether a path is excluded by a pattern from the base, leaving out patterns that would hold above the top.
fn anchored_only(set: &Gitignore, path: &Path, directory: bool, top: &Path) -> bool {
    top.starts_with(set.path()) && set.matched(path, directory).is_ignore()
}

/// What one thread of the walk found; handed over when the thread ends.
struct Batch<'a> {
    found: Vec<Found>,
    notes: Vec<Note>,
    all: &'a Mutex<(Vec<Found>, Vec<Note>)>,
}

impl Batch<'_> {
    fn take(&mut self, entry: &DirEntry) {
        let Some(file_type) = entry.file_type() else { return };
        let is_link = file_type.is_symlink();
        if file_type.is_dir() || (is_link && entry.path().is_dir()) {
            // What a link leads to may lie below the scan, or around it.
            if is_link {
                self.notes.push(told(entry.path(), "it is a link to a directory, which is not followed"));
            } else if entry.depth() > 0 && !matches!(Kind::of(entry.path()), Kind::Other) {
                self.notes.push(told(entry.path(), "it is a directory, and is named like a file"));
            }
            return;
        }
        match look(entry.path()) {
            Ok(Some(found)) => self.found.push(found),
            Ok(None) => {}
            Err(note) => self.notes.push(note),
        }
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.0.append(&mut self.found);
        all.1.append(&mut self.notes);
    }
}

/// Looks at one path that is no directory. Links to directories are not followed and mean nothing.
pub(crate) fn look(path: &Path) -> Result<Option<Found>, Note> {
    let kind = Kind::of(path);
    if kind == Kind::Other && !path.file_name().is_some_and(is_telling) {
        return Ok(None);
    }
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        // A broken link is only worth a word where source was expected.
        Err(_) if kind == Kind::Other => return Ok(None),
        Err(error) => return Err(skipped(path, &format!("it cannot be read: {error}"))),
    };
    if metadata.is_dir() {
        return Ok(None);
    }
    if !metadata.is_file() {
        return match kind {
            Kind::Other => Ok(None),
            _ => Err(skipped(path, "it is a pipe, socket or device")),
        };
    }
    Ok(Some(Found { path: path.to_owned(), kind, stamp: Stamp::of(&metadata) }))
}

/// Whether a file that is not read may matter by its name.
fn is_telling(name: &OsStr) -> bool {
    is_secret_file_name(name) || name.to_str().is_some_and(EnvExamples::is_name)
}

/// What may be meant so, and may not.
fn told(path: &Path, message: &str) -> Note {
    Note { file: Some(path.to_owned()), line: None, kind: NoteKind::Info, message: message.to_owned() }
}

/// "not scanned: REASON".
pub(crate) fn skipped(path: &Path, reason: &str) -> Note {
    Note {
        file: Some(path.to_owned()),
        line: None,
        kind: NoteKind::Skipped,
        message: format!("not scanned: {reason}"),
    }
}

fn unwalked(error: &ignore::Error) -> Note {
    let mut path = None;
    let mut inner = error;
    loop {
        match inner {
            ignore::Error::WithPath { path: at, err } => {
                path = Some(PathBuf::from(at));
                inner = err;
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => inner = err,
            _ => break,
        }
    }
    let message = format!("not scanned: {inner}");
    Note { file: path, line: None, kind: NoteKind::Skipped, message }
}
