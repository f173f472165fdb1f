//! A live store as a document: what a state directory holds (spec 18), read beside the daemon that writes it.
//!
//! The store is copied, as one snapshot, into a document that nobody else sees; what is verified is that document.
//! Preimages are decoded with the auditor's own tables and hashed again from what was decoded, so a store gets no
//! check of its own and no leniency of its own. Nothing is written to the store: where its write-ahead log is there,
//! SQLite may make the index of the log (`chain.db-shm`) anew, which holds no content.

mod anchor;
mod document;
mod preimage;

use std::fs::Metadata;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use crate::error::VerifyError;
use crate::report::StoreAnchor;
use crate::scratch;
use crate::source::Source;

use anchor::Found;
pub(crate) use preimage::members;

/// Why a store could not be read. What is wrong with its records is in the report instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no store.
    #[error("there is no `chain.db`; name the state directory, the one that `vigil up --state-dir` has")]
    Absent,
    /// The database does not answer.
    #[error("{0}")]
    Database(#[from] rusqlite::Error),
    /// The tables are not those of the spec.
    #[error("`chain.db` has schema version {0}; this program reads version {VERSION}")]
    Version(i64),
    /// A table is missing, or a view stands in its place.
    #[error("`chain.db` has no table `{0}`")]
    NoTable(&'static str),
    /// A column does not hold what it is declared to hold.
    #[error("the table `{table}` holds a value of the wrong type")]
    Column {
        /// Where.
        table: &'static str,
    },
    /// A daemon was starting or stopping all the time.
    #[error("the store kept changing its files while it was read; try again")]
    Moving,
    /// The copy could not be written.
    #[error("cannot write the copy of the store: {0}; set TMPDIR to a directory with free space")]
    Copy(#[source] std::io::Error),
}

/// The store of a state directory as a document, and where its anchor comes from.
pub(crate) fn read(directory: &Path) -> Result<(Source<'static>, StoreAnchor), VerifyError> {
    let database = directory.join("chain.db");
    for _ in 0..ATTEMPTS {
        let before = Standing::of(&database).ok_or(VerifyError::Store(StoreError::Absent))?;
        let copied = copy(directory, &database, before.has_log);
        // Without a log the file is read as one that nobody changes, so it must not have changed.
        if !before.has_log && Standing::of(&database).as_ref() != Some(&before) {
            continue;
        }
        return copied;
    }
    Err(VerifyError::Store(StoreError::Moving))
}

fn copy(
    directory: &Path,
    database: &Path,
    has_log: bool,
) -> Result<(Source<'static>, StoreAnchor), VerifyError> {
    // Before the snapshot: the anchor may lag behind the store, never lead (spec 10).
    let anchor = anchor::find(&directory.join("keys"));
    let connection = open(database, has_log).map_err(VerifyError::Store)?;
    let mut file = BufWriter::new(scratch::file().map_err(VerifyError::Scratch)?);
    document::write(&connection, &anchor, &mut file).map_err(VerifyError::Store)?;
    file.flush().map_err(|error| VerifyError::Store(StoreError::Copy(error)))?;
    let file = file.into_inner().map_err(|error| VerifyError::Scratch(error.into_error()))?;
    let origin = match anchor {
        Found::Counts { .. } => StoreAnchor::Files,
        Found::Unreadable => StoreAnchor::Unreadable,
        Found::Nothing => StoreAnchor::NotRead,
    };
    Ok((Source::file(file), origin))
}

/// Opens for reading. A store that is at rest (no log) is opened as immutable: else SQLite would make files beside it.
fn open(database: &Path, has_log: bool) -> Result<Connection, StoreError> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let path = if has_log {
        database.to_owned()
    } else {
        flags |= OpenFlags::SQLITE_OPEN_URI;
        immutable(database)
    };
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_VALUE)?;
    connection.execute_batch(
        "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; BEGIN DEFERRED;",
    )?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version != VERSION {
        return Err(StoreError::Version(version));
    }
    for table in document::TABLES {
        let query = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1";
        let found: i64 = connection.query_row(query, [table], |row| row.get(0))?;
        if found == 0 {
            return Err(StoreError::NoTable(table));
        }
    }
    Ok(connection)
}

/// `file:` and the path, everything but plain characters escaped, with the parameter that forbids locks and logs.
fn immutable(database: &Path) -> PathBuf {
    let mut uri = String::from("file:");
    for &byte in database.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => uri.push(char::from(byte)),
            _ => uri += &format!("%{byte:02x}"),
        }
    }
    PathBuf::from(uri + "?immutable=1")
}

/// What tells whether somebody wrote.
#[derive(Debug, PartialEq, Eq)]
struct Standing {
    has_log: bool,
    length: u64,
    modified: Option<SystemTime>,
}

impl Standing {
    fn of(database: &Path) -> Option<Self> {
        let data: Metadata = std::fs::metadata(database).ok().filter(Metadata::is_file)?;
        let log = database.with_extension("db-wal");
        Some(Self { has_log: log.exists(), length: data.len(), modified: data.modified().ok() })
    }
}

const VERSION: i64 = 1;
const ATTEMPTS: usize = 4;
/// The longest preimage, and some.
const MAX_VALUE: i32 = (1 << 24) + (1 << 10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_odd_characters_is_one_file_name() {
        let path = immutable(Path::new("/a b/c?d#e%/chain.db"));
        assert_eq!(path, Path::new("file:/a%20b/c%3fd%23e%25/chain.db?immutable=1"));
    }
}
