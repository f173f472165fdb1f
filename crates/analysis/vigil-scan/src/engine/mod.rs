//! The scan: finds files, judges each on its own and in parallel, then looks at the project as a whole.

mod around;
mod asserted;
mod file;
mod module;
mod mounted;
mod place;
mod project;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use jiff::civil::Date;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

pub(crate) use file::{Imported, Judged, fixes_of, secrets_of};
pub use file::{SourceReport, scan_source, scan_source_in};

use around::Around;

use crate::baseline::Baseline;
use crate::cache::Cache;
use crate::config::{Config, Settings};
use crate::deps::Registries;
use crate::diff::Changes;
use crate::files::{self, Found, Kind};
use crate::finding::{Finding, Note, NoteKind};
use crate::report::Report;
use crate::rule::{Category, RuleId, Severity};
use crate::suppress::{self, Terms};

/// Stack of each thread: front ends bound how deep they descend, and this is deep enough for that.
const STACK_BYTES: usize = 8 << 20;

/// Fewer files are judged without a cache.
const FEW_FILES: usize = 8;

/// What is scanned.
#[derive(Clone, Debug)]
pub enum Target {
    /// Files and directories.
    Paths(Vec<PathBuf>),
    /// The files of a change, as they lie on the disk; only findings on changed lines count.
    Changed(Changes),
    /// What is about to be committed; only findings on changed lines count.
    Staged(Staged),
    /// One text, under the name that is given.
    Text(PathBuf, Vec<u8>),
}

/// What is about to be committed. All paths start from the top of the repository.
#[derive(Clone, Debug, Default)]
pub struct Staged {
    /// Which lines of which files change.
    pub changes: Changes,
    /// These files, with the contents that will be committed.
    pub contents: Vec<(PathBuf, Vec<u8>)>,
    /// All files that the commit will hold: what else lies on the disk is not there for it.
    pub index: Vec<PathBuf>,
    /// Manifests and source files among them that are another on the disk than in the commit, as they are in the commit.
    pub unlike_disk: Vec<(PathBuf, Vec<u8>)>,
}

/// What a scan is told.
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
    /// The way to the registries; without one nothing is asked.
    pub registries: Option<&'a Registries<'a>>,
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
    /// The report. Version and duration are the caller's to write.
    pub report: Report,
    /// Files that were scanned, by their paths from the report's root.
    pub files: Vec<PathBuf>,
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
    let config = &job.settings.config;
    let mut report = Report { notes: job.settings.notes.clone(), ..Report::default() };
    report.rules_run = RuleId::ALL.iter().copied().filter(|&id| config.reports(id)).collect();
    report.categories_run = categories(&report.rules_run);
    let selection = place::select(job, &mut report.notes)?;
    report.root = selection.root.clone();
    let scanned: Vec<&Found> = selection.found.iter().filter(|found| reads(found.kind, config)).collect();
    let files: Vec<PathBuf> =
        scanned.iter().map(|found| files::relative(&found.path, &selection.root)).collect();
    report.files_scanned = scanned.len();
    if let Some(progress) = job.progress {
        progress.found.store(scanned.len(), Ordering::Relaxed);
    }

    let project = project::Project::read(&selection, job);
    // For a handful of files, reading what is known about all others takes longer than judging them.
    let many = scanned.len() > FEW_FILES;
    let cache = job.cache.as_ref().filter(|_| many).map(|place| {
        let (cache, told) = Cache::open(place, &selection.root, job.settings, &project.key(), job.now);
        report.notes.extend(told);
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
                let config = job.settings.config_for(&found.path);
                let settings = cache.settings_key(&config, matches!(config, Cow::Owned(_)));
                (**found, settings, path.as_path(), judged)
            })
            .collect();
        report.notes.extend(cache.save(&kept));
    }
    let mut outcome = Outcome { report, files, all: Vec::new() };
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
    let report = &mut outcome.report;
    let around = match &job.target {
        Target::Staged(staged) => Around::in_commit(&selection.root, config, staged),
        _ => Around::on_disk(&selection.root, config),
    };
    if selection.walked {
        mounted::withdraw(&mut judged, config);
        asserted::withdraw(&mut judged, &|path| around.helpers(path));
    } else {
        around.settle(&mut judged);
    }
    let whole = project.judge(selection, &judged, job);
    report.notes.extend(whole.notes);
    report.errors.extend(whole.errors);
    let mut loose = Vec::new();
    for finding in whole.findings {
        let at = judged.binary_search_by(|(path, _)| path.cmp(&finding.file));
        match at.ok().and_then(|at| judged.get_mut(at)) {
            Some((_, judged)) => judged.findings.push(finding),
            None => loose.push(finding),
        }
    }
    let terms = Terms { config, today: Some(job.today) };
    for (path, mut judged) in judged {
        let (suppressed, told) = suppress::apply(&judged.suppressions, &mut judged.findings, &path, terms);
        report.suppressed.extend(suppressed);
        report.notes.extend(judged.notes);
        report.notes.extend(told);
        report.findings.append(&mut judged.findings);
    }
    let (suppressed, told) = project::suppress_in_manifests(&mut loose, selection, terms);
    report.suppressed.extend(suppressed);
    report.notes.extend(told);
    report.findings.append(&mut loose);
    report.findings.sort_by(order);
    report.findings.dedup();
    outcome.all.clone_from(&report.findings);
    if let Some(baseline) = &job.baseline {
        let whole = matches!(job.target, Target::Paths(_));
        let (known, told) = baseline.apply(&mut report.findings, &outcome.files, whole);
        report.suppressed.extend(known);
        report.notes.extend(told);
    }
    if let Target::Changed(changes) | Target::Staged(Staged { changes, .. }) = &job.target {
        report.findings.retain(|finding| changes.touch(finding));
        report.suppressed.retain(|suppressed| changes.touch(&suppressed.finding));
    }
    report.suppressed.sort_by(|one, other| order(&one.finding, &other.finding));
    if report.files_scanned == 0 && matches!(job.target, Target::Paths(_) | Target::Text(..)) {
        let message =
            "no file was scanned: nothing here is source code of a known language or a manifest".to_owned();
        report.notes.push(Note { file: None, line: None, kind: NoteKind::Skipped, message });
    }
    report.notes.sort_unstable();
    report.notes.dedup();
}

/// Removes findings, each by the numbers of its file and of itself.
fn take_back(judged: &mut [(PathBuf, Judged)], answered: &BTreeSet<(usize, usize)>) {
    for (file, (_, judged)) in judged.iter_mut().enumerate() {
        let mut index = 0;
        judged.findings.retain(|_| {
            index += 1;
            !answered.contains(&(file, index - 1))
        });
    }
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

/// Categories of which at least one rule runs.
fn categories(rules: &[RuleId]) -> Vec<Category> {
    let running: BTreeSet<Category> = rules.iter().map(|id| id.rule().category).collect();
    running.into_iter().collect()
}

impl Outcome {
    /// How many findings there are at or above a severity.
    pub fn at_least(&self, severity: Severity) -> usize {
        self.report.findings.iter().filter(|finding| finding.severity >= severity).count()
    }

    /// Whether a registry was asked in vain.
    pub fn registry_failed(&self) -> bool {
        self.report.notes.iter().any(|note| note.kind == NoteKind::Registry)
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

#[cfg(test)]
mod cases;
#[cfg(test)]
mod tests;
