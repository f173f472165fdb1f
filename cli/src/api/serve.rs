//! The server of the local API: a thread of its own, and bounds on what who knows no token can use up.

use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// Connections at the same time; further ones wait until one of these ends.
const MOST_CONNECTIONS: usize = 128;
/// For the whole head of a request, and between two of them.
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

async fn connection(stream: TcpStream, router: axum::Router) {
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // Who breaks off or says what is no HTTP is told by the end of the connection.
    drop(served.await);
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpStream};
    use std::time::Instant;

    use super::*;

    fn server() -> (SocketAddr, oneshot::Sender<()>) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = oneshot::channel();
        let router = axum::Router::new().route("/", axum::routing::get(|| async { "here" }));
        start(listener, router, ended).unwrap();
        (address, end)
    }

    fn ask(address: SocketAddr) -> String {
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn clients_that_never_finish_their_head_are_let_go() {
        let (address, _end) = server();
        let begun = Instant::now();
        let slow: Vec<TcpStream> = (0..MOST_CONNECTIONS)
            .map(|number| {
                let mut client = TcpStream::connect(address).unwrap();
                client.write_all(if number % 2 == 0 { b"GET / HTTP/1.1\r\nX-" } else { b"" }).unwrap();
                client
            })
            .collect();
        assert!(ask(address).ends_with("here"));
        assert!(begun.elapsed() < 3 * HEAD_PATIENCE, "{:?}", begun.elapsed());
        drop(slow);
    }

    #[test]
    fn a_head_that_is_much_too_large_is_refused() {
        let (address, _end) = server();
        let mut client = TcpStream::connect(address).unwrap();
        let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(8 * LARGEST_HEAD));
        // It may be closed before it has all of this.
        let _broken = client.write_all(long.as_bytes());
        let mut answer = Vec::new();
        let _reset = client.read_to_end(&mut answer);
        assert!(!String::from_utf8_lossy(&answer).contains("here"));
        assert!(ask(address).ends_with("here"));
    }
}
