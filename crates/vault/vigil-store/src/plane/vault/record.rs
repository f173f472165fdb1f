//! What is heard becomes records, now or as soon as it can.

use std::sync::Arc;

use vigil_core::Ruling;
use vigil_core::message::{Decision, ExchangeDecided, Recorded, Unrecorded, VaultOutput};

use super::Vault;
use crate::evidence::{Evidence, action_evidence, exchange_evidence};
use crate::plane::bodies::{ResponseHashes, gate_decision, interaction};
use crate::plane::pending::Owed;
use crate::start::lifecycle;
use crate::writer::{Appended, Draft, WriteError};

/// Records of one write have at most so much evidence, and one more.
const EVIDENCE_OF_ONE_WRITE: usize = 256 << 10;

impl Vault {
    pub(super) fn decided(&mut self, decision: Arc<Decision>, say: &mut dyn FnMut(VaultOutput)) {
        match self.record_decision(&decision, decision.ruling) {
            Ok(appended) => {
                let recorded = Recorded { decision, record: appended.id, seq: appended.seq };
                say(VaultOutput::Recorded(recorded));
                self.settle(say);
            }
            Err(error) => {
                let reason = error.to_string();
                let told =
                    "Vigil could not record this action, so it was not run. Nothing was changed. Tell the \
                            user that Vigil cannot write its record, and try again once that is solved."
                        .to_owned();
                self.failed(Owed::Decision(decision.clone()), &reason);
                say(VaultOutput::Unrecorded(Unrecorded { decision, reason, told }));
                self.tell(say);
            }
        }
    }

    /// Appends the record of a decision. It waits for the device unless the call goes on without anybody being asked:
    /// a denial or a hold must not be undone by a power cut after its effect was seen.
    fn record_decision(&mut self, decision: &Decision, ruling: Ruling) -> Result<Appended, WriteError> {
        let hashes = ResponseHashes::of(decision, ruling);
        let evidence = action_evidence(decision, &self.writer.random.take()?, hashes.remark);
        let body = gate_decision(decision, ruling, hashes, &evidence);
        let durable = !matches!(ruling, Ruling::Allow | Ruling::Observed);
        self.append(Draft { id: None, body, evidence }, durable)
    }

    fn record_exchange(&mut self, exchange: &ExchangeDecided) -> Result<Appended, WriteError> {
        let draft = self.of_exchange(exchange)?;
        self.append(draft, false)
    }

    fn of_exchange(&mut self, exchange: &ExchangeDecided) -> Result<Draft, WriteError> {
        let evidence = exchange_evidence(exchange, &self.writer.random.take()?);
        let body = interaction(exchange, &evidence);
        Ok(Draft { id: Some(exchange.finished.head.exchange.to_string()), body, evidence })
    }

    /// Records exchanges that were told together with few writes.
    pub(super) fn note_exchanges(
        &mut self,
        exchanges: &[Arc<ExchangeDecided>],
        say: &mut dyn FnMut(VaultOutput),
    ) {
        let mut rest = exchanges;
        while !rest.is_empty() {
            let count = match self.record_some(rest) {
                Ok(count) => {
                    self.settle(say);
                    count
                }
                Err(_) => {
                    // One of them, perhaps, or the disk: each gets its own try, and is owed when that fails.
                    rest.iter().for_each(|exchange| self.note(Owed::Exchange(Arc::clone(exchange)), say));
                    rest.len()
                }
            };
            rest = rest.get(count..).unwrap_or_default();
        }
    }

    /// Records the first of these exchanges with one write. Says how many; after an error none.
    fn record_some(&mut self, exchanges: &[Arc<ExchangeDecided>]) -> Result<usize, WriteError> {
        let mut drafts = Vec::with_capacity(exchanges.len());
        let mut bytes = 0;
        for exchange in exchanges {
            let draft = self.of_exchange(exchange)?;
            bytes += draft.evidence.bytes.len();
            drafts.push(draft);
            if bytes >= EVIDENCE_OF_ONE_WRITE {
                break;
            }
        }
        let count = drafts.len();
        let end = self.writer.append_all(drafts)?;
        self.thread.publish(end, self.writer.head.count);
        Ok(count)
    }

    pub(super) fn record_lifecycle(
        &mut self,
        event: &str,
        reason: Option<String>,
    ) -> Result<Appended, WriteError> {
        let body = lifecycle(event, &self.app_version, reason);
        self.append(Draft { id: None, body, evidence: Evidence::default() }, true)
    }

    fn record_owed(&mut self, owed: &Owed) -> Result<Appended, WriteError> {
        match owed {
            Owed::Decision(decision) => {
                // Nobody was there to be denied anything; every other call was denied for want of a record.
                let gone = matches!(decision.ruling, Ruling::ClientDisconnected | Ruling::ConnectionPanicked);
                let ruling = if gone { decision.ruling } else { Ruling::FaultDeny };
                self.record_decision(decision, ruling)
            }
            Owed::Exchange(exchange) => self.record_exchange(exchange),
            Owed::Lifecycle(event) => self.record_lifecycle(event.event, event.reason.clone()),
            Owed::ReleaseFailed(record) => self.record_lifecycle("release_failed", Some(record.clone())),
        }
    }

    /// Records what comes without an answer, now or later.
    pub(super) fn note(&mut self, owed: Owed, say: &mut dyn FnMut(VaultOutput)) {
        match self.record_owed(&owed) {
            Ok(_) => self.settle(say),
            Err(error) => {
                self.failed(owed, &error.to_string());
                self.tell(say);
            }
        }
    }

    /// Records what is owed, as far as that is possible.
    pub(super) fn settle(&mut self, say: &mut dyn FnMut(VaultOutput)) {
        while let Some(owed) = self.pending.next() {
            match self.record_owed(&owed) {
                Ok(_) => self.pending.settled(),
                Err(WriteError::Record(_)) => {
                    self.pending.settled();
                    self.pending.lost += 1;
                }
                Err(error) => {
                    self.unwritable = Some(error.to_string());
                    return;
                }
            }
        }
        if self.unwritable.take().is_some() {
            self.tell(say);
        }
    }

    fn append(&mut self, draft: Draft, durable: bool) -> Result<Appended, WriteError> {
        let appended = self.writer.append(draft, durable)?;
        self.thread.publish(appended.end, appended.seq + 1);
        Ok(appended)
    }

    fn failed(&mut self, owed: Owed, reason: &str) {
        self.pending.push(owed);
        self.unwritable = Some(reason.to_owned());
    }
}
