//! The exported document (`voaf.md` §11, 13).

use std::io::{self, BufWriter, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rusqlite::Connection;
use vigil_core::{SecretStore, Timestamp};

use crate::archive::{self, ArchiveError};
use crate::chain::{AnchorFound, Anchors, Head};
use crate::clock::rfc3339;
use crate::hex;
use crate::record::{Body, Record, RecordError, TAG, json_text};

/// The release of the format that the exporter follows.
const VOAF_VERSION: &str = "2.1.0";

/// What a document says about its making.
#[derive(Clone, Debug)]
pub struct ExportInfo {
    /// When it is made.
    pub now: Timestamp,
    /// The version of the program that makes it.
    pub app_version: String,
}

/// What was exported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportSummary {
    /// Records.
    pub records: u64,
    /// Signatures.
    pub signatures: u64,
    /// Checkpoints.
    pub checkpoints: u64,
    /// Evidence objects; fewer than commitments when some were deleted.
    pub evidence: u64,
    /// The last hash, or the genesis.
    pub head_hash: String,
}

/// Exports the chain of a state directory, beside a running daemon or without one.
///
/// The document holds what is sealed. A caller that wants everything recorded asks the daemon to seal first.
pub fn export(
    dir: &Path,
    secrets: &dyn SecretStore,
    info: &ExportInfo,
    out: impl Write,
) -> Result<ExportSummary, ExportError> {
    // Read before the snapshot begins: the anchor may lag behind the records, and must not lead.
    let anchor = Anchors::load(secrets).1;
    let db = archive::open_read_only(&dir.join(archive::FILE))?;
    export_from(&db, &anchor, info, out)
}

/// Exports from one snapshot of an open archive.
pub(crate) fn export_from(
    db: &Connection,
    anchor: &AnchorFound,
    info: &ExportInfo,
    out: impl Write,
) -> Result<ExportSummary, ExportError> {
    let snapshot = db.unchecked_transaction().map_err(ArchiveError::from)?;
    let mut out = Document { out: BufWriter::with_capacity(1 << 16, out), first: true };
    let mut summary = ExportSummary::default();
    out.head(&snapshot, anchor, info)?;

    out.open("records", '[')?;
    let mut line = Vec::new();
    archive::each_record(&snapshot, 0, |row| {
        let record =
            Record::decode(&row.preimage).map_err(|error| ExportError::Record { seq: row.seq, error })?;
        line.clear();
        record.json(&row.hash, &mut line);
        summary.records += 1;
        summary.head_hash = hex::encode(&row.hash);
        out.element(&line)
    })?;
    out.close("]")?;

    out.open("signatures", '[')?;
    archive::each_signature(&snapshot, |seq, key_id, sig| {
        summary.signatures += 1;
        let sig = BASE64.encode(sig);
        out.element(format!(r#"{{"seq":{seq},"key_id":{},"sig":"{sig}"}}"#, text(key_id)).as_bytes())
    })?;
    out.close("]")?;

    out.open("checkpoints", '[')?;
    archive::each_note(&snapshot, |note| {
        summary.checkpoints += 1;
        out.element(text(note).as_bytes())
    })?;
    out.close("]")?;

    out.open("evidence", '{')?;
    archive::each_evidence(&snapshot, |digest, bytes| {
        summary.evidence += 1;
        let bytes = BASE64.encode(bytes);
        out.element(format!(r#""{}":"{bytes}""#, hex::encode(digest)).as_bytes())
    })?;
    out.close("}}\n")?;
    out.out.flush()?;
    Ok(summary)
}

/// A JSON document being written as a stream.
struct Document<W: Write> {
    out: BufWriter<W>,
    first: bool,
}

impl<W: Write> Document<W> {
    /// Everything small, so that what follows can be streamed.
    fn head(&mut self, db: &Connection, anchor: &AnchorFound, info: &ExportInfo) -> Result<(), ExportError> {
        let chain = archive::chain_row(db)?.ok_or(ExportError::NoChain)?;
        write!(
            self.out,
            r#"{{"voaf_version":"{VOAF_VERSION}","tag":"{TAG}","generated_at":"{}","producer":{{"name":"Vigil","version":{}}},"encryption_at_rest":false,"head":{},"genesis":{},"anchor":{},"predecessor":{},"keys":"#,
            rfc3339(info.now),
            text(&info.app_version),
            head(&chain.head),
            text(&chain.genesis),
            match anchor {
                AnchorFound::Absent => "null".to_owned(),
                AnchorFound::Unreadable(_) => r#"{"unreadable":true}"#.to_owned(),
                AnchorFound::Counts(anchor) => head(&anchor.head),
            },
            predecessor(db)?,
        )?;
        let keys: Vec<String> = archive::keys(db)?
            .iter()
            .map(|key| {
                format!(
                    r#"{{"key_id":{},"alg":"ed25519","public_key":"{}","from_seq":{}}}"#,
                    text(&key.key_id),
                    BASE64.encode(key.public_key),
                    key.from_seq
                )
            })
            .collect();
        write!(self.out, "[{}]", keys.join(","))?;
        Ok(())
    }

    fn open(&mut self, member: &str, bracket: char) -> Result<(), ExportError> {
        self.first = true;
        write!(self.out, ",\"{member}\":{bracket}")?;
        Ok(())
    }

    fn element(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        self.out.write_all(if self.first { b"\n" } else { b",\n" })?;
        self.first = false;
        self.out.write_all(bytes)?;
        Ok(())
    }

    fn close(&mut self, bracket: &str) -> Result<(), ExportError> {
        self.out.write_all(bracket.as_bytes())?;
        Ok(())
    }
}

fn predecessor(db: &Connection) -> Result<String, ExportError> {
    let first = archive::row(db, 0)?.and_then(|row| Record::decode(&row.preimage).ok());
    let Some(Body::ChainUpgrade(upgrade)) = first.map(|first| first.body) else {
        return Ok("null".to_owned());
    };
    let Some(version) = &upgrade.predecessor_format_version else { return Ok("null".to_owned()) };
    let nullable = |value: &Option<String>| value.as_deref().map_or("null".to_owned(), text);
    Ok(format!(
        r#"{{"format_version":{},"document_sha256":{},"record_count":{},"head_hash":{}}}"#,
        text(version),
        nullable(&upgrade.predecessor_document_sha256),
        upgrade.predecessor_record_count.map_or("null".to_owned(), |count| count.to_string()),
        nullable(&upgrade.predecessor_head_hash),
    ))
}

fn head(head: &Head) -> String {
    format!(r#"{{"entry_count":{},"head_hash":{}}}"#, head.count, text(&head.hash))
}

fn text(text: &str) -> String {
    let mut out = Vec::new();
    json_text(text, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The output does not take it.
    #[error("the document cannot be written: {0}")]
    Out(#[from] io::Error),
    /// A stored record is not one. It is named, never repaired.
    #[error("record {seq} cannot be exported: {error}")]
    Record {
        /// Its place.
        seq: u64,
        /// What is wrong with it.
        error: RecordError,
    },
    /// The store holds no chain yet.
    #[error("the store holds no chain yet; start Vigil once with this state directory")]
    NoChain,
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}
