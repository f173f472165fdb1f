//! What surfaces and the pipeline say.

use alloc::string::String;

use crate::{CallNumber, ExchangeId, HoldId, Ruling, Timestamp};

/// What the user answered to a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAnswer {
    /// Which hold.
    pub id: HoldId,
    /// The answer.
    pub said: Said,
    /// When.
    pub at: Timestamp,
}

/// The three answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Said {
    /// Let it pass, this once.
    Approve,
    /// Refuse it.
    Deny,
    /// Let it pass, and calls like it from now on.
    AlwaysAllow,
}

impl Said {
    /// The answer a word of the local API names.
    pub fn parse(token: &str) -> Option<Self> {
        match token {
            "approve" => Some(Self::Approve),
            "deny" => Some(Self::Deny),
            "always_allow" => Some(Self::AlwaysAllow),
            _ => None,
        }
    }
}

/// How the question about a call ended, as the surfaces heard it from the Vault: models learn from what was allowed.
///
/// It is offered, never waited for: where there is no room it is lost, and nothing is learned from that call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallEnded {
    /// The exchange.
    pub exchange: ExchangeId,
    /// Which call of it.
    pub call: CallNumber,
    /// How it ended.
    pub ruling: Ruling,
}

/// Something happened to Vigil itself: becomes a `lifecycle` record (`voaf.md` §4.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleEvent {
    /// A token of `event`: `startup`, `shutdown`, `protection_on`, `protection_off`.
    pub event: &'static str,
    /// In plain words, or nothing.
    pub reason: Option<String>,
}
