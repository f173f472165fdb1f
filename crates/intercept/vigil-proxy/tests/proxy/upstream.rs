//! The fake provider: notes what it received, byte for byte, and plays what it was told.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What the upstream does with the next request.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// How many bytes it reads first.
    pub reads: usize,
    pub pieces: Vec<Vec<u8>>,
    pub pause: Duration,
    pub then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    Keep,
    Close,
    /// Without a word of farewell.
    Cut,
}

impl Script {
    pub(crate) fn new(reads: usize, reply: impl AsRef<[u8]>) -> Self {
        Self { reads, pieces: vec![reply.as_ref().to_vec()], pause: Duration::ZERO, then: Then::Keep }
    }
    pub(crate) fn pieces(reads: usize, pieces: &[&[u8]], pause_ms: u64) -> Self {
        let pieces = pieces.iter().map(|piece| piece.to_vec()).collect();
        Self { reads, pieces, pause: Duration::from_millis(pause_ms), then: Then::Keep }
    }
    pub(crate) fn then(mut self, then: Then) -> Self {
        self.then = then;
        self
    }
}

/// The protocol, and the name that was asked for.
type Handshake = (Option<Vec<u8>>, Option<String>);

#[derive(Clone)]
pub(crate) struct Upstream {
    pub address: SocketAddr,
    scripts: Arc<Mutex<VecDeque<Script>>>,
    seen: Arc<Mutex<Vec<u8>>>,
    /// One per connection.
    pub handshakes: Arc<Mutex<Vec<Handshake>>>,
}

impl Upstream {
    pub(crate) async fn start(config: Option<ServerConfig>, listen: &str) -> Self {
        let listener = TcpListener::bind(listen).await.unwrap();
        let upstream = Self {
            address: listener.local_addr().unwrap(),
            scripts: Arc::default(),
            seen: Arc::default(),
            handshakes: Arc::default(),
        };
        let acceptor = config.map(|config| TlsAcceptor::from(Arc::new(config)));
        let this = upstream.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let (this, acceptor) = (this.clone(), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => this.serve(stream).await,
                        Some(acceptor) => {
                            let Ok(stream) = acceptor.accept(stream).await else { return };
                            let session = stream.get_ref().1;
                            let shake = (
                                session.alpn_protocol().map(<[u8]>::to_vec),
                                session.server_name().map(str::to_owned),
                            );
                            this.handshakes.lock().unwrap().push(shake);
                            this.serve(stream).await;
                        }
                    }
                });
            }
        });
        upstream
    }

    pub(crate) fn plays(&self, script: Script) {
        self.scripts.lock().unwrap().push_back(script);
    }

    /// The first handshake, once it is complete on this side too.
    pub(crate) async fn handshake(&self) -> Handshake {
        for _ in 0..500 {
            if let Some(first) = self.handshakes.lock().unwrap().first() {
                return first.clone();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no handshake");
    }

    pub(crate) fn seen(&self) -> Vec<u8> {
        self.seen.lock().unwrap().clone()
    }

    async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut have = 0;
        let mut buffer = vec![0; 65536];
        loop {
            let wanted = self.scripts.lock().unwrap().front().map_or(usize::MAX, |script| script.reads);
            if have < wanted {
                let Ok(count @ 1..) = stream.read(&mut buffer).await else { return };
                self.seen.lock().unwrap().extend_from_slice(&buffer[..count]);
                have += count;
                continue;
            }
            have -= wanted;
            let script = self.scripts.lock().unwrap().pop_front().unwrap();
            for (at, piece) in script.pieces.iter().enumerate() {
                if at > 0 {
                    tokio::time::sleep(script.pause).await;
                }
                if stream.write_all(piece).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
            match script.then {
                Then::Keep => {}
                Then::Close => {
                    let _ = stream.shutdown().await;
                    return;
                }
                Then::Cut => return,
            }
        }
    }
}
