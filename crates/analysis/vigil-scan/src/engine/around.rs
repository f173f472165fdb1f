//! Files around the few that are scanned: who mounts their routers, and what their tests call.
//!
//! A route counts as guarded only when all files of the project that may mount its router were read, as a scan of the whole
//! project reads them. Where there are more of them than the limits below allow, nothing is taken back. What lies outside
//! the root, is excluded or ignored, or is larger than files may be, is not seen: neither is it by a scan of the project.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::file::facts_of;
use super::{Judged, Staged, asserted, mounted};
use crate::config::Config;
use crate::facts::Helper;
use crate::files::{self, Excludes};
use crate::rule::RuleId;
use crate::rules::ROUTER;
use crate::source::Language;

/// Most files and directories that are looked at, files of a language that are read, and files that are understood.
const MAX_ENTRIES: usize = 20_000;
const MAX_FILES: usize = 3_000;
const MAX_MOUNTING: usize = 1_000;
/// Most that is read in all.
const MAX_BYTES: usize = 64 << 20;

/// What a file says that mounts something.
const WORDS: &[&str] = &[
    "include_router",
    "register_blueprint",
    ".use(",
    ".register(",
    ".route(",
    ".mount(",
    "require(",
    "add_url_rule",
];

/// A project: what lies on the disk, or what a commit will hold.
pub(super) struct Around<'a> {
    root: &'a Path,
    config: &'a Config,
    commit: Option<Commit<'a>>,
}

struct Commit<'a> {
    index: BTreeSet<&'a Path>,
    staged: &'a Staged,
}

impl<'a> Around<'a> {
    /// The files of a directory.
    pub(super) fn on_disk(root: &'a Path, config: &'a Config) -> Self {
        Self { root, config, commit: None }
    }

    /// The files that a commit will hold; `root` is the top of the repository.
    pub(super) fn in_commit(root: &'a Path, config: &'a Config, staged: &'a Staged) -> Self {
        let index = staged.index.iter().map(PathBuf::as_path).collect();
        Self { root, config, commit: Some(Commit { index, staged }) }
    }

    /// Judges files with what lies around them: takes back what a guard or a helper in another file answers. `judged` is
    /// sorted by path, and paths start from the root.
    pub(super) fn settle(&self, judged: &mut Vec<(PathBuf, Judged)>) {
        let own: BTreeSet<PathBuf> = judged.iter().map(|(path, _)| path.clone()).collect();
        if let Some(mounting) = self.mounting(judged, &own) {
            judged.extend(mounting);
            judged.sort_by(|(one, _), (other, _)| one.cmp(other));
            mounted::withdraw(judged, self.config);
            judged.retain(|(path, _)| own.contains(path));
        }
        asserted::withdraw(judged, &|path| self.helpers(path));
    }

    /// The functions of a file that tests of others may call.
    pub(super) fn helpers(&self, path: &Path) -> Option<Vec<Helper>> {
        let bytes = self.read(path)?;
        Some(facts_of(path, bytes, self.config).map(|facts| facts.helpers).unwrap_or_default())
    }

    /// The files that mount something; `None` when no route is open, or not all files could be seen.
    fn mounting(
        &self,
        judged: &[(PathBuf, Judged)],
        own: &BTreeSet<PathBuf>,
    ) -> Option<Vec<(PathBuf, Judged)>> {
        let open = judged.iter().filter(|(path, judged)| path.is_relative() && is_open(judged));
        let languages: Vec<Language> = open.filter_map(|(path, _)| Language::of_path(path)).collect();
        if languages.is_empty() {
            return None;
        }
        let (mut found, mut left, mut space) = (Vec::new(), MAX_FILES, MAX_BYTES);
        for path in self.files()? {
            if own.contains(&path) || !Language::of_path(&path).is_some_and(|of| languages.contains(&of)) {
                continue;
            }
            left = left.checked_sub(1)?;
            let Some(bytes) = self.read(&path) else { continue };
            space = space.checked_sub(bytes.len())?;
            let text = String::from_utf8_lossy(&bytes);
            if WORDS.iter().any(|word| text.contains(word)) {
                if found.len() >= MAX_MOUNTING {
                    return None;
                }
                let mounts = facts_of(&path, bytes, self.config).map(|facts| facts.mounts);
                found.push((path, Judged { mounts: mounts.unwrap_or_default(), ..Judged::default() }));
            }
        }
        Some(found)
    }

    /// All files of the project, in the order of their paths; `None` when there are too many.
    fn files(&self) -> Option<Vec<PathBuf>> {
        let excludes = Excludes::new(&self.config.exclude, self.root).ok()?;
        match &self.commit {
            Some(commit) => {
                let inside = commit.index.iter().filter(|path| !excludes.names(&self.root.join(path)));
                Some(inside.map(|path| path.to_path_buf()).collect())
            }
            None => {
                let found = files::few(self.root, self.config, &excludes, MAX_ENTRIES)?;
                Some(found.iter().map(|path| files::relative(path, self.root)).collect())
            }
        }
    }

    /// The bytes of a file, by its path from the root.
    fn read(&self, path: &Path) -> Option<Vec<u8>> {
        if path.starts_with("..") {
            return None;
        }
        if let Some(commit) = &self.commit {
            if !commit.index.contains(path) {
                return None;
            }
            let given = commit.staged.contents.iter().chain(&commit.staged.unlike_disk);
            if let Some((_, bytes)) = given.into_iter().find(|(known, _)| known == path) {
                return Some(bytes.clone());
            }
        }
        let whole = self.root.join(path);
        let is_file = std::fs::metadata(&whole).is_ok_and(|found| found.is_file());
        is_file.then(|| files::read(&whole, self.config.files.max_bytes).ok()).flatten()
    }
}

/// A route of it is unguarded in its own file, and belongs to a router that another may mount.
fn is_open(judged: &Judged) -> bool {
    judged.findings.iter().any(|finding| {
        matches!(finding.rule, RuleId::Auth001 | RuleId::Auth002) && finding.metadata.contains_key(ROUTER)
    })
}
