//! A client and its provider, connected: what the two versions of HTTP are handed to serve.

use std::sync::Arc;

use rustls::AlertDescription;
use tokio::sync::watch;

use crate::config::Limits;
use crate::exchange::Exchanges;
use crate::providers::Provider;

/// Both sides of one intercepted connection, after the TLS handshakes. Both speak the same version of HTTP.
///
/// `h1::serve(link)` and `h2::serve(link)` own it until the connection ends; when they return or are dropped, both
/// sockets close.
pub(crate) struct Link<C, U> {
    pub(crate) client: C,
    pub(crate) upstream: U,
    pub(crate) place: Place,
    pub(crate) exchanges: Arc<Exchanges>,
    pub(crate) limits: Limits,
    pub(crate) stop: Stop,
}

/// Which provider host the connection goes to.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Lower case, without port.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) provider: Arc<Provider>,
    /// The client's address, for notices about connections without a request.
    pub(crate) client: String,
}

/// Tells connections that Vigil is shutting down: what is under way ends, nothing new begins.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// The end that stops (send `true`), and the one that hears it.
    pub(crate) fn new() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    pub(crate) fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is asked. Safe to drop.
    pub(crate) async fn asked(&mut self) {
        // A sender that is gone means the same.
        drop(self.0.wait_for(|asked| *asked).await);
    }
}

impl Place {
    /// A client's connection failed. When it failed because the client does not trust the local CA, that is said, with
    /// what to do about it.
    pub(crate) fn client_failed(&self, exchanges: &Exchanges, error: &std::io::Error) {
        let Some(alert) = distrust(error) else {
            tracing::debug!(
                host = self.host,
                client = self.client,
                "the client's connection failed: {error}"
            );
            return;
        };
        exchanges.distrusted(&self.client, &self.host, alert);
    }
}

/// The alert with which a client said that it does not trust the certificate it was shown.
fn distrust(error: &std::io::Error) -> Option<AlertDescription> {
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    let rustls::Error::AlertReceived(alert) = error else { return None };
    let of_trust = matches!(
        alert,
        AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::AccessDenied
    );
    of_trust.then_some(*alert)
}
