//! The scan: finds files, judges each on its own and in parallel, then looks at the project as a whole.

mod file;
mod place;
mod port;
mod project;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use jiff::civil::Date;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

pub(crate) use file::{Imported, Judged};
pub use file::{SourceReport, scan_source};

use crate::baseline::Baseline;
use crate::cache::Cache;
use crate::config::{Config, Settings};
use crate::diff::Changes;
use crate::files::{self, Found, Kind};
use crate::finding::{Finding, Note, NoteKind};
use crate::rule::{Category, RuleId, Severity};
use crate::suppress::{self, Terms};

/// Stack of each thread: front ends bound how deep they descend, and this is deep enough for that.
const STACK_BYTES: usize = 8 << 20;

/// What is scanned.
#[derive(Clone, Debug)]
pub enum Target {
    /// Files and directories.
    Paths(Vec<PathBuf>),
    /// The files of a change, as they lie on the disk; only findings on changed lines count.
    Changed(Changes),
    /// The files of a change, with their contents; only findings on changed lines count.
    Staged(Changes, Vec<(PathBuf, Vec<u8>)>),
    /// One text, under the name that is given.
    Text(PathBuf, Vec<u8>),
}

/// What a scan is told.
#[derive(Debug)]
pub struct Job<'a> {
    /// The directory that paths are relative to, absolute.
    pub directory: PathBuf,
    /// The top of the repository that the changes speak of, absolute; where there is none, the directory.
    pub repository: Option<PathBuf>,
    /// What is scanned.
    pub target: Target,
    /// The settings.
    pub settings: &'a Settings,
    /// When the scan takes place.
    pub now: Timestamp,
    /// The day of the scan where the user is; suppressions expire by it.
    pub today: Date,
    /// Known findings.
    pub baseline: Option<Baseline>,
    /// Where results of earlier scans lie, and what wrote them.
    pub cache: Option<CachePlace>,
    /// Threads; 0 for as many as there are processors.
    pub threads: usize,
    /// Counts files while the scan runs.
    pub progress: Option<&'a Progress>,
}

/// Where results of earlier scans lie.
#[derive(Clone, Debug)]
pub struct CachePlace {
    /// The directory.
    pub directory: PathBuf,
    /// Names the program that writes: results of another build are not used.
    pub build: String,
}

/// How far a scan has come.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files that were found.
    pub found: AtomicUsize,
    /// Files that were judged.
    pub done: AtomicUsize,
}

/// What a scan says.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The directory that the paths of findings and notes are relative to.
    pub root: PathBuf,
    /// Files that were scanned, manifests included.
    pub files_scanned: usize,
    /// Files that were named or found, with what they are: for `--list-files`.
    pub files: Vec<PathBuf>,
    /// Categories that ran.
    pub categories: Vec<Category>,
    /// What was found, most severe first.
    pub findings: Vec<Finding>,
    /// Findings that comments suppress.
    pub suppressed: usize,
    /// Findings that the baseline knows.
    pub baselined: usize,
    /// What did not go as a reader would assume.
    pub notes: Vec<Note>,
    /// What failed as a whole.
    pub errors: Vec<String>,
    /// All findings before the baseline and the change were applied: what a new baseline holds.
    pub all: Vec<Finding>,
}

/// Why nothing could be scanned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// None of the named paths is there.
    #[error("nothing is there: {0}")]
    NoSuchPath(String),
    /// A pattern of `exclude` is none.
    #[error("{0}")]
    Exclude(String),
    /// The threads could not be started.
    #[error("no threads: {0}")]
    Threads(String),
}

/// Scans.
pub fn scan(job: &Job<'_>) -> Result<Outcome, ScanError> {
    let threads = rayon::ThreadPoolBuilder::new()
        .num_threads(job.threads)
        .stack_size(STACK_BYTES)
        .build()
        .map_err(|error| ScanError::Threads(error.to_string()))?;
    threads.install(|| run(job))
}

