//! Which exchanges belong together when no header of the wire says so: those of one client with less than 30 minutes
//! between them.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};
use vigil_core::{Millis, SessionId, Timestamp};

use super::identity::hex;

const IDLE: Millis = Millis(30 * 60 * 1000);
const MOST: usize = 4096;

/// The open sessions by client.
#[derive(Default)]
pub(super) struct Sessions(HashMap<String, Session>);

struct Session {
    id: SessionId,
    last: Timestamp,
}

impl Sessions {
    /// The session of `client`, begun now when there is none.
    pub(super) fn of_client(&mut self, client: &str, now: Timestamp) -> SessionId {
        if let Some(session) = self.0.get_mut(client)
            && now.since(session.last) < IDLE
        {
            session.last = now;
            return session.id.clone();
        }
        if self.0.len() >= MOST {
            self.0.retain(|_, session| now.since(session.last) < IDLE);
            if self.0.len() >= MOST {
                self.0.clear();
            }
        }
        let digest = Sha256::new()
            .chain_update(client.as_bytes())
            .chain_update([0])
            .chain_update(now.micros.to_be_bytes())
            .finalize();
        let id = SessionId(hex(digest.iter().take(16)));
        self.0.insert(client.to_owned(), Session { id: id.clone(), last: now });
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_after_half_an_hour_of_silence() {
        let mut sessions = Sessions::default();
        let minute = 60_000_000;
        let first = sessions.of_client("a", Timestamp::from_micros(0));
        assert_eq!(sessions.of_client("a", Timestamp::from_micros(29 * minute)), first);
        assert_eq!(sessions.of_client("a", Timestamp::from_micros(58 * minute)), first);
        assert_ne!(sessions.of_client("a", Timestamp::from_micros(88 * minute)), first);
        assert_ne!(sessions.of_client("b", Timestamp::from_micros(0)), first);
    }
}
