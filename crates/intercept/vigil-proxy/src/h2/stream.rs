//! One stream: a request under way and its reply.

use std::sync::Arc;

use vigil_core::message::Ending;

use crate::exchange::{Exchange, ReplyGate};

use super::hpack::Fields;
use super::limits::{STREAM_WINDOW_BYTES, WAITING_BYTES};

/// A request and its reply, from the head of the one to the last byte of the other.
pub(super) struct Stream {
    pub(super) exchange: Arc<Exchange>,
    /// The upstream has the whole request.
    pub(super) request_ended: bool,
    /// The upstream has nothing more to say on this stream.
    pub(super) upstream_ended: bool,
    pub(super) body: Body,
    pub(super) tail: Tail,
    /// How the exchange ends when the tail is with the client.
    pub(super) ending: Ending,
    /// How much the client takes on this stream. A change of its settings may make it negative.
    pub(super) window: i64,
    /// Bytes from the upstream for which it has no new credit yet.
    pub(super) spent: usize,
    /// Whether the stream waits in the queue for its turn.
    pub(super) in_turns: bool,
    /// Whether the gate was used since its calls were last submitted.
    pub(super) touched: bool,
    /// The upstream's code for a stream it gives up after a complete reply: told when the reply is delivered.
    pub(super) reset_after: Option<u32>,
}

/// The reply's body as far as it is not delivered.
pub(super) enum Body {
    /// The final head has not come.
    Awaited,
    /// It passes as it is.
    Relayed(Queue),
    /// It goes through the gate; this many bytes of what is ready are on their way to the socket. The head waits while the
    /// gate does not know in which form the body goes out.
    Gated { gate: Box<ReplyGate>, sent: usize, head: Option<Fields> },
}

/// What comes after the body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// More of the body.
    Open,
    /// The end.
    End,
    /// Trailers, as a header block.
    Trailers(Vec<u8>),
    /// It is on its way to the client; nothing may follow.
    Sent,
}

impl Stream {
    pub(super) fn new(exchange: Arc<Exchange>, window: i64) -> Self {
        Self {
            exchange,
            request_ended: false,
            upstream_ended: false,
            body: Body::Awaited,
            tail: Tail::Open,
            ending: Ending::Complete,
            window,
            spent: 0,
            in_turns: false,
            touched: false,
            reset_after: None,
        }
    }

    /// Bytes of the body for the client.
    pub(super) fn unsent(&self) -> &[u8] {
        match &self.body {
            Body::Awaited => &[],
            Body::Relayed(queue) => queue.bytes(),
            Body::Gated { gate, sent, .. } => gate.ready().get(*sent..).unwrap_or_default(),
        }
    }

    /// Whether nothing but the tail is left.
    pub(super) fn is_at_tail(&self) -> bool {
        let drained = match &self.body {
            Body::Awaited => false,
            Body::Relayed(_) => true,
            Body::Gated { gate, .. } => gate.is_drained(),
        };
        drained && matches!(self.tail, Tail::End | Tail::Trailers(_))
    }

    /// The first bytes of what is unsent are on their way.
    pub(super) fn moved(&mut self, count: usize) {
        match &mut self.body {
            Body::Awaited => {}
            Body::Relayed(queue) => queue.advance(count),
            Body::Gated { sent, .. } => *sent += count,
        }
    }

    /// The credit to give to the upstream now, if it is worth a frame.
    pub(super) fn credit(&mut self) -> Option<u32> {
        let room = self.unsent().len() < WAITING_BYTES;
        let wanted = match &self.body {
            Body::Gated { gate, .. } => gate.wants_more(),
            _ => true,
        };
        if self.upstream_ended || !room || !wanted || self.spent < STREAM_WINDOW_BYTES as usize / 4 {
            return None;
        }
        u32::try_from(std::mem::take(&mut self.spent)).ok()
    }
}

/// Bytes that wait for the client's window.
#[derive(Debug, Default)]
pub(super) struct Queue {
    bytes: Vec<u8>,
    start: usize,
}

impl Queue {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    fn advance(&mut self, count: usize) {
        self.start += count;
        if self.start >= self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
        } else if self.start >= self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
    }
}
