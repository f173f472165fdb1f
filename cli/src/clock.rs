//! The clock of the daemon: the machine's, except that it never goes back.
//!
//! Deadlines of holds and the order of records hang on it. When the machine's clock is set back, the daemon's goes on from
//! where it was; when it is set forward, as after a sleep, the daemon follows.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use vigil_core::Timestamp;

/// A clock that runs this much behind the daemon's was set back; less is the correction of a drift.
const SET_BACK_MICROS: i64 = 2_000_000;

/// What the machine's clock says, right or wrong.
#[expect(clippy::disallowed_methods, reason = "the composition root is the one reader of the clock")]
pub(crate) fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// The daemon's time.
pub(crate) fn steady() -> Timestamp {
    static STEADY: LazyLock<Steady> = LazyLock::new(Steady::start);
    let elapsed = i64::try_from(STEADY.started.elapsed().as_micros()).unwrap_or(i64::MAX);
    STEADY.at(elapsed, wall())
}

struct Steady {
    started: Instant,
    /// What the machine's clock said at the start, and more after it was set forward.
    base_micros: AtomicI64,
    told: AtomicBool,
}

impl Steady {
    fn start() -> Self {
        Self {
            started: Instant::now(),
            base_micros: AtomicI64::new(wall().micros),
            told: AtomicBool::new(false),
        }
    }

    fn at(&self, elapsed_micros: i64, wall: Timestamp) -> Timestamp {
        let base = wall.micros.saturating_sub(elapsed_micros);
        let known = self.base_micros.fetch_max(base, Ordering::Relaxed).max(base);
        let behind = known - base;
        if behind > SET_BACK_MICROS {
            if !self.told.swap(true, Ordering::Relaxed) {
                tracing::warn!(
                    "the clock of this machine was set back by {} s: Vigil goes on with the time it had, so that holds end and \
                     records stay in order; restart it to take the new time",
                    behind / 1_000_000
                );
            }
        } else {
            self.told.store(false, Ordering::Relaxed);
        }
        Timestamp::from_micros(known.saturating_add(elapsed_micros))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(of: &[(i64, i64)]) -> Vec<i64> {
        let steady = Steady {
            started: Instant::now(),
            base_micros: AtomicI64::new(1_000),
            told: AtomicBool::new(false),
        };
        of.iter().map(|(elapsed, wall)| steady.at(*elapsed, Timestamp::from_micros(*wall)).micros).collect()
    }

    #[test]
    fn follows_the_machine_forward() {
        assert_eq!(
            readings(&[(0, 1_000), (10, 1_010), (20, 9_000), (30, 9_010)]),
            [1_000, 1_010, 9_000, 9_010]
        );
    }

    #[test]
    fn goes_on_when_the_machine_goes_back() {
        assert_eq!(readings(&[(0, 1_000), (10, 200), (5_000, 5_190)]), [1_000, 1_010, 6_000]);
    }
}
