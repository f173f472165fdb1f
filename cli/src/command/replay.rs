//! `vigil replay`: recorded sessions through the planes of the daemon.

use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Write};
use std::sync::Arc;

use anyhow::Context as _;
use vigil_detect::Ensemble;
use vigil_detect::train::untaught;
use vigil_policy::{CompiledPolicy, Profile};

use crate::Context;
use crate::args::Replay;
use crate::config::PolicyChoice;
use crate::daemon;
use crate::exit::{self, Ended, UsageError};
use crate::replay::{Rules, Session, SessionLine, Source, ToolBox, lines, open, play};

/// How many sessions are read before any is written: enough work for each processor, little to keep.
const BATCH: usize = 128;

pub(crate) fn run(_context: &Context, args: &Replay) -> Ended {
    let policy = match &args.policy {
        Some(path) => daemon::policy(&PolicyChoice::File(path.clone()))?.0,
        None => CompiledPolicy::profile(profile(&args.profile)?),
    };
    let models = match Ensemble::shipped() {
        Ok(models) => models,
        // Features are what models are made of, so they can be had without.
        Err(_) if args.features => Ensemble::new(untaught().context("making models")?),
        error => error.context("reading the models of this program")?,
    };
    let models = Arc::new(models);
    let rules = Rules { policy, models, workdir: args.workdir.clone(), features: args.features };
    let mut json = match &args.json {
        Some(path) => {
            let file = File::create(path).with_context(|| format!("writing `{}`", path.display()))?;
            Some(BufWriter::new(file))
        }
        None => None,
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut sums = Sums::default();
    for path in &args.files {
        let mut source = open(path)?;
        loop {
            let batch = source.next(BATCH)?;
            if batch.is_empty() {
                break;
            }
            for (text, told) in played(&source, &batch, &rules, threads)? {
                if let Some(json) = &mut json {
                    json.write_all(text.as_bytes())?;
                }
                sums.add(&told);
            }
            sums.show_progress()?;
        }
    }
    if let Some(json) = &mut json {
        json.flush()?;
    }
    sums.print()?;
    Ok(exit::OK)
}

fn profile(name: &str) -> anyhow::Result<Profile> {
    Profile::parse(name).ok_or_else(|| UsageError(format!("no profile is named `{name}`")).into())
}

/// What a session came to.
struct Told {
    calls: usize,
    held: usize,
    blocked: usize,
}

impl From<&SessionLine<'_>> for Told {
    fn from(line: &SessionLine<'_>) -> Self {
        Self { calls: line.calls, held: line.held, blocked: line.blocked }
    }
}

/// Plays a batch on all threads. The answers are in the order of the batch, whoever was faster.
fn played(
    source: &Source,
    batch: &[(usize, Vec<u8>)],
    rules: &Rules,
    threads: usize,
) -> anyhow::Result<Vec<(String, Told)>> {
    let share = batch.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = batch
            .chunks(share)
            .map(|part| {
                scope.spawn(move || {
                    part.iter()
                        .map(|(number, line)| {
                            one(line, &source.tools, rules).with_context(|| {
                                format!("{} is not a recorded session", source.place(*number))
                            })
                        })
                        .collect::<anyhow::Result<Vec<_>>>()
                })
            })
            .collect();
        let mut all = Vec::with_capacity(batch.len());
        for worker in workers {
            all.extend(worker.join().map_err(|_| anyhow::anyhow!("a thread of the replay failed"))??);
        }
        Ok(all)
    })
}

fn one(line: &[u8], tools: &ToolBox, rules: &Rules) -> anyhow::Result<(String, Told)> {
    let session: Session = serde_json::from_slice(line)?;
    let played = play(&session, tools.of(&session.suite), rules);
    let (calls, whole) = lines(&session, &played);
    let mut text = String::new();
    for call in &calls {
        text += &serde_json::to_string(call)?;
        text.push('\n');
    }
    text += &serde_json::to_string(&whole)?;
    text.push('\n');
    Ok((text, Told::from(&whole)))
}

#[derive(Default)]
struct Sums {
    sessions: usize,
    sessions_met: usize,
    calls: usize,
    held: usize,
    blocked: usize,
    shown: bool,
}

impl Sums {
    fn add(&mut self, told: &Told) {
        self.sessions += 1;
        self.sessions_met += usize::from(told.held + told.blocked > 0);
        self.calls += told.calls;
        self.held += told.held;
        self.blocked += told.blocked;
    }

    /// One line that renews itself, when somebody watches.
    fn show_progress(&mut self) -> std::io::Result<()> {
        if std::io::stderr().is_terminal() {
            self.shown = true;
            write!(std::io::stderr().lock(), "\r\x1b[2K{} sessions, {} calls", self.sessions, self.calls)?;
        }
        Ok(())
    }

    fn print(&self) -> std::io::Result<()> {
        if self.shown {
            write!(std::io::stderr().lock(), "\r\x1b[2K")?;
        }
        let of_calls = |part: usize| 100.0 * part as f64 / self.calls.max(1) as f64;
        let of_sessions = 100.0 * self.sessions_met as f64 / self.sessions.max(1) as f64;
        let mut out = anstream::stdout().lock();
        writeln!(out, "sessions        {:>8}", self.sessions)?;
        writeln!(out, "  met a hold    {:>8}  {of_sessions:.1} %", self.sessions_met)?;
        writeln!(out, "calls           {:>8}", self.calls)?;
        writeln!(out, "  held          {:>8}  {:.2} %", self.held, of_calls(self.held))?;
        writeln!(out, "  blocked       {:>8}  {:.2} %", self.blocked, of_calls(self.blocked))
    }
}
