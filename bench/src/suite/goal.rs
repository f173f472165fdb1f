//! What Vigil promises of speed, and whether these figures keep it. A goal that was missed is told and is no failure: the
//! same program on a busy machine gives other figures.

use serde_json::{Value, json};

use super::Column::{self, Direct, Relay, Vigil};
use super::report::Report;
use super::row::Row;

/// A promise and what was measured of it.
pub(crate) struct Goal {
    pub(crate) row: &'static str,
    pub(crate) what: &'static str,
    wanted: Wanted,
    measured: f64,
}

#[derive(Clone, Copy)]
enum Wanted {
    /// So many times the relay's, or less.
    Times(f64),
    /// Less than so many milliseconds.
    Below(f64),
    /// So much of the relay's, or more.
    Share(f64),
    /// Less than so many megabytes.
    Megabytes(f64),
    /// Nothing is promised; the figure belongs beside the others.
    Nothing,
}

impl Goal {
    pub(crate) fn measured(&self) -> String {
        let measured = self.measured;
        match self.wanted {
            Wanted::Below(_) => format!("{measured:.2} ms"),
            Wanted::Share(_) => format!("{:.0} %", measured * 100.0),
            Wanted::Megabytes(_) => format!("{measured:.1} MB"),
            Wanted::Times(_) | Wanted::Nothing => format!("{measured:.2}×"),
        }
    }

    pub(crate) fn wanted(&self) -> String {
        match self.wanted {
            Wanted::Times(most) => format!("≤ {most}×"),
            Wanted::Below(millis) => format!("< {millis} ms"),
            Wanted::Share(least) => format!("≥ {:.0} %", least * 100.0),
            Wanted::Megabytes(most) => format!("< {most} MB"),
            Wanted::Nothing => String::new(),
        }
    }

    /// `None` when nothing is promised.
    pub(crate) fn met(&self) -> Option<bool> {
        match self.wanted {
            Wanted::Times(most) => Some(self.measured <= most),
            Wanted::Below(most) | Wanted::Megabytes(most) => Some(self.measured < most),
            Wanted::Share(least) => Some(self.measured >= least),
            Wanted::Nothing => None,
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "row": self.row, "what": self.what, "measured": self.measured, "wanted": self.wanted(), "met": self.met(),
        })
    }
}

/// A duration's difference to another, in nanoseconds: below zero when the way through a proxy was the faster one.
pub(crate) fn added(row: &Row, column: Column, base: Column, share: f64) -> Option<f64> {
    let quantile = |column| {
        let series = row.of(column)?;
        (!series.all.is_empty()).then(|| series.all.clone().quantile(share).as_secs_f64() * 1e9)
    };
    Some(quantile(column)? - quantile(base)?)
}

/// A ratio that means something: both parts are above zero.
pub(crate) fn ratio(above: f64, below: f64) -> Option<f64> {
    (above > 0.0 && below > 0.0).then(|| above / below)
}

/// What a stage may take at p99, in milliseconds: for classification the 10 ms of design.md P10, of a request's texts and of
/// a call each.
pub(crate) fn budget(stage: &str) -> Option<f64> {
    ["read", "detect"].contains(&stage).then_some(10.0)
}

/// All goals of which something was measured.
pub(crate) fn goals(report: &Report) -> Vec<Goal> {
    let mut goals = Vec::new();
    let mut say = |row, what, wanted, measured: Option<f64>| {
        goals.extend(measured.map(|measured| Goal { row, what, wanted, measured }));
    };
    let row = |name| report.rows.iter().find(|row| row.name == name);
    let added_to = |name, column, base, share| row(name).and_then(|row| added(row, column, base, share));
    let times_relay =
        |name, share| ratio(added_to(name, Vigil, Direct, share)?, added_to(name, Relay, Direct, share)?);
    let millis = |nanos: Option<f64>| nanos.map(|nanos| nanos / 1e6);

    say("request_2k", "added p50, against the relay's", Wanted::Times(2.0), times_relay("request_2k", 0.5));
    say("request_2k", "added p99", Wanted::Below(1.0), millis(added_to("request_2k", Vigil, Direct, 0.99)));

    let quantile = |name, column, share| {
        let series = row(name)?.of(column)?;
        (!series.all.is_empty()).then(|| series.all.clone().quantile(share).as_secs_f64())
    };
    for name in ["sse_first_event", "sse_event", "sse_64"] {
        let times =
            quantile(name, Vigil, 0.99).zip(quantile(name, Relay, 0.99)).and_then(|(v, r)| ratio(v, r));
        say(name, "delay p99, against the relay's", Wanted::Times(1.5), times);
    }

    let rate = |column| row("requests_64").and_then(|row| row.of(column)?.rate());
    let share = rate(Vigil).zip(rate(Relay)).and_then(|(vigil, relay)| ratio(vigil, relay));
    say("requests_64", "throughput, of the relay's", Wanted::Share(0.6), share);
    say(
        "call_allowed",
        "added p99 (prevention)",
        Wanted::Below(50.0),
        millis(added_to("call_allowed", Vigil, Direct, 0.99)),
    );

    for stage in &report.stages {
        let what = match stage.name.as_str() {
            "read" => "classification of a request, p99",
            "detect" => "classification of a call, p99",
            _ => continue,
        };
        let budget = budget(&stage.name).map_or(Wanted::Nothing, Wanted::Below);
        say("calls_64", what, budget, Some(stage.p99.as_secs_f64() * 1e3));
    }

    // The cost of a turn after the first, at 1 MB against 10 KB. Whatever moves a megabyte through two TLS connections
    // pays for each byte, the relay too; `own` is what Vigil takes beyond the relay: p50(vigil) - p50(relay). The goal is
    // about that part. `raw` is p50(vigil) - p50(direct), with the relay's own figure beside it, and `cpu` is processor
    // time of the whole daemon for a turn, less the relay's: what runs beside the reply costs too, though no one waits.
    let large_to_small = |column, base| {
        ratio(added_to("growing_1m", column, base, 0.5)?, added_to("growing_10k", column, base, 0.5)?)
    };
    say("growing_1m", "own time of a turn, against 10 KB", Wanted::Times(2.0), large_to_small(Vigil, Relay));
    say("growing_1m", "raw added time, against 10 KB", Wanted::Nothing, large_to_small(Vigil, Direct));
    say("growing_1m", "  the same of the relay", Wanted::Nothing, large_to_small(Relay, Direct));
    let work = |name, column| row(name).and_then(|row| row.of(column)?.work()).map(|work| work.as_secs_f64());
    let own_work = |name| Some(work(name, Vigil)? - work(name, Relay)?);
    let work =
        own_work("growing_1m").zip(own_work("growing_10k")).and_then(|(large, small)| ratio(large, small));
    say("growing_1m", "own processor time, against 10 KB", Wanted::Nothing, work);

    let idle = report
        .idle
        .iter()
        .find(|(column, _)| *column == Vigil)
        .map(|(_, memory)| memory.resident_kb as f64 / 1024.0);
    say("memory", "resident, idle", Wanted::Megabytes(60.0), idle);
    goals
}
