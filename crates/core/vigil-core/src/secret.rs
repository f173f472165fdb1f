//! The port through which keys are kept. The composition root decides where: the system key store or files.

use alloc::string::String;
use alloc::vec::Vec;
use zeroize::Zeroizing;

/// Bytes that wipe themselves and do not print.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the bytes over. The caller's own copies are the caller's to wipe.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, for the one place that needs them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

/// Where keys, the chain nonce and the head anchor are kept.
///
/// Names are short ASCII words (`record-key`, `vigil-head-anchor-a`); an implementation adds what tells installations
/// apart. A save is durable when the call returns.
pub trait SecretStore: Send + Sync {
    /// The value kept under `name`, or `None` when there is none.
    fn load(&self, name: &str) -> Result<Option<Secret>, SecretError>;
    /// Keeps `value` under `name`, in place of an older one.
    fn save(&self, name: &str, value: &Secret) -> Result<(), SecretError>;
    /// Forgets what is kept under `name`; nothing happens when there is nothing.
    fn remove(&self, name: &str) -> Result<(), SecretError>;
}

/// Why a secret could not be read or kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// Others than the owner can read the place. The text names it and the command that mends it.
    #[error("{0}")]
    Exposed(String),
    /// The place is there and does not answer as it should.
    #[error("{0}")]
    Unavailable(String),
}
