//! The plane itself.

mod record;
mod seal;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use vigil_core::message::{LifecycleEvent, StoreState, VaultInput, VaultOutput};
use vigil_core::{Millis, Plane, SecretStore, Timestamp};

use super::pending::{Owed, Pending};
use crate::clock::Clock;
use crate::dir::StateDir;
use crate::seal::{KEY_ROTATED, Progress, SealThread};
use crate::start::{self, OpenError, State};
use crate::writer::Writer;

pub use seal::RotateError;
use seal::Wanted;

/// A checkpoint is made this long after the last one, if there are new records.
const CHECKPOINT_EVERY: Millis = Millis(10 * 60 * 1000);
/// Counts alone are told to the surfaces at most this often.
const TELL_EVERY: Millis = Millis(1000);

/// A journal segment that is sealed is left behind at most this often, so that what is deleted is gone there too.
const ROTATE_EVERY: Millis = Millis(5000);

/// While somebody waits for the sealer, it is looked this often whether it is done.
const LOOK_EVERY: Millis = Millis(5);

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
