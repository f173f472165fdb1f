//! The figures as people and as programs read them.

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::Column::{self, Direct, Relay, Vigil};
use super::goal::{added, budget, goals, ratio};
use super::row::{Row, Series};
use crate::local_api::Stage;
use crate::machine::{Machine, Memory};
use crate::measure::shown;

/// What was measured.
pub struct Report {
    pub(crate) machine: Machine,
    pub(crate) load_after: String,
    pub(crate) rounds: u32,
    pub(crate) rows: Vec<Row>,
    /// What the daemon said of its stages after `calls_64`.
    pub(crate) stages: Vec<Stage>,
    pub(crate) idle: Vec<(Column, Memory)>,
    pub(crate) loaded: Vec<(Column, Memory)>,
}

const QUANTILES: [(&str, f64); 4] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];

/// What a row is, in a few words.
fn about(name: &str) -> &'static str {
    match name {
        "request_2k" => "2 KB request, kept-alive connection, small JSON reply",
        "request_200k" => "200 KB request, the same",
        "request_1m" => "1 MB request, the same",
        "new_connection" => "2 KB request, a new connection for each",
        "sse_first_event" => "delay of the first event of a stream",
        "sse_event" => "delay of every event, one each 2 ms",
        "sse_unpaced" => "delay of every event, as fast as they can be written",
        "requests_64" => "2 KB requests on 64 connections at the same time",
        "sse_64" => "delay of every event, 64 streams, one each 10 ms",
        "calls_64" => "delay of a call that is allowed, 64 streams, one each 100 ms",
        "call_allowed" => "delay of a call that is allowed",
        "call_held" => "delay of a call that is held and approved, less the person's time",
        "growing_10k_first" => "whole turn, first of a 10 KB conversation",
        "growing_10k" => "whole turn, each 4 KB more, from 10 KB on",
        "growing_1m_first" => "whole turn, first of a 1 MB conversation",
        "growing_1m" => "whole turn, each 4 KB more, from 1 MB on",
        _ => "",
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, after: {}", self.machine, self.load_after)?;
        if !self.machine.is_release() {
            writeln!(f, "This is a debug build: its figures say nothing.")?;
        }
        writeln!(f, "{} interleaved rounds, each server in its own process", self.rounds)?;
        for row in &self.rows {
            self.row(f, row)?;
        }
        self.stages(f)?;
        self.memory(f)?;
        self.goals(f)
    }
}

impl Report {
    fn row(&self, f: &mut fmt::Formatter<'_>, row: &Row) -> fmt::Result {
        let count = row.series.first().map_or(0, |(_, series)| series.all.len());
        writeln!(f, "\n{}: {} (n = {count})", row.name, about(row.name))?;
        write!(f, "{:8}", "")?;
        for (name, _) in QUANTILES {
            write!(f, "{name:>9}")?;
        }
        writeln!(f, "{:>10}{:>10}{:>7}{:>9}", "+p50", "+p99", "×relay", "cpu")?;
        for (column, series) in row.series.iter().filter(|(_, series)| !series.all.is_empty()) {
            let mut all = series.all.clone();
            write!(f, "{:8}", column.name())?;
            for (_, share) in QUANTILES {
                write!(f, "{:>9}", shown(all.quantile(share)))?;
            }
            let difference = |share| match *column {
                Direct => None,
                column => added(row, column, Direct, share),
            };
            let times = match *column {
                Vigil => difference(0.5)
                    .zip(added(row, Relay, Direct, 0.5))
                    .and_then(|(own, relay)| ratio(own, relay)),
                _ => None,
            };
            let signed = |share| difference(share).map_or_else(String::new, signed);
            let times = times.map_or_else(String::new, |times| format!("{times:.1}×"));
            let work = series.work().map_or_else(String::new, shown);
            let end = format!("{:>10}{:>10}{times:>7}{work:>9}", signed(0.5), signed(0.99));
            writeln!(f, "{}", end.trim_end())?;
        }
        let rates: Vec<String> = row
            .series
            .iter()
            .filter_map(|(column, series)| Some(format!("{} {:.0}/s", column.name(), series.rate()?)))
            .collect();
        if rates.is_empty() { Ok(()) } else { writeln!(f, "{}", rates.join(", ")) }
    }

