//! One worker: installations, each killed a number of times.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::Signal;
use vigil_e2e::{Agent, Daemon, Home, Providers, Random, Settings};

use crate::compare::{Compared, compare};
use crate::load::{Attempt, Load, person};

/// What the command line asks for.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    vigil: PathBuf,
    kills: u64,
    pub(crate) workers: u64,
    seed: u64,
}

impl Plan {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Self> {
        let (mut vigil, mut kills, mut workers, mut seed) = (None, 25, 1, 1);
        while let Some(name) = arguments.next() {
            let value =
                arguments.next().with_context(|| format!("`{}` needs a value", name.to_string_lossy()))?;
            let number = || value.to_str().and_then(|text| text.parse().ok()).context("not a number");
            match name.to_str() {
                Some("--vigil") => vigil = Some(crate::absolute(value.into())?),
                Some("--kills") => kills = number()?,
                Some("--workers") => workers = number()?.max(1),
                Some("--seed") => seed = number()?,
                _ => bail!("unknown option `{}`", name.to_string_lossy()),
            }
        }
        Ok(Self { vigil: vigil.context("--vigil is missing")?, kills, workers, seed })
    }
}

/// What came of it.
#[derive(Default)]
pub(crate) struct Tally {
    kills: u64,
    at_start: u64,
    at_shutdown: u64,
    under_load: u64,
    states: std::collections::BTreeMap<String, u64>,
    compared: Compared,
    answers: u64,
    records: u64,
    restart: Vec<Duration>,
    pub(crate) faults: Vec<String>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        self.kills += other.kills;
        self.at_start += other.at_start;
        self.at_shutdown += other.at_shutdown;
        self.under_load += other.under_load;
        self.count(other.compared);
        for (state, count) in other.states {
            *self.states.entry(state).or_default() += count;
        }
        self.answers += other.answers;
        self.records += other.records;
        self.restart.extend(other.restart);
        self.faults.extend(other.faults);
    }

    fn count(&mut self, compared: Compared) {
        self.compared.delivered += compared.delivered;
        self.compared.denied += compared.denied;
        self.compared.whole += compared.whole;
        self.compared.broken += compared.broken;
        self.compared.ahead += compared.ahead;
    }

    pub(crate) fn report(&self, took: Duration) -> String {
        let mut restart = self.restart.clone();
        restart.sort();
        let at = |part: usize| restart.get(restart.len() * part / 100).copied().unwrap_or_default();
        let compared = self.compared;
        let mut text = format!(
            "{} kills in {:.0} s ({:.2} s each): {} under load, {} during a start, {} during a shutdown\n\
             exchanges: {} whole, {} broken off; calls delivered: {}; deny texts read: {}; answers given: {}\n\
             records: {}; recorded as delivered and not yet received when killed: {}\n\
             time to the ready line: p50 {:?}, p99 {:?}\nstore states found at a start: {:?}\nfaults: {}",
            self.kills,
            took.as_secs_f64(),
            took.as_secs_f64() / (self.kills.max(1) as f64),
            self.under_load,
            self.at_start,
            self.at_shutdown,
            compared.whole,
            compared.broken,
            compared.delivered,
            compared.denied,
            self.answers,
            self.records,
            compared.ahead,
            at(50),
            at(99),
            self.states,
            self.faults.len()
        );
        for fault in self.faults.iter().take(20) {
            text.push_str("\n  ");
            text.extend(fault.chars().take(2000));
        }
        text
    }
}

/// After this many kills the next installation is used, so that starts are measured on chains of many lengths.
const KILLS_PER_HOME: u64 = 25;

