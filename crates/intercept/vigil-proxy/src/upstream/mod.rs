//! The way to the provider: addresses, TCP, TLS.

mod ocsp;
mod reach;
mod revocation;
mod trust;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::config::ProxyConfig;

pub(crate) use self::ocsp::fuzz as fuzz_ocsp;
pub(crate) use self::reach::tune;
pub use self::trust::TrustError;

/// How many different offers of protocols are remembered.
const MOST_OFFERS: usize = 32;
const SESSIONS: usize = 512;

/// The protocols a client offers (ALPN), best first.
type Offer = Vec<Vec<u8>>;

/// Connects to upstreams as their clients would.
pub(crate) struct Upstreams {
    resolve: BTreeMap<(String, u16), SocketAddr>,
    provider: Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
    sessions: Resumption,
    by_offer: Mutex<Vec<(Offer, Arc<ClientConfig>)>>,
    patience: std::time::Duration,
}

/// Why an upstream could not be reached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    /// It was reached and must not be trusted.
    #[error("{reason}")]
    Certificate {
        /// Why, in plain words.
        reason: String,
        /// The TLS alert that tells a client the same.
        alert: u8,
    },
    /// It speaks no TLS that is acceptable.
    #[error("its TLS handshake failed: {0}")]
    Handshake(String),
    /// It could not be reached.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
}

impl UpstreamError {
    /// The TLS alert for the client.
    pub(crate) const fn alert(&self) -> u8 {
        match self {
            Self::Certificate { alert, .. } => *alert,
            Self::Handshake(_) => alert::HANDSHAKE_FAILURE,
            Self::Unreachable(_) => alert::INTERNAL_ERROR,
        }
    }
}

/// TLS alerts (RFC 8446 §6).
pub(crate) mod alert {
    pub(crate) const HANDSHAKE_FAILURE: u8 = 40;
    pub(crate) const BAD_CERTIFICATE: u8 = 42;
    pub(crate) const CERTIFICATE_REVOKED: u8 = 44;
    pub(crate) const CERTIFICATE_EXPIRED: u8 = 45;
    pub(crate) const CERTIFICATE_UNKNOWN: u8 = 46;
    pub(crate) const UNKNOWN_CA: u8 = 48;
    pub(crate) const INTERNAL_ERROR: u8 = 80;
    pub(crate) const UNRECOGNIZED_NAME: u8 = 112;
    pub(crate) const NO_APPLICATION_PROTOCOL: u8 = 120;
}

impl Upstreams {
    pub(crate) fn new(config: &ProxyConfig, provider: Arc<CryptoProvider>) -> Result<Self, TrustError> {
        let verifier = trust::verifier(config, &provider)?;
        Ok(Self {
            resolve: config.resolve.clone(),
            provider,
            verifier,
            sessions: Resumption::in_memory_sessions(SESSIONS),
            by_offer: Mutex::default(),
            patience: config.limits.connect,
        })
    }

    /// Opens a TCP connection.
    pub(crate) async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, UpstreamError> {
        let fixed = self.resolve.get(&(host.to_owned(), port)).copied();
        match timeout(self.patience, reach::reach(host, port, fixed)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(UpstreamError::Unreachable(error.to_string())),
            Err(_) => {
                Err(UpstreamError::Unreachable(format!("no answer within {} s", self.patience.as_secs())))
            }
        }
    }

    /// Does the TLS handshake, offering what the client offered.
    pub(crate) async fn secure(
        &self,
        stream: TcpStream,
        host: &str,
        offer: &[Vec<u8>],
    ) -> Result<TlsStream<TcpStream>, UpstreamError> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| UpstreamError::Unreachable(format!("`{host}` is not a host name")))?;
        let config = self.config(offer)?;
        let handshake = TlsConnector::from(config).connect(name, stream);
        match timeout(self.patience, handshake).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(explain(&error)),
            Err(_) => {
                Err(UpstreamError::Handshake(format!("no answer within {} s", self.patience.as_secs())))
            }
        }
    }

    fn config(&self, offer: &[Vec<u8>]) -> Result<Arc<ClientConfig>, UpstreamError> {
        let mut by_offer = self.by_offer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, config)) = by_offer.iter().find(|(known, _)| known == offer) {
            return Ok(config.clone());
        }
        let mut config = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| UpstreamError::Handshake(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(self.verifier.clone())
            .with_no_client_auth();
        config.alpn_protocols = offer.to_vec();
        config.resumption = self.sessions.clone();
        let config = Arc::new(config);
        if by_offer.len() >= MOST_OFFERS {
            by_offer.clear();
        }
        by_offer.push((offer.to_vec(), config.clone()));
        Ok(config)
    }
}

/// What a failed handshake was about.
fn explain(error: &io::Error) -> UpstreamError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(why)) => {
            let (reason, alert) = trust::in_plain_words(why);
            UpstreamError::Certificate { reason, alert }
        }
        Some(rustls::Error::NoCertificatesPresented) => UpstreamError::Certificate {
            reason: "it shows no certificate".to_owned(),
            alert: alert::BAD_CERTIFICATE,
        },
        Some(other) => UpstreamError::Handshake(other.to_string()),
        None => UpstreamError::Handshake(error.to_string()),
    }
}
