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
use crate::record::{Hash, sha256};

/// The bytes of an object, and their SHA-256, with which a record commits to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// Empty when a record has none.
    pub(crate) bytes: Vec<u8>,
    pub(crate) hash: Hash,
}

impl Evidence {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { hash: sha256(&bytes), bytes }
    }

    /// As records spell it.
    pub(crate) fn digest(&self) -> String {
        hex::encode(&self.hash)
    }
}

impl Default for Evidence {
    /// None.
    fn default() -> Self {
        Self::new(Vec::new())
    }
}
