//! The promises of speed (design.md P10), for the code that keeps them and the benches named after them.

use crate::Millis;

/// Added time of an exchange that needs no decision, typical.
pub const PASS_THROUGH: Millis = Millis(1);
/// Classification of an exchange, 99th percentile.
pub const TIER_CLASSIFICATION: Millis = Millis(10);
/// From the last byte of a call to its first byte released, 99th percentile, when nobody is asked.
pub const PREVENTION: Millis = Millis(50);
/// The watchdog's answer.
pub const WATCHDOG: Millis = Millis(500);
/// How long a call waits for Analysis before it is decided without it, at `tier2`, `analysis_unavailable`.
pub const ANALYSIS_DEADLINE: Millis = Millis(250);
