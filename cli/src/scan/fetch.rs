//! The way to the registries: GET over HTTP and HTTPS, with the proxies and certificates that the environment names.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider};
use vigil_scan::{Fetch, FetchError, FetchRequest, FetchResponse};

use crate::Context;

/// Variables that name certificates beside those of the platform; `SSL_CERT_FILE` and `SSL_CERT_DIR` replace those.
const EXTRA_CERTIFICATES: [&str; 4] =
    ["NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT"];

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const WHOLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Asks registries. Certificates are read when the first question is asked.
pub(crate) struct Http {
    extra: Vec<PathBuf>,
    connect: Duration,
    whole: Duration,
    agent: OnceLock<ureq::Agent>,
}

impl Http {
    pub(crate) fn new(context: &Context) -> Self {
        let extra = EXTRA_CERTIFICATES.iter().filter_map(|name| context.variable(name)).map(PathBuf::from);
        Self {
            extra: extra.collect(),
            connect: CONNECT_TIMEOUT,
            whole: WHOLE_TIMEOUT,
            agent: OnceLock::new(),
        }
    }

    /// For somebody who waits no longer than this for an answer.
    pub(crate) fn within(self, whole: Duration) -> Self {
        Self { connect: self.connect.min(whole), whole, ..self }
    }

    fn agent(&self) -> &ureq::Agent {
        self.agent.get_or_init(|| {
            let tls = TlsConfig::builder()
                .provider(TlsProvider::Rustls)
                .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
                .root_certs(RootCerts::Specific(Arc::new(self.roots())))
                .build();
            ureq::Agent::config_builder()
                .user_agent(concat!("vigil-scan/", env!("CARGO_PKG_VERSION")))
                .timeout_connect(Some(self.connect))
                .timeout_global(Some(self.whole))
                .http_status_as_error(false)
                .max_redirects(5)
                .tls_config(tls)
                .build()
                .into()
        })
    }

    /// The certificates of the platform, and those that the environment adds. A file that cannot be read adds none: the
    /// connection then fails and says why.
    fn roots(&self) -> Vec<Certificate<'static>> {
        let platform = rustls_native_certs::load_native_certs().certs;
        let mut roots: Vec<_> = platform
            .iter()
            .map(|certificate| Certificate::from_der(certificate.as_ref()).to_owned())
            .collect();
        for file in &self.extra {
            let Ok(pem) = std::fs::read(file) else { continue };
            roots.extend(ureq::tls::parse_pem(&pem).filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            }));
        }
        roots
    }
}

impl Fetch for Http {
    fn get(&self, request: &FetchRequest) -> Result<FetchResponse, FetchError> {
        let mut call = self.agent().get(&request.url).header("accept", request.accept);
        if let Some(etag) = &request.etag {
            call = call.header("if-none-match", etag);
        }
        let mut response = call.call().map_err(told)?;
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let etag = header("etag").map(str::to_owned);
        let retry_after = header("retry-after").and_then(|seconds| seconds.parse().ok());
        let last_modified = header("last-modified").and_then(|time| {
            let time = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(time).ok()?;
            Some(time.as_second())
        });
        let status = response.status().as_u16();
        let limit = u64::try_from(request.max_bytes).unwrap_or(u64::MAX);
        let body = response.body_mut().with_config().limit(limit).read_to_vec().map_err(told)?;
        Ok(FetchResponse { status, etag, retry_after, last_modified, body })
    }
}

fn told(error: ureq::Error) -> FetchError {
    match error {
        ureq::Error::Timeout(_) => FetchError::Timeout,
        ureq::Error::BodyExceedsLimit(_) => FetchError::TooLarge,
        error => FetchError::Connection(error.to_string()),
    }
}
