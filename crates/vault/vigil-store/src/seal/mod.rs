//! Sealing: from the journal into the archive, signed, anchored (`voaf.md` §14.1, steps 3 and 4).

mod load;
mod thread;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use vigil_core::{Secret, SecretError, SecretStore};

use crate::archive::{self, Addition, Archive, ArchiveError, Rotation, Sealed};
use crate::chain::{Anchors, Checkpoint, Frontier, Head, KeyError, RecordKey};
use crate::dir;
use crate::hex;
use crate::journal::{self, Entry, Position, Reader};
use crate::record::{Body, Hash, Record, RecordError};

use load::Pace;
pub(crate) use thread::{Progress, SealThread};

/// A checkpoint is made after this many records.
pub(crate) const CHECKPOINT_RECORDS: u64 = 256;
/// Under which name the size of the last checkpoint is kept, outside the store: a store whose tail was cut must not go
/// on to sizes that were signed before.
pub(crate) const SIGNED_SIZE: &str = "vigil-signed-size";
/// The `event` of a rotation record.
pub(crate) const KEY_ROTATED: &str = "key_rotated";
/// How many journal bytes one transaction takes at most, so that memory stays flat.
const BATCH_BYTES: usize = 4 << 20;
/// From this many records on a second thread is worth its start.
const PARALLEL_RECORDS: usize = 64;

/// An entry of the journal and its record.
type Read = (Entry, Record);

/// Reads the journal behind its writer and seals what it finds.
pub(crate) struct Sealer {
    pub(crate) archive: Archive,
    pub(crate) folder: PathBuf,
    pub(crate) secrets: Arc<dyn SecretStore>,
    pub(crate) key: RecordKey,
    pub(crate) genesis: String,
    pub(crate) head: Head,
    /// Over all sealed records.
    pub(crate) tree: Frontier,
    /// Size and root of the last checkpoint; size 0 when there is none.
    pub(crate) checkpoint: (u64, Hash),
    pub(crate) anchors: Anchors,
    pub(crate) anchored: u64,
    /// What is kept under [`SIGNED_SIZE`], once it was written.
    pub(crate) signed_size: Option<u64>,
    pub(crate) reader: Reader,
}

impl Sealer {
    /// Seals entries up to `published`, at most one transaction's worth. Says how many entries it went past.
    ///
    /// After an error nothing has changed and the same entries are read again.
    pub(crate) fn seal_some(&mut self, published: Position) -> Result<usize, SealError> {
        self.seal_at(Pace::FULL, published)
    }

    fn seal_at(&mut self, pace: Pace, published: Position) -> Result<usize, SealError> {
        let from = self.reader.position();
        let sealed = self.batch(published, pace.records).and_then(|(passed, records)| {
            self.commit(records, pace)?;
            Ok(passed)
        });
        match sealed {
            Ok(0) if self.reader.position() != published => Err(SealError::Damaged),
            Ok(passed) => Ok(passed),
            Err(error) => {
                self.reader.seek(from);
                Err(error)
            }
        }
    }

    /// Signs the tree as it is, unless the last checkpoint has its size already.
    pub(crate) fn checkpoint(&mut self) -> Result<(), SealError> {
        if self.tree.size() == self.checkpoint.0 {
            return Ok(());
        }
        self.check_last_checkpoint()?;
        let made = Checkpoint::sign(&self.genesis, &self.tree, &[&self.key]);
        let last = (made.size, made.root);
        self.archive.add(&Addition {
            expected: &self.head,
            head: &self.head,
            key_id: self.key.id(),
            records: &[],
            checkpoints: &[made],
            tree: Some(&self.tree),
            rotation: None,
        })?;
        self.checkpoint = last;
        Ok(())
    }

    /// Waits until the journal is on the device up to what is published, as far as it is not sealed.
    pub(crate) fn sync_journal(&self, published: Position) -> io::Result<()> {
        // The writer syncs a segment when it leaves it.
        std::fs::File::open(journal::segment_path(&self.folder, published.segment))?.sync_data()?;
        dir::sync(&self.folder)
    }

