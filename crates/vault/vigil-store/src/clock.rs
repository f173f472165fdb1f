//! Time and identity of records: both enter from outside.

use vigil_core::{ExchangeId, Timestamp};

use crate::chain::{KeyError, RandomPool};

/// Reads the clock of this machine. The composition root gives it.
pub type Clock = fn() -> Timestamp;

/// A new ULID for a record made at `at`.
pub(crate) fn new_id(at: Timestamp, random: &mut RandomPool) -> Result<String, KeyError> {
    let millis = u64::try_from(at.micros / 1000).unwrap_or(0);
    Ok(ExchangeId::new(millis, u128::from_be_bytes(random.take()?)).to_string())
}

/// RFC 3339 in UTC, to the second. The years of a document have four digits; others are cut to the ends.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    const LAST: i64 = 253_402_300_799;
    let seconds = at.micros.div_euclid(1_000_000).clamp(0, LAST);
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    // Days since 0000-03-01 in eras of 400 years, so that the leap day ends the year.
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let (hour, minute, second) = (of_day / 3600, of_day % 3600 / 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_fall_where_the_calendar_has_them() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_780_000_007, "2026-05-28T20:26:47Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(Timestamp::from_micros(seconds * 1_000_000)), text);
        }
    }
}
