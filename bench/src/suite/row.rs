//! Figures as they are collected: rows of the report, with a series for each way.

use std::time::Duration;

use super::Column;
use crate::machine::processor_time;
use crate::measure::Samples;

/// How long a server is watched to see whether it works.
const LOOK: Duration = Duration::from_millis(250);
/// It does not when it takes less than this part of a processor.
const IDLE_PART: u32 = 50;
const LONGEST_SETTLE: Duration = Duration::from_secs(45);

/// What one measurement gave on one way in one round, for one row.
pub(crate) struct Part {
    pub(crate) row: &'static str,
    pub(crate) samples: Samples,
    /// How many a second, where that is the point.
    pub(crate) per_second: Option<f64>,
    /// Processor time of the server between, and for how many operations.
    pub(crate) work: Option<(Duration, u32)>,
}

impl Part {
    pub(crate) fn new(row: &'static str, samples: Samples) -> Self {
        Self { row, samples, per_second: None, work: None }
    }
}

/// A row of the report.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) series: Vec<(Column, Series)>,
}

/// All rounds of a row on one way.
#[derive(Default)]
pub(crate) struct Series {
    pub(crate) all: Samples,
    pub(crate) rounds: Vec<Samples>,
    pub(crate) per_second: Vec<f64>,
    work: Duration,
    operations: u32,
}

impl Series {
    /// Processor time of the server for one operation.
    pub(crate) fn work(&self) -> Option<Duration> {
        (self.operations > 0).then(|| self.work / self.operations)
    }

    /// The middle of the rounds' rates.
    pub(crate) fn rate(&self) -> Option<f64> {
        let mut sorted = self.per_second.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied()
    }
}

impl Row {
    pub(crate) fn of(&self, column: Column) -> Option<&Series> {
        self.series.iter().find(|(known, _)| *known == column).map(|(_, series)| series)
    }
}

/// Puts a part where it belongs.
pub(crate) fn file(rows: &mut Vec<Row>, column: Column, part: Part) {
    let at = match rows.iter().position(|row| row.name == part.row) {
        Some(at) => at,
        None => {
            rows.push(Row {
                name: part.row,
                series: Column::ALL.map(|column| (column, Series::default())).into(),
            });
            rows.len() - 1
        }
    };
    let series = rows.get_mut(at).and_then(|row| row.series.iter_mut().find(|(known, _)| *known == column));
    let Some((_, series)) = series else { return };
    series.all.extend(&part.samples);
    series.rounds.push(part.samples);
    series.per_second.extend(part.per_second);
    if let Some((work, operations)) = part.work {
        series.work += work;
        series.operations += operations;
    }
}

/// Takes the processor time of a server over some operations.
pub(crate) struct Meter {
    pid: Option<u32>,
    start: Option<Duration>,
}

impl Meter {
    pub(crate) fn start(pid: Option<u32>) -> Self {
        Self { pid, start: pid.and_then(processor_time) }
    }

    /// Waits until the server has also done what it put off, which it owes to these operations, and reads.
    pub(crate) async fn settled(&self, operations: u32) -> Option<(Duration, u32)> {
        self.settle().await;
        self.read(operations)
    }

    /// Waits until the server does next to nothing.
    pub(crate) async fn settle(&self) {
        for _ in 0..LONGEST_SETTLE.as_millis() / LOOK.as_millis() {
            let Some(before) = self.pid.and_then(processor_time) else { return };
            tokio::time::sleep(LOOK).await;
            let now = self.pid.and_then(processor_time).unwrap_or_default();
            if now.saturating_sub(before) < LOOK / IDLE_PART {
                return;
            }
        }
    }

    pub(crate) fn read(&self, operations: u32) -> Option<(Duration, u32)> {
        let now = self.pid.and_then(processor_time)?;
        Some((now.saturating_sub(self.start?), operations))
    }
}
