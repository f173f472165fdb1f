//! The clock that all processes of a machine share.

/// Nanoseconds since 1970-01-01T00:00:00 UTC.
#[expect(clippy::disallowed_methods, reason = "measuring is reading the clock; no plane imports this crate")]
pub(crate) fn unix_nanos() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
