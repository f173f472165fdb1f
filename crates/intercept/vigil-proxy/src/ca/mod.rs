//! The local CA: a root made on this machine, an intermediate that may speak for provider hosts only, and short-lived
//! leaves that exist in memory only.
//!
//! The root's key signs intermediates and nothing else. It stays sealed in the [`SecretStore`] and is opened only when
//! the intermediate must be issued again: a provider host was added, or the old one expires. The intermediate's key is
//! replaced each time.

mod file;
mod issue;
mod leaf;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{Issuer, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::crypto::CryptoProvider;
use rustls_pki_types::CertificateDer;
use vigil_core::{Secret, SecretError, SecretStore, Timestamp};

use crate::providers::Providers;

use self::issue::Constraints;
use self::leaf::Leaves;

const ROOT_KEY: &str = "ca-root-key";
const INTERMEDIATE_KEY: &str = "ca-intermediate-key";
const DAY_SECONDS: i64 = 86_400;
/// An intermediate with less left is issued again.
const RENEW_DAYS: i64 = 30;

/// Signs leaves for provider hosts.
pub(crate) struct Authority {
    ca_file: PathBuf,
    intermediate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    provider: Arc<CryptoProvider>,
    leaves: Mutex<Leaves>,
}

/// Why there is no local CA.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// A file or folder of the CA cannot be used.
    #[error("{0}")]
    File(String),
    /// A key cannot be read or kept.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// `ca.pem` is there and its key is not.
    #[error(
        "`{0}` has lost its key, so no certificate can be issued under it; run `vigil ca remove` and start again to \
         make a new one"
    )]
    KeyLost(String),
    /// A provider's name cannot stand in a certificate.
    #[error("`{0}` cannot stand in a certificate")]
    Name(String),
    /// The cryptographic library refused.
    #[error("a certificate could not be made: {0}")]
    Issue(String),
}

impl Authority {
    /// Opens the CA in `state_dir`; makes it when there is none, and issues the intermediate again when its hosts are no
    /// longer those of the table or its end is near.
    pub(crate) fn open(
        state_dir: &std::path::Path,
        secrets: &dyn SecretStore,
        providers: &Providers,
        now: Timestamp,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, AuthorityError> {
        file::prepare_folder(state_dir)?;
        let ca_file = state_dir.join("ca.pem");
        let intermediate_file = state_dir.join("ca-intermediate.pem");
        let constraints = Constraints::of(providers);
        let now = now.micros.div_euclid(1_000_000);
        let root = match file::read_certificate(&ca_file)? {
            Some(root) if issue::days_left(&root, now) > 0 => root,
            expired => {
                if expired.is_some() {
                    tracing::warn!(
                        "the local CA has expired and is made anew; trust `{}` again",
                        ca_file.display()
                    );
                }
                make_root(&ca_file, secrets, now)?
            }
        };
        let standing = match (file::read_certificate(&intermediate_file)?, secrets.load(INTERMEDIATE_KEY)?) {
            (Some(certificate), Some(key)) => {
                let key = key_pair(&key)?;
                let good = issue::is_issued_by(&certificate, &root)
                    && issue::holds_key(&certificate, &key)
                    && issue::days_left(&certificate, now) > RENEW_DAYS;
                let same_hosts = issue::constraints_of(&certificate).as_ref() == Some(&constraints);
                if good && !same_hosts {
                    tracing::info!(
                        "the provider hosts have changed: the intermediate of the local CA is issued again"
                    );
                }
                (good && same_hosts).then_some((certificate, key))
            }
            _ => None,
        };
        let (intermediate, key) = match standing {
            Some(standing) => standing,
            None => {
                let sealed = secrets
                    .load(ROOT_KEY)?
                    .ok_or_else(|| AuthorityError::KeyLost(ca_file.display().to_string()))?;
                let root_key = key_pair(&sealed)?;
                if !issue::holds_key(&root, &root_key) {
                    return Err(AuthorityError::KeyLost(ca_file.display().to_string()));
                }
                let key = new_key()?;
                let certificate = issue::intermediate(&root, root_key, &key, &constraints, now)?;
                secrets.save(INTERMEDIATE_KEY, &Secret::new(key.serialize_der()))?;
                file::write_certificate(&intermediate_file, &certificate)?;
                (certificate, key)
            }
        };
        let issuer = Issuer::from_ca_cert_der(&intermediate, key).map_err(issue_error)?;
        Ok(Self { ca_file, intermediate, issuer, provider, leaves: Mutex::new(Leaves::new()?) })
    }

    /// The file that clients must trust: the root alone.
    pub(crate) fn ca_file(&self) -> &std::path::Path {
        &self.ca_file
    }

    /// What a client is shown for `host`, offering `alpn` alone. Cached until the leaf is near its end.
    pub(crate) fn server_config(
        &self,
        host: &str,
        alpn: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<Arc<rustls::ServerConfig>, AuthorityError> {
        let now = now.micros.div_euclid(1_000_000);
        let mut leaves = self.leaves.lock().unwrap_or_else(PoisonError::into_inner);
        leaves.server_config(host, alpn, now, &self.issuer, &self.intermediate, &self.provider)
    }
}

fn make_root(
    ca_file: &std::path::Path,
    secrets: &dyn SecretStore,
    now: i64,
) -> Result<CertificateDer<'static>, AuthorityError> {
    let key = new_key()?;
    let root = issue::root(&key, now)?;
    secrets.save(ROOT_KEY, &Secret::new(key.serialize_der()))?;
    file::write_certificate(ca_file, &root)?;
    tracing::info!("a local CA was made; its certificate is `{}`", ca_file.display());
    Ok(root)
}

fn new_key() -> Result<KeyPair, AuthorityError> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(issue_error)
}

fn key_pair(secret: &Secret) -> Result<KeyPair, AuthorityError> {
    let der = rustls_pki_types::PrivatePkcs8KeyDer::from(secret.expose());
    KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_ECDSA_P256_SHA256).map_err(issue_error)
}

fn issue_error(error: rcgen::Error) -> AuthorityError {
    AuthorityError::Issue(error.to_string())
}

#[cfg(test)]
mod tests;
