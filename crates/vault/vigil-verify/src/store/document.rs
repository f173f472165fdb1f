//! One snapshot of the tables of `chain.db`, written as a document (spec 11).
//!
//! A value that the tables do not allow is not repaired: it goes into the document in a form that the verifier's own
//! rules find, or, where a document cannot hold it, the store is refused.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::StoreError;
use super::anchor::Found;
use super::preimage::{self, string};

/// The tables that are read.
pub(super) const TABLES: [&str; 6] = ["chain", "key", "record", "signature", "evidence", "checkpoint"];

pub(super) fn write(connection: &Connection, anchor: &Found, out: &mut impl Write) -> Result<(), StoreError> {
    let mut document = Document { connection, out, text: Vec::new() };
    document.put(b"{\"voaf_version\":\"2.1.0\"")?;
    document.genesis()?;
    document.anchor(anchor)?;
    document.rows("keys", b"[]", "key", KEYS, |row, text| {
        text.extend_from_slice(b"{\"key_id\":");
        quote(row, 1, text)?;
        text.extend_from_slice(b",\"alg\":\"ed25519\",\"public_key\":");
        base64(row, 2, text)?;
        text.extend_from_slice(format!(",\"from_seq\":{}}}", integer(row, 0)?).as_bytes());
        Some(())
    })?;
    document.rows("records", b"[]", "record", RECORDS, record)?;
    document.rows("signatures", b"[]", "signature", SIGNATURES, |row, text| {
        text.extend_from_slice(format!("{{\"seq\":{},\"key_id\":", integer(row, 0)?).as_bytes());
        quote(row, 1, text)?;
        text.extend_from_slice(b",\"sig\":");
        base64(row, 2, text)?;
        text.push(b'}');
        Some(())
    })?;
    document.rows("checkpoints", b"[]", "checkpoint", CHECKPOINTS, |row, text| quote(row, 0, text))?;
    document.rows("evidence", b"{}", "evidence", EVIDENCE, |row, text| {
        text.push(b'"');
        hex(row, 0, text)?;
        text.extend_from_slice(b"\":");
        base64(row, 1, text)
    })?;
    document.put(b"}")
}

/// Values above the limits of the spec come as NULL, so that nobody holds them.
const KEYS: &str =
    "SELECT from_seq, key_id, public_key FROM key WHERE length(key_id) <= 1048576 ORDER BY from_seq";
const RECORDS: &str = "SELECT seq, hash, CASE WHEN length(preimage) <= 16777216 THEN preimage END FROM record \
                       ORDER BY seq";
const SIGNATURES: &str = "SELECT seq, key_id, CASE WHEN length(sig) <= 64 THEN sig END FROM signature \
                          ORDER BY seq, key_id";
const CHECKPOINTS: &str =
    "SELECT CASE WHEN length(note) <= 1048576 THEN note END FROM checkpoint ORDER BY size";
const EVIDENCE: &str =
    "SELECT digest, CASE WHEN length(bytes) <= 1048576 THEN bytes END FROM evidence ORDER BY seq";

struct Document<'a, W> {
    connection: &'a Connection,
    out: &'a mut W,
    text: Vec<u8>,
}

impl<W: Write> Document<'_, W> {
    fn genesis(&mut self) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare("SELECT genesis FROM chain WHERE only = 1")?;
        let mut rows = statement.query([])?;
        if let Some(row) = rows.next()? {
            self.text.clear();
            self.text.extend_from_slice(b",\"genesis\":");
            quote(row, 0, &mut self.text).ok_or(StoreError::Column { table: "chain" })?;
            self.out.write_all(&self.text).map_err(StoreError::Copy)?;
        }
        Ok(())
    }

    fn anchor(&mut self, anchor: &Found) -> Result<(), StoreError> {
        self.text.clear();
        match anchor {
            Found::Nothing => return Ok(()),
            Found::Unreadable => self.text.extend_from_slice(b",\"anchor\":{\"unreadable\":true}"),
            Found::Counts { records, head } => {
                let text = format!(",\"anchor\":{{\"entry_count\":{records},\"head_hash\":");
                self.text.extend_from_slice(text.as_bytes());
                string(head, &mut self.text);
                self.text.push(b'}');
            }
        }
        self.out.write_all(&self.text).map_err(StoreError::Copy)
    }

    /// One member: an entry for each row of a query.
    fn rows(
        &mut self,
        name: &str,
        [open, close]: &[u8; 2],
        table: &'static str,
        query: &str,
        entry: impl Fn(&Row<'_>, &mut Vec<u8>) -> Option<()>,
    ) -> Result<(), StoreError> {
        self.put(format!(",\"{name}\":").as_bytes())?;
        self.put(&[*open])?;
        let mut statement = self.connection.prepare(query)?;
        let mut rows = statement.query([])?;
        let mut first = true;
        while let Some(row) = rows.next()? {
            self.text.clear();
            if !first {
                self.text.push(b',');
            }
            first = false;
            entry(row, &mut self.text).ok_or(StoreError::Column { table })?;
            self.text.push(b'\n');
            self.out.write_all(&self.text).map_err(StoreError::Copy)?;
        }
        self.put(&[*close])
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.out.write_all(bytes).map_err(StoreError::Copy)
    }
}

/// `seq` is the row's, everything else the preimage's: a row in the wrong place does not hash to its hash. A preimage
/// that is none leaves its members out, which the verifier finds missing.
fn record(row: &Row<'_>, text: &mut Vec<u8>) -> Option<()> {
    text.extend_from_slice(format!("{{\"seq\":{}", integer(row, 0)?).as_bytes());
    let members = text.len();
    let decoded = match row.get_ref(2) {
        Ok(ValueRef::Blob(bytes)) => preimage::members(bytes, text),
        _ => false,
    };
    if !decoded {
        text.truncate(members);
    }
    text.extend_from_slice(b",\"hash\":\"");
    hex(row, 1, text)?;
    text.extend_from_slice(b"\"}");
    Some(())
}

fn integer(row: &Row<'_>, at: usize) -> Option<i64> {
    match row.get_ref(at) {
        Ok(ValueRef::Integer(value)) => Some(value),
        _ => None,
    }
}

fn quote(row: &Row<'_>, at: usize, text: &mut Vec<u8>) -> Option<()> {
    match row.get_ref(at) {
        Ok(ValueRef::Text(bytes)) => string(std::str::from_utf8(bytes).ok()?, text),
        Ok(ValueRef::Null) => text.extend_from_slice(b"null"),
        _ => return None,
    }
    Some(())
}

fn base64(row: &Row<'_>, at: usize, text: &mut Vec<u8>) -> Option<()> {
    match row.get_ref(at) {
        Ok(ValueRef::Blob(bytes)) => string(&STANDARD.encode(bytes), text),
        Ok(ValueRef::Null) => text.extend_from_slice(b"null"),
        _ => return None,
    }
    Some(())
}

/// Hex digits; a value that is too long is cut, and is then no hash of anything.
fn hex(row: &Row<'_>, at: usize, text: &mut Vec<u8>) -> Option<()> {
    let Ok(ValueRef::Blob(bytes)) = row.get_ref(at) else { return None };
    bytes.iter().take(64).for_each(|byte| text.extend_from_slice(format!("{byte:02x}").as_bytes()));
    Some(())
}
