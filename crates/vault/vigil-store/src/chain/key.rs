//! The key that signs records and checkpoints (`voaf.md` §13.1, 13.2, 14.4).

use ed25519_dalek::{Signer as _, SigningKey};
use vigil_core::{Secret, SecretError, SecretStore};
use zeroize::Zeroizing;

use crate::hex;
use crate::record::{Hash, sha256};

/// Under which name the seed is kept.
const SEED: &str = "record-key";

/// Under which name the seed of the next key is kept while a rotation is under way (`voaf.md` §13.3).
const NEXT_SEED: &str = "record-key-next";

/// The signing key in force.
pub(crate) struct RecordKey {
    key: SigningKey,
    id: String,
}

impl RecordKey {
    /// The kept key, or `None` when there is none.
    pub(crate) fn load(secrets: &dyn SecretStore) -> Result<Option<Self>, KeyError> {
        Ok(load_seed(secrets, SEED)?.map(|seed| Self::from_seed(&seed)))
    }

    /// Makes and keeps a new key.
    pub(crate) fn generate(secrets: &dyn SecretStore) -> Result<Self, KeyError> {
        generate(secrets, SEED)
    }

    /// The key that a rotation under way has prepared.
    pub(crate) fn load_next(secrets: &dyn SecretStore) -> Result<Option<Self>, KeyError> {
        Ok(load_seed(secrets, NEXT_SEED)?.map(|seed| Self::from_seed(&seed)))
    }

    /// Prepares the key of a rotation.
    pub(crate) fn generate_next(secrets: &dyn SecretStore) -> Result<Self, KeyError> {
        generate(secrets, NEXT_SEED)
    }

    /// Keeps the prepared key in place of the old one, whose seed is gone then.
    pub(crate) fn promote_next(secrets: &dyn SecretStore) -> Result<(), KeyError> {
        if let Some(seed) = load_seed(secrets, NEXT_SEED)? {
            secrets.save(SEED, &Secret::new(seed.to_vec()))?;
            secrets.remove(NEXT_SEED)?;
        }
        Ok(())
    }

    pub(crate) fn from_seed(seed: &Hash) -> Self {
        let key = SigningKey::from_bytes(seed);
        let id = key_id(&key.verifying_key().to_bytes());
        Self { key, id }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn public(&self) -> Hash {
        self.key.verifying_key().to_bytes()
    }

    /// Signs a record.
    ///
    /// ```text
    /// vigil-record/v1 LF
    /// <genesis, 64 hex> LF
    /// <seq, decimal> LF
    /// <record hash, 64 hex> LF
    /// ```
    pub(crate) fn sign_record(&self, genesis: &str, seq: u64, hash: &Hash) -> [u8; 64] {
        self.key.sign(&record_message(genesis, seq, hash)).to_bytes()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

fn load_seed(secrets: &dyn SecretStore, name: &str) -> Result<Option<Zeroizing<Hash>>, KeyError> {
    let Some(kept) = secrets.load(name)? else { return Ok(None) };
    let seed: Hash = kept.expose().try_into().map_err(|_| KeyError::Seed(kept.expose().len()))?;
    Ok(Some(Zeroizing::new(seed)))
}

fn generate(secrets: &dyn SecretStore, name: &str) -> Result<RecordKey, KeyError> {
    let seed: Zeroizing<Hash> = Zeroizing::new(super::random()?);
    secrets.save(name, &Secret::new(seed.to_vec()))?;
    Ok(RecordKey::from_seed(&seed))
}

/// The spelling of a key's identity.
pub(crate) fn key_id(public: &Hash) -> String {
    let mut bytes = b"vigil-key/v1\n".to_vec();
    bytes.extend_from_slice(public);
    let digest = hex::encode(&sha256(&bytes));
    format!("vk1-{}", digest.get(..32).unwrap_or_default())
}

pub(super) fn record_message(genesis: &str, seq: u64, hash: &Hash) -> Vec<u8> {
    format!("vigil-record/v1\n{genesis}\n{seq}\n{}\n", hex::encode(hash)).into_bytes()
}

/// Why a key is not at hand.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The secret store does not answer.
    #[error("the key store cannot be used: {0}")]
    Secrets(#[from] SecretError),
    /// What is kept is not a seed.
    #[error(
        "the kept `record-key` has {0} bytes and not 32; put the original back or remove it to begin a new chain"
    )]
    Seed(usize),
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes: {0}")]
    Random(String),
}

#[cfg(test)]
mod tests;
