//! Leaves: minted per host, kept in memory, gone with the process.

use std::collections::HashMap;
use std::sync::Arc;

use rcgen::{Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::issue::{LEAF_DAYS, leaf};
use super::{AuthorityError, DAY_SECONDS, new_key};

const MOST: usize = 512;

/// The leaves in use. All share one key, which exists in memory only.
pub(super) struct Leaves {
    key: KeyPair,
    by_host: HashMap<String, Leaf>,
}

struct Leaf {
    renew_at: i64,
    certified: Arc<CertifiedKey>,
    /// One configuration per ALPN choice, so that each keeps its sessions.
    configs: Vec<(Option<Vec<u8>>, Arc<ServerConfig>)>,
}

impl Leaves {
    pub(super) fn new() -> Result<Self, AuthorityError> {
        Ok(Self { key: new_key()?, by_host: HashMap::new() })
    }

    pub(super) fn server_config(
        &mut self,
        host: &str,
        alpn: Option<&[u8]>,
        now: i64,
        issuer: &Issuer<'_, KeyPair>,
        intermediate: &CertificateDer<'static>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Arc<ServerConfig>, AuthorityError> {
        if self.by_host.get(host).is_none_or(|leaf| leaf.renew_at <= now) {
            let minted = self.mint(host, now, issuer, intermediate, provider)?;
            if self.by_host.len() >= MOST {
                self.by_host.clear();
            }
            self.by_host.insert(host.to_owned(), minted);
        }
        let Some(leaf) = self.by_host.get_mut(host) else {
            return Err(AuthorityError::Name(host.to_owned()));
        };
        if let Some((_, config)) = leaf.configs.iter().find(|(choice, _)| choice.as_deref() == alpn) {
            return Ok(config.clone());
        }
        let mut config = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| AuthorityError::Issue(error.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Always(leaf.certified.clone())));
        config.alpn_protocols = alpn.map(<[u8]>::to_vec).into_iter().collect();
        let config = Arc::new(config);
        leaf.configs.push((alpn.map(<[u8]>::to_vec), config.clone()));
        Ok(config)
    }

    fn mint(
        &self,
        host: &str,
        now: i64,
        issuer: &Issuer<'_, KeyPair>,
        intermediate: &CertificateDer<'static>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Leaf, AuthorityError> {
        let certificate = leaf(host, &self.key, issuer, now)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let signer = provider
            .key_provider
            .load_private_key(key)
            .map_err(|error| AuthorityError::Issue(error.to_string()))?;
        let certified = Arc::new(CertifiedKey::new(vec![certificate, intermediate.clone()], signer));
        Ok(Leaf { renew_at: now + (LEAF_DAYS - 1) * DAY_SECONDS, certified, configs: Vec::new() })
    }
}

/// The SNI was compared with the CONNECT host before: one configuration serves one host.
#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}
