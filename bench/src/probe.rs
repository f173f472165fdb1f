//! The measuring client: one connection, requests that are ready to be written, and no work between bytes and clock.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::clock::unix_nanos;
use crate::upstream::STAMP_DIGITS;

/// A way to the upstream: directly, or through a proxy.
#[derive(Clone)]
pub(crate) struct Lane {
    /// Where the connection goes.
    pub(crate) address: SocketAddr,
    /// Whether a CONNECT comes first.
    pub(crate) through_proxy: bool,
    /// The name of the upstream.
    pub(crate) host: Arc<str>,
    /// Whom the client trusts.
    pub(crate) trust: Arc<rustls::ClientConfig>,
}

/// A connection.
pub(crate) struct Probe {
    stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
}

const BUFFER: usize = 64 << 10;

impl Probe {
    /// Connects, asks the proxy for a tunnel where there is one, and shakes hands.
    pub(crate) async fn open(lane: &Lane) -> Result<Self> {
        let mut socket = TcpStream::connect(lane.address).await.context("connecting")?;
        socket.set_nodelay(true)?;
        if lane.through_proxy {
            let connect = format!("CONNECT {0}:443 HTTP/1.1\r\nHost: {0}:443\r\n\r\n", lane.host);
            socket.write_all(connect.as_bytes()).await?;
            let mut answer = Vec::with_capacity(1024);
            // Nothing comes behind the answer before the client says hello.
            while !answer.ends_with(b"\r\n\r\n") {
                if socket.read_buf(&mut answer).await? == 0 {
                    bail!("the proxy closed the connection");
                }
            }
            if !answer.starts_with(b"HTTP/1.1 200") {
                bail!("the proxy refused: {}", String::from_utf8_lossy(&answer));
            }
        }
        let name = ServerName::try_from(lane.host.to_string())?;
        let stream =
            TlsConnector::from(Arc::clone(&lane.trust)).connect(name, socket).await.context("TLS")?;
        Ok(Self { stream, buffer: Vec::with_capacity(BUFFER) })
    }

    /// Sends a request and waits for the end of its reply: how long that took.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Duration> {
        let sent = Instant::now();
        self.send(request).await?;
        self.receive(|_| {}).await?;
        Ok(sent.elapsed())
    }

    /// Sends a request.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await?;
        self.stream.flush().await?;
        Ok(())
    }

    /// Receives a reply and hands over each piece of it as it comes: its head, and its body with the framing of chunks.
    pub(crate) async fn receive(&mut self, mut take: impl FnMut(&[u8])) -> Result<()> {
        self.buffer.clear();
        let mut seen = 0;
        let mut end = None;
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the connection was closed before the end of a reply");
            }
            take(self.buffer.get(seen..).unwrap_or_default());
            seen = self.buffer.len();
            if end.is_none() {
                end = reply_end(&self.buffer)?;
            }
            match end {
                Some(End::At(length)) if seen >= length => return Ok(()),
                Some(End::LastChunk) if self.buffer.ends_with(b"\r\n0\r\n\r\n") => return Ok(()),
                _ => {}
            }
        }
    }
}

#[derive(Clone, Copy)]
enum End {
    At(usize),
    /// No event of the bench's upstream ends like a last chunk, so the end is told from the last bytes.
    LastChunk,
}

/// Where a reply ends; `None` while its head is not complete.
fn reply_end(bytes: &[u8]) -> Result<Option<End>> {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut reply = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(head) = reply.parse(bytes)? else { return Ok(None) };
    if reply.code != Some(200) {
        bail!("a reply with status {}: {}", reply.code.unwrap_or(0), String::from_utf8_lossy(bytes));
    }
    let length = reply.headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-length"));
    Ok(Some(match length {
        Some(field) => End::At(head + std::str::from_utf8(field.value)?.parse::<usize>()?),
        None => End::LastChunk,
    }))
}

/// Finds the stamps behind a mark in a reply that comes in pieces.
pub(crate) struct Stamps {
    mark: &'static [u8],
    rest: Vec<u8>,
}

impl Stamps {
    pub(crate) fn behind(mark: &'static [u8]) -> Self {
        Self { mark, rest: Vec::new() }
    }

    /// Takes a piece that came just now and hands over how long ago each stamp of it was set.
    pub(crate) fn take(&mut self, piece: &[u8], mut found: impl FnMut(Duration)) {
        let now = unix_nanos();
        self.rest.extend_from_slice(piece);
        let whole = self.mark.len() + STAMP_DIGITS;
        let mut from = 0;
        while let Some(window) = self.rest.get(from..from + whole) {
            let stamp = window.strip_prefix(self.mark).and_then(|digits| std::str::from_utf8(digits).ok());
            match stamp.and_then(|digits| digits.parse::<u64>().ok()) {
                Some(stamp) => {
                    found(Duration::from_nanos(now.saturating_sub(stamp)));
                    from += whole;
                }
                None => from += 1,
            }
        }
        self.rest.drain(..from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::{CALL_MARK, TEXT_MARK};

    #[test]
    fn a_stamp_is_found_wherever_the_stream_is_cut() {
        let text = format!("event: x\ndata: \"word @{:020}\"\n\n", unix_nanos() - 5_000_000);
        for cut in 0..=text.len() {
            let (mut stamps, mut delays) = (Stamps::behind(TEXT_MARK), Vec::new());
            let (start, end) = text.as_bytes().split_at(cut);
            stamps.take(start, |delay| delays.push(delay));
            stamps.take(end, |delay| delays.push(delay));
            assert_eq!(delays.len(), 1, "cut at {cut}");
            assert!(delays[0] >= Duration::from_millis(5));
        }
    }

    #[test]
    fn what_is_no_stamp_is_passed_over() {
        let mut stamps = Stamps::behind(CALL_MARK);
        stamps.take(b"\"id\":\"toolu_01SimulatedVigil00000000000\"", |delay| panic!("{delay:?}"));
    }
}
