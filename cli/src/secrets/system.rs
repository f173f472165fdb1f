//! Secrets in the key store of the system: Keychain, Credential Manager, Secret Service.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use vigil_core::{Secret, SecretError, SecretStore};

const SERVICE: &str = "vigil";

/// Entries of the service `vigil`, told apart by the path of the state directory.
pub(crate) struct System {
    installation: String,
}

impl System {
    /// Whether a key store answers here at all.
    pub(crate) fn answers() -> bool {
        keyring::Entry::store_status().is_ok()
            && keyring::Entry::new(SERVICE, "probe")
                .is_ok_and(|entry| matches!(entry.get_secret(), Ok(_) | Err(keyring::Error::NoEntry)))
    }

    /// Opens the entries of one installation.
    pub(crate) fn open(state_dir: &Path) -> Result<Self, SecretError> {
        if let Err(error) = keyring::Entry::store_status() {
            return Err(SecretError::Unavailable(format!(
                "the system key store does not answer ({error}); unlock it, or start from a desktop session"
            )));
        }
        let path = state_dir.as_os_str().as_encoded_bytes();
        Ok(Self { installation: URL_SAFE_NO_PAD.encode(path) })
    }

    fn entry(&self, name: &str) -> Result<keyring::Entry, SecretError> {
        keyring::Entry::new(SERVICE, &format!("{name}@{}", self.installation)).map_err(|error| closed(&error))
    }
}

impl SecretStore for System {
    fn load(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        match self.entry(name)?.get_secret() {
            Ok(bytes) => Ok(Some(Secret::new(bytes))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(closed(&error)),
        }
    }

    fn save(&self, name: &str, value: &Secret) -> Result<(), SecretError> {
        self.entry(name)?.set_secret(value.expose()).map_err(|error| closed(&error))
    }

    fn remove(&self, name: &str) -> Result<(), SecretError> {
        match self.entry(name)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(closed(&error)),
        }
    }
}

fn closed(error: &keyring::Error) -> SecretError {
    SecretError::Unavailable(format!("the system key store refused: {error}; unlock it and try again"))
}