    /// Lets the anchor count everything sealed, and removes the journal's segments behind it.
    pub(crate) fn anchor(&mut self) -> Result<(), SealError> {
        if self.anchored != self.head.count {
            self.anchors.write(&*self.secrets, &self.head)?;
            self.anchored = self.head.count;
        }
        if self.signed_size != Some(self.checkpoint.0) {
            self.secrets.save(SIGNED_SIZE, &Secret::new(self.checkpoint.0.to_string().into_bytes()))?;
            self.signed_size = Some(self.checkpoint.0);
        }
        let current = self.reader.position().segment;
        for segment in journal::segments(&self.folder)?.into_iter().filter(|&segment| segment < current) {
            std::fs::remove_file(journal::segment_path(&self.folder, segment))?;
        }
        Ok(())
    }

    /// Writes both generations of the anchor, so that none counts the chain before this one.
    pub(crate) fn anchor_anew(&mut self) -> Result<(), SealError> {
        self.anchors.write(&*self.secrets, &self.head)?;
        self.anchored = u64::MAX;
        self.anchor()
    }

    /// Reads and checks the next entries.
    fn batch(&mut self, published: Position, most: usize) -> Result<(usize, Vec<Read>), SealError> {
        let mut records: Vec<Read> = Vec::new();
        let (mut passed, mut bytes) = (0, 0);
        let mut head = self.head.clone();
        while records.len() < most && bytes < BATCH_BYTES {
            let at = self.reader.position();
            let limit = if at.segment < published.segment { u64::MAX } else { published.offset };
            let Some(entry) = self.reader.next(limit)? else {
                if at.segment < published.segment {
                    self.reader.seek(Position { segment: at.segment + 1, offset: 0 });
                    continue;
                }
                break;
            };
            passed += 1;
            bytes += entry.len();
            let (record, hash) = (Record::decode(&entry.preimage)?, entry.hash);
            if record.seq < head.count {
                self.check_sealed(record.seq, &hash)?;
            } else if record.seq == head.count && record.prev_hash == head.hash {
                head = Head { count: record.seq + 1, hash: hex::encode(&hash) };
                let hands_over = names_next_key(&record).is_some();
                records.push((entry, record));
                if hands_over {
                    // What follows is signed by another key.
                    break;
                }
            } else {
                return Err(SealError::Unlinked { seq: record.seq, count: head.count });
            }
        }
        Ok((passed, records))
    }

    /// An entry that was sealed before a crash must be the record that is there.
    fn check_sealed(&self, seq: u64, hash: &Hash) -> Result<(), SealError> {
        match archive::row(self.archive.db(), seq)? {
            Some(row) if row.hash == *hash => Ok(()),
            _ => Err(SealError::Unlinked { seq, count: self.head.count }),
        }
    }

    fn commit(&mut self, entries: Vec<Read>, pace: Pace) -> Result<(), SealError> {
        let Some((Entry { hash, .. }, last)) = entries.last() else { return Ok(()) };
        let head = Head { count: last.seq + 1, hash: hex::encode(hash) };
        let next = match names_next_key(last) {
            Some(id) => Some(self.next_key(id)?),
            None => None,
        };
        let rotation = next.as_ref().map(|next| Rotation {
            seq: last.seq,
            key_id: next.id().to_owned(),
            public_key: next.public(),
            signature: next.sign_record(&self.genesis, last.seq, hash),
        });
        let signatures = self.sign(&entries, pace.is_parallel);
        let mut tree = self.tree.clone();
        let mut checkpoints = Vec::new();
        let mut checkpointed = None;
        let mut records = Vec::with_capacity(entries.len());
        for ((entry, record), signature) in entries.into_iter().zip(signatures) {
            tree.push(&entry.hash);
            let last = checkpoints.last().map_or(self.checkpoint.0, |last: &Checkpoint| last.size);
            if tree.size() - last >= CHECKPOINT_RECORDS {
                checkpoints.push(Checkpoint::sign(&self.genesis, &tree, &[&self.key]));
                checkpointed = Some(tree.clone());
            }
            records.push(sealed(entry, record, signature));
        }
        if let Some(next) = &next {
            // Both keys sign the checkpoint right after the rotation, in place of one by the old key alone.
            checkpoints.retain(|made: &Checkpoint| made.size != tree.size());
            checkpoints.push(Checkpoint::sign(&self.genesis, &tree, &[&self.key, next]));
            checkpointed = Some(tree.clone());
        }
        if !checkpoints.is_empty() {
            self.check_last_checkpoint()?;
        }
        self.archive.add(&Addition {
            expected: &self.head,
            head: &head,
            key_id: self.key.id(),
            records: &records,
            checkpoints: &checkpoints,
            tree: checkpointed.as_ref(),
            rotation,
        })?;
        self.head = head;
        self.tree = tree;
        if let Some(next) = next {
            self.key = next;
            // The store knows the new key by now; should this fail, the next start does it.
            let _ = RecordKey::promote_next(&*self.secrets);
        }
        if let Some(last) = checkpoints.last() {
            self.checkpoint = (last.size, last.root);
        }
        Ok(())
    }