fn run(job: &Job<'_>) -> Result<Outcome, ScanError> {
    let mut outcome = Outcome { categories: categories(&job.settings.config), ..Outcome::default() };
    outcome.notes.extend(job.settings.notes.iter().cloned());
    let selection = place::select(job, &mut outcome.notes)?;
    outcome.root = selection.root.clone();
    let scanned: Vec<&Found> =
        selection.found.iter().filter(|found| reads(found.kind, &job.settings.config)).collect();
    outcome.files = scanned.iter().map(|found| files::relative(&found.path, &selection.root)).collect();
    outcome.files_scanned = scanned.len();
    if let Some(progress) = job.progress {
        progress.found.store(scanned.len(), Ordering::Relaxed);
    }

    let project = project::Project::read(&selection, job);
    let cache = job.cache.as_ref().map(|place| {
        let (cache, told) = Cache::open(place, &selection.root, job.settings, &project.key(), job.now);
        outcome.notes.extend(told);
        cache
    });
    let code: Vec<&&Found> = scanned.iter().filter(|found| found.kind != Kind::Manifest).collect();
    let judged: Vec<(PathBuf, Judged)> = code
        .par_iter()
        .map(|found| {
            let judged = file::judge(found, &selection, job, &project, cache.as_ref());
            if let Some(progress) = job.progress {
                progress.done.fetch_add(1, Ordering::Relaxed);
            }
            (files::relative(&found.path, &selection.root), judged)
        })
        .collect();
    if let Some(cache) = &cache {
        let kept: Vec<_> = code
            .iter()
            .zip(&judged)
            .map(|(found, (path, judged))| {
                let settings = cache.settings_key(&job.settings.config_for(&found.path));
                (**found, settings, path.as_path(), judged)
            })
            .collect();
        outcome.notes.extend(cache.save(&kept));
    }
    conclude(job, &selection, &project, judged, &mut outcome);
    Ok(outcome)
}

/// What the files say together: project rules, suppressions, the baseline, the order.
fn conclude(
    job: &Job<'_>,
    selection: &place::Selection,
    project: &project::Project,
    mut judged: Vec<(PathBuf, Judged)>,
    outcome: &mut Outcome,
) {
    let config = &job.settings.config;
    let whole = project.judge(selection, &judged, job);
    outcome.notes.extend(whole.notes);
    outcome.errors.extend(whole.errors);
    let mut loose = Vec::new();
    for finding in whole.findings {
        match judged.binary_search_by(|(path, _)| path.cmp(&finding.file)) {
            Ok(at) => {
                if let Some((_, judged)) = judged.get_mut(at) {
                    judged.findings.push(finding);
                }
            }
            Err(_) => loose.push(finding),
        }
    }
    let terms = Terms { config, today: Some(job.today) };
    for (path, mut judged) in judged {
        let (count, told) = suppress::apply(&judged.suppressions, &mut judged.findings, &path, terms);
        outcome.suppressed += count;
        outcome.notes.extend(judged.notes);
        outcome.notes.extend(told);
        outcome.findings.append(&mut judged.findings);
    }
    let (count, told) = project::suppress_in_manifests(&mut loose, selection, config, terms);
    outcome.suppressed += count;
    outcome.notes.extend(told);
    outcome.findings.append(&mut loose);
    outcome.findings.sort_by(order);
    outcome.findings.dedup();
    outcome.all.clone_from(&outcome.findings);
    if let Some(baseline) = &job.baseline {
        let (count, told) = baseline.apply(&mut outcome.findings, &outcome.files, whole_project(&job.target));
        outcome.baselined = count;
        outcome.notes.extend(told);
    }
    if let Target::Changed(changes) | Target::Staged(changes, _) = &job.target {
        outcome.findings.retain(|finding| changes.touch(finding));
    }
    outcome.notes.sort_unstable();
    outcome.notes.dedup();
}

/// Whether what is scanned is more than a change.
fn whole_project(target: &Target) -> bool {
    matches!(target, Target::Paths(_))
}

/// Most severe first; then by category, file, place and rule.
fn order(one: &Finding, other: &Finding) -> std::cmp::Ordering {
    let key = |finding: &Finding| (std::cmp::Reverse(finding.severity), finding.rule.rule().category);
    key(one)
        .cmp(&key(other))
        .then_with(|| one.file.cmp(&other.file))
        .then_with(|| (one.start, one.rule, one.end).cmp(&(other.start, other.rule, other.end)))
        .then_with(|| one.message.cmp(&other.message))
}

/// Whether files of a kind are read.
fn reads(kind: Kind, config: &Config) -> bool {
    match kind {
        Kind::Code(language) => config.languages.contains(&language),
        Kind::Notebook => config.languages.contains(&crate::source::Language::Python),
        Kind::Manifest => true,
        Kind::Other => false,
    }
}

/// Categories of which at least one rule reports.
fn categories(config: &Config) -> Vec<Category> {
    let running: BTreeSet<Category> =
        RuleId::ALL.iter().filter(|&&id| config.reports(id)).map(|id| id.rule().category).collect();
    running.into_iter().collect()
}

impl Outcome {
    /// Findings at or above a severity.
    pub fn at_least(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity >= severity).count()
    }

    /// Whether a registry was asked in vain.
    pub fn registry_failed(&self) -> bool {
        self.notes.iter().any(|note| note.kind == NoteKind::Registry)
    }
}

/// A path that is absolute, without `.` and `..`, links left alone.
pub(crate) fn absolute(path: &Path, directory: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in directory.join(path).components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}
