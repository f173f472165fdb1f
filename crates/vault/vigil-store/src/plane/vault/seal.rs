//! Having what is recorded sealed: for those who ask, for a new key, and at the end.

use vigil_core::message::VaultOutput;

use super::Vault;
use crate::chain::{KeyError, RecordKey};
use crate::seal::KEY_ROTATED;

/// Somebody waits until what was recorded when they asked is sealed.
pub(super) struct Wanted {
    /// How the surface names it.
    pub(super) number: u64,
    /// How the sealer names it.
    pub(super) request: u64,
    pub(super) records: u64,
}

impl Vault {
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

    /// A new segment lets the old one be removed.
    pub(super) fn turn_over(&mut self, say: &mut dyn FnMut(VaultOutput)) {
        self.settle(say);
        if self.writer.journal.rotate().is_ok() {
            self.thread.publish(self.writer.journal.end(), self.writer.head.count);
        }
    }

    /// Has everything sealed that is recorded now, while other things are recorded.
    pub(super) fn seal_meanwhile(&mut self, number: u64, say: &mut dyn FnMut(VaultOutput)) {
        self.turn_over(say);
        self.wanted.push_back(Wanted { number, request: self.thread.ask(), records: self.writer.head.count });
        self.looked_at = (self.writer.clock)();
    }

    /// Tells those who wait that what they wanted is sealed.
    pub(super) fn answer_wanted(&mut self, say: &mut dyn FnMut(VaultOutput)) {
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

    pub(super) fn seal(&mut self, say: &mut dyn FnMut(VaultOutput)) {
        self.turn_over(say);
        self.thread.seal_all();
        self.told = self.state();
        say(VaultOutput::Store(self.told.clone()));
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
