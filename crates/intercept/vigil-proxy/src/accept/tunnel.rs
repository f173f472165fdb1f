//! A blind tunnel: bytes in both directions, nothing looked at, nothing recorded.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf, copy_bidirectional_with_sizes};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::link::Stop;

const BUFFER: usize = 64 * 1024;

/// Copies until both sides have ended, nothing has moved for `idle`, or Vigil stops. A side that closes its sending half
/// still receives.
pub(super) async fn tunnel(
    client: TcpStream,
    mut upstream: TcpStream,
    first: &[u8],
    idle: Duration,
    mut stop: Stop,
) {
    if upstream.write_all(first).await.is_err() {
        return;
    }
    let moved = AtomicU64::new(0);
    let mut client = Counted { stream: client, moved: &moved };
    let mut upstream = Counted { stream: upstream, moved: &moved };
    let copy = copy_bidirectional_with_sizes(&mut client, &mut upstream, BUFFER, BUFFER);
    let silence = async {
        let mut seen = 0;
        loop {
            sleep(idle).await;
            let now = moved.load(Ordering::Relaxed);
            if now == seen {
                break;
            }
            seen = now;
        }
    };
    tokio::select! {
        // Either side may fail at any time; there is nobody to tell but the other side, which sees its end.
        _ = copy => {}
        () = silence => {}
        () = stop.asked() => {}
    }
}

/// Counts reads that brought something.
struct Counted<'a> {
    stream: TcpStream,
    moved: &'a AtomicU64,
}

impl AsyncRead for Counted<'_> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let read = Pin::new(&mut this.stream).poll_read(cx, into);
        if read.is_ready() {
            this.moved.fetch_add(1, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Counted<'_> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
