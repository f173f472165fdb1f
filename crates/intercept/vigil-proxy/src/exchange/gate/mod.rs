//! The body of one reply on its way through the gate.
//!
//! ```text
//! loop {
//!     select! {
//!         bytes = upstream, if gate.wants_more() => gate.push(bytes)?  |  gate.end(complete)?
//!         wake = gate.wake()                     => gate.hear(wake)?
//!         client gone                            => drop the gate, finish with `Ending::ClientGone`
//!     }
//!     write gate.ready() to the client, gate.delivered(how many bytes the connection accepted)
//!     gate.submit().await?
//!     if gate.is_drained() { the reply ends cleanly; break }
//! }
//! ```
//!
//! An `Err(Cut)` means that the connection or stream is aborted: the client must not take what it has for a whole reply.

mod call;

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;
use vigil_core::CallNumber;
use vigil_core::message::{InterceptInput, NoticeKind};
use vigil_core::wire::{ReaderOutput, ReplyReader, WireCall};

use crate::coding::{Coding, CodingLimits, Decoder};

use super::Exchange;
use call::Grant;
pub(crate) use call::Wake;

/// In which form the body reaches the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It has no content coding: what the reader puts out.
    AsRead,
    /// Its content coding is undone: `content-encoding` and `content-length` go, other fields stay.
    Decoded,
    /// It surely holds no calls: the bytes as they came, once they were looked at.
    Lockstep,
    /// One compressed value of which no client makes anything before its end. Nothing goes out, its head neither, until it
    /// is `Lockstep`, because it ended without calls, or `Decoded`, because it has one or is large.
    Late,
}

/// How much of a [`Delivery::Late`] reply is kept, before and after its coding is undone.
const LATE_CODED_BYTES: usize = 256 * 1024;
const LATE_READ_BYTES: usize = 2 * 1024 * 1024;

/// Why a reply must not go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Cut {
    pub(crate) reason: String,
}

pub(crate) struct ReplyGate {
    exchange: Arc<Exchange>,
    reader: Box<dyn ReplyReader>,
    decoder: Decoder,
    delivery: Delivery,
    /// What the reader put out. `out.bytes` is emptied when the connection has accepted them.
    out: ReaderOutput,
    /// Bytes for the client.
    ready: Vec<u8>,
    /// A [`Delivery::Late`] reply as it came.
    coded: Vec<u8>,
    /// Complete calls that were not yet put to the gate.
    complete: Vec<WireCall>,
    /// Calls that were, and until when their answer must be here.
    unanswered: Vec<(CallNumber, Instant)>,
    granted: Vec<Grant>,
    mailbox: Option<UnboundedReceiver<InterceptInput>>,
    quiet_since: Instant,
    upstream: Sha256,
    delivered: Sha256,
    calls: u32,
    ended: bool,
    /// The body broke off: nothing ends it in good order any more.
    broken: bool,
}

impl ReplyGate {
    pub(super) fn new(
        exchange: Arc<Exchange>,
        reader: Box<dyn ReplyReader>,
        coding: Coding,
        delivery: Delivery,
    ) -> Self {
        let limits = &exchange.desk.limits;
        let decoder = Decoder::new(
            coding,
            CodingLimits { decoded_bytes: limits.decoded_bytes, ratio: limits.decompression_ratio },
        );
        Self {
            exchange,
            reader,
            decoder,
            delivery,
            out: ReaderOutput::default(),
            ready: Vec::new(),
            coded: Vec::new(),
            complete: Vec::new(),
            unanswered: Vec::new(),
            granted: Vec::new(),
            mailbox: None,
            quiet_since: Instant::now(),
            upstream: Sha256::new(),
            delivered: Sha256::new(),
            calls: 0,
            ended: false,
            broken: false,
        }
    }

    pub(crate) fn delivery(&self) -> Delivery {
        self.delivery
    }

    /// Whether the upstream should be read on. A reply that holds back much while its calls wait must wait too.
    pub(crate) fn wants_more(&self) -> bool {
        !self.ended
            && (self.unanswered.is_empty()
                || self.reader.held_bytes() < self.exchange.desk.limits.held_bytes / 2)
    }

