//! One request and its reply on an HTTP/1.1 connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use vigil_core::message::{Ending, NoticeKind};

use crate::config::Limits;
use crate::exchange::{Exchange, Exchanges};
use crate::relay::HttpError;
use crate::relay::body::Framing;
use crate::relay::head::RequestLine;

use super::Leg;
use super::inflow::BUFFER;
use super::reply::{ReplyEnd, ReplyFault, relay_reply};
use super::request::{RequestEnd, relay_request};

/// A request whose head is complete, at the front of what the client sent.
pub(crate) struct Turn {
    pub(super) method: String,
    pub(super) framing: Framing,
    /// The length of the head.
    pub(super) length: usize,
    /// What is sent in place of the head, where the proxy is addressed itself.
    pub(super) rewritten: Option<Vec<u8>>,
    /// HTTP/1.0.
    pub(super) old: bool,
    /// Whether the client wants the connection closed after the reply.
    pub(super) last: bool,
    pub(super) exchange: Option<Arc<Exchange>>,
}

impl Turn {
    pub(crate) fn new(
        line: &RequestLine<'_>,
        length: usize,
        rewritten: Option<Vec<u8>>,
        exchange: Option<Arc<Exchange>>,
    ) -> Result<Self, HttpError> {
        let turn = Self {
            method: line.method.to_owned(),
            framing: line.framing()?,
            length,
            rewritten,
            old: line.old,
            last: line.old || line.fields.has_word("connection", "close"),
            exchange,
        };
        Ok(turn)
    }
}

/// What becomes of the connection after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// The next request may come.
    Keep,
    /// It ends in good order.
    Close,
    /// It breaks off, so that nobody takes what was delivered for a whole reply.
    Abort,
}

/// What the two directions tell each other.
#[derive(Default)]
pub(super) struct Progress {
    /// Counts moves in either direction.
    moved: AtomicU64,
    /// Whether calls wait for their answer.
    waiting: AtomicBool,
    request_done: AtomicBool,
}

impl Progress {
    pub(super) fn moved(&self) {
        self.moved.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn set_waiting(&self, waiting: bool) {
        self.waiting.store(waiting, Ordering::Relaxed);
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(super) fn request_is_done(&self) {
        self.request_done.store(true, Ordering::Relaxed);
    }
}

/// What serving a connection needs beside its two legs.
pub(crate) struct Service {
    pub(crate) exchanges: Arc<Exchanges>,
    pub(crate) limits: Limits,
    /// Whether the client may close its sending side and still wants its reply: plain connections only. The end of a TLS
    /// stream is the end.
    half_close: bool,
    /// Beats a few times within the limits of time; one timer per connection, whatever passes over it.
    pub(super) pulse: Interval,
    /// Bytes composed for the client.
    scratch: Vec<u8>,
}

impl Service {
    pub(crate) fn new(exchanges: Arc<Exchanges>, limits: Limits, half_close: bool) -> Self {
        let period = (limits.stall.min(limits.idle) / 4).max(Duration::from_millis(10));
        let mut pulse = interval_at(Instant::now() + period, period);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { exchanges, limits, half_close, pulse, scratch: Vec::new() }
    }

    /// Relays one request and its reply.
    pub(crate) async fn take_turn<C, U>(
        &mut self,
        client: &mut Leg<C>,
        upstream: &mut Leg<U>,
        mut turn: Turn,
    ) -> After
    where
        C: AsyncRead + AsyncWrite + Unpin,
        U: AsyncRead + AsyncWrite + Unpin,
    {
        let Self { exchanges, limits, half_close, pulse, scratch } = self;
        let progress = Progress::default();
        let exchange = turn.exchange.take();
        let Leg { input, output } = client;
        let (ending, after) = {
            let request = relay_request(
                input,
                &mut upstream.output,
                &turn,
                exchange.as_deref(),
                &progress,
                limits.header_bytes,
                *half_close,
            );
            let reply = relay_reply(
                &mut upstream.input,
                output,
                &turn,
                exchange.as_ref(),
                &progress,
                limits.header_bytes,
                scratch,
            );
            tokio::pin!(request, reply);
            let (mut seen, mut moved_at) = (0, Instant::now());
            loop {
                tokio::select! {
                    biased;
                    end = &mut request => break request_ended(end, exchanges, exchange.as_deref()),
                    end = &mut reply => break reply_ended(end, &turn, &progress, exchanges, exchange.as_deref()),
                    _ = pulse.tick() => {
                        let now = progress.moved.load(Ordering::Relaxed);
                        if now != seen || progress.is_waiting() {
                            (seen, moved_at) = (now, Instant::now());
                        } else if moved_at.elapsed() >= limits.stall {
                            let reason = format!("nothing moved for `limits.stall`, {} s", limits.stall.as_secs());
                            notice(exchanges, exchange.as_deref(), NoticeKind::Limit, &reason);
                            break (Ending::Refused(reason), After::Abort);
                        }
                    }
                }
            }
        };
        if let Some(exchange) = exchange {
            exchange.finish(ending).await;
        }
        scratch.clear();
        scratch.shrink_to(2 * BUFFER);
        after
    }
}

fn request_ended(end: RequestEnd, exchanges: &Exchanges, exchange: Option<&Exchange>) -> (Ending, After) {
    match end {
        RequestEnd::ClientGone => (Ending::ClientGone, After::Abort),
        RequestEnd::Malformed(error) => {
            let reason = format!("the request was not forwarded whole: {error}");
            notice(exchanges, exchange, NoticeKind::Malformed, &reason);
            (Ending::Refused(reason), After::Abort)
        }
    }
}

fn reply_ended(
    end: Result<ReplyEnd, ReplyFault>,
    turn: &Turn,
    progress: &Progress,
    exchanges: &Exchanges,
    exchange: Option<&Exchange>,
) -> (Ending, After) {
    match end {
        Ok(ReplyEnd::Complete { keep }) => {
            let keep = keep && !turn.last && progress.request_done.load(Ordering::Relaxed);
            (Ending::Complete, if keep { After::Keep } else { After::Close })
        }
        Ok(ReplyEnd::Refused(reason)) => (Ending::Refused(reason), After::Close),
        Err(ReplyFault::UpstreamCut) => (Ending::UpstreamCut, After::Abort),
        Err(ReplyFault::ClientGone) => (Ending::ClientGone, After::Abort),
        Err(ReplyFault::Cut(cut)) => (Ending::Refused(cut.reason), After::Abort),
        Err(ReplyFault::Malformed(error)) => {
            let reason = format!("the reply is not valid HTTP: {error}");
            notice(exchanges, exchange, NoticeKind::Malformed, &reason);
            (Ending::Refused(reason), After::Abort)
        }
    }
}

fn notice(exchanges: &Exchanges, exchange: Option<&Exchange>, kind: NoticeKind, text: &str) {
    let head = exchange.map(Exchange::head);
    let host = head.map(|head| head.host.as_str());
    let client = head.map(|head| head.client_ref.as_str());
    exchanges.notice(kind, host, client, text.to_owned());
}
