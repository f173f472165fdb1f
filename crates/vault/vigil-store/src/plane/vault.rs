//! The plane itself.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use vigil_core::message::{
    Decision, ExchangeDecided, LifecycleEvent, Recorded, StoreState, Unrecorded, VaultInput, VaultOutput,
};
use vigil_core::{Millis, Plane, Ruling, SecretStore, Timestamp};

use super::bodies::{ResponseHashes, gate_decision, interaction};
use super::pending::{Owed, Pending};
use crate::chain::{KeyError, RecordKey};
use crate::clock::Clock;
use crate::dir::StateDir;
use crate::evidence::{Evidence, action_evidence, exchange_evidence};
use crate::seal::{KEY_ROTATED, Progress, SealThread};
use crate::start::{self, OpenError, State, lifecycle};
use crate::writer::{Appended, Draft, WriteError, Writer};

/// A checkpoint is made this long after the last one, if there are new records.
const CHECKPOINT_EVERY: Millis = Millis(10 * 60 * 1000);
/// Counts alone are told to the surfaces at most this often.
const TELL_EVERY: Millis = Millis(1000);

/// A journal segment that is sealed is left behind at most this often, so that what is deleted is gone there too.
const ROTATE_EVERY: Millis = Millis(5000);

/// While somebody waits for the sealer, it is looked this often whether it is done.
const LOOK_EVERY: Millis = Millis(5);

/// Records of one write have at most so much evidence, and one more.
const EVIDENCE_OF_ONE_WRITE: usize = 256 << 10;

/// What a Vault needs.
pub struct VaultConfig {
    /// The state directory.
    pub dir: PathBuf,
    /// Where key, nonce and anchor are kept.
    pub secrets: Arc<dyn SecretStore>,
    /// Reads the clock.
    pub clock: Clock,
    /// The version of the program, for `lifecycle` records.
    pub app_version: String,
}

/// The Vault plane. It has the state directory until it is dropped.
pub struct Vault {
    writer: Writer,
    thread: SealThread,
    secrets: Arc<dyn SecretStore>,
    app_version: String,
    pending: Pending,
    /// The state of the chain: what was found at the start until a commit mended it.
    found: State,
    /// What is worth telling about the start, for as long as the process runs.
    detail: String,
    /// Why nothing can be recorded, while nothing can.
    unwritable: Option<String>,
    told: StoreState,
    told_at: Timestamp,
    /// When the last checkpoint was seen, and its size.
    checkpoint: (Timestamp, u64),
    rotated_at: Timestamp,
    wanted: VecDeque<Wanted>,
    /// When it was last looked whether what is wanted is done.
    looked_at: Timestamp,
    sealed_for: u64,
    _dir: StateDir,
}

/// Somebody waits until what was recorded when they asked is sealed.
struct Wanted {
    /// How the surface names it.
    number: u64,
    /// How the sealer names it.
    request: u64,
    records: u64,
}

impl Vault {
    /// Opens the store of a state directory, whatever its state, or begins one. The state says what was found and what
    /// was done about it.
    pub fn open(config: VaultConfig) -> Result<(Self, StoreState), OpenError> {
        let VaultConfig { dir, secrets, clock, app_version } = config;
        let opened = start::open(&dir, &secrets, clock, &app_version)?;
        let now = clock();
        let (found, detail) = (opened.state, opened.detail);
        let kept = if opened.is_notable {
            format!("at the start {}: {detail}", found.token())
        } else {
            String::new()
        };
        let told = store_state(found, detail, true, 0, &opened.thread.progress());
        let mut vault = Self {
            writer: opened.writer,
            thread: opened.thread,
            secrets,
            app_version,
            pending: Pending::default(),
            found,
            detail: kept,
            unwritable: None,
            told: told.clone(),
            told_at: now,
            checkpoint: (now, told.checkpoint),
            rotated_at: now,
            wanted: VecDeque::new(),
            looked_at: now,
            sealed_for: 0,
            _dir: opened.dir,
        };
        if matches!(found, State::Empty | State::Unanchored) {
            // The chain is anchored by now. That it was not is in the state told at the start, and on record.
            vault.found = State::Verified;
        }
        Ok((vault, told))
    }

