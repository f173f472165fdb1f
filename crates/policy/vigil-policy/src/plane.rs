//! The Policy plane: who waits for what, and how each question ends (`policy.md` §12).
//!
//! ```text
//!            Call ──▶ awaits action ──Decomposed or deadline──▶ gate ──allow──▶ decided
//!  Decomposed ──▶ awaits capture ──Call──────────────────────▶   │ ──block──▶ decided
//!                                                                hold ──▶ held ──answer, expiry, gone, shutdown──▶ decided
//! ```

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use vigil_core::budget::ANALYSIS_DEADLINE;
use vigil_core::message::{
    CallCaptured, Classified, ClientGone, Decomposed, Ending, ExchangeFinished, GoneHow, Grant,
    PolicyInForce, PolicyInput, PolicyOutput, Said, UserAnswer,
};
use vigil_core::{
    CallNumber, Classification, ExchangeId, Generation, Millis, Plane, Reason, Ruling, Tier, Timestamp,
};

use crate::due::Due;
use crate::exchange::{Call, Exchange, Scored};
use crate::grant::{Grants, grant_for};
use crate::judge::gone_ruling;
use crate::policy::CompiledPolicy;
use crate::session::CredentialReads;

/// What the plane is started with, beside the policy.
#[derive(Clone, Debug)]
pub struct PolicySettings {
    /// How long a call waits for a person.
    pub hold_window: Millis,
    /// What was granted before.
    pub grants: Vec<Grant>,
    /// What time it is.
    pub now: Timestamp,
}

/// The Policy plane.
pub struct Policy {
    pub(crate) compiled: CompiledPolicy,
    pub(crate) hold_window: Millis,
    pub(crate) grants: Grants,
    pub(crate) in_force: PolicyInForce,
    pub(crate) exchanges: BTreeMap<ExchangeId, Exchange>,
    /// What is due when. Entries whose reason is gone are skipped when they come up.
    pub(crate) due: BTreeSet<(Timestamp, ExchangeId, Due)>,
    /// Exchanges that only Analysis spoke of, oldest first; bounded.
    unconfirmed: VecDeque<ExchangeId>,
    /// Exchanges that were told, oldest first; bounded. What still comes of them is late.
    told: VecDeque<ExchangeId>,
    told_set: BTreeSet<ExchangeId>,
    pub(crate) credential_reads: CredentialReads,
    /// The latest time heard of.
    pub(crate) now: Timestamp,
    /// Whether it was said which policy is in force.
    is_announced: bool,
    pub(crate) shutting_down: bool,
    pub(crate) unavailable: Arc<Classification>,
}

/// Most exchanges that are kept on the word of Analysis alone, and most that are remembered after their end.
const MAX_REMEMBERED: usize = 4096;

pub(crate) type Say<'s> = &'s mut dyn FnMut(PolicyOutput);

impl Policy {
    /// A plane that has heard nothing yet. It wants to be told the time at once, and says which policy is in force
    /// before all else, unless [`Self::say_in_force`] did so.
    pub fn new(compiled: CompiledPolicy, settings: PolicySettings) -> Self {
        let grants = Grants::new(settings.grants);
        let in_force = compiled.in_force(grants.iter(), settings.hold_window, Generation::default());
        let unavailable = Classification {
            tier: Tier::Flagged,
            reasons: alloc::vec![Reason(String::from("analysis_unavailable"))],
            ..Classification::default()
        };
        Self {
            compiled,
            hold_window: settings.hold_window,
            grants,
            in_force,
            exchanges: BTreeMap::new(),
            due: BTreeSet::new(),
            unconfirmed: VecDeque::new(),
            told: VecDeque::new(),
            told_set: BTreeSet::new(),
            credential_reads: CredentialReads::default(),
            now: settings.now,
            is_announced: false,
            shutting_down: false,
            unavailable: Arc::new(unavailable),
        }
    }

    /// Which policy is in force.
    pub fn in_force(&self) -> &PolicyInForce {
        &self.in_force
    }

    /// Says which policy is in force.
    pub fn say_in_force(&mut self, say: Say<'_>) {
        self.is_announced = true;
        say(PolicyOutput::InForce(self.in_force.clone()));
    }

    /// Puts another policy in force. Open holds stay as they were decided.
    pub fn replace(&mut self, compiled: CompiledPolicy, say: Say<'_>) {
        self.compiled = compiled;
        self.renew(say);
    }

    fn renew(&mut self, say: Say<'_>) {
        let generation = Generation {
            policy: self.in_force.generation.policy.saturating_add(1),
            ..self.in_force.generation
        };
        self.in_force = self.compiled.in_force(self.grants.iter(), self.hold_window, generation);
        self.say_in_force(say);
    }

