//! The way of a request: what the client sent goes to the upstream as it came.
//!
//! This file is all there is between the bytes a client sends and the bytes its provider receives. Each buffer is looked
//! at, then written, then remembered; nothing is ever composed from what was read. The one exception is the head of a
//! request that addresses the proxy itself (`Turn::rewritten`).

use std::future::pending;
use std::ops::Range;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use crate::exchange::Exchange;
use crate::relay::HttpError;
use crate::relay::body::Body;

use super::inflow::Inflow;
use super::turn::{Progress, Turn};

/// How a request ended before its reply did.
pub(super) enum RequestEnd {
    ClientGone,
    /// The framing is broken; what is broken was not forwarded.
    Malformed(HttpError),
}

/// Forwards the request, then watches for the client to leave. Returns only when the exchange cannot go on.
pub(super) async fn relay_request<R, W>(
    input: &mut Inflow<R>,
    upstream: &mut W,
    turn: &Turn,
    exchange: Option<&Exchange>,
    progress: &Progress,
    header_bytes: usize,
    half_close: bool,
) -> RequestEnd
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut body = Body::new(turn.framing, header_bytes);
    let mut content: Vec<Range<usize>> = Vec::new();
    let mut head = turn.length;
    loop {
        let bytes = input.data();
        let behind_head = bytes.get(head..).unwrap_or_default();
        content.clear();
        let used = match body.follow(behind_head, &mut |range| content.push(range)) {
            Ok(used) => used,
            Err(error) => return RequestEnd::Malformed(error),
        };
        let forward = bytes.get(..head + used).unwrap_or_default();
        let written = match &turn.rewritten {
            Some(rewritten) if head > 0 => {
                let whole = [rewritten, behind_head.get(..used).unwrap_or_default()].concat();
                write(upstream, &whole).await
            }
            _ => write(upstream, forward).await,
        };
        if written.is_err() {
            // The upstream may have answered before it closed: the reply's side finds out.
            return pending().await;
        }
        progress.moved();
        if let Some(exchange) = exchange {
            for range in content.drain(..) {
                exchange.request_bytes(behind_head.get(range).unwrap_or_default());
            }
        }
        input.consume(head + used);
        head = 0;
        if body.is_done() {
            break;
        }
        match input.fill().await {
            Ok(0) | Err(_) => return RequestEnd::ClientGone,
            Ok(_) => {}
        }
    }
    progress.request_is_done();
    if let Some(exchange) = exchange {
        exchange.request_complete().await;
    }
    watch(input, progress, half_close).await
}

/// Waits for the client to leave. A client that already sends its next request is there.
async fn watch<R: AsyncRead + Unpin>(
    input: &mut Inflow<R>,
    progress: &Progress,
    half_close: bool,
) -> RequestEnd {
    if !input.data().is_empty() {
        return pending().await;
    }
    match input.fill().await {
        Ok(0) if half_close => {
            // It may only have closed its sending side. Its text goes on; a person is not asked for its sake.
            while !progress.is_waiting() {
                tokio::time::sleep(HALF_CLOSED_LOOK).await;
            }
            RequestEnd::ClientGone
        }
        Ok(0) | Err(_) => RequestEnd::ClientGone,
        Ok(_) => pending().await,
    }
}

const HALF_CLOSED_LOOK: Duration = Duration::from_millis(100);

async fn write<W: AsyncWrite + Unpin>(to: &mut W, bytes: &[u8]) -> std::io::Result<()> {
    to.write_all(bytes).await?;
    to.flush().await
}
