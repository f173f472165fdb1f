//! The Vault plane: the record chain, its journal, its archive and its keys.
//!
//! The plane hears what was decided, what an exchange was, and what happened to Vigil itself; it answers a decision with
//! [`Recorded`](vigil_core::message::Recorded) once its record is in the journal, or with
//! [`Unrecorded`](vigil_core::message::Unrecorded) when it cannot be. A thread of its own seals behind the journal:
//! it signs, commits to SQLite, makes checkpoints, and moves the head anchor. It never judges what is right or wrong,
//! never changes a record, and never repairs a store: a bad one is told, kept and ended.
//!
//! The format is `docs/spec/voaf.md`; its section 18 tells what lies in the state directory. A start checks the end of
//! the chain (the last 4,096 records, record 0, the last checkpoint, the anchor); [`Reader::audit`] checks all of it.
//!
//! Start reading at [`Vault`].

// The fixture names the crate from outside.
#[cfg(test)]
extern crate self as vigil_store;

mod archive;
mod chain;
mod clock;
mod dir;
mod evidence;
mod export;
mod hex;
mod journal;
mod plane;
mod read;
mod record;
mod seal;
mod start;
#[cfg(test)]
#[allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "shared with the integration tests, which use all of it"
)]
#[path = "../tests/store/fixture.rs"]
mod test_fixture;
#[cfg(test)]
mod test_secrets;
mod writer;

pub use archive::ArchiveError;
pub use chain::KeyError;
pub use clock::Clock;
pub use dir::{DirError, StateDir};
pub use export::{ExportError, ExportInfo, ExportSummary, export};
pub use journal::VersionError;
pub use plane::{RotateError, Vault, VaultConfig};
pub use read::{ActionFilter, Audit, Counts, Entry, MAX_FINDINGS, ReadError, Reader, delete_evidence};
pub use record::{
    Body, ChainTruncation, ChainUpgrade, GateDecision, Interaction, Lifecycle, Record, RecordError,
};
pub use seal::SealError;
pub use start::OpenError;

/// For fuzz targets: properties of the readers of stored bytes.
#[doc(hidden)]
pub mod fuzzing;
