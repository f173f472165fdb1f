//! The whole measurement: direct, through a bare relay, and through Vigil, in interleaved rounds.
//!
//! Each server is a process of its own; this process is the client of all and holds the clock. A round runs each
//! measurement on each way, one after the other and starting with another way each time, so that what the machine does
//! beside it falls on all of them alike.

mod calls;
mod connections;
mod events;
mod goal;
mod growing;
mod report;
mod requests;
mod row;
mod servers;
#[cfg(test)]
mod tests;

pub use crate::process::Terminate;
pub use report::Report;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::timeout;

use crate::machine::{Machine, Memory, load};
use crate::process::Home;
use row::{Meter, Part, Row};
use servers::{Servers, Way};

/// What to measure, and with what.
#[derive(Clone, Debug)]
pub struct Options {
    /// How often each measurement is made on each way.
    pub rounds: u32,
    /// A tenth of the requests: to see that it works.
    pub quick: bool,
    /// The measurements wanted, by name; none means all.
    pub only: Vec<String>,
    /// The `vigil` program.
    pub program: PathBuf,
    /// Its version, for the report.
    pub version: String,
    /// Whether Vigil takes part. Without it only the direct way and the relay are measured.
    pub with_vigil: bool,
    /// How a server is asked to end.
    pub terminate: Terminate,
}

/// A way to the upstream: a column of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Column {
    Direct,
    Relay,
    Vigil,
}

impl Column {
    pub(crate) const ALL: [Self; 3] = [Self::Direct, Self::Relay, Self::Vigil];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Relay => "relay",
            Self::Vigil => "vigil",
        }
    }
}

/// The names of all measurements, in the order in which they run. The first one meets a fresh daemon, so that what the daemon
/// says of its stages after it is about that measurement alone.
pub const MEASUREMENTS: [&str; 9] = [
    STAGES_OF,
    "request_2k",
    "request_200k",
    "request_1m",
    "new_connection",
    "sse_events",
    "streams_64",
    "held_then_allowed",
    "growing_conversation",
];

/// The measurement after which the daemon is asked for the latencies of its stages.
const STAGES_OF: &str = "calls_64";

/// How long one measurement may take on one way in one round.
const PATIENCE: Duration = Duration::from_secs(240);

/// Runs the measurements. `progress` hears what runs now; when `stop` is over, everything is ended and the error says so.
pub async fn run(
    options: &Options,
    mut progress: impl FnMut(&str),
    stop: impl Future<Output = &'static str>,
) -> Result<Report> {
    let home = Home::create()?;
    let mut servers = Servers::default();
    let measured = tokio::select! {
        measured = measure(options, &home, &mut servers, &mut progress) => measured,
        signal = stop => Err(anyhow::anyhow!("ended by {signal}; nothing was measured to its end")),
    };
    let ended = servers.end(options.terminate).await;
    let report = measured?;
    ended?;
    Ok(report)
}

async fn measure(
    options: &Options,
    home: &Home,
    servers: &mut Servers,
    progress: &mut impl FnMut(&str),
) -> Result<Report> {
    let wanted = |name: &str| options.only.is_empty() || options.only.iter().any(|only| only == name);
    if let Some(unknown) = options.only.iter().find(|only| !MEASUREMENTS.contains(&only.as_str())) {
        bail!("no measurement is named `{unknown}`; there are: {}", MEASUREMENTS.join(", "));
    }
    let machine = Machine::now(&options.version);
    progress("starting the servers");
    let ways = servers.start(options, home).await?;
    let idle = memory(&ways);
    let mut rows: Vec<Row> = Vec::new();
    let mut stages = Vec::new();
    for round in 0..options.rounds.max(1) {
        for name in MEASUREMENTS.into_iter().filter(|name| wanted(name)) {
            for turn in 0..ways.len() {
                let Some(way) = ways.get((turn + round as usize) % ways.len()) else { continue };
                progress(&format!(
                    "round {} of {}: {name}, {}",
                    round + 1,
                    options.rounds.max(1),
                    way.column.name()
                ));
                let scale = Scale { quick: options.quick, round };
                let measured = timeout(PATIENCE, measurement(name, way, scale)).await;
                let measured = measured.unwrap_or_else(|_| bail!("no end after {} s", PATIENCE.as_secs()));
                // What it still does must not fall on the next way.
                Meter::start(way.pid).settle().await;
                if let Some(api) = way.api.as_ref().filter(|_| name == STAGES_OF && round == 0) {
                    stages = api.stages().await?;
                }
                // When a server ended, that is the reason; what the client saw of it is not.
                servers.check()?;
                for part in
                    measured.map_err(|error| error.context(format!("{name}, {}", way.column.name())))?
                {
                    row::file(&mut rows, way.column, part);
                }
            }
        }
    }
    Ok(Report {
        machine,
        load_after: load(),
        rounds: options.rounds.max(1),
        rows,
        stages,
        idle,
        loaded: memory(&ways),
    })
}

async fn measurement(name: &str, way: &Way, scale: Scale) -> Result<Vec<Part>> {
    match name {
        STAGES_OF => connections::calls(way, scale).await,
        "request_2k" => requests::kept_alive(way, scale, "request_2k", 2 << 10, 3000).await,
        "request_200k" => requests::kept_alive(way, scale, "request_200k", 200 << 10, 600).await,
        "request_1m" => requests::kept_alive(way, scale, "request_1m", 1 << 20, 200).await,
        "new_connection" => requests::new_connection(way, scale).await,
        "sse_events" => events::one_stream(way, scale).await,
        "streams_64" => connections::many(way, scale).await,
        "held_then_allowed" => calls::allowed_and_held(way, scale).await,
        "growing_conversation" => growing::conversations(way, scale).await,
        _ => Ok(Vec::new()),
    }
}

/// How much of everything.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    quick: bool,
    round: u32,
}

impl Scale {
    /// How many, of this many in a full run.
    pub(crate) fn of(self, full: u32) -> u32 {
        if self.quick { full.div_ceil(10) } else { full }
    }

    /// A number for the `at`th conversation of a measurement that no other round has.
    pub(crate) fn seed(self, measurement: u32, at: u32) -> u64 {
        u64::from(measurement) << 40 | u64::from(self.round) << 20 | u64::from(at)
    }
}

/// The memory of each server that says so.
fn memory(ways: &[Way]) -> Vec<(Column, Memory)> {
    ways.iter().filter_map(|way| Some((way.column, Memory::of(way.pid?)?))).collect()
}