    fn stages(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.stages.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nstages of Vigil in calls_64: what its threads took, as /v1/status tells it")?;
        writeln!(f, "{:10}{:>8}{:>9}{:>9}{:>9}{:>15}", "", "count", "p50", "p99", "p99.9", "budget (p99)")?;
        for Stage { name, count, p50, p99, p999 } in &self.stages {
            let [p50, p99, p999] = [p50, p99, p999].map(|took| shown(*took));
            let budget = budget(name).map_or_else(String::new, |millis| format!("{millis:.0} ms"));
            let line = format!("{name:10}{count:>8}{p50:>9}{p99:>9}{p999:>9}{budget:>15}");
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn memory(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.idle.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nmemory: resident set and threads of the process")?;
        writeln!(
            f,
            "{:8}{:>10}{:>12}{:>12}{:>9}{:>14}",
            "", "idle", "after load", "highest", "threads", "after load"
        )?;
        for (column, idle) in &self.idle {
            let Some((_, loaded)) = self.loaded.iter().find(|(known, _)| known == column) else { continue };
            let mb = |kb: u64| format!("{:.1} MB", kb as f64 / 1024.0);
            writeln!(
                f,
                "{:8}{:>10}{:>12}{:>12}{:>9}{:>14}",
                column.name(),
                mb(idle.resident_kb),
                mb(loaded.resident_kb),
                mb(loaded.highest_kb),
                idle.threads,
                loaded.threads
            )?;
        }
        Ok(())
    }

    fn goals(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let goals = goals(self);
        if goals.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{:17}{:36}{:>10}{:>10}", "", "", "measured", "goal")?;
        for goal in goals {
            let met = match goal.met() {
                Some(true) => "met",
                Some(false) => "missed",
                None => "",
            };
            let line =
                format!("{:17}{:36}{:>10}{:>10}  {met}", goal.row, goal.what, goal.measured(), goal.wanted());
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }

    /// All figures. Durations are nanoseconds.
    pub fn to_json(&self) -> Value {
        let rows: Map<String, Value> =
            self.rows.iter().map(|row| (row.name.to_owned(), row_json(row))).collect();
        json!({
            "machine": self.machine.to_json(), "load_after": self.load_after, "rounds": self.rounds, "rows": rows,
            "stages": self.stages.iter().map(stage_json).collect::<Vec<_>>(),
            "memory": {"idle": memory_json(&self.idle), "loaded": memory_json(&self.loaded)},
            "goals": goals(self).iter().map(super::goal::Goal::to_json).collect::<Vec<_>>(),
        })
    }
}

fn stage_json(stage: &Stage) -> Value {
    let Stage { name, count, p50, p99, p999 } = stage;
    json!({
        "stage": name, "count": count, "p50": nanos(*p50), "p99": nanos(*p99), "p99.9": nanos(*p999),
        "budget_p99": budget(name).map(|millis| millis * 1e6),
    })
}

fn row_json(row: &Row) -> Value {
    let mut columns = Map::new();
    for (column, series) in row.series.iter().filter(|(_, series)| !series.all.is_empty()) {
        columns.insert(column.name().to_owned(), series_json(row, *column, series));
    }
    json!({"about": about(row.name), "ways": columns})
}

fn series_json(row: &Row, column: Column, series: &Series) -> Value {
    let quantiles = |samples: &crate::measure::Samples| {
        let mut samples = samples.clone();
        QUANTILES
            .iter()
            .map(|(name, share)| ((*name).to_owned(), json!(nanos(samples.quantile(*share)))))
            .collect()
    };
    let mut all: Map<String, Value> = quantiles(&series.all);
    all.insert("count".to_owned(), json!(series.all.len()));
    all.insert(
        "rounds".to_owned(),
        series.rounds.iter().map(|round| Value::Object(quantiles(round))).collect(),
    );
    all.insert("processor".to_owned(), json!(series.work().map(nanos)));
    if !series.per_second.is_empty() {
        all.insert("per_second".to_owned(), json!(series.per_second));
    }
    if column != Direct {
        for (name, share) in QUANTILES {
            all.insert(format!("added_{name}"), json!(added(row, column, Direct, share)));
        }
    }
    Value::Object(all)
}

fn memory_json(of: &[(Column, Memory)]) -> Value {
    let entry = |(column, memory): &(Column, Memory)| {
        let memory = json!({
            "resident_kb": memory.resident_kb, "highest_kb": memory.highest_kb, "threads": memory.threads,
        });
        (column.name().to_owned(), memory)
    };
    Value::Object(of.iter().map(entry).collect())
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// `+23 µs`, `-4 µs`.
fn signed(nanos: f64) -> String {
    let sign = if nanos < 0.0 { '-' } else { '+' };
    format!("{sign}{}", shown(Duration::from_nanos(nanos.abs() as u64)))
}
