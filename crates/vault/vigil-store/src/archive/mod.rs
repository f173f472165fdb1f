//! The archive: the sealed chain in SQLite, `chain.db`.

mod row;
mod schema;

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, params};

pub(crate) use row::{
    Row, each_evidence, each_note, each_record, each_signature, evidence, keys, read as read_row, row,
};

use crate::chain::{Checkpoint, Frontier, Head};
use crate::dir;
use crate::record::Hash;

/// The file of the chain in use.
pub(crate) const FILE: &str = "chain.db";

/// How long a statement waits for another process, an export for example.
const PATIENCE: Duration = Duration::from_secs(10);

/// The writing end. There is one, in the process that has the state directory.
pub(crate) struct Archive {
    db: Connection,
    path: PathBuf,
}

/// What the one row of `chain` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChainRow {
    pub(crate) genesis: String,
    pub(crate) head: Head,
    pub(crate) tree: Vec<u8>,
}

/// One record as it goes into the archive.
pub(crate) struct Sealed {
    pub(crate) seq: u64,
    pub(crate) hash: Hash,
    pub(crate) preimage: Vec<u8>,
    pub(crate) kind: &'static str,
    pub(crate) decision: Option<String>,
    pub(crate) signature: [u8; 64],
    /// The digest and the bytes.
    pub(crate) evidence: Option<(Hash, Vec<u8>)>,
}

/// What one transaction adds.
pub(crate) struct Addition<'a> {
    pub(crate) expected: &'a Head,
    pub(crate) head: &'a Head,
    pub(crate) key_id: &'a str,
    pub(crate) records: &'a [Sealed],
    pub(crate) checkpoints: &'a [Checkpoint],
    /// The tree at the last checkpoint, when there is one.
    pub(crate) tree: Option<&'a Frontier>,
    /// The last of the records hands over to a new key.
    pub(crate) rotation: Option<Rotation>,
}

/// A new key, and its signature over the record that names it.
pub(crate) struct Rotation {
    pub(crate) seq: u64,
    pub(crate) key_id: String,
    pub(crate) public_key: Hash,
    pub(crate) signature: [u8; 64],
}

impl Archive {
    /// Opens the file, made if there is none. A chain has to be begun in a new one.
    pub(crate) fn open(path: &Path) -> Result<Self, ArchiveError> {
        if path.exists() {
            dir::check_private(path, 0o600)?;
        } else {
            // SQLite gives its side files the mode of this one.
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            dir::private(&mut options).open(path).map_err(|error| dir::DirError::of(path, error))?;
        }
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        db.busy_timeout(PATIENCE)?;
        db.execute_batch(schema::WRITER_SETTINGS)?;
        db.set_prepared_statement_cache_capacity(32);
        let archive = Self { db, path: path.to_owned() };
        match version(&archive.db)? {
            0 => archive.create()?,
            schema::VERSION => {}
            newer => return Err(ArchiveError::Version(newer)),
        }
        Ok(archive)
    }

    /// For queries.
    pub(crate) const fn db(&self) -> &Connection {
        &self.db
    }

    /// Begins a chain in an empty archive.
    pub(crate) fn begin(&self, genesis: &str, key_id: &str, public_key: &Hash) -> Result<(), ArchiveError> {
        let transaction = self.db.unchecked_transaction()?;
        transaction.execute("DELETE FROM chain WHERE count = 0", [])?;
        transaction.execute("DELETE FROM key WHERE NOT EXISTS (SELECT 1 FROM record)", [])?;
        transaction.execute("INSERT INTO chain VALUES (1, ?1, 0, ?1, x'')", [genesis])?;
        transaction.execute("INSERT INTO key VALUES (0, ?1, ?2)", params![key_id, public_key])?;
        transaction.commit()?;
        Ok(())
    }

    /// Makes the chain row say what the records say, after a cut tail was found and is to be put on record.
    pub(crate) fn go_on_from(&self, head: &Head, tree: &Frontier) -> Result<(), ArchiveError> {
        self.db.execute(
            "UPDATE chain SET count = ?1, head = ?2, tree = ?3",
            params![signed(head.count)?, head.hash, tree.to_bytes()],
        )?;
        Ok(())
    }

