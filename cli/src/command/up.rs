//! `vigil up`: the daemon in the foreground.

use std::io::{IsTerminal as _, Write as _};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::prelude::*;

use crate::Context;
use crate::args::Up;
use crate::daemon;
use crate::exit::{self, Ended};

pub(crate) fn run(context: &Context, args: &Up) -> Ended {
    log_to_stderr(context);
    let (config, path) = super::config::load(context, args.config.as_deref())?;
    if let Some(path) = path {
        tracing::info!("config from {}", path.display());
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("vigil-net").build()?;
    runtime.block_on(async {
        // Before the start, so that a signal during it is not lost.
        let mut signals = daemon::Signals::listen()?;
        let daemon = daemon::Daemon::start(config, context.state_dir()?).await?;
        let mut line = serde_json::to_string(daemon.ready())?;
        line.push('\n');
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(line.as_bytes())?;
        stdout.flush()?;
        drop(stdout);
        let name = signals.next().await;
        tracing::info!("{name}: held calls are denied, the record is sealed");
        daemon.stop().await?;
        Ok(exit::OK)
    })
}

/// Logs to stderr, coloured on a terminal; `VIGIL_LOG` sets the level (`debug`, `vigil_proxy=trace`, …).
///
/// Only our own crates speak: a parser that logs what it reads would put commands and texts into the log.
pub(crate) fn log_to_stderr(context: &Context) {
    let wanted = context.variable("VIGIL_LOG").and_then(|value| value.to_str()).unwrap_or("info");
    let level = EnvFilter::try_new(wanted).unwrap_or_else(|_| EnvFilter::new("info"));
    let ours = filter_fn(|metadata| metadata.target().starts_with("vigil"));
    let coloured =
        std::io::stderr().is_terminal() && context.variable("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines =
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(coloured).with_target(false);
    tracing_subscriber::registry().with(lines.with_filter(ours)).with(level).init();
}
