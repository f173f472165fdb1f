//! The one place that gives out `seq` and `prev_hash` (`voaf.md` §14.1).

use std::io;

use vigil_core::Timestamp;

use crate::chain::{Head, KeyError, RandomPool};
use crate::clock::{Clock, new_id};
use crate::evidence::Evidence;
use crate::hex;
use crate::journal::{Entry, Journal, Position};
use crate::record::{Body, Record, RecordError};

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

/// What a record is made of, beside its place.
pub(crate) struct Draft {
    /// A new one is made when there is none.
    pub(crate) id: Option<String>,
    pub(crate) body: Body,
    pub(crate) evidence: Evidence,
}

impl Writer {
    /// Appends one record. After an error the chain is as it was.
    pub(crate) fn append(&mut self, draft: Draft, durable: bool) -> Result<Appended, WriteError> {
        let seq = self.head.count;
        let (entry, id, head) = self.entry(&self.head.clone(), draft)?;
        let end = self.journal.append(&[entry], durable)?;
        self.head = head;
        Ok(Appended { id, seq, end })
    }

    /// Appends records with one write, in order. After an error none was appended.
    pub(crate) fn append_all(&mut self, drafts: Vec<Draft>) -> Result<Position, WriteError> {
        let mut head = self.head.clone();
        let mut entries = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let (entry, _, next) = self.entry(&head, draft)?;
            entries.push(entry);
            head = next;
        }
        let end = self.journal.append(&entries, false)?;
        self.head = head;
        Ok(end)
    }

    /// The entry of a record behind `head`, the record's id, and the head it makes.
    fn entry(&mut self, head: &Head, draft: Draft) -> Result<(Entry, String, Head), WriteError> {
        let at: Timestamp = (self.clock)();
        let id = match draft.id {
            Some(id) => id,
            None => new_id(at, &mut self.random)?,
        };
        let record = Record {
            seq: head.count,
            prev_hash: head.hash.clone(),
            id,
            timestamp_us: at.micros,
            body: draft.body,
        };
        let entry = Entry::new(record.preimage()?, draft.evidence);
        let head = Head { count: head.count + 1, hash: hex::encode(&entry.hash) };
        Ok((entry, record.id, head))
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
