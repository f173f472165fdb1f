//! One scan from settings to exit code, as `scan`, `deps` and `tests` share it.

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use vigil_scan::{
    Baseline, Flags, Format, Job, Look, Outcome, Progress, Registries, Report, Settings, Staged, Target,
};

use super::environment::{Addresses, cache_directory, cache_place, registry_files, registry_settings};
use super::fetch::Http;
use super::git::Repository;
use super::{apply, progress};
use crate::Context;
use crate::exit::{self, Ended, UsageError};

/// What a scan is to do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) config: Option<PathBuf>,
    pub(crate) flags: Flags,
    pub(crate) formats: Vec<String>,
    pub(crate) output: Option<PathBuf>,
    pub(crate) what: What,
    pub(crate) baseline: Option<PathBuf>,
    pub(crate) update_baseline: bool,
    pub(crate) fix: Option<Fixing>,
    pub(crate) list_files: bool,
    pub(crate) no_cache: bool,
    pub(crate) require_registry: bool,
    pub(crate) require_complete: bool,
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
}

/// Which files, and which of their lines.
#[derive(Clone, Debug, Default)]
pub(crate) enum What {
    /// Everything below the paths.
    #[default]
    Everything,
    /// Files that differ from the last commit.
    ChangedOnly,
    /// Lines that differ from a revision.
    Diff(String),
    /// Lines that are staged.
    Staged,
    /// Standard input, under this name.
    Stdin(PathBuf),
}

/// What happens to findings that can be mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fixing {
    /// The changes are shown.
    Show,
    /// They are made when the user agrees.
    Ask,
    /// They are made.
    Make,
}

/// Largest text that is read from standard input.
const MAX_STDIN_BYTES: u64 = 64 << 20;

/// Scans, reports, and says how it ended.
pub(crate) fn run(context: &Context, plan: Plan) -> Ended {
    let started = Instant::now();
    let directory = std::env::current_dir().context("finding the working directory")?;
    let settings = settings(context, &plan, &directory)?;
    let formats = formats(&plan, &settings)?;
    let (target, repository) = target(&plan, &directory)?;
    if let Target::Changed(changes) | Target::Staged(Staged { changes, .. }) = &target
        && changes.is_empty()
    {
        writeln!(anstream::stderr().lock(), "No changed files to scan.")?;
        // Whoever reads a report finds one that says so.
        if formats.iter().all(|(format, file)| *format == Format::Human && file.is_none()) {
            return Ok(exit::OK);
        }
    }
    let progress = Progress::default();
    let http = Http::new(context);
    let cache = cache_directory(context);
    let registries = Registries {
        fetch: Some(&http),
        cache_dir: cache.as_deref(),
        settings: registry_settings(context),
        settings_files: registry_files(context),
    };
    let job = Job {
        directory: directory.clone(),
        repository,
        target,
        settings: &settings,
        now: jiff::Timestamp::now(),
        today: jiff::Zoned::now().date(),
        baseline: baseline(&plan, &directory)?,
        cache: if plan.no_cache { None } else { cache_place(context) },
        registries: Some(&registries),
        threads: 0,
        progress: Some(&progress),
    };
    let outcome = scan(&job, plan.quiet)?;
    if plan.list_files {
        let mut out = anstream::stdout().lock();
        let root = &outcome.report.root;
        for file in &outcome.files {
            writeln!(out, "{}", shown(&root.join(file), &directory, root).display())?;
        }
        return Ok(if outcome.files.is_empty() { exit::NOTHING_SCANNED } else { exit::OK });
    }
    if plan.update_baseline {
        return update_baseline(&plan, &directory, &outcome);
    }
    let human = formats.iter().any(|(format, file)| *format == Format::Human && file.is_none());
    let fixed = match plan.fix {
        Some(fixing) => apply(&outcome.report, &settings, fixing, human)?,
        None => false,
    };
    // What was mended is not there any more; the report speaks of what is.
    let outcome = if fixed { scan(&job, plan.quiet)? } else { outcome };
    let ended = code(&plan, &settings, &outcome);
    let mut report = outcome.report;
    report.tool_version = env!("CARGO_PKG_VERSION").to_owned();
    report.duration = started.elapsed();
    let here = (report.root != directory).then(|| relative_to(report.clone(), &directory));
    // The host of a repository counts paths from its top, a person from where they are.
    let seen = |format: Format| match format {
        Format::Sarif | Format::Github | Format::Gitlab | Format::Markdown => &report,
        _ => here.as_ref().unwrap_or(&report),
    };
    let plain = context.variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let look = Look {
        color: settings.config.output.colors && !plain && std::io::stdout().is_terminal(),
        width: width(context),
        quiet: plan.quiet,
        suggestions: settings.config.output.show_suggestions,
    };
    for (format, file) in &formats {
        let Some(file) = file else {
            print(&vigil_scan::render(seen(*format), *format, look))?;
            continue;
        };
        let text = vigil_scan::render(seen(*format), *format, Look { color: false, ..look });
        super::replace(file, text.as_bytes()).map_err(|error| UsageError(format!("{error:#}")))?;
        if *format == Format::Human {
            print(&vigil_scan::render(seen(*format), *format, look))?;
        }
    }
    if ended == exit::NOTHING_SCANNED {
        writeln!(anstream::stderr().lock(), "vigil: no file was scanned")?;
    }
    let written = formats.iter().filter_map(|(_, file)| file.as_ref());
    let written: Vec<String> = written.map(|file| format!("`{}`", file.display())).collect();
    if written.len() == formats.len() && !plan.quiet && !human_shown(&formats) {
        let count = report.findings.len();
        let findings = if count == 1 { "1 finding".to_owned() } else { format!("{count} findings") };
        writeln!(anstream::stderr().lock(), "vigil: {findings}; written to {}", written.join(", "))?;
    }
    Ok(ended)
}

