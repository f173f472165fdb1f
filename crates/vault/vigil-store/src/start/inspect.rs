//! Looking at an archive without changing it.

use rusqlite::Connection;

use super::State;
use crate::archive::{self, ArchiveError, ChainRow};
use crate::chain::{AnchorFound, Frontier, Head};
use crate::hex;
use crate::record::{Body, Hash, Record, sha256};

/// A start recomputes this many records at the end of the chain. All of it is checked by
/// [`Reader::audit`](crate::Reader::audit), which takes seconds per million records.
const CHECKED_RECORDS: u64 = 4096;

/// An archive whose end is sound.
#[derive(Clone, Debug)]
pub(super) struct Sound {
    pub(super) genesis: String,
    /// Where the records end.
    pub(super) head: Head,
    /// The chain row counted more records than there are.
    pub(super) cut_from: Option<Head>,
    pub(super) tree: Frontier,
    /// As it was at the last checkpoint.
    pub(super) tree_at_checkpoint: Frontier,
    /// Size and root of the last checkpoint.
    pub(super) checkpoint: (u64, Hash),
}

/// Checks the end of the chain, its beginning, and its last checkpoint. The error says what is wrong.
pub(super) fn inspect(
    db: &Connection,
    row: ChainRow,
    kept_genesis: Option<&str>,
) -> Result<Result<Sound, String>, ArchiveError> {
    let count = archive::count(db)?;
    if kept_genesis.is_some_and(|kept| kept != row.genesis) {
        return Ok(Err("the store belongs to another chain than the kept nonce".to_owned()));
    }
    let head = match check_end(db, &row.genesis, count)? {
        Ok(head) => head,
        Err(why) => return Ok(Err(why)),
    };
    let cut_from = match row.head.count {
        counted if counted > count => Some(row.head.clone()),
        _ if row.head == head => None,
        _ => return Ok(Err("the store holds records that it does not count".to_owned())),
    };
    let checkpoint = archive::last_checkpoint(db)?;
    let (size, root) = checkpoint.unwrap_or((0, sha256(b"")));
    if size > count {
        return Ok(Err(format!("the last checkpoint covers {size} records, and {count} are there")));
    }
    let kept = Frontier::from_bytes(size, &row.tree).filter(|tree| tree.root() == root);
    let tree = match (kept, &cut_from) {
        // Checkpoints may be cut off with the records, and the tree then is that of one that is gone.
        (None, Some(_)) => Some(tree_of(db, size)?).filter(|tree| tree.root() == root),
        (kept, _) => kept,
    };
    let Some(mut tree) = tree else {
        return Ok(Err(format!("the tree of {size} records has not the root of the last checkpoint")));
    };
    let tree_at_checkpoint = tree.clone();
    archive::each_record(db, size, |row| {
        tree.push(&row.hash);
        Ok::<(), ArchiveError>(())
    })?;
    if tree.size() != count {
        return Ok(Err("records are missing behind the last checkpoint".to_owned()));
    }
    let checkpoint = if size == 0 { (0, [0; 32]) } else { (size, root) };
    Ok(Ok(Sound { genesis: row.genesis, head, cut_from, tree, tree_at_checkpoint, checkpoint }))
}

/// The state that rows and anchor give together, in the order of the table in `voaf.md` §10.
pub(super) fn classify(
    db: &Connection,
    sound: &Sound,
    anchor: &AnchorFound,
) -> Result<(State, String), ArchiveError> {
    let count = sound.head.count;
    let anchor = match anchor {
        AnchorFound::Unreadable(why) => {
            return Ok((State::Unanchored, format!("{count} records; the anchor cannot be read: {why}")));
        }
        AnchorFound::Counts(anchor) if anchor.head.count > 0 => &anchor.head,
        _ if count == 0 => return Ok((State::Empty, "no records yet".to_owned())),
        _ => return Ok((State::Unanchored, format!("{count} records that no anchor counts"))),
    };
    if count == 0 {
        return Ok((State::Lost, format!("the anchor counts {} records and none are there", anchor.count)));
    }
    if anchor.count > count {
        let detail = format!("the anchor counts {} records and {count} are there", anchor.count);
        return Ok((State::Truncated, detail));
    }
    let at_anchor = archive::row(db, anchor.count.saturating_sub(1))?.map(|row| hex::encode(&row.hash));
    Ok(match (at_anchor.as_ref() == Some(&anchor.hash), count - anchor.count) {
        (true, 0) => (State::Verified, format!("{count} records")),
        (true, tail) => {
            (State::Verified, format!("{count} records, the last {tail} of them were not anchored"))
        }
        (false, 0) => (State::Truncated, "the last record is not the one that the anchor counts".to_owned()),
        (false, _) => (State::Broken, "the anchor counts another chain".to_owned()),
    })
}

/// The tree over the first records.
fn tree_of(db: &Connection, size: u64) -> Result<Frontier, ArchiveError> {
    let mut tree = Frontier::default();
    archive::each_record(db, 0, |row| {
        if tree.size() < size {
            tree.push(&row.hash);
        }
        Ok::<(), ArchiveError>(())
    })?;
    Ok(tree)
}

/// Recomputes the last records and the first.
fn check_end(db: &Connection, genesis: &str, count: u64) -> Result<Result<Head, String>, ArchiveError> {
    let mut head = Head { count: 0, hash: genesis.to_owned() };
    if count == 0 {
        return Ok(Ok(head));
    }
    let first = archive::row(db, 0)?.and_then(|row| Record::decode(&row.preimage).ok());
    let rooted = first.is_some_and(|first| {
        first.prev_hash == genesis && matches!(first.body, Body::ChainUpgrade(_)) && first.seq == 0
    });
    if !rooted {
        return Ok(Err("record 0 does not begin the chain".to_owned()));
    }
    let from = count.saturating_sub(CHECKED_RECORDS);
    if from > 0 {
        let Some(before) = archive::row(db, from - 1)? else {
            return Ok(Err(format!("record {} is missing", from - 1)));
        };
        head = Head { count: from, hash: hex::encode(&before.hash) };
    }
    let mut wrong = None;
    archive::each_record(db, from, |row| {
        if wrong.is_none() {
            match check_record(&row, &head) {
                Ok(()) => head = Head { count: row.seq + 1, hash: hex::encode(&row.hash) },
                Err(why) => wrong = Some(why),
            }
        }
        Ok::<(), ArchiveError>(())
    })?;
    Ok(match wrong {
        Some(why) => Err(why),
        None => Ok(head),
    })
}

/// Whether a stored record continues `head` and is what its hash says.
pub(crate) fn check_record(row: &archive::Row, head: &Head) -> Result<(), String> {
    if row.seq != head.count {
        return Err(format!("record {} is missing", head.count));
    }
    if sha256(&row.preimage) != row.hash {
        return Err(format!("record {} is not what its hash says", row.seq));
    }
    match Record::decode(&row.preimage) {
        Ok(record) if record.seq != row.seq => Err(format!("record {} is stored at {}", record.seq, row.seq)),
        Ok(record) if record.prev_hash != head.hash => {
            Err(format!("record {} does not continue the record before it", row.seq))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(format!("record {}: {error}", row.seq)),
    }
}
