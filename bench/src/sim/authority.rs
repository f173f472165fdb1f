//! The simulator's own certificate authority.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};

/// A root, and leaves for the hosts that the simulator plays.
pub struct Authority {
    root_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate with its key, as text, so that it can be handed to another process.
pub struct Leaf {
    certificate_pem: String,
    key_pem: String,
}

impl Authority {
    /// Makes a root with a fresh key.
    pub fn generate() -> Result<Self> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "Vigil simulator root");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let root_pem = params.self_signed(&key)?.pem();
        Ok(Self { root_pem, issuer: Issuer::new(params, key) })
    }

    /// The root as PEM: what a client of the simulator must trust.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// A server's TLS settings with a leaf for these hosts.
    pub fn server(&self, hosts: &[&str], alpn: &[&str]) -> Result<rustls::ServerConfig> {
        self.leaf(hosts)?.server(alpn)
    }

    /// A leaf for these hosts, with a fresh key.
    pub fn leaf(&self, hosts: &[&str]) -> Result<Leaf> {
        let key = KeyPair::generate()?;
        let mut params =
            CertificateParams::new(hosts.iter().map(|&host| host.to_owned()).collect::<Vec<_>>())?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate_pem = params.signed_by(&key, &self.issuer)?.pem();
        Ok(Leaf { certificate_pem, key_pem: key.serialize_pem() })
    }
}

impl Leaf {
    /// A server's TLS settings with this leaf.
    pub fn server(&self, alpn: &[&str]) -> Result<rustls::ServerConfig> {
        let chain = vec![CertificateDer::from_pem_slice(self.certificate_pem.as_bytes())?];
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes())?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(config)
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({"certificate": self.certificate_pem, "key": self.key_pem})
    }

    pub(crate) fn from_json(value: &Value) -> Result<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            certificate_pem: text("certificate").context("a leaf without its certificate")?,
            key_pem: text("key").context("a leaf without its key")?,
        })
    }
}
