//! The tables of `chain.db`. Everything that a verifier trusts is in `preimage`; other columns only help to find rows.

/// `PRAGMA user_version` of the schema below.
pub(super) const VERSION: i64 = 1;

/// `chain` has one row. `count` and `head` are what an append compares itself with; `tree` is the right edge of the
/// tree at the last checkpoint, so that a start need not hash the whole chain.
pub(super) const TABLES: &str = "
CREATE TABLE chain (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    genesis TEXT NOT NULL,
    count INTEGER NOT NULL,
    head TEXT NOT NULL,
    tree BLOB NOT NULL
) STRICT;
CREATE TABLE key (
    from_seq INTEGER PRIMARY KEY,
    key_id TEXT NOT NULL UNIQUE,
    public_key BLOB NOT NULL
) STRICT;
CREATE TABLE record (
    seq INTEGER PRIMARY KEY,
    hash BLOB NOT NULL,
    preimage BLOB NOT NULL,
    kind TEXT NOT NULL,
    decision TEXT
) STRICT;
CREATE INDEX record_not_plainly_allowed ON record (decision, seq) WHERE decision <> 'allow';
CREATE TABLE signature (
    seq INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    sig BLOB NOT NULL,
    PRIMARY KEY (seq, key_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE evidence (
    seq INTEGER PRIMARY KEY,
    digest BLOB NOT NULL,
    bytes BLOB NOT NULL
) STRICT;
CREATE TABLE checkpoint (
    size INTEGER PRIMARY KEY,
    root BLOB NOT NULL,
    note TEXT NOT NULL
) STRICT;
";

/// The archive waits for the device at every commit: the anchor may lag behind it, never lead.
pub(super) const WRITER_SETTINGS: &str = "
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 4000;
PRAGMA cache_size = -8192;
PRAGMA secure_delete = ON;
PRAGMA trusted_schema = OFF;
";
