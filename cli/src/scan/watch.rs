//! `vigil scan --watch`: scans again when a file changed.
//!
//! The files are looked at again and again, which works on every file system, in containers and over networks; how long it
//! waits in between grows with how long a look takes, so that a large tree costs a twentieth of one processor at most.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use ignore::WalkBuilder;
use tokio::signal::unix::{SignalKind, signal};

use super::run::{Plan, run};
use crate::Context;
use crate::exit::{self, Ended};

/// The shortest wait between two looks.
const PAUSE: Duration = Duration::from_millis(400);
/// A look may take this part of the time.
const SHARE: u32 = 20;

/// Scans, and scans again, until SIGINT or SIGTERM.
pub(crate) fn watch(context: &Context, plan: &Plan) -> Ended {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut code = exit::OK;
        let mut scanned: Option<Vec<Seen>> = None;
        let mut before: Option<Vec<Seen>> = None;
        loop {
            let started = Instant::now();
            let seen = look(plan);
            let pause = PAUSE.max(started.elapsed() * SHARE);
            // Who writes many files is waited for: the scan begins when two looks see the same.
            let settled = scanned.is_none() || before.as_ref() == Some(&seen);
            if settled && scanned.as_ref() != Some(&seen) {
                code = round(context, plan, scanned.is_some());
                scanned = Some(seen.clone());
            }
            before = Some(seen);
            tokio::select! {
                _ = interrupt.recv() => return Ok(code),
                _ = terminate.recv() => return Ok(code),
                () = tokio::time::sleep(pause) => {}
            }
        }
    })
}

/// One scan. What goes wrong is told, and the next change tries again.
fn round(context: &Context, plan: &Plan, again: bool) -> u8 {
    let terminal = std::io::stdout().is_terminal();
    if terminal && again {
        // Clears the screen and what scrolled away stays.
        let _closed = write!(std::io::stdout().lock(), "\x1b[2J\x1b[H");
    }
    let code = run(context, plan.clone()).unwrap_or_else(|error| exit::told(&error));
    let _closed = writeln!(anstream::stderr().lock(), "vigil: waiting for changes; Ctrl-C ends");
    code
}

/// A file as it was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    path: PathBuf,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Seen {
    fn at(path: PathBuf) -> Option<Self> {
        let metadata = std::fs::metadata(&path).ok()?;
        metadata.is_file().then(|| Self { bytes: metadata.len(), modified: metadata.modified().ok(), path })
    }
}

/// The files that a scan may read: below the paths, without what git ignores and what is excluded everywhere.
fn look(plan: &Plan) -> Vec<Seen> {
    let here = [PathBuf::from(".")];
    let paths = if plan.paths.is_empty() { here.as_slice() } else { plan.paths.as_slice() };
    let reports: Vec<PathBuf> = plan
        .formats
        .iter()
        .filter_map(|format| format.split_once('=').map(|(_, file)| file.into()))
        .chain(plan.output.clone())
        .filter_map(|file| std::path::absolute(file).ok())
        .collect();
    let mut seen = Vec::new();
    for path in paths {
        let walk = WalkBuilder::new(path)
            .hidden(false)
            .require_git(false)
            .filter_entry(|entry| {
                !entry.file_type().is_some_and(|kind| kind.is_dir()) || is_entered(entry.path())
            })
            .build();
        for entry in walk.flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file())) {
            let path = entry.into_path();
            // A report that the scan writes is no reason to scan again.
            if !reports.iter().any(|report| std::path::absolute(&path).is_ok_and(|path| path == *report)) {
                seen.extend(Seen::at(path));
            }
        }
    }
    // The settings, and what git compares with, lie elsewhere.
    seen.extend(plan.config.clone().and_then(Seen::at));
    let directory = std::env::current_dir().unwrap_or_default();
    seen.extend(vigil_scan::discover(&directory).and_then(Seen::at));
    for above in directory.ancestors() {
        if above.join(".git").is_dir() {
            seen.extend(
                ["index", "HEAD"].into_iter().filter_map(|name| Seen::at(above.join(".git").join(name))),
            );
            break;
        }
    }
    seen.sort_unstable();
    seen
}

/// Directories of dependencies, caches and results hold nothing that is scanned.
fn is_entered(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    !vigil_scan::EXCLUDED.iter().any(|excluded| excluded.trim_matches('/') == name)
}
