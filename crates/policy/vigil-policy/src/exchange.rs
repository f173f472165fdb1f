//! What the plane knows of one exchange until its end is told: its calls, and who still owes an answer.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use vigil_core::message::{
    CallCaptured, Classified, Decision, Decomposed, Ending, ExchangeDecided, ExchangeFinished, GoneHow,
    PolicyInForce,
};
use vigil_core::{Action, CallNumber, Classification, Outcome, Ruling, Tier, Timestamp};

use crate::class::Class;

/// An exchange that is not over, or not told.
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    pub(crate) calls: BTreeMap<CallNumber, Call>,
    pub(crate) finished: Option<Arc<ExchangeFinished>>,
    pub(crate) classified: Option<Arc<Classified>>,
    /// Until when Analysis may still say what the exchange was.
    pub(crate) deadline: Option<Timestamp>,
    /// Set when nobody is there any more to get its calls.
    pub(crate) gone: Option<GoneHow>,
    /// Intercept has spoken of it. Until then only Analysis vouches for it.
    pub(crate) is_known: bool,
    /// The worst that happened to its calls.
    worst: Option<Worst>,
}

/// A call, by what it waits for.
#[derive(Debug)]
pub(crate) enum Call {
    /// Analysis was faster than Intercept.
    AwaitsCapture(Decomposed),
    /// Analysis owes the action until then.
    AwaitsAction(Arc<CallCaptured>, Timestamp),
    /// A person owes the answer.
    Held(Held),
    /// Its decision is said.
    Decided,
}

/// A call that waits for a person.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) scored: Scored,
    pub(crate) judged: Judged,
    pub(crate) at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// What the gate made of a call, in the words of the policy that was in force then.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) outcome: Outcome,
    pub(crate) stops: bool,
    pub(crate) class: Class,
    /// The deciding one first.
    pub(crate) rule_ids: Vec<String>,
    pub(crate) reason: String,
    pub(crate) policy: PolicyInForce,
}

impl Judged {
    pub(crate) fn rule(&self) -> &str {
        self.rule_ids.first().map_or("", String::as_str)
    }
}

/// A call with everything the gate looks at.
#[derive(Clone, Debug)]
pub(crate) struct Scored {
    pub(crate) captured: Arc<CallCaptured>,
    pub(crate) action: Arc<Action>,
    pub(crate) classification: Arc<Classification>,
}

impl Scored {
    pub(crate) fn new(captured: Arc<CallCaptured>, decomposed: Decomposed) -> Self {
        Self { captured, action: decomposed.action, classification: decomposed.classification }
    }
}

#[derive(Debug)]
struct Worst {
    rank: u8,
    rule: Option<String>,
    reason: String,
    delivered: bool,
}

impl Exchange {
    /// Takes a decision into account for what will be told of the exchange.
    pub(crate) fn note(&mut self, decision: &Decision) {
        let rank = rank(decision.ruling);
        if self.worst.as_ref().is_none_or(|worst| worst.rank < rank) {
            let delivered = decision.ruling.delivers();
            let rule = decision.rule_ids.first().cloned();
            self.worst = Some(Worst { rank, rule, reason: decision.reason.clone(), delivered });
        }
    }

    pub(crate) fn is_decided(&self) -> bool {
        self.calls.values().all(|call| matches!(call, Call::Decided | Call::AwaitsCapture(_)))
    }

    /// The exchange as it is told, now that nothing more will be known of it.
    pub(crate) fn decided(
        self,
        finished: Arc<ExchangeFinished>,
        unavailable: &Arc<Classification>,
        policy: PolicyInForce,
    ) -> ExchangeDecided {
        let classification = self.classified.as_ref().map_or(unavailable, |c| &c.classification).clone();
        let flagged = classification.tier >= Tier::Flagged;
        let of_calls = self.worst.as_ref().map_or(0, |worst| worst.rank);
        let refused = match &finished.ending {
            Ending::Refused(why) => Some(why.clone()),
            _ => None,
        };
        let rank = of_calls.max(u8::from(flagged)).max(if refused.is_some() { BLOCK } else { 0 });
        let (matched_policy, stopped) = match self.worst {
            Some(worst) => (worst.rule, (!worst.delivered).then_some(worst.reason)),
            None => (None, None),
        };
        let block_reason = stopped.or(refused);
        ExchangeDecided {
            finished,
            classified: self.classified,
            classification,
            policy_action: ACTIONS.get(usize::from(rank)).copied().unwrap_or("block"),
            matched_policy,
            blocked: block_reason.is_some(),
            block_reason,
            policy,
        }
    }
}

/// Tokens of `policy_action` by rank.
const ACTIONS: [&str; 6] = ["allow", "flag", "escalate", "escalate", "block", "block"];
const BLOCK: u8 = 4;

/// How bad a ruling is for what is told of the exchange.
const fn rank(ruling: Ruling) -> u8 {
    match ruling {
        Ruling::Allow => 0,
        Ruling::Observed => 1,
        Ruling::UserApprove | Ruling::AlwaysAllow => 2,
        Ruling::ClientDisconnected | Ruling::ConnectionPanicked => 3,
        Ruling::UserDeny | Ruling::TimeoutDeny | Ruling::ShutdownDeny => BLOCK,
        Ruling::PolicyDeny | Ruling::FaultDeny => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_was_not_delivered_ranks_above_whatever_was() {
        for one in Ruling::ALL {
            for other in Ruling::ALL {
                assert!(!one.delivers() || other.delivers() || rank(one) < rank(other), "{one:?} {other:?}");
            }
            assert!(usize::from(rank(one)) < ACTIONS.len());
        }
    }
}
