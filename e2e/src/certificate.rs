//! Provider certificates with one defect each.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It is for another host.
    WrongHost,
    /// Nobody trusts who signed it.
    UnknownAuthority,
    /// It signed itself.
    SelfSigned,
}

/// A server with a bad certificate. It ends when it is dropped.
pub struct Site {
    /// Where it listens.
    pub address: SocketAddr,
    /// The root that signed the certificate, to be trusted or not.
    pub root_pem: String,
    task: JoinHandle<()>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Site {
    /// Plays a host, badly.
    pub async fn start(host: &str, defect: Defect) -> Result<Self> {
        let root_key = KeyPair::generate()?;
        let mut root = CertificateParams::new(Vec::new())?;
        root.distinguished_name.push(DnType::CommonName, "e2e root");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let root_pem = root.self_signed(&root_key)?.pem();

        let name = if defect == Defect::WrongHost { "other.example" } else { host };
        let key = KeyPair::generate()?;
        let mut leaf = CertificateParams::new(vec![name.to_owned()])?;
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        match defect {
            Defect::Expired => leaf.not_after = date_time_ymd(2020, 1, 1),
            Defect::NotYetValid => leaf.not_before = date_time_ymd(2090, 1, 1),
            Defect::WrongHost | Defect::UnknownAuthority | Defect::SelfSigned => {}
        }
        let certificate = match defect {
            Defect::SelfSigned => leaf.self_signed(&key)?,
            _ => leaf.signed_by(&key, &Issuer::new(root, root_key))?,
        };
        let chain = vec![CertificateDer::from(certificate.der().to_vec())];
        let secret = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes())?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, secret)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                // Whoever shakes hands with it is what the tests look for.
                tokio::spawn(acceptor.accept(socket));
            }
        });
        Ok(Self { address, root_pem, task })
    }
}
