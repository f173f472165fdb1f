//! All of it together: one proxy, one provider, one pipeline.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use vigil_core::wire::ProviderFormat;
use vigil_core::{Secret, SecretError, SecretStore, Timestamp};
use vigil_proxy::providers::{Provider, Providers};
use vigil_proxy::{Intercept, ProxyConfig, Running};

use crate::client;
use crate::formats::Lines;
use crate::pipeline::Pipeline;
use crate::upstream::{Script, Upstream};

pub(crate) const HOST: &str = "api.provider.test";

#[derive(Default)]
pub(crate) struct Memory(Mutex<HashMap<String, Secret>>);

impl SecretStore for Memory {
    fn load(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        Ok(self.0.lock().unwrap().get(name).cloned())
    }
    fn save(&self, name: &str, value: &Secret) -> Result<(), SecretError> {
        self.0.lock().unwrap().insert(name.to_owned(), value.clone());
        Ok(())
    }
    fn remove(&self, name: &str) -> Result<(), SecretError> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}

/// An authority for upstreams.
pub(crate) struct TestCa {
    pub certificate: CertificateDer<'static>,
    pub issuer: Issuer<'static, KeyPair>,
    pub pem: String,
}

impl TestCa {
    pub(crate) fn new() -> Self {
        Self::named("test root")
    }

    pub(crate) fn named(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).unwrap();
        let pem = certificate.pem();
        Self { certificate: certificate.der().clone(), issuer: Issuer::new(params, key), pem }
    }

    /// A certificate that `change` was applied to, and a server that shows it.
    pub(crate) fn server(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let mut params =
            CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        change(&mut params);
        let leaf = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        server_of(vec![leaf, self.certificate.clone()], &key, Vec::new())
    }
}

pub(crate) fn server_of(chain: Vec<CertificateDer<'static>>, key: &KeyPair, ocsp: Vec<u8>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert_with_ocsp(chain, key, ocsp)
        .unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

pub(crate) struct Stage {
    pub running: Running,
    pub upstream: Upstream,
    pub pipeline: Pipeline,
    pub ca_file: PathBuf,
    pub folder: tempfile::TempDir,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut ProxyConfig)) -> Self {
        let authority = TestCa::new();
        let server = authority.server(&[HOST, "other.test", "127.0.0.1"], |_| ());
        Self::serving(&authority, Some(server), "127.0.0.1:0", change).await
    }

    pub(crate) async fn serving(
        authority: &TestCa,
        server: Option<ServerConfig>,
        listen: &str,
        change: impl FnOnce(&mut ProxyConfig),
    ) -> Self {
        let upstream = Upstream::start(server, listen).await;
        Self::before(authority, upstream, change).await
    }

    pub(crate) async fn before(
        authority: &TestCa,
        upstream: Upstream,
        change: impl FnOnce(&mut ProxyConfig),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let roots = folder.path().join("roots.pem");
        std::fs::write(&roots, &authority.pem).unwrap();
        let mut config = ProxyConfig::new(folder.path().join("state"));
        config.providers = Providers::none();
        config.providers.add(Provider::named(HOST, 443, ProviderFormat::OpenAi));
        config.platform_roots = false;
        config.extra_ca_files = vec![roots];
        for host in [HOST, "other.test"] {
            config.resolve.insert((host.to_owned(), 443), upstream.address);
        }
        config.limits.connect = Duration::from_secs(5);
        change(&mut config);
        let (pipeline, port) = Pipeline::start();
        let clock = Arc::new(|| {
            let now = std::time::UNIX_EPOCH.elapsed().unwrap();
            Timestamp::from_micros(now.as_micros() as i64)
        });
        let running = Intercept::start(config, Arc::new(Lines), Arc::new(Memory::default()), port, clock)
            .await
            .unwrap();
        let ca_file = running.ca_file.clone();
        Self { running, upstream, pipeline, ca_file, folder }
    }

    /// An intercepted connection to the provider.
    pub(crate) async fn client(&self) -> TlsStream<TcpStream> {
        let (stream, status) = client::connect(self.running.proxy_addr, &format!("{HOST}:443")).await;
        assert_eq!(status, 200);
        client::secure(stream, &self.ca_file, HOST, &["http/1.1"]).await.unwrap()
    }

    /// Sends a request, and gives all that comes back until the connection ends.
    pub(crate) async fn exchange(&self, request: &[u8], script: Script) -> (Vec<u8>, bool) {
        self.upstream.plays(script);
        let mut stream = self.client().await;
        client::send(&mut stream, request).await;
        client::read_all(&mut stream).await
    }
}

/// A request to the gated endpoint that asks for the connection to be closed.
pub(crate) fn ask(body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST /chat HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
