//! What is remembered of a session: whether a credential was read in it.

use alloc::collections::BTreeMap;

use vigil_core::SessionId;

/// Sessions in which a credential was read and the call was delivered. The one untouched for longest is forgotten first.
#[derive(Clone, Debug, Default)]
pub(crate) struct CredentialReads {
    /// When each was last touched, in touches.
    sessions: BTreeMap<SessionId, u64>,
    touches: u64,
}

/// Most sessions that are remembered.
pub(crate) const MAX_SESSIONS: usize = 4096;

impl CredentialReads {
    pub(crate) fn note(&mut self, session: &SessionId) {
        self.touches += 1;
        self.sessions.insert(session.clone(), self.touches);
        if self.sessions.len() > MAX_SESSIONS {
            let oldest = self.sessions.iter().min_by_key(|(_, touch)| **touch).map(|(id, _)| id.clone());
            oldest.and_then(|id| self.sessions.remove(&id));
        }
    }

    pub(crate) fn known(&mut self, session: &SessionId) -> bool {
        match self.sessions.get_mut(session) {
            Some(touch) => {
                self.touches += 1;
                *touch = self.touches;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_the_session_untouched_for_longest() {
        let id = |n: usize| SessionId(alloc::format!("{n}"));
        let mut reads = CredentialReads::default();
        (0..MAX_SESSIONS).for_each(|n| reads.note(&id(n)));
        assert!(reads.known(&id(0)));
        reads.note(&id(MAX_SESSIONS));
        assert!(reads.known(&id(0)));
        assert!(!reads.known(&id(1)));
    }
}
