//! When sealing waits, because records come faster than a person makes them: what makes them wants the machine now.

use std::time::{Duration, Instant};

/// From this many records a second on, sealing waits.
const BUSY_RECORDS_PER_SECOND: u128 = 100;
/// Sealing waits for at most so many records, of some 2 KB each in the journal.
const MOST_WAITING: u64 = 100_000;
/// Sealing waits at most this long.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// A slow disk does not make it rest for longer.
const LONGEST_REST: Duration = Duration::from_millis(50);
/// A shorter time tells nothing about a rate.
const SHORTEST_LOOK: Duration = Duration::from_millis(50);

/// How fast records come, and since when some of them wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    recorded: u64,
    looked_at: Instant,
    is_busy: bool,
    waiting_since: Option<Instant>,
    /// The bound was met: everything that waits is sealed before sealing waits again.
    is_overdue: bool,
}

impl Load {
    pub(super) const fn new(recorded: u64, now: Instant) -> Self {
        Self { recorded, looked_at: now, is_busy: false, waiting_since: None, is_overdue: false }
    }

    /// Whether what is recorded and not sealed waits for now.
    pub(super) fn lets_wait(&mut self, recorded: u64, sealed: u64, now: Instant) -> bool {
        let elapsed = now.duration_since(self.looked_at);
        if elapsed >= SHORTEST_LOOK {
            let came = u128::from(recorded.saturating_sub(self.recorded));
            self.is_busy = came * 1000 >= BUSY_RECORDS_PER_SECOND * elapsed.as_millis();
            (self.recorded, self.looked_at) = (recorded, now);
        }
        let waiting = recorded.saturating_sub(sealed);
        if waiting == 0 {
            (self.waiting_since, self.is_overdue) = (None, false);
            return false;
        }
        let since = *self.waiting_since.get_or_insert(now);
        self.is_overdue |= waiting >= MOST_WAITING || now.duration_since(since) >= LONGEST_WAIT;
        self.is_busy && !self.is_overdue
    }
}

/// How much is sealed at once, and how long sealing rests afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    /// Records of one transaction.
    pub(super) records: usize,
    /// Whether the signatures of a transaction are made on two threads.
    pub(super) is_parallel: bool,
    /// How many times as long as it worked.
    rests: u32,
}

impl Pace {
    /// Somebody waits for it, or it has waited for long enough.
    pub(super) const FULL: Self = Self { records: 1024, is_parallel: true, rests: 0 };
    /// Beside traffic that wants the machine as well: work of a few milliseconds, and twice as long nothing.
    pub(super) const GENTLE: Self = Self { records: 128, is_parallel: false, rests: 2 };

    /// The pause after work that took so long.
    pub(super) fn rest(self, worked: Duration) -> Duration {
        (worked * self.rests).min(LONGEST_REST)
    }
}

impl Load {
    /// How what waits is to be sealed.
    pub(super) const fn pace(&self, is_urgent: bool) -> Pace {
        if is_urgent || self.is_overdue { Pace::FULL } else { Pace::GENTLE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Duration = Duration::from_millis(75);

    /// Looks every 75 ms at a writer of so many records a second whose records nobody seals; gives after how many looks,
    /// of at most 1,000, and how many records sealing began.
    fn begins_after(per_second: u64) -> Option<(u32, u64)> {
        let start = Instant::now();
        let mut load = Load::new(0, start);
        (1..1000).find_map(|look| {
            let recorded = per_second * 75 * u64::from(look) / 1000;
            (!load.lets_wait(recorded, 0, start + LOOK * look)).then_some((look, recorded))
        })
    }

    #[test]
    fn few_records_are_sealed_at_the_next_look() {
        assert_eq!(begins_after(0), Some((1, 0)));
        assert_eq!(begins_after(90).map(|(look, _)| look), Some(1));
    }

    #[test]
    fn many_records_wait_ten_seconds_and_very_many_less() {
        let (look, _) = begins_after(1000).unwrap();
        assert_eq!((LOOK * (look - 1)).as_secs(), LONGEST_WAIT.as_secs());
        let (_, recorded) = begins_after(50_000).unwrap();
        assert!((MOST_WAITING..MOST_WAITING + 5000).contains(&recorded));
    }

    #[test]
    fn after_the_bound_everything_is_sealed_before_anything_waits_again() {
        let start = Instant::now();
        let mut load = Load::new(0, start);
        assert!(!load.lets_wait(MOST_WAITING, 0, start + LOOK));
        assert_eq!(load.pace(false), Pace::FULL);
        assert!(!load.lets_wait(MOST_WAITING + 100, MOST_WAITING, start + LOOK * 2));
        assert!(!load.lets_wait(MOST_WAITING + 200, MOST_WAITING + 200, start + LOOK * 3));
        assert!(load.lets_wait(MOST_WAITING + 300, MOST_WAITING + 200, start + LOOK * 4));
    }

    #[test]
    fn what_waits_is_sealed_when_it_is_quiet_again() {
        let start = Instant::now();
        let mut load = Load::new(0, start);
        assert!(load.lets_wait(1000, 0, start + LOOK));
        assert!(load.lets_wait(1000, 0, start + LOOK + Duration::from_millis(1)));
        assert!(!load.lets_wait(1001, 0, start + LOOK * 2));
        assert_eq!((load.pace(false), load.pace(true)), (Pace::GENTLE, Pace::FULL));
    }
}
