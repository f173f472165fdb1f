//! Evidence objects: what stands behind a record, committed to by digest, deletable (`voaf.md` §13.6).
//!
//! The bytes are made once, hashed, stored and exported as they are. Nothing is canonicalised.

mod action;
mod exchange;
mod object;
mod strict;

pub(crate) use action::action_evidence;
pub(crate) use exchange::exchange_evidence;

use crate::hex;
use crate::record::sha256;

/// The bytes of an object and the digest a record commits to them with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Evidence {
    pub(crate) bytes: Vec<u8>,
    pub(crate) digest: String,
}

impl Evidence {
    fn new(bytes: Vec<u8>) -> Self {
        let digest = hex::encode(&sha256(&bytes));
        Self { bytes, digest }
    }
}