    /// Replaces the signing key: the old one signs a record that names the new one, which countersigns it. Gives the new
    /// key's id. Everything recorded before is sealed first.
    pub fn rotate_key(&mut self) -> Result<String, RotateError> {
        self.thread.seal_all();
        self.all_sealed()?;
        let next = RecordKey::generate_next(&*self.secrets)?;
        let id = next.id().to_owned();
        self.record_lifecycle(KEY_ROTATED, Some(id.clone()))
            .map_err(|error| RotateError::Unrecorded(error.to_string()))?;
        self.thread.seal_all();
        self.all_sealed()?;
        Ok(id)
    }

    fn all_sealed(&self) -> Result<(), RotateError> {
        let progress = self.thread.progress();
        match progress.fault {
            Some((why, _)) => Err(RotateError::Unsealed(why)),
            None if progress.sealed < progress.recorded => {
                Err(RotateError::Unsealed("records still wait in the journal".to_owned()))
            }
            None => Ok(()),
        }
    }

    /// The state of the store now.
    pub fn state(&self) -> StoreState {
        let progress = self.thread.progress();
        let mut detail = self.detail.clone();
        let mut add = |text: &str| {
            if !detail.is_empty() {
                detail.push_str("; ");
            }
            detail.push_str(text);
        };
        if let Some(why) = &self.unwritable {
            add(&format!("nothing can be recorded: {why}"));
        }
        if self.pending.len() > 0 {
            add(&format!("{} records are owed and written as soon as that is possible", self.pending.len()));
        }
        if self.pending.lost > 0 {
            add(&format!("{} messages got no record while nothing could be recorded", self.pending.lost));
        }
        let found = match &progress.fault {
            Some((why, true)) => {
                add(&format!("sealing has stopped: {why}; restart Vigil"));
                State::Broken
            }
            Some((why, false)) => {
                add(&format!("records wait in the journal to be sealed: {why}"));
                self.found
            }
            None => self.found,
        };
        store_state(found, detail, self.unwritable.is_none(), self.sealed_for, &progress)
    }