    fn call(&mut self, captured: Arc<CallCaptured>, say: Say<'_>) {
        self.hear_time(captured.at);
        let (id, number) = (captured.head.exchange, captured.call.number);
        if self.told_set.contains(&id) {
            // The exchange is over, nobody waits for this call; it gets its record all the same.
            return self.end_gone(captured, None, GoneHow::ReplyFailed, say);
        }
        let exchange = self.exchanges.entry(id).or_default();
        exchange.is_known = true;
        let gone = exchange.gone;
        match exchange.calls.remove(&number) {
            // One record per call: a second capture of the same number is not a second call.
            Some(known @ (Call::AwaitsAction(..) | Call::Held(_) | Call::Decided)) => {
                exchange.calls.insert(number, known);
            }
            early => {
                let action = match early {
                    Some(Call::AwaitsCapture(decomposed)) => Some(decomposed),
                    _ => None,
                };
                if let Some(how) = gone {
                    self.end_gone(captured, action, how, say);
                } else if let Some(decomposed) = action {
                    self.judge(Scored::new(captured, decomposed), say);
                } else {
                    let deadline = captured.at + ANALYSIS_DEADLINE;
                    exchange.calls.insert(number, Call::AwaitsAction(captured, deadline));
                    self.due.insert((deadline, id, Due::Call(number)));
                }
            }
        }
    }

    fn decomposed(&mut self, decomposed: Decomposed, say: Say<'_>) {
        let (id, number) = (decomposed.exchange, decomposed.call);
        let Some(exchange) = self.analysed(id) else { return };
        match exchange.calls.remove(&number) {
            Some(Call::AwaitsAction(captured, deadline)) => {
                self.due.remove(&(deadline, id, Due::Call(number)));
                self.judge(Scored::new(captured, decomposed), say);
            }
            // Too late, or said twice.
            Some(known) => {
                exchange.calls.insert(number, known);
            }
            None => {
                exchange.calls.insert(number, Call::AwaitsCapture(decomposed));
            }
        }
    }

    fn classified(&mut self, classified: Arc<Classified>, say: Say<'_>) {
        let id = classified.exchange;
        let Some(exchange) = self.analysed(id) else { return };
        exchange.classified.get_or_insert(classified);
        self.tell_if_over(id, say);
    }

    fn finished(&mut self, finished: Arc<ExchangeFinished>, say: Say<'_>) {
        self.hear_time(finished.at);
        let id = finished.head.exchange;
        if self.told_set.contains(&id) {
            return;
        }
        let exchange = self.exchanges.entry(id).or_default();
        exchange.is_known = true;
        if exchange.finished.is_some() {
            return;
        }
        let at = finished.at;
        let how = match finished.ending {
            // Calls that wait are still going to be delivered, or everything is.
            Ending::Complete => None,
            Ending::ClientGone => Some(GoneHow::Disconnected),
            Ending::UpstreamCut | Ending::Refused(_) => Some(GoneHow::ReplyFailed),
        };
        exchange.finished = Some(finished);
        let deadline = at + ANALYSIS_DEADLINE;
        exchange.deadline = Some(deadline);
        self.due.insert((deadline, id, Due::Exchange));
        if let Some(how) = how {
            self.client_gone(ClientGone { exchange: id, at, how }, say);
        }
        self.tell_if_over(id, say);
    }

    fn client_gone(&mut self, gone: ClientGone, say: Say<'_>) {
        self.hear_time(gone.at);
        if self.told_set.contains(&gone.exchange) {
            return;
        }
        let exchange = self.exchanges.entry(gone.exchange).or_default();
        exchange.is_known = true;
        let how = *exchange.gone.get_or_insert(gone.how);
        for (number, call) in core::mem::take(&mut exchange.calls) {
            match call {
                Call::AwaitsAction(captured, deadline) => {
                    self.due.remove(&(deadline, gone.exchange, Due::Call(number)));
                    self.end_gone(captured, None, how, say);
                }
                Call::Held(held) => self.close(held, gone_ruling(how), gone.at, say),
                waiting @ (Call::AwaitsCapture(_) | Call::Decided) => {
                    self.put(gone.exchange, number, waiting);
                }
            }
        }
        self.tell_if_over(gone.exchange, say);
    }

    fn answer(&mut self, answer: UserAnswer, say: Say<'_>) {
        let (id, number) = (answer.id.exchange, answer.id.call);
        let Some(exchange) = self.exchanges.get_mut(&id) else { return };
        let held = match exchange.calls.remove(&number) {
            Some(Call::Held(held)) => held,
            Some(other) => {
                exchange.calls.insert(number, other);
                return;
            }
            None => return,
        };
        let ruling = match answer.said {
            // The window is over, only the tick has not come yet.
            _ if answer.at >= held.expires_at => Ruling::TimeoutDeny,
            Said::Approve => Ruling::UserApprove,
            Said::Deny => Ruling::UserDeny,
            Said::AlwaysAllow => Ruling::AlwaysAllow,
        };
        let grant = (ruling == Ruling::AlwaysAllow)
            .then(|| grant_for(&held.scored.captured.head.agent, &held.scored.action));
        self.close(held, ruling, answer.at, say);
        if let Some(grant) = grant
            && self.grants.add(grant.clone())
        {
            say(PolicyOutput::Granted(grant));
            self.renew(say);
        }
        self.tell_if_over(id, say);
    }