    /// The prepared key, which must be the one that the rotation record names.
    fn next_key(&self, id: &str) -> Result<RecordKey, SealError> {
        match RecordKey::load_next(&*self.secrets)? {
            Some(next) if next.id() == id => Ok(next),
            _ => Err(SealError::Rotation(id.to_owned())),
        }
    }

    /// The tree in memory grew from the last checkpoint, so that checkpoint is a prefix of it. If the store holds
    /// another one, somebody changed the store, and a new signature would be a second truth.
    fn check_last_checkpoint(&self) -> Result<(), SealError> {
        let stored = archive::last_checkpoint(self.archive.db())?;
        let known = (self.checkpoint.0 > 0).then_some(self.checkpoint);
        if stored == known { Ok(()) } else { Err(SealError::Checkpoint) }
    }

    fn sign(&self, entries: &[Read], is_parallel: bool) -> Vec<[u8; 64]> {
        let (key, genesis) = (&self.key, &self.genesis);
        let sign = |part: &[Read]| -> Vec<[u8; 64]> {
            part.iter().map(|(entry, record)| key.sign_record(genesis, record.seq, &entry.hash)).collect()
        };
        if !is_parallel || entries.len() < PARALLEL_RECORDS {
            return sign(entries);
        }
        let (first, second) = entries.split_at(entries.len() / 2);
        std::thread::scope(|scope| {
            let other = scope.spawn(|| sign(second));
            let mut signatures = sign(first);
            // Signing does not fail; should the thread have, its part is signed here.
            signatures.extend(other.join().unwrap_or_else(|_| sign(second)));
            signatures
        })
    }
}

/// The key id that a rotation record names.
fn names_next_key(record: &Record) -> Option<&str> {
    match &record.body {
        Body::Lifecycle(body) if body.event == KEY_ROTATED => body.reason.as_deref(),
        _ => None,
    }
}

fn sealed(entry: Entry, record: Record, signature: [u8; 64]) -> Sealed {
    let decision = match &record.body {
        Body::GateDecision(body) => Some(body.decision.clone()),
        _ => None,
    };
    let Entry { preimage, hash, evidence } = entry;
    let evidence = (!evidence.bytes.is_empty()).then_some((evidence.hash, evidence.bytes));
    Sealed { seq: record.seq, hash, preimage, kind: record.body.kind(), decision, signature, evidence }
}

/// Why records stay in the journal for now.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// An entry is not the record that the store has or needs at its place.
    #[error("the journal's record {seq} does not continue the store, which has {count} records")]
    Unlinked {
        /// Its `seq`.
        seq: u64,
        /// How many records the store has.
        count: u64,
    },
    /// Before the end that the writer published, bytes are no entry.
    #[error("the journal is damaged before its end")]
    Damaged,
    /// The key that a rotation record names is not at hand.
    #[error("the journal hands over to the key `{0}`, which is not in the key store")]
    Rotation(String),
    /// The key store does not answer.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store's last checkpoint is not the one that was signed.
    #[error("the store's last checkpoint is not the one that was signed; nothing more is signed")]
    Checkpoint,
    /// An entry is not a record.
    #[error("the journal holds something else than a record: {0}")]
    Record(#[from] RecordError),
    /// The journal cannot be read.
    #[error("the journal cannot be read: {0}")]
    Journal(#[from] io::Error),
    /// The anchor cannot be moved.
    #[error("the head anchor cannot be kept: {0}")]
    Anchor(#[from] SecretError),
    /// The archive does not take it.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

impl SealError {
    /// Whether trying again cannot help: somebody changed the store.
    pub(crate) const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Unlinked { .. }
                | Self::Damaged
                | Self::Rotation(_)
                | Self::Checkpoint
                | Self::Record(_)
                | Self::Archive(ArchiveError::Conflict(_))
        )
    }
}
