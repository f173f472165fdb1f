//! How long each stage of a call takes: counters that any thread may raise and any may read, without a lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A part of the way from a captured call to its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Analysis reads a request: what is new in it is parsed and measured.
    Read,
    /// Analysis takes a call apart.
    Decompose,
    /// The models score a call.
    Detect,
    /// Policy decides it.
    Decide,
    /// The Vault appends its record to the journal.
    Record,
    /// All of it, with the waiting between: from the last byte of the call to its record, where nobody was asked.
    Call,
}

impl Stage {
    /// All stages, in the order in which a call meets them.
    pub const ALL: [Self; 6] =
        [Self::Read, Self::Decompose, Self::Detect, Self::Decide, Self::Record, Self::Call];

    /// Its name.
    pub const fn token(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Decompose => "decompose",
            Self::Detect => "detect",
            Self::Decide => "decide",
            Self::Record => "record",
            Self::Call => "call",
        }
    }
}

/// The latencies of all stages since the start.
#[derive(Debug, Default)]
pub struct Stages {
    read: Histogram,
    decompose: Histogram,
    detect: Histogram,
    decide: Histogram,
    record: Histogram,
    call: Histogram,
    /// What the models took of the call that Analysis is at.
    detecting_nanos: AtomicU64,
}

impl Stages {
    /// Notes how long a stage took.
    pub fn note(&self, stage: Stage, took: Duration) {
        self.histogram(stage).note(took);
    }

    /// Notes how long the models took of a call. Said by whoever holds them, on the thread of Analysis.
    pub fn note_detection(&self, took: Duration) {
        self.detect.note(took);
        self.detecting_nanos.store(nanos(took), Ordering::Relaxed);
    }

    /// Notes how long Analysis took for a call: the rest of what the models took.
    pub(crate) fn note_analysis(&self, took: Duration) {
        let detecting = Duration::from_nanos(self.detecting_nanos.swap(0, Ordering::Relaxed));
        self.decompose.note(took.saturating_sub(detecting));
    }

    /// What is known of a stage.
    pub fn latency(&self, stage: Stage) -> Latency {
        self.histogram(stage).latency()
    }

    const fn histogram(&self, stage: Stage) -> &Histogram {
        match stage {
            Stage::Read => &self.read,
            Stage::Decompose => &self.decompose,
            Stage::Detect => &self.detect,
            Stage::Decide => &self.decide,
            Stage::Record => &self.record,
            Stage::Call => &self.call,
        }
    }
}

/// What is known of one stage. The times are upper ends of steps, each an eighth longer than the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// How often it was measured.
    pub count: u64,
    /// Half of all took no longer.
    pub p50: Duration,
    /// 99 of 100 took no longer.
    pub p99: Duration,
    /// 999 of 1,000 took no longer.
    pub p999: Duration,
}

/// Counts times by powers of two, each in [`PARTS`] equal parts.
struct Histogram {
    counts: [AtomicU64; BUCKETS],
}

const PART_BITS: u32 = 3;
const PARTS: u64 = 1 << PART_BITS;
/// Up to 2^40 nanoseconds, a quarter of an hour; what took longer counts as that.
const BUCKETS: usize = 312;

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: std::array::from_fn(|_| AtomicU64::new(0)) }
    }
}

impl std::fmt::Debug for Histogram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.latency().fmt(f)
    }
}

impl Histogram {
    fn note(&self, took: Duration) {
        let at = bucket(nanos(took)).min(BUCKETS - 1);
        if let Some(count) = self.counts.get(at) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn latency(&self) -> Latency {
        let counts: Vec<u64> = self.counts.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        let count: u64 = counts.iter().sum();
        let below = |per_mille: u64| {
            let rank = (u128::from(count) * u128::from(per_mille)).div_ceil(1000);
            let mut sum = 0_u128;
            let at = counts.iter().position(|count| {
                sum += u128::from(*count);
                sum >= rank && sum > 0
            });
            at.map_or(Duration::ZERO, |at| Duration::from_nanos(end_of(at)))
        };
        Latency { count, p50: below(500), p99: below(990), p999: below(999) }
    }
}

fn nanos(took: Duration) -> u64 {
    u64::try_from(took.as_nanos()).unwrap_or(u64::MAX)
}

/// The bucket of a time: the first [`PARTS`] hold one nanosecond each.
const fn bucket(nanos: u64) -> usize {
    if nanos < PARTS {
        return nanos as usize;
    }
    let power = nanos.ilog2();
    let part = nanos >> (power - PART_BITS) & (PARTS - 1);
    (((power - PART_BITS + 1) as u64 * PARTS) + part) as usize
}

/// The longest time of a bucket.
const fn end_of(bucket: usize) -> u64 {
    let (power, part) = (bucket as u64 / PARTS, bucket as u64 % PARTS);
    if power == 0 {
        return part;
    }
    let width = 1_u64 << (power - 1);
    (PARTS + part) * width + width - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_lies_in_the_bucket_that_ends_behind_it() {
        for nanos in (0..5000).chain([10_000, 1 << 20, (1 << 20) + 1, 123_456_789, (1 << 40) - 1]) {
            let at = bucket(nanos);
            assert!(at < BUCKETS, "{nanos}");
            assert!(end_of(at) >= nanos && end_of(at) <= nanos + nanos / 8, "{nanos}: {}", end_of(at));
            assert!(at == 0 || end_of(at - 1) < nanos, "{nanos}");
        }
    }

    #[test]
    fn tells_the_slow_ones() {
        let stages = Stages::default();
        for micros in 1..=1000 {
            stages.note(Stage::Decide, Duration::from_micros(micros));
        }
        let known = stages.latency(Stage::Decide);
        assert_eq!(known.count, 1000);
        for (found, expect) in [(known.p50, 500), (known.p99, 990), (known.p999, 999)] {
            let expect = Duration::from_micros(expect);
            assert!(found >= expect && found <= expect + expect / 8, "{found:?} {expect:?}");
        }
        assert_eq!(stages.latency(Stage::Record), Latency::default());
    }

    #[test]
    fn what_took_too_long_counts_as_the_longest() {
        let stages = Stages::default();
        stages.note(Stage::Call, Duration::MAX);
        assert!(stages.latency(Stage::Call).p50 > Duration::from_secs(900));
    }

    #[test]
    fn analysis_is_told_without_the_models() {
        let stages = Stages::default();
        stages.note_detection(Duration::from_micros(900));
        stages.note_analysis(Duration::from_micros(1000));
        stages.note_analysis(Duration::from_micros(100));
        let decompose = stages.latency(Stage::Decompose);
        assert_eq!((decompose.count, decompose.p999 < Duration::from_micros(120)), (2, true));
        assert_eq!(stages.latency(Stage::Detect).count, 1);
    }
}
