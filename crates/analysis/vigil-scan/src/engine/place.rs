//! Which files a scan reads, and the directory that its paths are relative to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Job, ScanError, Target, absolute};
use crate::files::{Excludes, Found, Kind, Stamp, Unread, look, read, skipped, walk};
use crate::finding::{Note, NoteKind};

/// What is scanned.
#[derive(Debug)]
pub(super) struct Selection {
    /// The directory that paths are relative to.
    pub(super) root: PathBuf,
    /// Directories that were walked, and the directories of files that were named.
    pub(super) tops: Vec<PathBuf>,
    /// Files in the order of their paths.
    pub(super) found: Vec<Found>,
    /// At least one directory was walked, so that a project is known and not only files of it.
    pub(super) walked: bool,
    /// Contents that do not come from the disk.
    contents: BTreeMap<PathBuf, Vec<u8>>,
}

impl Selection {
    /// Contents that count instead of what lies on the disk, by their paths from the root.
    pub(super) fn given(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let contents = self.contents.iter();
        contents.map(|(path, bytes)| (crate::files::relative(path, &self.root), bytes.clone())).collect()
    }

    /// The bytes of a file.
    pub(super) fn bytes(&self, found: &Found, limit: u64) -> Result<Vec<u8>, Unread> {
        match self.contents.get(&found.path) {
            Some(bytes) => Ok(bytes.clone()),
            None => read(&found.path, limit),
        }
    }
}

/// Finds the files of a job.
pub(super) fn select(job: &Job<'_>, notes: &mut Vec<Note>) -> Result<Selection, ScanError> {
    let config = &job.settings.config;
    let excludes = Excludes::new(&config.exclude, &job.settings.base).map_err(ScanError::Exclude)?;
    match &job.target {
        Target::Paths(paths) => named(job, paths, &excludes, notes),
        Target::Changed(changes) => {
            let top = job.repository.clone().unwrap_or_else(|| job.directory.clone());
            let mut found = Vec::new();
            for path in changes.files().map(|path| top.join(path)) {
                if excludes.names(&path) {
                    continue;
                }
                match look(&path) {
                    Ok(file) => found.extend(file),
                    Err(note) => notes.push(note),
                }
            }
            Ok(Selection {
                tops: vec![top.clone()],
                root: top,
                found,
                walked: false,
                contents: BTreeMap::new(),
            })
        }
        Target::Staged(staged) => {
            let top = job.repository.clone().unwrap_or_else(|| job.directory.clone());
            let contents = staged.contents.iter().map(|(path, bytes)| (top.join(path), bytes.clone()));
            Ok(given(top.clone(), contents.filter(|(path, _)| !excludes.names(path)).collect()))
        }
        Target::Text(path, bytes) => {
            let path = absolute(path, &job.directory);
            let root = root_of(std::slice::from_ref(&path), &job.directory);
            Ok(given(root, BTreeMap::from([(path, bytes.clone())])))
        }
    }
}

fn given(root: PathBuf, contents: BTreeMap<PathBuf, Vec<u8>>) -> Selection {
    let found = contents
        .iter()
        .map(|(path, bytes)| Found {
            path: path.clone(),
            kind: Kind::of(path),
            stamp: Stamp { size: bytes.len() as u64, ..Stamp::default() },
        })
        .collect();
    Selection { tops: vec![root.clone()], root, found, walked: false, contents }
}

fn named(
    job: &Job<'_>,
    paths: &[PathBuf],
    excludes: &Excludes,
    notes: &mut Vec<Note>,
) -> Result<Selection, ScanError> {
    let (mut tops, mut found, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    let mut walked = false;
    for path in paths {
        let path = absolute(path, &job.directory);
        match std::fs::metadata(&path) {
            Err(error) => missing.push((path, error.to_string())),
            Ok(metadata) if metadata.is_dir() => {
                let (more, told) = walk(&path, &job.settings.config, excludes, job.threads);
                found.extend(more);
                notes.extend(told);
                tops.push(path);
                walked = true;
            }
            Ok(_) => {
                if job.settings.file.is_some() && excludes.names(&path) {
                    let message = "named, and excluded by the configuration".to_owned();
                    notes.push(Note { file: Some(path), line: None, kind: NoteKind::Info, message });
                    continue;
                }
                match look(&path) {
                    Ok(Some(file)) if file.kind == Kind::Other => {
                        notes.push(skipped(
                            &path,
                            "it is neither source code of a known language nor a manifest",
                        ));
                    }
                    Ok(file) => found.extend(file),
                    Err(note) => notes.push(note),
                }
                tops.extend(path.parent().map(Path::to_owned));
            }
        }
    }
    if missing.len() == paths.len() {
        let told: Vec<_> =
            missing.iter().map(|(path, reason)| format!("`{}`: {reason}", path.display())).collect();
        return Err(ScanError::NoSuchPath(told.join(", ")));
    }
    for (path, reason) in missing {
        notes.push(skipped(&path, &format!("it was named and cannot be read: {reason}")));
    }
    found.sort_unstable();
    found.dedup_by(|one, other| one.path == other.path);
    tops.sort_unstable();
    tops.dedup();
    let root = root_of(&tops, &job.directory);
    for note in notes.iter_mut() {
        if let Some(file) = &mut note.file {
            *file = crate::files::relative(file, &root);
        }
    }
    Ok(Selection { root, tops, found, walked, contents: BTreeMap::new() })
}

/// The directory that paths are relative to: the repository around the working directory, or the working directory, when
/// everything lies below it; else the repository around what is scanned, or what it has in common.
pub(crate) fn root_of(tops: &[PathBuf], directory: &Path) -> PathBuf {
    let home = repository(directory).unwrap_or_else(|| directory.to_owned());
    if tops.iter().all(|top| top.starts_with(&home)) {
        return home;
    }
    let mut tops = tops.iter();
    let Some(first) = tops.next() else { return home };
    let common = tops.fold(first.clone(), |common, top| {
        common
            .components()
            .zip(top.components())
            .take_while(|(one, other)| one == other)
            .map(|(part, _)| part)
            .collect()
    });
    repository(&common).unwrap_or(common)
}

/// The nearest directory that holds a `.git`, from a directory upwards.
fn repository(directory: &Path) -> Option<PathBuf> {
    directory.ancestors().find(|above| above.join(".git").exists()).map(Path::to_owned)
}
