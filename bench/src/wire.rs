//! A plain HTTP/1.1 client over TLS, through a proxy or directly, that tells when each piece of a body came.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How a client gets to a provider.
#[derive(Clone)]
pub struct Route {
    /// Where the connection goes: the proxy, or the provider itself.
    pub address: SocketAddr,
    /// Whether a CONNECT to the host comes first.
    pub through_proxy: bool,
    /// The provider's name.
    pub host: String,
    /// The provider's port.
    pub port: u16,
    /// Whom the client trusts.
    pub trust: Arc<rustls::ClientConfig>,
}

impl Route {
    /// TLS settings that trust the roots of a PEM text and nothing else.
    pub fn trusting(pem: &str) -> Result<Arc<rustls::ClientConfig>> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            roots.add(certificate.context("reading a root certificate")?)?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::new(config))
    }
}

/// A kept-alive connection to a provider.
pub struct Connection {
    stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
}

/// The head of a reply.
#[derive(Clone, Debug)]
pub struct Head {
    /// The status.
    pub status: u16,
    /// The fields, names in lower case.
    pub fields: Vec<(String, String)>,
}

impl Head {
    /// The first value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

enum Length {
    Known(usize),
    Chunked,
    Close,
}

impl Connection {
    /// Connects, asks the proxy for a tunnel where there is one, and shakes hands.
    pub async fn open(route: &Route) -> Result<Self> {
        let mut socket = TcpStream::connect(route.address).await.context("connecting")?;
        socket.set_nodelay(true)?;
        if route.through_proxy {
            let target = format!("{}:{}", route.host, route.port);
            socket
                .write_all(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").as_bytes())
                .await?;
            let mut answer = Vec::new();
            while !answer.ends_with(b"\r\n\r\n") {
                answer.push(socket.read_u8().await.context("the proxy closed the connection")?);
            }
            if !answer.starts_with(b"HTTP/1.1 200") {
                bail!("the proxy refused: {}", String::from_utf8_lossy(&answer));
            }
        }
        let name = ServerName::try_from(route.host.clone())?;
        let stream =
            TlsConnector::from(Arc::clone(&route.trust)).connect(name, socket).await.context("TLS")?;
        Ok(Self { stream, buffer: Vec::with_capacity(64 << 10) })
    }

    /// Sends a JSON request.
    pub async fn post(&mut self, host: &str, path: &str, fields: &[(&str, &str)], body: &[u8]) -> Result<()> {
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in fields {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        self.stream.write_all(&bytes).await?;
        self.stream.flush().await?;
        Ok(())
    }

    /// Receives a reply and hands over each piece of its body, without transfer coding, as it comes.
    pub async fn receive(&mut self, mut take: impl FnMut(&[u8], Instant)) -> Result<Head> {
        let (head, length) = self.head().await?;
        match length {
            Length::Known(mut left) => {
                while left > 0 {
                    if self.buffer.is_empty() && !self.fill().await? {
                        bail!("the reply broke off");
                    }
                    let piece = left.min(self.buffer.len());
                    take(self.buffer.get(..piece).unwrap_or_default(), Instant::now());
                    self.buffer.drain(..piece);
                    left -= piece;
                }
            }
            Length::Chunked => while self.chunk(&mut take).await? {},
            Length::Close => loop {
                if !self.buffer.is_empty() {
                    take(&self.buffer, Instant::now());
                    self.buffer.clear();
                }
                if !self.fill().await? {
                    break;
                }
            },
        }
        Ok(head)
    }

    async fn fill(&mut self) -> Result<bool> {
        Ok(self.stream.read_buf(&mut self.buffer).await? > 0)
    }

    async fn head(&mut self) -> Result<(Head, Length)> {
        loop {
            let mut fields = [httparse::EMPTY_HEADER; 96];
            let mut parsed = httparse::Response::new(&mut fields);
            if let httparse::Status::Complete(end) = parsed.parse(&self.buffer)? {
                let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
                let fields: Vec<_> = parsed
                    .headers
                    .iter()
                    .map(|field| (field.name.to_ascii_lowercase(), text(field.value)))
                    .collect();
                let head = Head { status: parsed.code.unwrap_or(0), fields };
                self.buffer.drain(..end);
                if head.status / 100 == 1 {
                    continue;
                }
                let chunked = head.field("transfer-encoding").is_some_and(|value| value.contains("chunked"));
                let length = match head.field("content-length").map(str::parse) {
                    _ if chunked => Length::Chunked,
                    Some(length) => Length::Known(length?),
                    None if head.status == 204 || head.status == 304 => Length::Known(0),
                    None => Length::Close,
                };
                return Ok((head, length));
            }
            if !self.fill().await? {
                bail!("the connection was closed before a reply came");
            }
        }
    }

    /// Reads one chunk. `false` after the last one and its trailers.
    async fn chunk(&mut self, take: &mut impl FnMut(&[u8], Instant)) -> Result<bool> {
        let (start, size) = loop {
            match httparse::parse_chunk_size(&self.buffer) {
                Ok(httparse::Status::Complete((start, size))) => break (start, usize::try_from(size)?),
                Ok(httparse::Status::Partial) => {
                    if !self.fill().await? {
                        bail!("the reply broke off");
                    }
                }
                Err(_) => bail!("a chunk has no size"),
            }
        };
        self.buffer.drain(..start);
        if size == 0 {
            // Trailers end with an empty line; without trailers that line is all there is.
            loop {
                while !self.buffer.windows(2).any(|pair| pair == b"\r\n") {
                    if !self.fill().await? {
                        bail!("the reply broke off");
                    }
                }
                let end = self.buffer.windows(2).position(|pair| pair == b"\r\n").unwrap_or(0);
                self.buffer.drain(..end + 2);
                if end == 0 {
                    return Ok(false);
                }
            }
        }
        let mut left = size;
        while left > 0 {
            if self.buffer.is_empty() && !self.fill().await? {
                bail!("the reply broke off");
            }
            let piece = left.min(self.buffer.len());
            take(self.buffer.get(..piece).unwrap_or_default(), Instant::now());
            self.buffer.drain(..piece);
            left -= piece;
        }
        while self.buffer.len() < 2 {
            if !self.fill().await? {
                bail!("the reply broke off");
            }
        }
        self.buffer.drain(..2);
        Ok(true)
    }
}
