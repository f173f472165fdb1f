//! What makes records a chain: its genesis, its head, its keys, its tree and the anchor (`voaf.md` §9, 10, 13).

mod anchor;
mod checkpoint;
mod key;
mod merkle;

pub(crate) use anchor::{AnchorFound, Anchors};
pub(crate) use checkpoint::Checkpoint;
pub use key::KeyError;
pub(crate) use key::RecordKey;
pub(crate) use merkle::Frontier;

use vigil_core::{Secret, SecretError, SecretStore};

use crate::hex;
use crate::record::{Hash, sha256};

/// Under which name the nonce of the chain is kept.
const NONCE: &str = "chain-nonce";

/// Where the chain ends: how many records it has, and the hash of the last; the genesis when it has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) count: u64,
    /// As the next record's `prev_hash` has it.
    pub(crate) hash: String,
}

/// The genesis of a chain with this nonce (`voaf.md` §9).
pub(crate) fn genesis(nonce: &Hash) -> String {
    let mut bytes = b"vigil-genesis".to_vec();
    bytes.extend_from_slice(nonce);
    hex::encode(&sha256(&bytes))
}

/// The genesis that the kept nonce gives; `None` when there is no nonce, or it is not one.
pub(crate) fn kept_genesis(secrets: &dyn SecretStore) -> Result<Option<String>, SecretError> {
    let kept = secrets.load(NONCE)?;
    let nonce = kept.and_then(|kept| hex::parse(core::str::from_utf8(kept.expose()).ok()?.trim_end()));
    Ok(nonce.map(|nonce| genesis(&nonce)))
}

/// Makes and keeps a new nonce and gives its genesis. Each chain has its own.
pub(crate) fn new_genesis(secrets: &dyn SecretStore) -> Result<String, KeyError> {
    let nonce: Hash = random()?;
    secrets.save(NONCE, &Secret::new(hex::encode(&nonce).into_bytes()))?;
    Ok(genesis(&nonce))
}

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| KeyError::Random(error.to_string()))?;
    Ok(bytes)
}

/// Random bytes for salts and ids, fetched for many records at once.
pub(crate) struct RandomPool {
    bytes: [u8; 1024],
    /// Bytes given out; none of them is given out again.
    used: usize,
}

impl Default for RandomPool {
    fn default() -> Self {
        Self { bytes: [0; 1024], used: 1024 }
    }
}

impl RandomPool {
    pub(crate) fn take(&mut self) -> Result<[u8; 16], KeyError> {
        if self.used >= self.bytes.len() {
            self.bytes = random()?;
            self.used = 0;
        }
        let taken = self.bytes.get_mut(self.used..).and_then(|rest| rest.first_chunk_mut::<16>());
        self.used += 16;
        match taken {
            Some(taken) => Ok(core::mem::take(taken)),
            None => random(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bytes_are_given_out_once() {
        let mut pool = RandomPool::default();
        let taken: std::collections::BTreeSet<_> = (0..200).map(|_| pool.take().unwrap()).collect();
        assert_eq!(taken.len(), 200);
        assert!(!taken.contains(&[0; 16]));
    }
}