/// Writes a report to standard output. Who stops reading has read enough: the exit code still tells the result.
fn print(report: &str) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    match out.write_all(report.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(UsageError(format!("the report cannot be written to standard output: {error}")).into())
        }
        _ => Ok(()),
    }
}

/// The report for people goes to the terminal, whatever file it goes to.
fn human_shown(formats: &[(Format, Option<PathBuf>)]) -> bool {
    formats.iter().any(|(format, _)| *format == Format::Human)
}

fn scan(job: &Job<'_>, quiet: bool) -> anyhow::Result<Outcome> {
    let unheard = Progress::default();
    let progress = job.progress.unwrap_or(&unheard);
    let outcome = progress::shown(progress, quiet, || vigil_scan::scan(job));
    Ok(outcome.map_err(|error| UsageError(error.to_string()))?)
}

/// Columns of the terminal.
fn width(context: &Context) -> usize {
    let told = context.variable("COLUMNS").and_then(|columns| columns.to_str()?.parse().ok());
    told.or_else(|| {
        rustix::termios::tcgetwinsize(std::io::stdout()).ok().map(|size| usize::from(size.ws_col))
    })
    .filter(|columns| *columns >= 40)
    .unwrap_or(100)
}

fn settings(context: &Context, plan: &Plan, directory: &Path) -> anyhow::Result<Settings> {
    let addresses = Addresses::of(context);
    let flags = Flags {
        pypi_url: addresses.pypi,
        npm_url: addresses.npm,
        crates_url: addresses.crates,
        go_url: addresses.go,
        maven_url: addresses.maven,
        downloads_url: addresses.downloads,
        ..plan.flags.clone()
    };
    // A project that lies elsewhere brings its own configuration.
    let elsewhere = || {
        let places = plan.paths.iter().filter_map(|path| directory.join(path).canonicalize().ok());
        places.into_iter().find(|place| vigil_scan::discover(place).is_some())
    };
    let start = match (&plan.config, vigil_scan::discover(directory)) {
        (None, None) => elsewhere(),
        _ => None,
    };
    let settings = Settings::load(plan.config.as_deref(), start.as_deref().unwrap_or(directory), flags)
        .map_err(|error| UsageError(format!("configuration: {error}")))?;
    if plan.verbose || settings.config.output.verbose {
        let file =
            settings.file.as_ref().map_or_else(|| "none".to_owned(), |file| file.display().to_string());
        writeln!(anstream::stderr().lock(), "configuration: {file}")?;
    }
    Ok(settings)
}

/// Format and file of each report: `-f sarif=out.sarif -f human`; `-o` is the file of the first that names none.
fn formats(plan: &Plan, settings: &Settings) -> anyhow::Result<Vec<(Format, Option<PathBuf>)>> {
    let output = &settings.config.output;
    let words = match (plan.formats.is_empty(), &output.format) {
        (false, _) => plan.formats.clone(),
        (true, Some(format)) => vec![format.clone()],
        (true, None) => vec![Format::Human.name().to_owned()],
    };
    let mut file = plan.output.clone().or_else(|| output.file.clone());
    let mut formats = Vec::new();
    for word in words {
        let (name, own) = match word.split_once('=') {
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (word.as_str(), None),
        };
        let Some(format) = Format::parse(name) else {
            let known = Format::ALL.map(Format::name).join(", ");
            return Err(UsageError(format!("unknown format `{name}`; known are {known}")).into());
        };
        formats.push((format, own.or_else(|| file.take())));
    }
    if formats.iter().filter(|(_, file)| file.is_none()).count() > 1 {
        let message =
            "several reports go to standard output; give all but one a file: `-f sarif=out.sarif -f human`";
        return Err(UsageError(message.to_owned()).into());
    }
    Ok(formats)
}