    /// Adds records in one transaction, if the head is still the expected one.
    pub(crate) fn add(&self, addition: &Addition<'_>) -> Result<(), ArchiveError> {
        let transaction = self.db.unchecked_transaction()?;
        // Append by comparing: two writers, or a restored copy of the file under a running writer, cannot both
        // extend the same head. Zero changed rows are the conflict.
        let changed = transaction
            .prepare_cached("UPDATE chain SET count = ?1, head = ?2 WHERE count = ?3 AND head = ?4")?
            .execute(params![
                signed(addition.head.count)?,
                addition.head.hash,
                signed(addition.expected.count)?,
                addition.expected.hash
            ])?;
        if changed != 1 {
            return Err(ArchiveError::Conflict(addition.expected.count));
        }
        {
            let mut record = transaction.prepare_cached("INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5)")?;
            let mut signature = transaction.prepare_cached("INSERT INTO signature VALUES (?1, ?2, ?3)")?;
            let mut evidence = transaction.prepare_cached("INSERT INTO evidence VALUES (?1, ?2, ?3)")?;
            for sealed in addition.records {
                let seq = signed(sealed.seq)?;
                record.execute(params![seq, sealed.hash, sealed.preimage, sealed.kind, sealed.decision])?;
                signature.execute(params![seq, addition.key_id, sealed.signature])?;
                if let Some((digest, bytes)) = &sealed.evidence {
                    evidence.execute(params![seq, digest, bytes])?;
                }
            }
        }
        if let Some(rotation) = &addition.rotation {
            let (seq, from_seq) = (signed(rotation.seq)?, signed(rotation.seq.saturating_add(1))?);
            let key = params![from_seq, rotation.key_id, rotation.public_key];
            transaction.execute("INSERT INTO key VALUES (?1, ?2, ?3)", key)?;
            let signature = params![seq, rotation.key_id, rotation.signature];
            transaction.execute("INSERT INTO signature VALUES (?1, ?2, ?3)", signature)?;
        }
        for checkpoint in addition.checkpoints {
            transaction.prepare_cached("INSERT INTO checkpoint VALUES (?1, ?2, ?3)")?.execute(params![
                signed(checkpoint.size)?,
                checkpoint.root,
                checkpoint.note
            ])?;
        }
        if let Some(tree) = addition.tree {
            transaction.prepare_cached("UPDATE chain SET tree = ?1")?.execute([tree.to_bytes()])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Brings the file to rest and closes it.
    pub(crate) fn close(self) -> Result<PathBuf, ArchiveError> {
        self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        self.db.close().map_err(|(_, error)| error)?;
        Ok(self.path)
    }

    fn create(&self) -> Result<(), ArchiveError> {
        let transaction = self.db.unchecked_transaction()?;
        transaction.execute_batch(schema::TABLES)?;
        transaction.pragma_update(None, "user_version", schema::VERSION)?;
        transaction.commit()?;
        Ok(())
    }
}

/// Opens the file for reading, beside a daemon that may be writing.
pub(crate) fn open_read_only(path: &Path) -> Result<Connection, ArchiveError> {
    if !path.exists() {
        return Err(ArchiveError::Absent(path.to_owned()));
    }
    let mut db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut found = version(&db);
    if matches!(&found, Err(error) if cannot_open(error)) && !path.with_extension("db-wal").exists() {
        // A store at rest where this process may not write: SQLite finds no place for its side files and needs none.
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        db = Connection::open_with_flags(immutable(path), flags)?;
        found = version(&db);
    }
    db.busy_timeout(PATIENCE)?;
    db.set_prepared_statement_cache_capacity(32);
    match found? {
        schema::VERSION => Ok(db),
        other => Err(ArchiveError::Version(other)),
    }
}

fn cannot_open(error: &ArchiveError) -> bool {
    matches!(error, ArchiveError::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::CannotOpen))
}

/// The path as a URI that says nobody changes the file.
fn immutable(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(*byte))
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri + "?immutable=1"
}

/// Deletes the evidence of one record. The chain stays as it is.
pub(crate) fn delete_evidence(path: &Path, seq: u64) -> Result<bool, ArchiveError> {
    if !path.exists() {
        return Err(ArchiveError::Absent(path.to_owned()));
    }
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    db.busy_timeout(PATIENCE)?;
    db.execute_batch("PRAGMA secure_delete = ON;")?;
    let deleted = db.execute("DELETE FROM evidence WHERE seq = ?1", [signed(seq)?])?;
    // The pages of the log still hold the bytes until they are written back.
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(deleted > 0)
}

/// The one row of `chain`, if a chain was begun.
pub(crate) fn chain_row(db: &Connection) -> Result<Option<ChainRow>, ArchiveError> {
    let row = db
        .prepare_cached("SELECT genesis, count, head, tree FROM chain")?
        .query_row([], |row| {
            let head = Head { count: row::unsigned(row.get(1)?), hash: row.get(2)? };
            Ok(ChainRow { genesis: row.get(0)?, head, tree: row.get(3)? })
        })
        .optional()?;
    Ok(row)
}

/// How many records there are, told by the last.
pub(crate) fn count(db: &Connection) -> Result<u64, ArchiveError> {
    let last: Option<i64> =
        db.prepare_cached("SELECT max(seq) FROM record")?.query_row([], |row| row.get(0))?;
    Ok(last.map_or(0, |last| row::unsigned(last) + 1))
}

/// Size and root of the last checkpoint.
pub(crate) fn last_checkpoint(db: &Connection) -> Result<Option<(u64, Hash)>, ArchiveError> {
    let found = db
        .prepare_cached("SELECT size, root FROM checkpoint ORDER BY size DESC LIMIT 1")?
        .query_row([], |row| Ok((row::unsigned(row.get(0)?), row.get(1)?)))
        .optional()?;
    Ok(found)
}

/// The root of the checkpoint of exactly this size.
pub(crate) fn checkpoint_root(db: &Connection, size: u64) -> Result<Option<Hash>, ArchiveError> {
    let found = db
        .prepare_cached("SELECT root FROM checkpoint WHERE size = ?1")?
        .query_row([signed(size)?], |row| row.get(0))
        .optional()?;
    Ok(found)
}

fn version(db: &Connection) -> Result<i64, ArchiveError> {
    Ok(db.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

fn signed(value: u64) -> Result<i64, ArchiveError> {
    i64::try_from(value).map_err(|_| ArchiveError::Range(value))
}

/// Why the archive does not do what it should.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// There is none.
    #[error("there is no chain at `{}`; start Vigil once with this state directory", .0.display())]
    Absent(PathBuf),
    /// The file or its directory cannot be used.
    #[error(transparent)]
    Dir(#[from] dir::DirError),
    /// It was written by a newer Vigil.
    #[error(
        "the store has schema version {0}, which this Vigil does not know; use the newer Vigil that wrote it"
    )]
    Version(i64),
    /// Somebody else extended or replaced the chain.
    #[error("the store no longer ends at record count {0}: somebody else has changed it")]
    Conflict(u64),
    /// A number that SQLite cannot hold.
    #[error("{0} is more than the store can count")]
    Range(u64),
    /// The database says so.
    #[error("the store cannot be used: {0}")]
    Sqlite(#[from] rusqlite::Error),
}
