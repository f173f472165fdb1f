//! Reading the archive, row by row.

use rusqlite::{Connection, OptionalExtension as _};

use super::{ArchiveError, signed};
use crate::record::Hash;

/// A stored record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) seq: u64,
    pub(crate) hash: Hash,
    pub(crate) preimage: Vec<u8>,
}

/// A key that signed, and from where on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyRow {
    pub(crate) from_seq: u64,
    pub(crate) key_id: String,
    pub(crate) public_key: Hash,
}

/// The record at `seq`.
pub(crate) fn row(db: &Connection, seq: u64) -> Result<Option<Row>, ArchiveError> {
    let row = db
        .prepare_cached("SELECT seq, hash, preimage FROM record WHERE seq = ?1")?
        .query_row([signed(seq)?], read)
        .optional()?;
    Ok(row)
}

/// Calls `visit` for each record from `from` on, in order, until it fails.
pub(crate) fn each_record<E: From<ArchiveError>>(
    db: &Connection,
    from: u64,
    mut visit: impl FnMut(Row) -> Result<(), E>,
) -> Result<(), E> {
    let mut statement = db
        .prepare_cached("SELECT seq, hash, preimage FROM record WHERE seq >= ?1 ORDER BY seq")
        .map_err(ArchiveError::from)?;
    let mut rows = statement.query([signed(from)?]).map_err(ArchiveError::from)?;
    while let Some(row) = rows.next().map_err(ArchiveError::from)? {
        visit(read(row).map_err(ArchiveError::from)?)?;
    }
    Ok(())
}

/// Calls `visit` with `seq`, key id and signature of each signature.
pub(crate) fn each_signature<E: From<ArchiveError>>(
    db: &Connection,
    mut visit: impl FnMut(u64, &str, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut statement = db
        .prepare_cached("SELECT seq, key_id, sig FROM signature ORDER BY seq, key_id")
        .map_err(ArchiveError::from)?;
    let mut rows = statement.query([]).map_err(ArchiveError::from)?;
    while let Some(row) = rows.next().map_err(ArchiveError::from)? {
        let (seq, key_id, sig): (i64, String, Vec<u8>) =
            row.try_into().map_err(|error: rusqlite::Error| ArchiveError::from(error))?;
        visit(unsigned(seq), &key_id, &sig)?;
    }
    Ok(())
}

/// Calls `visit` with each checkpoint's note.
pub(crate) fn each_note<E: From<ArchiveError>>(
    db: &Connection,
    mut visit: impl FnMut(&str) -> Result<(), E>,
) -> Result<(), E> {
    let mut statement =
        db.prepare_cached("SELECT note FROM checkpoint ORDER BY size").map_err(ArchiveError::from)?;
    let mut rows = statement.query([]).map_err(ArchiveError::from)?;
    while let Some(row) = rows.next().map_err(ArchiveError::from)? {
        let note: String = row.get(0).map_err(ArchiveError::from)?;
        visit(&note)?;
    }
    Ok(())
}

/// Calls `visit` with digest and bytes of each evidence object.
pub(crate) fn each_evidence<E: From<ArchiveError>>(
    db: &Connection,
    mut visit: impl FnMut(&Hash, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut statement =
        db.prepare_cached("SELECT digest, bytes FROM evidence ORDER BY seq").map_err(ArchiveError::from)?;
    let mut rows = statement.query([]).map_err(ArchiveError::from)?;
    while let Some(row) = rows.next().map_err(ArchiveError::from)? {
        let (digest, bytes): (Hash, Vec<u8>) =
            row.try_into().map_err(|error: rusqlite::Error| ArchiveError::from(error))?;
        visit(&digest, &bytes)?;
    }
    Ok(())
}

/// The evidence of one record, unless it was deleted.
pub(crate) fn evidence(db: &Connection, seq: u64) -> Result<Option<Vec<u8>>, ArchiveError> {
    let bytes = db
        .prepare_cached("SELECT bytes FROM evidence WHERE seq = ?1")?
        .query_row([signed(seq)?], |row| row.get(0))
        .optional()?;
    Ok(bytes)
}

/// All keys, oldest first.
pub(crate) fn keys(db: &Connection) -> Result<Vec<KeyRow>, ArchiveError> {
    let mut statement =
        db.prepare_cached("SELECT from_seq, key_id, public_key FROM key ORDER BY from_seq")?;
    let rows = statement.query_map([], |row| {
        Ok(KeyRow { from_seq: unsigned(row.get(0)?), key_id: row.get(1)?, public_key: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Counts are written from `u64` within range; a negative one is damage and fits nothing.
pub(super) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX >> 1)
}

/// Reads the columns `seq`, `hash`, `preimage`.
pub(crate) fn read(row: &rusqlite::Row<'_>) -> Result<Row, rusqlite::Error> {
    Ok(Row { seq: unsigned(row.get(0)?), hash: row.get(1)?, preimage: row.get(2)? })
}
