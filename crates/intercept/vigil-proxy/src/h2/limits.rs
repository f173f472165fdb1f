//! The limits of an HTTP/2 connection that `vigil.toml` does not name. Each says what happens when it is met.

/// Longest frame accepted from a client, in bytes; what the upstream allows beyond is hidden from the client, which
/// cuts its DATA accordingly.
pub(super) const CLIENT_FRAME_BYTES: u32 = 64 * 1024;

/// Longest frame sent to a client or accepted from an upstream, in bytes: what every peer must take.
pub(super) const FRAME_BYTES: u32 = 16 * 1024;

/// Most frames one header block may come in (the CONTINUATION flood, CVE-2024-27316). The connection ends.
pub(super) const HEADER_FRAMES: usize = 128;

/// Largest dynamic table of header fields, in bytes; a larger one that the upstream allows is hidden from the client.
pub(super) const TABLE_BYTES: u32 = 64 * 1024;

/// Streams a client is told it may have open.
pub(super) const TOLD_STREAMS: u32 = 256;

/// Streams a client may have open before it could be told. The connection ends.
pub(super) const OPEN_STREAMS: usize = 1024;

/// Bytes of a reply that an upstream may send on one stream before Vigil has passed them on.
pub(super) const STREAM_WINDOW_BYTES: u32 = 512 * 1024;

/// Bytes of replies that an upstream may send on all streams before Vigil has passed them on.
pub(super) const CONNECTION_WINDOW_BYTES: u32 = 16 * 1024 * 1024;

/// Bytes of a reply that wait for the client's window before the upstream gets no more credit.
pub(super) const WAITING_BYTES: usize = 256 * 1024;

/// Bytes written ahead of a socket before no more DATA is made for it.
pub(super) const AHEAD_BYTES: usize = 64 * 1024;

/// Bytes written ahead of a socket before nothing is read that could add to them.
pub(super) const AHEAD_AT_MOST_BYTES: usize = 256 * 1024;

/// Streams a client may reset before their reply ended, at once and per second (CVE-2023-44487). The connection ends.
pub(super) const RESETS: Allowance = Allowance { at_once: 400, per_second: 40 };

/// PING, SETTINGS, PRIORITY, unknown and empty DATA frames of one peer, at once and per second. The connection ends.
pub(super) const CONTROL_FRAMES: Allowance = Allowance { at_once: 4000, per_second: 400 };

/// How much of something a peer may do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    pub(super) at_once: u32,
    pub(super) per_second: u32,
}

/// What is left of an [`Allowance`].
#[derive(Debug)]
pub(super) struct Budget {
    allowance: Allowance,
    left: u32,
    since_millis: u64,
}

impl Budget {
    pub(super) fn new(allowance: Allowance) -> Self {
        Self { allowance, left: allowance.at_once, since_millis: 0 }
    }

    /// Takes one. `false` when none is left.
    pub(super) fn take(&mut self, now_millis: u64) -> bool {
        let gained =
            now_millis.saturating_sub(self.since_millis).saturating_mul(u64::from(self.allowance.per_second))
                / 1000;
        if gained > 0 {
            self.since_millis = now_millis;
            let sum = u64::from(self.left).saturating_add(gained);
            self.left = u32::try_from(sum).unwrap_or(u32::MAX).min(self.allowance.at_once);
        }
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_runs_out_and_comes_back_with_time() {
        let mut budget = Budget::new(Allowance { at_once: 3, per_second: 2 });
        assert_eq!([0, 0, 0, 0, 499].map(|now| budget.take(now)), [true, true, true, false, false]);
        assert_eq!(
            [500, 501, 60_000, 60_000, 60_000, 60_000].map(|now| budget.take(now)),
            [true, false, true, true, true, false]
        );
    }
}
