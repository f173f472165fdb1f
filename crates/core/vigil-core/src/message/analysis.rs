//! What Analysis says.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::wire::Digest;
use crate::{Action, CallNumber, Classification, ExchangeId};

/// What a call would do, and how it scored.
#[derive(Clone, Debug, PartialEq)]
pub struct Decomposed {
    /// The exchange.
    pub exchange: ExchangeId,
    /// Which call of it.
    pub call: CallNumber,
    /// The call taken apart.
    pub action: Arc<Action>,
    /// How it scored.
    pub classification: Arc<Classification>,
}

/// How many semantic slots an `interaction` record has (`voaf.md` §8).
pub const FEATURE_SLOTS: usize = 27;

/// What an exchange was. It answers `AnalysisInput::Finished`.
#[derive(Clone, Debug, PartialEq)]
pub struct Classified {
    /// The exchange.
    pub exchange: ExchangeId,
    /// The model the request named, where the reply did not.
    pub model: Option<String>,
    /// The conversation id that the request's body carries (OpenAI Responses `previous_response_id` or `conversation`).
    pub conversation_ref: Option<String>,
    /// The text of the last user message: digest and length. `None` when the request had none.
    pub user_message: Option<Digest>,
    /// Whether the user message is UTF-8 and longer than 2^20 bytes.
    pub user_message_truncated: bool,
    /// A token of `interaction_type` (`voaf.md` §5).
    pub interaction_type: &'static str,
    /// A token of `action`.
    pub action: &'static str,
    /// A token of `scope`.
    pub scope: &'static str,
    /// The 27 semantic slots, scaled by 1,000,000.
    pub slots: [i64; FEATURE_SLOTS],
    /// How the exchange as a whole scored.
    pub classification: Arc<Classification>,
    /// How many messages the request's conversation has, how many tools it declares.
    pub messages: u32,
    /// How many tools the request declares.
    pub tools: u32,
}

/// How the models are: said at the start, when asked, and when enough was learned to be worth keeping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelsState {
    /// Which models are shipped with this program; empty when none could be read.
    pub population: Arc<str>,
    /// The version of the statistical feature vector.
    pub feature_version: u32,
    /// What was learned of each agent, by name.
    pub agents: Vec<AgentModel>,
    /// How often the watchdog looked for the like of a call in other sessions, since the start.
    pub watchdog: u64,
    /// The personal model as bytes, to be kept by whoever hears this.
    pub personal: Arc<[u8]>,
}

/// What was learned of one agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentModel {
    /// The agent: `ExchangeHead::agent`.
    pub agent: String,
    /// How much is known of it: `cold`, `warming`, `warm`.
    pub state: &'static str,
    /// From how many calls.
    pub calls: u64,
}