/// Does one worker's share of the kills.
pub(crate) fn work(
    plan: &Plan,
    worker: u64,
    providers: &Providers,
    runtime: &tokio::runtime::Handle,
) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut random = Random::new(plan.seed.wrapping_mul(1_000_003).wrapping_add(worker));
    let share = plan.kills / plan.workers + u64::from(worker < plan.kills % plan.workers);
    let mut home_number = 0;
    while tally.kills < share && tally.faults.len() < 20 {
        let kills = KILLS_PER_HOME.min(share - tally.kills);
        let settings = Settings { window_seconds: 1, ..Settings::default() };
        let home = Home::new(&plan.vigil, Some(providers), &settings)?;
        let mut killed = Killed { home, every: Vec::new(), prefix: format!("vk{worker}h{home_number}") };
        for round in 0..kills {
            let told = tally.faults.len();
            killed.round(round, &mut random, runtime, &mut tally)?;
            for fault in tally.faults.iter().skip(told) {
                crate::tell(&format!("{} before round {round}: {fault}", killed.prefix));
            }
            if tally.kills % 50 == 0 {
                crate::tell(&format!(
                    "worker {worker}: {} kills, {} faults",
                    tally.kills,
                    tally.faults.len()
                ));
            }
        }
        killed.last(&mut tally)?;
        home_number += 1;
    }
    Ok(tally)
}

/// One installation that is killed again and again.
struct Killed {
    home: Home,
    every: Vec<Attempt>,
    prefix: String,
}

impl Killed {
    /// One start, one comparison with all that was before, one load, one kill.
    fn round(
        &mut self,
        round: u64,
        random: &mut Random,
        runtime: &tokio::runtime::Handle,
        tally: &mut Tally,
    ) -> Result<()> {
        if random.chance(10) {
            let mut child = Daemon::spawn(&self.home)?;
            std::thread::sleep(Duration::from_micros(random.below(80_000)));
            child.kill()?;
            child.wait()?;
            tally.at_start += 1;
        }
        let began = Instant::now();
        let daemon = self.home.start()?;
        tally.restart.push(began.elapsed());
        self.check(&daemon, tally)?;

        let load = Load::new(Agent::of(&daemon)?, format!("{}r{round}", self.prefix));
        let clients = load.start(runtime, random);
        let (api, over) = (self.home.api(&daemon)?, Arc::new(AtomicBool::new(false)));
        let answering = {
            let (over, random) = (Arc::clone(&over), Random::new(random.below(u64::MAX)));
            std::thread::spawn(move || person(&api, &over, random))
        };
        let moment = if random.chance(10) { 1400 } else { 350 };
        std::thread::sleep(Duration::from_micros(random.below(moment * 1000)));
        if random.chance(10) {
            daemon.signal(Signal::TERM)?;
            std::thread::sleep(Duration::from_micros(random.below(60_000)));
            tally.at_shutdown += 1;
        } else {
            tally.under_load += 1;
        }
        daemon.kill()?;
        tally.kills += 1;
        load.end();
        over.store(true, Ordering::Release);
        tally.answers += answering.join().unwrap_or_default();
        for client in clients {
            let attempts =
                runtime.block_on(async { tokio::time::timeout(Duration::from_secs(10), client).await });
            self.every.extend(attempts.context("a client hung after the kill")??);
        }
        Ok(())
    }

    /// Exports, verifies, compares.
    fn check(&self, daemon: &Daemon, tally: &mut Tally) -> Result<Compared> {
        let store = self.home.api(daemon)?.status()?;
        let state =
            store.pointer("/store/state").and_then(|state| state.as_str()).unwrap_or("none").to_owned();
        if !matches!(state.as_str(), "verified" | "empty" | "unanchored") {
            tally.faults.push(format!("after a kill the store is `{state}`: {store}"));
        }
        *tally.states.entry(state).or_default() += 1;
        match self.home.verified_document() {
            Ok(document) => {
                let compared = compare(&document, &self.every, &mut tally.faults);
                Ok(compared)
            }
            Err(error) => {
                tally.faults.push(format!("{error:#}"));
                Ok(Compared::default())
            }
        }
    }

    /// The last comparison, after which the installation is ended in order.
    fn last(self, tally: &mut Tally) -> Result<()> {
        let daemon = self.home.start()?;
        let compared = self.check(&daemon, tally)?;
        tally.count(compared);
        let ended = daemon.stop()?;
        if ended.code != Some(0) || !ended.more_on_stdout.is_empty() {
            tally.faults.push(format!("a shutdown in order ended with {ended:?}"));
        }
        tally.records += self.home.verified_document()?.len() as u64;
        Ok(())
    }
}
