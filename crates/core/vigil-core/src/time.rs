//! Time as data: it enters as a field of a message, so that a recorded run replays.

use core::ops::Add;

/// A length of time in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

/// A moment: microseconds since 1970-01-01T00:00:00 UTC by the clock of this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Microseconds since the epoch.
    pub micros: i64,
}

impl Timestamp {
    /// The moment `micros` microseconds after the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self { micros }
    }

    /// The time from `earlier` to `self`; zero when the clock went back.
    pub const fn since(self, earlier: Self) -> Millis {
        let micros = self.micros.saturating_sub(earlier.micros);
        Millis(if micros > 0 { micros.unsigned_abs() / 1000 } else { 0 })
    }
}

impl Add<Millis> for Timestamp {
    type Output = Self;
    /// Saturates at the ends of the range.
    fn add(self, by: Millis) -> Self {
        let micros = i64::try_from(by.0.saturating_mul(1000)).unwrap_or(i64::MAX);
        Self { micros: self.micros.saturating_add(micros) }
    }
}
