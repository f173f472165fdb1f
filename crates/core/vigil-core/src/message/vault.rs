//! What the Vault says.

use alloc::string::String;
use alloc::sync::Arc;

use super::Decision;

/// A decision is in the journal: it may now take effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The decision.
    pub decision: Arc<Decision>,
    /// The `id` of its record.
    pub record: String,
    /// Its `seq`.
    pub seq: u64,
}

/// A decision could not be recorded: its call must not be released.
#[derive(Clone, Debug, PartialEq)]
pub struct Unrecorded {
    /// The decision.
    pub decision: Arc<Decision>,
    /// Why, with what to do next: for the user.
    pub reason: String,
    /// What the agent is told instead of the call.
    pub told: String,
}

/// How the store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreState {
    /// A state of `voaf.md` §10: `empty`, `lost`, `unanchored`, `broken`, `truncated`, `verified`.
    pub state: &'static str,
    /// In plain words: how many records, how many of them unanchored, what was done about a bad state.
    pub detail: String,
    /// Whether records can be written. While they cannot, no call is released.
    pub writable: bool,
    /// How many records the chain has.
    pub records: u64,
    /// How many of them are in the journal and not yet sealed.
    pub unsealed: u64,
    /// The size of the last checkpoint.
    pub checkpoint: u64,
    /// The highest number of a `SealWanted` for which everything recorded until then is sealed.
    pub sealed_for: u64,
}
