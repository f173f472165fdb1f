//! Records: their fields, the bytes they are hashed over, and their form in a document (`voaf.md` §2–4).

mod field;
mod foreign;
mod kind;
mod preimage;

use sha2::{Digest as _, Sha256};

pub(crate) use field::json_text;
pub(crate) use foreign::{capped, foreign};
pub use kind::{Body, ChainTruncation, ChainUpgrade, GateDecision, Interaction, Lifecycle};
pub use preimage::RecordError;
pub(crate) use preimage::decimal;

use crate::hex;
use field::Field as _;
use preimage::{Fields, Preimage};

/// Field 1 of every record.
pub(crate) const TAG: &str = "voaf-2.0";
/// The longest string, integer text or array element.
pub(crate) const MAX_TEXT_BYTES: usize = 1 << 20;
/// The longest array.
pub(crate) const MAX_ELEMENTS: usize = 1 << 16;
/// The longest preimage.
pub(crate) const MAX_PREIMAGE_BYTES: usize = 1 << 24;

/// A SHA-256 digest as bytes. Records carry it as 64 lowercase hex digits.
pub(crate) type Hash = [u8; 32];

/// One entry of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its position, from 0.
    pub seq: u64,
    /// The hash of the record before; the genesis for record 0.
    pub prev_hash: String,
    /// A ULID.
    pub id: String,
    /// When it was made, by the clock of this machine.
    pub timestamp_us: i64,
    /// What it says.
    pub body: Body,
}

impl Record {
    /// The bytes its hash is taken over.
    pub fn preimage(&self) -> Result<Vec<u8>, RecordError> {
        self.encode(TAG, self.body.field_count())
    }

    /// Reads a preimage back.
    pub fn decode(preimage: &[u8]) -> Result<Self, RecordError> {
        if preimage.len() > MAX_PREIMAGE_BYTES {
            return Err(RecordError::TooLarge { what: "record", limit: MAX_PREIMAGE_BYTES });
        }
        let mut fields = Fields::new(preimage);
        if fields.text()? != TAG {
            return Err(RecordError::Malformed("the tag is not `voaf-2.0`"));
        }
        let count = fields.integer()?;
        let seq =
            u64::try_from(fields.integer()?).map_err(|_| RecordError::Malformed("`seq` is below zero"))?;
        let prev_hash = fields.text()?.to_owned();
        let kind = fields.text()?;
        let id = fields.text()?.to_owned();
        let timestamp_us = fields.integer()?;
        let body = Body::decode(kind, &mut fields)?;
        fields.end()?;
        if count != body.field_count() {
            return Err(RecordError::Malformed("the field count is not that of the kind"));
        }
        Ok(Self { seq, prev_hash, id, timestamp_us, body })
    }

    /// Appends the record as an object of a document (`voaf.md` §11). `hash` is the stored hash.
    pub(crate) fn json(&self, hash: &Hash, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"seq\":");
        out.extend_from_slice(self.seq.to_string().as_bytes());
        out.extend_from_slice(b",\"prev_hash\":");
        self.prev_hash.json(out);
        out.extend_from_slice(b",\"id\":");
        self.id.json(out);
        out.extend_from_slice(b",\"timestamp_us\":");
        self.timestamp_us.json(out);
        out.extend_from_slice(b",\"event_kind\":");
        json_text(self.body.kind(), out);
        self.body.json(out);
        out.extend_from_slice(b",\"hash\":");
        json_text(&hex::encode(hash), out);
        out.push(b'}');
    }

    fn encode(&self, tag: &str, field_count: i64) -> Result<Vec<u8>, RecordError> {
        let seq = i64::try_from(self.seq)
            .map_err(|_| RecordError::TooLarge { what: "chain", limit: usize::MAX })?;
        let mut out = Preimage::with_capacity(1024);
        out.text(tag);
        out.integer(field_count);
        out.integer(seq);
        out.text(&self.prev_hash);
        out.text(self.body.kind());
        out.text(&self.id);
        out.integer(self.timestamp_us);
        self.body.encode(&mut out);
        out.finish()
    }
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests;
