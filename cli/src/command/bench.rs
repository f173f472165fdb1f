//! `vigil bench`: what Vigil costs on this machine.

use std::fs::File;
use std::io::{IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};
use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use vigil_bench::suite::{self, Options, Report};

use crate::Context;
use crate::args::Bench;
use crate::daemon;
use crate::exit::{self, Ended};

pub(crate) fn run(_context: &Context, args: &Bench) -> Ended {
    if let Some(name) = &args.serve {
        vigil_bench::serve::serve(name)?;
        return Ok(exit::OK);
    }
    // Before the run, so that a path that cannot be written does not cost minutes.
    let json = match &args.json {
        Some(path) => Some(File::create(path).with_context(|| format!("writing `{}`", path.display()))?),
        None => None,
    };
    let options = Options {
        rounds: args.rounds.unwrap_or(if args.quick { 2 } else { 5 }),
        quick: args.quick,
        only: args.only.clone(),
        program: std::env::current_exe().context("finding the vigil program")?,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        with_vigil: !args.without_vigil,
        terminate,
    };
    // One thread: the client shall cost little, and the processors belong to what is measured.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(async {
        let mut signals = daemon::Signals::listen()?;
        suite::run(&options, tell_progress(), async { signals.next().await }).await
    });
    if std::io::stderr().is_terminal() {
        write!(std::io::stderr().lock(), "\r\x1b[2K")?;
    }
    let report = report?;
    print(&report)?;
    if let Some(mut file) = json {
        writeln!(file, "{:#}", report.to_json())?;
    }
    Ok(exit::OK)
}

fn terminate(pid: u32) -> std::io::Result<()> {
    match i32::try_from(pid).ok().and_then(Pid::from_raw) {
        Some(pid) => Ok(kill_process(pid, Signal::TERM)?),
        None => Err(std::io::ErrorKind::InvalidInput.into()),
    }
}

/// Shows what runs now, on one line, when somebody watches.
fn tell_progress() -> impl FnMut(&str) {
    let watched = std::io::stderr().is_terminal();
    move |text| {
        if watched {
            // Who does not see the progress still gets the figures.
            let _closed = write!(std::io::stderr().lock(), "\r\x1b[2K{text}");
        }
    }
}

const MET: Style = AnsiColor::Green.on_default();
const MISSED: Style = AnsiColor::Yellow.on_default().bold();

fn print(report: &Report) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    for line in report.to_string().lines() {
        if let Some(start) = line.strip_suffix("  met") {
            writeln!(out, "{start}  {MET}met{MET:#}")?;
        } else if let Some(start) = line.strip_suffix("  missed") {
            writeln!(out, "{start}  {MISSED}missed{MISSED:#}")?;
        } else {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}