    /// The next bytes of the body, transfer coding undone.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), Cut> {
        self.upstream.update(bytes);
        let Self { decoder, reader, out, ready, complete, granted, delivery, .. } = self;
        let lockstep = *delivery == Delivery::Lockstep;
        let mut fault = None;
        let decoded = decoder.push(bytes, &mut |piece| {
            if fault.is_none() {
                reader.push(piece, out);
                fault = collect(out, (!lockstep).then_some(&mut *ready), complete, granted).err();
            }
        });
        if let Some(cut) = fault {
            return Err(self.cut(NoticeKind::Malformed, cut.reason));
        }
        if let Err(error) = decoded {
            return Err(self.cut(error.notice(), error.to_string()));
        }
        match self.delivery {
            Delivery::Lockstep => {
                self.refuse_unforeseen_calls()?;
                self.ready.extend_from_slice(bytes);
            }
            Delivery::Late => {
                self.coded.extend_from_slice(bytes);
                let large = self.coded.len() > LATE_CODED_BYTES || self.ready.len() > LATE_READ_BYTES;
                if large || !self.complete.is_empty() {
                    self.settle(Delivery::Decoded);
                }
            }
            Delivery::AsRead | Delivery::Decoded => {}
        }
        self.check_held()
    }

    /// The body ended. `complete` is false when it broke off.
    pub(crate) fn end(&mut self, complete: bool) -> Result<(), Cut> {
        self.ended = true;
        let mut complete = complete;
        let mut broken = None;
        if complete && let Err(error) = self.decoder.finish() {
            complete = false;
            broken = Some(self.cut(NoticeKind::Malformed, error.to_string()));
        }
        self.broken = !complete;
        self.reader.end(complete, &mut self.out);
        self.collect()?;
        if self.delivery == Delivery::Late {
            let untouched = complete && self.complete.is_empty();
            self.settle(if untouched { Delivery::Lockstep } else { Delivery::Decoded });
        }
        if let Some(cut) = broken {
            return Err(cut);
        }
        self.refuse_unforeseen_calls()
    }

    /// Decides in which form a [`Delivery::Late`] reply goes out.
    fn settle(&mut self, delivery: Delivery) {
        let coded = std::mem::take(&mut self.coded);
        if delivery == Delivery::Lockstep {
            self.ready = coded;
        }
        self.delivery = delivery;
    }

    /// Bytes for the client.
    pub(crate) fn ready(&self) -> &[u8] {
        if self.delivery == Delivery::Late { &[] } else { &self.ready }
    }

    /// The client's connection has accepted the first `count` bytes of [`Self::ready`].
    pub(crate) fn delivered(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        let count = count.min(self.ready.len());
        self.quiet_since = Instant::now();
        if let Some(bytes) = self.ready.get(..count) {
            self.delivered.update(bytes);
        }
        self.ready.drain(..count);
        self.granted.retain(|grant| !grant.in_ready);
    }

    /// Whether calls wait for their answer.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.unanswered.is_empty()
    }

    /// Whether the body has ended and all of it is in [`Self::ready`] or already delivered.
    pub(crate) fn is_drained(&self) -> bool {
        self.ended
            && !self.broken
            && self.complete.is_empty()
            && self.unanswered.is_empty()
            && (self.delivery == Delivery::Lockstep || self.reader.is_drained())
    }

    /// Whether nothing more can come although the reply is not drained: a fault of the reader. Checked by the drivers
    /// so that a client never waits for good.
    pub(crate) fn is_stuck(&self) -> bool {
        self.ended && self.complete.is_empty() && self.unanswered.is_empty() && !self.is_drained()
    }

    fn collect(&mut self) -> Result<(), Cut> {
        let lockstep = self.delivery == Delivery::Lockstep;
        let ready = (!lockstep).then_some(&mut self.ready);
        collect(&mut self.out, ready, &mut self.complete, &mut self.granted)
            .map_err(|cut| self.cut(NoticeKind::Malformed, cut.reason))
    }

    fn refuse_unforeseen_calls(&self) -> Result<(), Cut> {
        if self.delivery == Delivery::Lockstep && !self.complete.is_empty() {
            let reason = "a compressed reply to a request without tools asks for a call".to_owned();
            return Err(self.cut(NoticeKind::Malformed, reason));
        }
        Ok(())
    }

    fn check_held(&self) -> Result<(), Cut> {
        let limit = self.exchange.desk.limits.held_bytes;
        if self.reader.held_bytes() > limit {
            let reason = format!("a call of the reply is larger than `limits.held_bytes`, {limit} bytes");
            return Err(self.cut(NoticeKind::Limit, reason));
        }
        Ok(())
    }

    fn cut(&self, kind: NoticeKind, reason: String) -> Cut {
        let head = &self.exchange.head;
        let text = format!("the reply of {}{} was cut: {reason}", head.host, head.path);
        self.exchange.desk.notice(kind, Some(&head.host), self.exchange.client(), text);
        Cut { reason }
    }
}

/// Moves what a reader put out to where it waits.
fn collect(
    out: &mut ReaderOutput,
    ready: Option<&mut Vec<u8>>,
    complete: &mut Vec<WireCall>,
    granted: &mut [Grant],
) -> Result<(), Cut> {
    if let Some(fault) = out.fault.take() {
        out.clear();
        return Err(Cut { reason: fault.to_string() });
    }
    if let Some(ready) = ready {
        if ready.is_empty() {
            std::mem::swap(ready, &mut out.bytes);
        } else {
            ready.extend_from_slice(&out.bytes);
        }
    }
    complete.append(&mut out.calls);
    for number in &out.released {
        for grant in granted.iter_mut().filter(|grant| grant.call == *number) {
            grant.in_ready = true;
        }
    }
    out.clear();
    Ok(())
}