    fn shutdown(&mut self, at: Timestamp, say: Say<'_>) {
        self.hear_time(at);
        self.shutting_down = true;
        let ids: Vec<ExchangeId> = self.exchanges.keys().copied().collect();
        for id in ids {
            let calls = self.exchanges.get_mut(&id).map(|exchange| core::mem::take(&mut exchange.calls));
            for (number, call) in calls.into_iter().flatten() {
                match call {
                    Call::Held(held) => self.close(held, Ruling::ShutdownDeny, at, say),
                    other => self.put(id, number, other),
                }
            }
            self.tell_if_over(id, say);
        }
    }

    /// Tells the exchange if nothing of it is open.
    pub(crate) fn tell_if_over(&mut self, id: ExchangeId, say: Say<'_>) {
        let Some(exchange) = self.exchanges.get(&id) else { return };
        let (Some(finished), deadline) = (exchange.finished.clone(), exchange.deadline) else { return };
        if !exchange.is_decided() || exchange.classified.is_none() && deadline.is_some() {
            return;
        }
        if let Some(deadline) = deadline {
            self.due.remove(&(deadline, id, Due::Exchange));
        }
        if let Some(exchange) = self.exchanges.remove(&id) {
            let decided = exchange.decided(finished, &self.unavailable, self.in_force.clone());
            say(PolicyOutput::Exchange(Arc::new(decided)));
        }
        self.told.push_back(id);
        self.told_set.insert(id);
        if self.told.len() > MAX_REMEMBERED
            && let Some(oldest) = self.told.pop_front()
        {
            self.told_set.remove(&oldest);
        }
    }

    /// The exchange that Analysis speaks of, unless it is over.
    fn analysed(&mut self, id: ExchangeId) -> Option<&mut Exchange> {
        if self.told_set.contains(&id) {
            return None;
        }
        if !self.exchanges.contains_key(&id) {
            self.unconfirmed.push_back(id);
            if self.unconfirmed.len() > MAX_REMEMBERED
                && let Some(oldest) = self.unconfirmed.pop_front()
                && self.exchanges.get(&oldest).is_some_and(|exchange| !exchange.is_known)
            {
                self.exchanges.remove(&oldest);
            }
        }
        Some(self.exchanges.entry(id).or_default())
    }

    pub(crate) fn put(&mut self, id: ExchangeId, number: CallNumber, call: Call) {
        self.exchanges.entry(id).or_default().calls.insert(number, call);
    }
}

impl Plane for Policy {
    type Input = PolicyInput;
    type Output = PolicyOutput;

    fn handle(&mut self, input: PolicyInput, say: &mut dyn FnMut(PolicyOutput)) {
        if !self.is_announced {
            self.say_in_force(say);
        }
        let at = match &input {
            PolicyInput::Call(captured) => Some(captured.at),
            PolicyInput::Finished(finished) => Some(finished.at),
            PolicyInput::Ended(exchanges) => exchanges.iter().map(|finished| finished.at).max(),
            PolicyInput::ClientGone(gone) => Some(gone.at),
            PolicyInput::UserAnswer(answer) => Some(answer.at),
            PolicyInput::Decomposed(_)
            | PolicyInput::Classified(_)
            | PolicyInput::Tick(_)
            | PolicyInput::Shutdown(_) => None,
        };
        match input {
            PolicyInput::Call(captured) => self.call(captured, say),
            PolicyInput::Finished(finished) => self.finished(finished, say),
            PolicyInput::Ended(exchanges) => {
                exchanges.into_iter().for_each(|finished| self.finished(finished, say));
            }
            PolicyInput::ClientGone(gone) => self.client_gone(gone, say),
            PolicyInput::Decomposed(decomposed) => self.decomposed(decomposed, say),
            PolicyInput::Classified(classified) => self.classified(classified, say),
            PolicyInput::UserAnswer(answer) => self.answer(answer, say),
            PolicyInput::Tick(now) => self.tick(now, say),
            PolicyInput::Shutdown(at) => self.shutdown(at, say),
        }
        // Who is kept busy hears no tick; what is due must not wait for a quiet moment.
        if let Some(at) = at {
            self.end_what_is_due(at, say);
        }
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        if self.is_announced { self.due.first().map(|(at, _, _)| *at) } else { Some(self.now) }
    }
}
