//! The TLS greeting of a client, read before anything is answered.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;

/// No greeting is longer: a record is 16 KB, and greetings of several records are not sent by anyone we know.
const LONGEST: usize = 64 * 1024;
const HANDSHAKE_RECORD: u8 = 22;

/// What a client begins with after CONNECT. The bytes were read and must be read again.
pub(super) enum Greeting {
    Plain(Vec<u8>),
    Tls {
        bytes: Vec<u8>,
        server_name: Option<String>,
        /// The protocols it offers (ALPN), best first.
        offer: Vec<Vec<u8>>,
    },
}

/// Reads the greeting; `bytes` came with CONNECT.
pub(super) async fn greeting(client: &mut TcpStream, bytes: &[u8]) -> io::Result<Greeting> {
    let mut bytes = bytes.to_vec();
    loop {
        match read(&bytes) {
            Read::More => {}
            Read::Is(server_name, offer) => return Ok(Greeting::Tls { bytes, server_name, offer }),
            Read::NotTls => return Ok(Greeting::Plain(bytes)),
            Read::Bad(alert) => {
                client.write_all(&alert).await?;
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        if bytes.len() > LONGEST || client.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

enum Read {
    More,
    NotTls,
    Is(Option<String>, Vec<Vec<u8>>),
    /// Not a greeting; with the alert that says so.
    Bad(Vec<u8>),
}

fn read(bytes: &[u8]) -> Read {
    match bytes.first() {
        None => return Read::More,
        Some(&HANDSHAKE_RECORD) => {}
        Some(_) => return Read::NotTls,
    }
    let mut acceptor = Acceptor::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        match acceptor.read_tls(&mut rest) {
            Ok(1..) => {}
            Ok(0) | Err(_) => break,
        }
        match acceptor.accept() {
            Ok(None) => {}
            Ok(Some(accepted)) => {
                let hello = accepted.client_hello();
                let offer = hello.alpn().map(|names| names.map(<[u8]>::to_vec).collect()).unwrap_or_default();
                return Read::Is(hello.server_name().map(str::to_owned), offer);
            }
            Err((_, mut alert)) => {
                let mut out = Vec::new();
                // Writing to a Vec does not fail.
                drop(alert.write_all(&mut out));
                return Read::Bad(out);
            }
        }
    }
    Read::More
}

/// Ends a handshake that was not answered yet with a fatal alert.
///
/// ```text
/// 15  0303  0002  02 XX      record: alert, TLS 1.2, two bytes: fatal, XX
/// ```
pub(super) async fn send_alert(client: &mut TcpStream, alert: u8) {
    let record = [0x15, 3, 3, 0, 2, 2, alert];
    // A client that is gone needs no alert.
    drop(client.write_all(&record).await);
    drop(client.shutdown().await);
}

/// A connection some of whose bytes were read before and are read again.
pub(super) struct Again {
    stream: TcpStream,
    bytes: Vec<u8>,
    at: usize,
}

impl Again {
    pub(super) const fn new(stream: TcpStream, bytes: Vec<u8>) -> Self {
        Self { stream, bytes, at: 0 }
    }

    /// The connection itself, for the alert that ends it.
    pub(super) const fn raw(&mut self) -> &mut TcpStream {
        &mut self.stream
    }
}

impl AsyncRead for Again {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.bytes.is_empty() {
            return Pin::new(&mut this.stream).poll_read(cx, into);
        }
        let rest = this.bytes.get(this.at..).unwrap_or_default();
        let count = rest.len().min(into.remaining());
        into.put_slice(rest.get(..count).unwrap_or_default());
        this.at += count;
        if this.at == this.bytes.len() {
            this.bytes = Vec::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Again {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

/// For fuzzing: a greeting reads the same however it was cut.
pub(crate) fn fuzz(data: &[u8]) {
    let name = |read: Read| match read {
        Read::Is(name, offer) => Some((name, offer)),
        Read::More | Read::NotTls | Read::Bad(_) => None,
    };
    let whole = name(read(data));
    let (front, _) = data.split_at(data.len() / 2);
    if let Some(early) = name(read(front)) {
        assert_eq!(Some(early), whole);
    }
}