/// What is scanned, and the top of the repository that knows what changed.
fn target(plan: &Plan, directory: &Path) -> anyhow::Result<(Target, Option<PathBuf>)> {
    let repository = || Repository::around(directory);
    Ok(match &plan.what {
        What::Everything => {
            let paths = if plan.paths.is_empty() { vec![PathBuf::from(".")] } else { plan.paths.clone() };
            (Target::Paths(paths), None)
        }
        What::ChangedOnly => {
            let repository = repository()?;
            (Target::Changed(repository.changed_files(&plan.paths)?), Some(repository.top))
        }
        What::Diff(revision) => {
            let repository = repository()?;
            (Target::Changed(repository.since(revision, &plan.paths)?), Some(repository.top))
        }
        What::Staged => {
            let repository = repository()?;
            (Target::Staged(repository.staged(&plan.paths)?), Some(repository.top))
        }
        What::Stdin(name) => {
            let mut bytes = Vec::new();
            std::io::stdin()
                .lock()
                .take(MAX_STDIN_BYTES)
                .read_to_end(&mut bytes)
                .context("reading standard input")?;
            (Target::Text(name.clone(), bytes), None)
        }
    })
}

/// The file of a baseline when none is named.
const BASELINE: &str = ".vigil-baseline.json";

fn baseline(plan: &Plan, directory: &Path) -> anyhow::Result<Option<Baseline>> {
    let Some(path) = plan.baseline.as_ref().filter(|_| !plan.update_baseline) else { return Ok(None) };
    let text = std::fs::read_to_string(directory.join(path)).map_err(|error| {
        UsageError(format!(
            "baseline `{}` cannot be read: {error}; write one with --update-baseline",
            path.display()
        ))
    })?;
    Ok(Some(Baseline::parse(path, &text).map_err(|error| UsageError(error.to_string()))?))
}

fn update_baseline(plan: &Plan, directory: &Path, outcome: &Outcome) -> Ended {
    if outcome.report.files_scanned == 0 {
        writeln!(anstream::stderr().lock(), "vigil: no file was scanned; the baseline stays as it is")?;
        return Ok(exit::NOTHING_SCANNED);
    }
    let path = plan.baseline.clone().unwrap_or_else(|| PathBuf::from(BASELINE));
    super::replace(&directory.join(&path), Baseline::of(&outcome.all).as_bytes())?;
    writeln!(
        anstream::stdout().lock(),
        "{}: {} known findings; use it with `vigil scan --baseline {}`",
        path.display(),
        outcome.all.len(),
        path.display()
    )?;
    Ok(exit::OK)
}

/// How a scan ends.
fn code(plan: &Plan, settings: &Settings, outcome: &Outcome) -> u8 {
    if outcome.at_least(settings.config.fail_on) > 0 {
        exit::FAILED
    } else if !outcome.report.errors.is_empty() {
        exit::USAGE
    } else if outcome.report.files_scanned == 0 && matches!(plan.what, What::Everything | What::Stdin(_)) {
        exit::NOTHING_SCANNED
    } else if plan.require_registry && outcome.registry_failed() {
        exit::NOT_VERIFIED
    } else if plan.require_complete && outcome.report.skipped() > 0 {
        exit::NOT_COMPLETE
    } else {
        exit::OK
    }
}

/// Makes paths relative to the working directory.
fn relative_to(mut report: Report, directory: &Path) -> Report {
    let root = std::mem::replace(&mut report.root, directory.to_owned());
    let place = |file: &mut PathBuf| *file = shown(&root.join(&*file), directory, &root);
    let suppressed = report.suppressed.iter_mut().map(|suppressed| &mut suppressed.finding);
    for finding in report.findings.iter_mut().chain(suppressed) {
        place(&mut finding.file);
    }
    for note in &mut report.notes {
        if let Some(file) = &mut note.file {
            place(file);
        }
    }
    report
}

/// A path as it looks from a directory: with `..` when both lie below the root, absolute when they do not.
fn shown(path: &Path, directory: &Path, root: &Path) -> PathBuf {
    if let Ok(below) = path.strip_prefix(directory) {
        return below.to_owned();
    }
    let common = directory.ancestors().find(|above| above.starts_with(root) && path.starts_with(above));
    let Some(common) = common else { return path.to_owned() };
    let up = directory.strip_prefix(common).map_or(0, |below| below.components().count());
    let mut shown: PathBuf = std::iter::repeat_n("..", up).collect();
    shown.push(path.strip_prefix(common).unwrap_or(path));
    shown
}
