//! The server of the local API: a thread of its own, and bounds on what who knows no token can use up.

use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use axum::Extension;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::guard::Admitted;

/// Connections at the same time; further ones wait until one of these ends.
pub(super) const MOST_CONNECTIONS: usize = 128;
/// For the whole head of a request, and between two of them; for all that a peer reads and writes before it shows the token.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// Heads that are much larger are refused.
const LARGEST_HEAD: usize = 32 << 10;

/// Serves on a thread of its own: what surfaces ask costs the proxy's threads nothing, and requests are taken in the order in
/// which they come.
pub(super) fn start(
    listener: std::net::TcpListener,
    router: axum::Router,
    ended: oneshot::Receiver<()>,
) -> anyhow::Result<thread::JoinHandle<()>> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let thread = thread::Builder::new().name("vigil-api".to_owned()).spawn(move || {
        runtime.block_on(async {
            match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => tokio::select! {
                    () = accept(listener, router) => {}
                    _ = ended => {}
                },
                Err(error) => tracing::error!("the local API cannot be served: {error}"),
            }
        });
    });
    thread.context("starting the thread of the local API")
}

async fn accept(listener: tokio::net::TcpListener, router: axum::Router) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept(), if connections.len() < MOST_CONNECTIONS => match accepted {
                Ok((stream, _)) => drop(connections.spawn(connection(stream, router.clone()))),
                Err(error) => {
                    tracing::error!("the local API cannot accept a connection: {error}");
                    // Out of file descriptors, most likely: others must end first.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
}

async fn connection(stream: impl AsyncRead + AsyncWrite + Unpin, router: axum::Router) {
    let admitted = Admitted::default();
    let router = router.layer(Extension(admitted.clone()));
    let mut served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // Who breaks off, is too slow or says what is no HTTP is told by the end of the connection.
    if tokio::time::timeout(HEAD_PATIENCE, &mut served).await.is_err() && admitted.is_admitted() {
        drop(served.await);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpStream};
    use std::sync::Arc;
    use std::time::Instant;

    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tokio::io::AsyncWriteExt as _;

    use super::*;
    use crate::api::guard::{Guard, Token, check};

    /// A server of `/`, and of `/late` for which one waits longer than for a head.
    struct Server {
        address: SocketAddr,
        token: String,
        _end: oneshot::Sender<()>,
    }

    impl Server {
        fn start() -> Self {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let (end, ended) = oneshot::channel();
            let (router, token) = guarded(address);
            super::start(listener, router, ended).unwrap();
            Self { address, token, _end: end }
        }

        fn connect(&self) -> TcpStream {
            TcpStream::connect(self.address).unwrap()
        }

        /// A request of one who knows the token.
        fn ask(&self, path: &str) -> String {
            let Self { address, token, .. } = self;
            let mut client = self.connect();
            write!(
                client,
                "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
            )
            .unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).unwrap();
            answer
        }
    }

    fn guarded(address: SocketAddr) -> (axum::Router, String) {
        let directory = tempfile::tempdir().unwrap();
        let token = Token::create(directory.path()).unwrap();
        let text = std::fs::read_to_string(directory.path().join("api-token")).unwrap();
        let late = || async {
            tokio::time::sleep(HEAD_PATIENCE + Duration::from_secs(1)).await;
            "late"
        };
        let router = axum::Router::new()
            .route("/", get(|| async { "here" }))
            .route("/late", get(late))
            .layer(from_fn_with_state(Arc::new(Guard::new(token, address)), check));
        (router, text)
    }

    const STRANGER: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    #[test]
    fn clients_that_never_finish_their_head_are_let_go() {
        let server = Server::start();
        let begun = Instant::now();
        let slow: Vec<TcpStream> = (0..MOST_CONNECTIONS)
            .map(|number| {
                let mut client = server.connect();
                client.write_all(if number % 2 == 0 { b"GET / HTTP/1.1\r\nX-" } else { b"" }).unwrap();
                client
            })
            .collect();
        assert!(server.ask("/").ends_with("here"));
        assert!(begun.elapsed() < 3 * HEAD_PATIENCE, "{:?}", begun.elapsed());
        drop(slow);
    }

    #[test]
    fn clients_without_the_token_that_ask_again_take_no_place() {
        let server = Server::start();
        let begun = Instant::now();
        let mut strangers: Vec<TcpStream> = (0..MOST_CONNECTIONS)
            .map(|number| {
                let mut client = server.connect();
                // Some ask on without reading an answer.
                client.write_all(&STRANGER.repeat(if number % 2 == 0 { 1 } else { 100 })).unwrap();
                client
            })
            .collect();
        for client in strangers.iter_mut().step_by(2) {
            let mut answer = [0; 12];
            client.read_exact(&mut answer).unwrap();
            assert_eq!(&answer, b"HTTP/1.1 421");
            // It may be closed already.
            let _broken = client.write_all(STRANGER);
        }
        assert!(server.ask("/").ends_with("here"));
        assert!(begun.elapsed() < HEAD_PATIENCE / 2, "{:?}", begun.elapsed());
    }

    #[test]
    fn a_client_with_the_token_may_wait_long_for_its_answer() {
        assert!(Server::start().ask("/late").ends_with("late"));
    }

    #[tokio::test]
    async fn a_stranger_that_never_reads_its_answer_is_let_go() {
        let (mut client, server) = tokio::io::duplex(STRANGER.len());
        let (router, _) = guarded("127.0.0.1:1".parse().unwrap());
        client.write_all(STRANGER).await.unwrap();
        let ended = tokio::time::timeout(2 * HEAD_PATIENCE, connection(server, router)).await;
        assert!(ended.is_ok(), "an answer that nobody reads is written for ever");
    }

    #[test]
    fn a_head_that_is_much_too_large_is_refused() {
        let server = Server::start();
        let mut client = server.connect();
        let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(8 * LARGEST_HEAD));
        // It may be closed before it has all of this.
        let _broken = client.write_all(long.as_bytes());
        let mut answer = Vec::new();
        let _reset = client.read_to_end(&mut answer);
        assert!(String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 431"));
        assert!(server.ask("/").ends_with("here"));
    }
}