    fn decided(&mut self, decision: Arc<Decision>, say: &mut dyn FnMut(VaultOutput)) {
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
    fn note_exchanges(&mut self, exchanges: &[Arc<ExchangeDecided>], say: &mut dyn FnMut(VaultOutput)) {
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

    fn record_lifecycle(&mut self, event: &str, reason: Option<String>) -> Result<Appended, WriteError> {
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
    fn note(&mut self, owed: Owed, say: &mut dyn FnMut(VaultOutput)) {
        match self.record_owed(&owed) {
            Ok(_) => self.settle(say),
            Err(error) => {
                self.failed(owed, &error.to_string());
                self.tell(say);
            }
        }
    }

    /// Records what is owed, as far as that is possible.
    fn settle(&mut self, say: &mut dyn FnMut(VaultOutput)) {
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

    fn tick(&mut self, now: Timestamp, say: &mut dyn FnMut(VaultOutput)) {
        if self.unwritable.is_some() {
            self.settle(say);
        }
        let progress = self.thread.progress();
        if progress.checkpoint != self.checkpoint.1 {
            self.checkpoint = (now, progress.checkpoint);
        } else if progress.recorded > progress.checkpoint && now.since(self.checkpoint.0) >= CHECKPOINT_EVERY
        {
            self.checkpoint.0 = now;
            self.thread.want_checkpoint();
        }
        let idle = progress.sealed == progress.recorded && self.writer.journal.end().offset > 0;
        if idle && now.since(self.rotated_at) >= ROTATE_EVERY && self.writer.journal.rotate().is_ok() {
            self.rotated_at = now;
            self.thread.publish(self.writer.journal.end(), progress.recorded);
        }
        let state = self.state();
        let counts_only = StoreState {
            records: state.records,
            unsealed: state.unsealed,
            checkpoint: state.checkpoint,
            ..self.told.clone()
        } == state;
        if state != self.told && (!counts_only || now.since(self.told_at) >= TELL_EVERY) {
            self.told_at = now;
            self.tell(say);
        }
    }

    fn tell(&mut self, say: &mut dyn FnMut(VaultOutput)) {
        let state = self.state();
        if state != self.told {
            self.told = state.clone();
            say(VaultOutput::Store(state));
        }
    }

    /// A new segment lets the old one be removed.
    fn turn_over(&mut self, say: &mut dyn FnMut(VaultOutput)) {
        self.settle(say);
        if self.writer.journal.rotate().is_ok() {
            self.thread.publish(self.writer.journal.end(), self.writer.head.count);
        }
    }

    /// Has everything sealed that is recorded now, while other things are recorded.
    fn seal_meanwhile(&mut self, number: u64, say: &mut dyn FnMut(VaultOutput)) {
        self.turn_over(say);
        self.wanted.push_back(Wanted { number, request: self.thread.ask(), records: self.writer.head.count });
        self.looked_at = (self.writer.clock)();
    }

    /// Tells those who wait that what they wanted is sealed.
    fn answer_wanted(&mut self, say: &mut dyn FnMut(VaultOutput)) {
        self.looked_at = (self.writer.clock)();
        let progress = self.thread.progress();
        while let Some(wanted) = self.wanted.pop_front_if(|wanted| progress.answers(wanted.request)) {
            match progress.fault {
                None if progress.sealed >= wanted.records => {
                    self.sealed_for = self.sealed_for.max(wanted.number);
                }
                // Nothing will be sealed any more, and the store says so; nobody is told that it is.
                Some((_, true)) => {}
                _ => self.wanted.push_back(Wanted { request: self.thread.ask(), ..wanted }),
            }
        }
        if self.sealed_for != self.told.sealed_for {
            self.tell(say);
        }
    }

    fn seal(&mut self, say: &mut dyn FnMut(VaultOutput)) {
        self.turn_over(say);
        self.thread.seal_all();
        self.told = self.state();
        say(VaultOutput::Store(self.told.clone()));
    }
}

/// The pipeline runs each plane on a thread.
const _: fn() = || {
    const fn can_move_to_a_thread<T: Send>() {}
    can_move_to_a_thread::<Vault>();
};

impl Plane for Vault {
    type Input = VaultInput;
    type Output = VaultOutput;

    fn handle(&mut self, input: VaultInput, say: &mut dyn FnMut(VaultOutput)) {
        match input {
            VaultInput::Decision(decision) => self.decided(decision, say),
            VaultInput::Exchanges(exchanges) => self.note_exchanges(&exchanges, say),
            VaultInput::ReleaseFailed(failed) => self.note(Owed::ReleaseFailed(failed.record), say),
            // A rotation is more than its record: see `rotate_key`.
            VaultInput::Lifecycle(LifecycleEvent { event: KEY_ROTATED, .. }) => {}
            VaultInput::Lifecycle(LifecycleEvent { event, reason }) => {
                self.note(Owed::Lifecycle(LifecycleEvent { event, reason }), say);
            }
            VaultInput::Tick(now) => self.tick(now, say),
            VaultInput::SealWanted(number) => self.seal_meanwhile(number, say),
            VaultInput::Seal => self.seal(say),
        }
        if !self.wanted.is_empty() {
            self.answer_wanted(say);
        }
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        (!self.wanted.is_empty()).then(|| self.looked_at + LOOK_EVERY)
    }
}

/// Why the key was not replaced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RotateError {
    /// The key store or the random source does not answer.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The rotation's record cannot be written.
    #[error("the rotation cannot be recorded: {0}")]
    Unrecorded(String),
    /// What is recorded cannot be sealed. A rotation that is on record is completed when it can.
    #[error("what is recorded cannot be sealed: {0}")]
    Unsealed(String),
}

fn store_state(
    found: State,
    detail: String,
    writable: bool,
    sealed_for: u64,
    progress: &Progress,
) -> StoreState {
    StoreState {
        state: found.token(),
        detail,
        writable,
        records: progress.recorded,
        unsealed: progress.recorded.saturating_sub(progress.sealed),
        checkpoint: progress.checkpoint,
        sealed_for,
    }
}

#[cfg(test)]
mod tests;
