//! The campaign of kills: `kill -9` at random moments under load, then the record compared with what the clients got.
//!
//! ```text
//! vigil-kill --vigil target/release/vigil [--kills 25] [--workers 1] [--seed 1]
//! ```
//!
//! Exit code 0 when every comparison held, 1 when one did not, 2 for a wrong command line.

mod campaign;
mod compare;
mod load;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};
use vigil_e2e::Providers;

use campaign::{Plan, Tally};

fn main() -> ExitCode {
    let plan = match Plan::parse(std::env::args_os().skip(1)) {
        Ok(plan) => plan,
        Err(error) => {
            tell(&format!(
                "vigil-kill: {error:#}\nusage: vigil-kill --vigil PATH [--kills N] [--workers N] [--seed N]"
            ));
            return ExitCode::from(2);
        }
    };
    match run(&plan) {
        Ok(tally) if tally.faults.is_empty() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            tell(&format!("vigil-kill: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(plan: &Plan) -> Result<Tally> {
    let began = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let providers = Arc::new(runtime.block_on(Providers::start())?);
    let mut workers = Vec::new();
    for worker in 0..plan.workers {
        let (plan, providers, handle) = (plan.clone(), Arc::clone(&providers), runtime.handle().clone());
        workers.push(std::thread::spawn(move || campaign::work(&plan, worker, &providers, &handle)));
    }
    let mut total = Tally::default();
    for worker in workers {
        let done = worker.join().map_err(|_| anyhow::anyhow!("a worker panicked"))?;
        total.add(done.context("a worker gave up")?);
    }
    tell(&total.report(began.elapsed()));
    Ok(total)
}

fn tell(text: &str) {
    // Nobody may be reading.
    let _closed = writeln!(std::io::stdout().lock(), "{text}");
}

/// The command under test, as the command line names it.
fn absolute(path: PathBuf) -> Result<PathBuf> {
    let path = std::path::absolute(path)?;
    anyhow::ensure!(path.is_file(), "`{}` is no file; build it with `cargo build --release`", path.display());
    Ok(path)
}
