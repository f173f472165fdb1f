//! Who asks, and what the exchange is called.

use std::sync::Mutex;

use sha2::{Digest as _, Sha256};
use vigil_core::message::ExchangeHead;
use vigil_core::wire::Endpoint;
use vigil_core::{ExchangeId, SessionId, Timestamp};

use super::session::Sessions;
use super::{RequestHead, lock};

/// Header fields in which clients name their conversation, most telling first.
const CONVERSATION_FIELDS: [&str; 9] = [
    "x-claude-code-session-id",
    "session_id",
    "session-id",
    "conversation_id",
    "conversation-id",
    "x-session-id",
    "x-conversation-id",
    "x-opencode-session",
    "thread-id",
];
const LONGEST_CONVERSATION: usize = 256;

pub(super) fn exchange_head(
    request: &RequestHead<'_>,
    endpoint: Endpoint,
    at: Timestamp,
    sessions: &Mutex<Sessions>,
    random: &Mutex<RandomPool>,
) -> ExchangeHead {
    let path = request.target.split(['?', '#']).next().unwrap_or_default();
    let user_agent = (request.field)("user-agent").unwrap_or_default();
    let client_ref = client_ref((request.field)("x-agent-id"), user_agent, request.host, path);
    let conversation_ref = CONVERSATION_FIELDS.iter().find_map(|name| conversation((request.field)(name)?));
    let session = match &conversation_ref {
        Some(id) => SessionId(id.clone()),
        None => lock(sessions).of_client(&client_ref, at),
    };
    ExchangeHead {
        exchange: exchange_id(at, random),
        session,
        at,
        provider: request.provider.token.clone(),
        host: request.host.to_owned(),
        method: request.method.to_owned(),
        path: path.to_owned(),
        endpoint,
        client_ref,
        agent: agent(user_agent),
        conversation_ref,
    }
}

/// Random bytes for ids, fetched from the system for many at once.
pub(super) struct RandomPool {
    bytes: [u8; 1024],
    /// Bytes given out; none of them is given out again.
    used: usize,
}

impl Default for RandomPool {
    fn default() -> Self {
        Self { bytes: [0; 1024], used: 1024 }
    }
}

impl RandomPool {
    fn take(&mut self) -> [u8; 16] {
        if self.used >= self.bytes.len() {
            // Without randomness ids would still differ by time; the record refuses a second one with the same id.
            if getrandom::fill(&mut self.bytes).is_err() {
                tracing::error!("the system gives no random bytes");
            }
            self.used = 0;
        }
        let next = self.bytes.get(self.used..).and_then(|rest| rest.first_chunk::<16>());
        self.used += 16;
        next.copied().unwrap_or_default()
    }
}

fn exchange_id(at: Timestamp, random: &Mutex<RandomPool>) -> ExchangeId {
    let millis = u64::try_from(at.micros / 1000).unwrap_or_default();
    ExchangeId::new(millis, u128::from_be_bytes(lock(random).take()))
}

/// `client_ref` of the record (`voaf.md` §4.1).
fn client_ref(agent_id: Option<&[u8]>, user_agent: &[u8], host: &str, path: &str) -> String {
    if let Some(id) = agent_id.map(<[u8]>::trim_ascii).filter(|id| !id.is_empty()) {
        return String::from_utf8_lossy(id).into_owned();
    }
    let digest = Sha256::new()
        .chain_update(user_agent)
        .chain_update(host.as_bytes())
        .chain_update(path.as_bytes())
        .finalize();
    hex(digest.iter().take(8))
}

/// The product of a User-Agent.
fn agent(user_agent: &[u8]) -> String {
    let product = user_agent.split(|&b| b == b'/' || b == b' ').next().unwrap_or_default();
    String::from_utf8_lossy(product).to_ascii_lowercase()
}

fn conversation(value: &[u8]) -> Option<String> {
    let value = value.trim_ascii();
    let fits = (1..=LONGEST_CONVERSATION).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic);
    fits.then(|| String::from_utf8_lossy(value).into_owned())
}

pub(super) fn hex<'a>(bytes: impl Iterator<Item = &'a u8>) -> String {
    let digit = |at: u8| char::from(b"0123456789abcdef".get(usize::from(at)).copied().unwrap_or(b'0'));
    let mut text = String::with_capacity(32);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_the_same_moment_differ() {
        let random = Mutex::default();
        let ids: std::collections::BTreeSet<_> =
            (0..200).map(|_| exchange_id(Timestamp::default(), &random)).collect();
        assert_eq!(ids.len(), 200);
    }

    #[test]
    fn a_client_that_names_itself_is_taken_at_its_word() {
        assert_eq!(client_ref(Some(b" agent-7 "), b"curl/8", "h", "/p"), "agent-7");
    }

    #[test]
    fn other_clients_are_told_by_program_and_endpoint() {
        let one = client_ref(None, b"curl/8", "api.openai.com", "/v1/responses");
        // SHA-256 of `curl/8api.openai.com/v1/responses`.
        let digest = Sha256::digest(b"curl/8api.openai.com/v1/responses");
        assert_eq!(one, hex(digest.iter().take(8)));
        assert_eq!(one.len(), 16);
        assert_ne!(one, client_ref(None, b"curl/8", "api.openai.com", "/v1/models"));
    }

    #[test]
    fn the_agent_is_the_product_in_lower_case() {
        assert_eq!(agent(b"Claude-CLI/2.0 (external)"), "claude-cli");
        assert_eq!(agent(b"python httpx"), "python");
        assert_eq!(agent(b""), "");
    }

    #[test]
    fn a_conversation_id_is_short_and_printable() {
        assert_eq!(conversation(b" 0199-ab "), Some("0199-ab".to_owned()));
        assert_eq!(conversation(b"a b"), None);
        assert_eq!(conversation(b""), None);
        assert_eq!(conversation(&[b'a'; 257]), None);
    }
}
