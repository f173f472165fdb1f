//! The one place that gives out `seq` and `prev_hash` (`voaf.md` §14.1).

use std::io;

use vigil_core::Timestamp;

use crate::chain::{Head, KeyError, RandomPool};
use crate::clock::{Clock, new_id};
use crate::hex;
use crate::journal::{Journal, Position};
use crate::record::{Body, Record, RecordError, sha256};

/// The end of the chain, and the journal behind it.
pub(crate) struct Writer {
    pub(crate) journal: Journal,
    pub(crate) head: Head,
    pub(crate) clock: Clock,
    pub(crate) random: RandomPool,
}

/// What was appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Appended {
    pub(crate) id: String,
    pub(crate) seq: u64,
    pub(crate) end: Position,
}

impl Writer {
    /// Appends one record, under a new id or the given one. After an error the chain is as it was.
    pub(crate) fn append(
        &mut self,
        id: Option<String>,
        body: Body,
        evidence: &[u8],
        durable: bool,
    ) -> Result<Appended, WriteError> {
        let at: Timestamp = (self.clock)();
        let id = match id {
            Some(id) => id,
            None => new_id(at, &mut self.random)?,
        };
        let seq = self.head.count;
        let record = Record { seq, prev_hash: self.head.hash.clone(), id, timestamp_us: at.micros, body };
        let preimage = record.preimage()?;
        let end = self.journal.append(&preimage, evidence, durable)?;
        self.head = Head { count: seq + 1, hash: hex::encode(&sha256(&preimage)) };
        Ok(Appended { id: record.id, seq, end })
    }
}

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// The disk does not take it.
    #[error("{}", explain(.0))]
    Disk(#[from] io::Error),
    /// The record breaks a limit of the format.
    #[error("the record cannot be written: {0}")]
    Record(#[from] RecordError),
    /// No random bytes for an id.
    #[error(transparent)]
    Random(#[from] KeyError),
}

/// What the system says, and what to do.
fn explain(error: &io::Error) -> String {
    let advice = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk of the state directory is full; free some space, recording resumes by itself"
        }
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            "the state directory is read-only; make it writable, recording resumes by itself"
        }
        _ => "the journal cannot be written; check the disk of the state directory",
    };
    format!("{advice} ({error})")
}
