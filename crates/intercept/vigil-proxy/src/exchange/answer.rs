//! Answers of the Vault find the exchange that waits for them.

use std::collections::HashMap;
use std::sync::Mutex;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use vigil_core::message::{InterceptInput, ReleaseFailed, VaultInput};
use vigil_core::{CallNumber, ExchangeId};

use super::end::Late;
use super::{Exchanges, lock};

/// Who waits. One mailbox per exchange with calls; it holds at most one answer per call.
#[derive(Default)]
pub(super) struct Waiting(Mutex<HashMap<ExchangeId, UnboundedSender<InterceptInput>>>);

impl Waiting {
    pub(super) fn open(&self, exchange: ExchangeId) -> UnboundedReceiver<InterceptInput> {
        let (sender, receiver) = unbounded_channel();
        lock(&self.0).insert(exchange, sender);
        receiver
    }

    pub(super) fn close(&self, exchange: ExchangeId) {
        lock(&self.0).remove(&exchange);
    }

    /// Gives the answer back when nobody waits for it any more.
    pub(super) fn deliver(&self, input: InterceptInput) -> Result<(), InterceptInput> {
        let mailbox = lock(&self.0).get(&place_of(&input).0).cloned();
        match mailbox {
            Some(mailbox) => mailbox.send(input).map_err(|unsent| unsent.0),
            None => Err(input),
        }
    }
}

/// Which call an answer is about.
pub(super) fn place_of(input: &InterceptInput) -> (ExchangeId, CallNumber) {
    let decision = match input {
        InterceptInput::Recorded(recorded) => &recorded.decision,
        InterceptInput::Unrecorded(unrecorded) => &unrecorded.decision,
    };
    (decision.captured.head.exchange, decision.captured.call.number)
}

impl Exchanges {
    /// An answer came too late to act on it: a recorded release then did not happen.
    pub(super) fn release_failed_unless_denied(&self, input: &InterceptInput) {
        if let InterceptInput::Recorded(recorded) = input
            && recorded.decision.ruling.delivers()
        {
            let (exchange, call) = place_of(input);
            self.release_failed(exchange, call, recorded.record.clone());
        }
    }

    pub(super) fn release_failed(&self, exchange: ExchangeId, call: CallNumber, record: String) {
        let failed = ReleaseFailed { exchange, call, record };
        self.say_late(Late::Vault(VaultInput::ReleaseFailed(failed)));
    }
}
