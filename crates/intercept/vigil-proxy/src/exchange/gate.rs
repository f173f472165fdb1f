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

use std::future::pending;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};
use vigil_core::CallNumber;
use vigil_core::message::{AnalysisInput, CallCaptured, InterceptInput, NoticeKind, PolicyInput};
use vigil_core::wire::{Answer, ReaderOutput, ReplyReader, WireCall};

use crate::coding::{Coding, CodingLimits, Decoder};

use super::answer::place_of;
use super::{Exchange, lock};

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

/// What wakes a reply whose calls wait.
pub(crate) enum Wake {
    /// An answer came.
    Answer(InterceptInput),
    /// The client has heard nothing for a while.
    KeepAlive,
    /// No answer came in time.
    OutOfPatience,
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

/// A recorded release whose bytes the client's connection has not accepted yet.
struct Grant {
    call: CallNumber,
    record: String,
    in_ready: bool,
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

    /// Waits for what happens beside the bytes of the upstream. Never returns while no call waits. Safe to drop.
    pub(crate) async fn wake(&mut self) -> Wake {
        let Some(mailbox) = &mut self.mailbox else { return pending().await };
        let Some(patience) = self.unanswered.iter().map(|(_, until)| *until).min() else {
            return pending().await;
        };
        let keep_alive = self.quiet_since + self.exchange.desk.keep_alive;
        tokio::select! {
            biased;
            answer = mailbox.recv() => match answer {
                Some(answer) => Wake::Answer(answer),
                None => Wake::OutOfPatience,
            },
            () = sleep_until(keep_alive.min(patience)) => {
                if Instant::now() >= patience { Wake::OutOfPatience } else { Wake::KeepAlive }
            }
        }
    }

    /// Acts on what [`Self::wake`] found, and on all answers that came with it.
    pub(crate) fn hear(&mut self, wake: Wake) -> Result<(), Cut> {
        match wake {
            Wake::Answer(input) => {
                self.answer(input)?;
                while let Some(Ok(input)) = self.mailbox.as_mut().map(UnboundedReceiver::try_recv) {
                    self.answer(input)?;
                }
                self.check_held()
            }
            Wake::KeepAlive => {
                self.quiet_since = Instant::now();
                self.ready.extend_from_slice(self.reader.keep_alive());
                Ok(())
            }
            Wake::OutOfPatience => {
                Err(self.cut(NoticeKind::Limit, "no answer came for a call of the reply".to_owned()))
            }
        }
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

    /// Puts the calls that became complete to the gate. To be called when [`Self::ready`] was written, so that what the
    /// record says of the delivered bytes is true.
    pub(crate) async fn submit(&mut self) -> Result<(), Cut> {
        if self.complete.is_empty() {
            return Ok(());
        }
        self.exchange.say_captured().await;
        let desk = self.exchange.desk.clone();
        let summary = self.reader.summary();
        let until = Instant::now() + desk.patience;
        let response_hash_upstream = self.upstream.clone().finalize().into();
        let response_hash_delivered = self.delivered.clone().finalize().into();
        if self.mailbox.is_none() {
            self.mailbox = Some(desk.waiting.open(self.exchange.id()));
        }
        for call in std::mem::take(&mut self.complete) {
            let number = call.number;
            let captured = Arc::new(CallCaptured {
                head: self.exchange.head.clone(),
                call,
                at: desk.now(),
                protocol: summary.protocol,
                model: summary.model.clone(),
                response_hash_upstream,
                response_hash_delivered,
            });
            self.unanswered.push((number, until));
            self.calls += 1;
            // Without Analysis the call is decided by rules alone; without Policy it is not released.
            desk.tell_analysis(AnalysisInput::Call(captured.clone())).await;
            if desk.policy.say_async(PolicyInput::Call(captured)).await.is_err() {
                return Err(
                    self.cut(NoticeKind::Limit, "the Policy plane is gone; no call is released".to_owned())
                );
            }
        }
        Ok(())
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

    fn answer(&mut self, input: InterceptInput) -> Result<(), Cut> {
        let (_, call) = place_of(&input);
        let Some(at) = self.unanswered.iter().position(|(number, _)| *number == call) else {
            tracing::error!(exchange = %self.exchange.id(), call = call.0, "an answer for a call that does not wait");
            return Ok(());
        };
        self.unanswered.swap_remove(at);
        let answer = match input {
            InterceptInput::Recorded(recorded) if recorded.decision.ruling.delivers() => {
                self.granted.push(Grant { call, record: recorded.record, in_ready: false });
                Answer::Release
            }
            InterceptInput::Recorded(recorded) => {
                let told = recorded.decision.told.clone();
                Answer::Replace(told.unwrap_or_else(|| "Vigil did not let this call pass.".to_owned()))
            }
            InterceptInput::Unrecorded(unrecorded) => Answer::Replace(unrecorded.told),
        };
        self.reader.answer(call, &answer, &mut self.out);
        self.collect()
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

impl Drop for ReplyGate {
    fn drop(&mut self) {
        let desk = &self.exchange.desk;
        let id = self.exchange.id();
        if let Some(mut mailbox) = self.mailbox.take() {
            desk.waiting.close(id);
            mailbox.close();
            while let Ok(input) = mailbox.try_recv() {
                let (_, call) = place_of(&input);
                self.unanswered.retain(|(number, _)| *number != call);
                desk.release_failed_unless_denied(&input);
            }
        }
        for grant in self.granted.drain(..) {
            desk.release_failed(id, grant.call, grant.record);
        }
        let mut tail = lock(&self.exchange.tail);
        tail.summary = Some(self.reader.summary());
        tail.calls = self.calls;
        tail.unanswered = !self.unanswered.is_empty();
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
