//! From a scored call to its decision: the gate is asked, a person perhaps, and one decision is said.

use alloc::string::{String, ToString};
use alloc::sync::Arc;

use vigil_core::message::{
    CallCaptured, Decision, Decomposed, GoneHow, HoldClosed, HoldOpened, PolicyOutput,
};
use vigil_core::{Action, HoldId, Millis, Outcome, Provenance, Ruling, Timestamp};

use crate::due::Due;
use crate::exchange::{Call, Held, Judged, Scored};
use crate::gate::{Authority, Question, decide, touches_credential};
use crate::plane::{Policy, Say};
use crate::told::told;

impl Policy {
    /// Asks the gate and acts on its answer.
    pub(crate) fn judge(&mut self, scored: Scored, say: Say<'_>) {
        let judged = self.ask(&scored);
        let ruling = match judged.outcome {
            Outcome::Allow => Ruling::Allow,
            Outcome::Hold | Outcome::Block if !judged.stops => Ruling::Observed,
            Outcome::Block => Ruling::PolicyDeny,
            Outcome::Hold if self.shutting_down => Ruling::ShutdownDeny,
            Outcome::Hold if self.grants.cover(&scored.captured.head.agent, &scored.action) => {
                Ruling::AlwaysAllow
            }
            Outcome::Hold => return self.hold(scored, judged, say),
        };
        self.end(scored, judged, ruling, Millis(0), say);
    }

    fn hold(&mut self, scored: Scored, judged: Judged, say: Say<'_>) {
        let at = self.now.max(scored.captured.at);
        let expires_at = at + self.hold_window;
        let (exchange, call) = (scored.captured.head.exchange, scored.captured.call.number);
        say(PolicyOutput::HoldOpened(Arc::new(HoldOpened {
            id: HoldId { exchange, call },
            captured: scored.captured.clone(),
            action: scored.action.clone(),
            classification: scored.classification.clone(),
            rule: judged.rule().to_string(),
            reason: judged.reason.clone(),
            at,
            expires_at,
        })));
        self.due.insert((expires_at, exchange, Due::Call(call)));
        self.put(exchange, call, Call::Held(Held { scored, judged, at, expires_at }));
    }

    /// Ends a hold that was taken out of its exchange.
    pub(crate) fn close(&mut self, held: Held, ruling: Ruling, at: Timestamp, say: Say<'_>) {
        let (exchange, call) = (held.scored.captured.head.exchange, held.scored.captured.call.number);
        self.due.remove(&(held.expires_at, exchange, Due::Call(call)));
        // A wait shorter than the clock can tell was still a wait.
        let waited = at.since(held.at).max(Millis(1));
        self.end(held.scored, held.judged, ruling, waited, say);
        say(PolicyOutput::HoldClosed(HoldClosed { exchange, call, ruling }));
    }

    /// Ends a call that nobody waits for any more and that was not held.
    pub(crate) fn end_gone(
        &mut self,
        captured: Arc<CallCaptured>,
        action: Option<Decomposed>,
        how: GoneHow,
        say: Say<'_>,
    ) {
        let scored = match action {
            Some(decomposed) => Scored::new(captured, decomposed),
            None => self.unscored(captured),
        };
        let judged = self.ask(&scored);
        self.end(scored, judged, gone_ruling(how), Millis(0), say);
    }

    /// Says the decision about a call, the only one there will be.
    fn end(&mut self, scored: Scored, judged: Judged, ruling: Ruling, held: Millis, say: Say<'_>) {
        let head = scored.captured.head.clone();
        let reason = match ruling {
            Ruling::FaultDeny => String::from("the reply ended before the call could be delivered"),
            Ruling::ClientDisconnected => {
                String::from("the client was gone before the call could be delivered")
            }
            Ruling::ConnectionPanicked => {
                String::from("the connection failed before the call could be delivered")
            }
            _ => judged.reason.clone(),
        };
        let decision = Arc::new(Decision {
            told: told(ruling, judged.rule(), &reason),
            ruling,
            class: judged.class.token(),
            rule_ids: judged.rule_ids,
            reason,
            held,
            policy: judged.policy,
            capability_digest: None,
            captured: scored.captured,
            action: scored.action,
            classification: scored.classification,
        });
        if ruling.delivers() && decision.action.effects.iter().any(touches_credential) {
            self.credential_reads.note(&head.session);
        }
        if let Some(exchange) = self.exchanges.get_mut(&head.exchange) {
            exchange.note(&decision);
            exchange.calls.insert(decision.captured.call.number, Call::Decided);
        }
        say(PolicyOutput::Decision(decision));
    }

    /// The gate's answer with everything said in the words of the policy that gave it.
    fn ask(&mut self, scored: &Scored) -> Judged {
        let head = &scored.captured.head;
        let question = Question {
            action: &scored.action,
            tier: scored.classification.tier,
            provider: &head.provider,
            agent: &head.agent,
            // Nobody states a capability set or revokes an authority before the Identity plane speaks.
            authority: Authority::default(),
            credential_read: self.credential_reads.known(&head.session),
        };
        let verdict = decide(&self.compiled, &question);
        Judged {
            outcome: verdict.outcome,
            stops: verdict.stops,
            class: verdict.class,
            rule_ids: verdict.path.steps().map(|(_, step)| self.compiled.name_of(step)).collect(),
            reason: verdict.path.deciding().map(|step| self.compiled.reason_of(step)).unwrap_or_default(),
            policy: self.in_force.clone(),
        }
    }

    /// A call of which nothing is known, not even where its arguments come from.
    pub(crate) fn unscored(&self, captured: Arc<CallCaptured>) -> Scored {
        let mut action = Action::unknown(captured.call.name.clone());
        action.effects.iter_mut().for_each(|effect| effect.provenance = Provenance::Untrusted);
        action.remarks.push("analysis_unavailable");
        Scored { captured, action: Arc::new(action), classification: self.unavailable.clone() }
    }
}

pub(crate) const fn gone_ruling(how: GoneHow) -> Ruling {
    match how {
        GoneHow::Disconnected => Ruling::ClientDisconnected,
        GoneHow::Panicked => Ruling::ConnectionPanicked,
        GoneHow::ReplyFailed => Ruling::FaultDeny,
    }
}
