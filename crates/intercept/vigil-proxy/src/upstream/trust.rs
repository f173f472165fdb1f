//! Which upstream certificates are good: the platform's roots, the user's own, revocation.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::{CertificateError, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};

use crate::config::ProxyConfig;

use super::alert;
use super::revocation::WithStaple;

/// Why the trust in upstreams cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// A file of the configuration cannot be used.
    #[error("`{file}` cannot be used as {what}: {reason}")]
    File {
        /// Which file.
        file: String,
        /// What it should be.
        what: &'static str,
        /// Why not.
        reason: String,
    },
    /// There is not one root.
    #[error("no root certificate was found on this system; name a file in `upstream.extra_ca_files`")]
    NoRoots,
    /// The verifier refused its roots or lists.
    #[error("upstream certificates cannot be verified: {0}")]
    Verifier(String),
}

pub(super) fn verifier(
    config: &ProxyConfig,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, TrustError> {
    let roots = roots(config)?;
    let mut lists = Vec::new();
    for file in &config.crl_files {
        lists.extend(revocation_lists(file)?);
    }
    let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    // A list says who is revoked; it does not say that hosts of other authorities are bad.
    let builder = builder.with_crls(lists).allow_unknown_revocation_status();
    let inner = builder.build().map_err(|error| TrustError::Verifier(error.to_string()))?;
    Ok(Arc::new(WithStaple::new(inner)))
}

fn roots(config: &ProxyConfig) -> Result<RootCertStore, TrustError> {
    let mut roots = RootCertStore::empty();
    if config.platform_roots {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!("a root certificate of this system cannot be read: {error}");
        }
        roots.add_parsable_certificates(found.certs);
    }
    for file in &config.extra_ca_files {
        let wrong = |reason: String| TrustError::File {
            file: file.display().to_string(),
            what: "a file of root certificates",
            reason,
        };
        let text = fs::read(file).map_err(|error| wrong(error.to_string()))?;
        let mut count = 0;
        for certificate in CertificateDer::pem_slice_iter(&text) {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
            count += 1;
        }
        if count == 0 {
            return Err(wrong("it holds no certificate in PEM form".to_owned()));
        }
    }
    if roots.is_empty() { Err(TrustError::NoRoots) } else { Ok(roots) }
}

fn revocation_lists(file: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, TrustError> {
    let wrong = |reason: String| TrustError::File {
        file: file.display().to_string(),
        what: "a certificate revocation list",
        reason,
    };
    let bytes = fs::read(file).map_err(|error| wrong(error.to_string()))?;
    if !bytes.trim_ascii_start().starts_with(b"-----BEGIN") {
        return Ok(vec![CertificateRevocationListDer::from(bytes)]);
    }
    CertificateRevocationListDer::pem_slice_iter(&bytes)
        .map(|list| list.map_err(|error| wrong(error.to_string())))
        .collect()
}

/// What is wrong with a certificate, and the TLS alert that says the same.
pub(super) fn in_plain_words(why: &CertificateError) -> (String, u8) {
    let (words, alert) = match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("its certificate has expired", alert::CERTIFICATE_EXPIRED)
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("its certificate is not valid yet; is the clock right?", alert::CERTIFICATE_EXPIRED)
        }
        CertificateError::Revoked => ("its certificate was revoked", alert::CERTIFICATE_REVOKED),
        CertificateError::UnknownIssuer => (
            "its certificate is from an authority that nothing on this machine trusts, or signed by itself; if it is \
             your own, add the authority to `upstream.extra_ca_files`",
            alert::UNKNOWN_CA,
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            ("its certificate is for another host", alert::BAD_CERTIFICATE)
        }
        CertificateError::BadSignature
        | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            ("its certificate has a wrong or weak signature or key", alert::BAD_CERTIFICATE)
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            ("its certificate is not for servers", alert::CERTIFICATE_UNKNOWN)
        }
        other => return (format!("its certificate is not good: {other}"), alert::BAD_CERTIFICATE),
    };
    (words.to_owned(), alert)
}
