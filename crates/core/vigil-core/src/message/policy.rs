//! What Policy says.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{CallCaptured, Classified, ExchangeFinished};
use crate::{Action, CallNumber, Classification, ExchangeId, Generation, HoldId, Millis, Ruling, Timestamp};

/// How the question about one call ended, with everything its record needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The call as it was captured.
    pub captured: Arc<CallCaptured>,
    /// The call taken apart; the unknown action when Analysis did not answer in time.
    pub action: Arc<Action>,
    /// How it scored.
    pub classification: Arc<Classification>,
    /// How the question ended.
    pub ruling: Ruling,
    /// The effect class, an open vocabulary: `read`, `file_write`, `irreversible`, `outward`, `unclassified`, ….
    pub class: &'static str,
    /// The rules and defaults that took part, the deciding one first: rule ids, `profile:<name>/<class>`, `tier:<token>`,
    /// `capability`, `revoked`.
    pub rule_ids: Vec<String>,
    /// The reason of the deciding rule, in plain words.
    pub reason: String,
    /// What the agent is told instead of the call. `None` when the call is delivered or nobody is there to be told.
    pub told: Option<String>,
    /// How long the call waited for a person; 0 when nobody was asked.
    pub held: Millis,
    /// The policy that decided.
    pub policy: PolicyInForce,
    /// Digest of the capability set in force, when there is one.
    pub capability_digest: Option<[u8; 32]>,
}

/// Which policy is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyInForce {
    /// The version text that the record carries: profile and the first digits of the digest.
    pub version: Arc<str>,
    /// SHA-256 over the whole policy, grants included.
    pub digest: [u8; 32],
    /// Counts policies and authority views.
    pub generation: Generation,
}

/// An exchange with all that was decided about it: what its `interaction` record needs.
#[derive(Clone, Debug, PartialEq)]
pub struct ExchangeDecided {
    /// The exchange as it ended.
    pub finished: Arc<ExchangeFinished>,
    /// What Analysis made of it; `None` when it did not answer in time.
    pub classified: Option<Arc<Classified>>,
    /// How it scored as a whole, `tier2` with `analysis_unavailable` when Analysis did not answer.
    pub classification: Arc<Classification>,
    /// A token of `policy_action` (`voaf.md` §5): the worst of what happened to its calls.
    pub policy_action: &'static str,
    /// The rule that decided the worst of its calls.
    pub matched_policy: Option<String>,
    /// Whether a call of it was not delivered.
    pub blocked: bool,
    /// Why.
    pub block_reason: Option<String>,
    /// The policy in force at its end.
    pub policy: PolicyInForce,
}

/// A call is held: what a person needs to answer.
#[derive(Clone, Debug, PartialEq)]
pub struct HoldOpened {
    /// By which it is answered.
    pub id: HoldId,
    /// The call as it was captured.
    pub captured: Arc<CallCaptured>,
    /// What it would do.
    pub action: Arc<Action>,
    /// How it scored.
    pub classification: Arc<Classification>,
    /// The rule that holds it.
    pub rule: String,
    /// Why, in plain words.
    pub reason: String,
    /// When it was held.
    pub at: Timestamp,
    /// When it ends by itself, with a denial.
    pub expires_at: Timestamp,
}

/// A hold is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldClosed {
    /// The exchange.
    pub exchange: ExchangeId,
    /// Which call of it.
    pub call: CallNumber,
    /// How it ended.
    pub ruling: Ruling,
}

/// The user allowed calls like one that was held: same agent, same tool, same effects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// The agent: `ExchangeHead::agent`.
    pub agent: String,
    /// The tool.
    pub tool: String,
    /// The effects it covers, each as `verb resource`, the resource spelled out: `delete path:/home/u/tmp`. Sorted.
    pub effects: Vec<String>,
}
