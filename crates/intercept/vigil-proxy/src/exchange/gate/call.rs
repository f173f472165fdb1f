//! The calls of a reply: put to the gate, waited for, answered, and accounted for at the end.

use std::future::pending;
use std::sync::Arc;

use sha2::Digest as _;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};
use vigil_core::CallNumber;
use vigil_core::message::{AnalysisInput, CallCaptured, InterceptInput, NoticeKind, PolicyInput};
use vigil_core::wire::Answer;

use super::super::answer::place_of;
use super::super::lock;
use super::{Cut, ReplyGate};

/// What wakes a reply whose calls wait.
pub(crate) enum Wake {
    /// An answer came.
    Answer(InterceptInput),
    /// The client has heard nothing for a while.
    KeepAlive,
    /// No answer came in time.
    OutOfPatience,
}

/// A recorded release whose bytes the client's connection has not accepted yet.
pub(super) struct Grant {
    pub(super) call: CallNumber,
    record: String,
    pub(super) in_ready: bool,
}

impl ReplyGate {
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
