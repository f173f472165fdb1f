//! Files around the few that are scanned: who mounts their routers is beside them or above.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::file::facts_of;
use super::{Judged, asserted, mounted};
use crate::config::Config;
use crate::files;
use crate::rule::RuleId;
use crate::rules::ROUTER;
use crate::source::Language;

/// Directories above a file that are looked through.
const MAX_LEVELS: usize = 4;
/// Files of a directory, and of all, that are looked at.
const MAX_ENTRIES: usize = 2_000;
const MAX_FILES: usize = 300;
/// Larger files mount nothing.
const MAX_BYTES: u64 = 256 << 10;

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

/// Judges files with what lies around them: takes back what a guard or a helper in another file answers. `judged` is sorted
/// by path; `root` is where paths start from.
pub(super) fn settle(judged: &mut Vec<(PathBuf, Judged)>, root: &Path, config: &Config) {
    let own: BTreeSet<PathBuf> = judged.iter().map(|(path, _)| path.clone()).collect();
    let around = around(judged, &own, root, config);
    judged.extend(around);
    judged.sort_by(|(one, _), (other, _)| one.cmp(other));
    mounted::withdraw(judged, config);
    judged.retain(|(path, _)| own.contains(path));
    asserted::withdraw(judged, &|path| helpers(root, path, config));
}

/// The functions of a file that tests of others may call.
pub(super) fn helpers(root: &Path, path: &Path, config: &Config) -> Option<Vec<crate::facts::Helper>> {
    let whole = root.join(path);
    if path.starts_with("..") || !std::fs::metadata(&whole).is_ok_and(|found| found.is_file()) {
        return None;
    }
    let bytes = files::read(&whole, config.files.max_bytes).ok()?;
    Some(facts_of(path, bytes, config).map(|facts| facts.helpers).unwrap_or_default())
}

/// The files that mount something, beside and above those whose routes nothing guards.
fn around(
    judged: &[(PathBuf, Judged)],
    own: &BTreeSet<PathBuf>,
    root: &Path,
    config: &Config,
) -> Vec<(PathBuf, Judged)> {
    let is_open = |judged: &Judged| {
        judged.findings.iter().any(|finding| {
            matches!(finding.rule, RuleId::Auth001 | RuleId::Auth002) && finding.metadata.contains_key(ROUTER)
        })
    };
    let mut folders: BTreeSet<(PathBuf, Language)> = BTreeSet::new();
    for (path, _) in judged.iter().filter(|(path, judged)| !path.starts_with("..") && is_open(judged)) {
        let Some(language) = Language::of_path(path) else { continue };
        let above = path.ancestors().skip(1).take(MAX_LEVELS);
        folders.extend(above.map(|folder| (folder.to_owned(), language)));
    }
    let mut found = Vec::new();
    let mut left = MAX_FILES;
    for (folder, language) in folders {
        let Ok(entries) = std::fs::read_dir(root.join(&folder)) else { continue };
        let names = entries.flatten().take(MAX_ENTRIES).map(|entry| folder.join(entry.file_name()));
        let mut names: Vec<PathBuf> =
            names.filter(|path| Language::of_path(path) == Some(language) && !own.contains(path)).collect();
        names.sort_unstable();
        for path in names {
            let Some(rest) = left.checked_sub(1) else { return found };
            left = rest;
            let Ok(bytes) = files::read(&root.join(&path), MAX_BYTES) else { continue };
            let text = String::from_utf8_lossy(&bytes);
            if WORDS.iter().any(|word| text.contains(word))
                && let Some(facts) = facts_of(&path, bytes, config)
            {
                found.push((path, Judged { mounts: facts.mounts, ..Judged::default() }));
            }
        }
    }
    found
}
