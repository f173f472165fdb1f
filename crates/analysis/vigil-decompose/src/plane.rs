//! The Analysis plane: hears requests, calls and endings, says what calls would do and what exchanges were.

use std::collections::VecDeque;
use std::sync::Arc;

use vigil_core::message::{
    AnalysisInput, AnalysisOutput, CallCaptured, Classified, Decomposed, Ended, ExchangeFinished,
    RequestCaptured,
};
use vigil_core::{Action, Classification, ExchangeId, Plane, Reason};

use crate::action::decompose;
use crate::intent::MILD;
use crate::provenance::Conversation;
use crate::request::{Request, SessionLimits, Sessions};
use crate::watch::Watch;

mod summary;

use summary::Summary;

/// How much the plane keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnalysisLimits {
    /// How many bodies of requests are kept to read the next ones faster.
    pub sessions: usize,
    /// How many bytes these and what was read from them may take.
    pub session_bytes: usize,
    /// How many exchanges may be under way.
    pub exchanges: usize,
    /// How many bytes a request's body may have after its content coding is undone.
    pub decoded_bytes: usize,
}

impl Default for AnalysisLimits {
    fn default() -> Self {
        Self { sessions: 16, session_bytes: 32 << 20, exchanges: 1024, decoded_bytes: 16 << 20 }
    }
}

/// The Analysis plane.
///
/// It needs no order: a call whose request never came is taken apart as in an unknown conversation, where every value
/// is untrusted; an ending that nobody announced is classified from itself.
#[derive(Debug)]
pub struct Analysis<W = ()> {
    limits: AnalysisLimits,
    sessions: Sessions,
    exchanges: VecDeque<Exchange>,
    watch: W,
}

/// An exchange under way.
#[derive(Debug)]
struct Exchange {
    id: ExchangeId,
    request: Request,
    summary: Summary,
    /// How the most unusual of its calls scored; while it has none, how what was new in its request did.
    worst: Arc<Classification>,
}

impl Analysis {
    /// A plane that has heard nothing and to which every call is routine.
    pub fn new(limits: AnalysisLimits) -> Self {
        Self::watched(limits, ())
    }

    /// Takes a call apart, seen in its conversation, without any state.
    pub fn decompose(call: &vigil_core::wire::WireCall, conversation: &Conversation) -> Action {
        decompose(call, conversation)
    }
}

impl<W: Watch> Analysis<W> {
    /// A plane that has heard nothing, whose calls this one judges.
    pub fn watched(limits: AnalysisLimits, watch: W) -> Self {
        let of_sessions = SessionLimits {
            sessions: limits.sessions.max(1),
            bytes: limits.session_bytes,
            decoded_bytes: limits.decoded_bytes,
        };
        Self { limits, sessions: Sessions::new(of_sessions), exchanges: VecDeque::new(), watch }
    }

    /// Who judges the calls.
    pub const fn watch(&self) -> &W {
        &self.watch
    }

    /// How many bytes of requests were looked at byte by byte since the start. It grows with what is new in a
    /// conversation, not with its length.
    pub fn parsed_bytes(&self) -> u64 {
        self.sessions.parsed_bytes()
    }

    /// How many exchanges are remembered.
    pub fn exchanges(&self) -> usize {
        self.exchanges.len()
    }

    fn heard(&mut self, captured: &Arc<RequestCaptured>) {
        let mut request = self.sessions.read(captured);
        let heard = std::mem::take(&mut request.heard);
        let scored = match heard.is_empty() {
            true => None,
            false => self.watch.heard(&captured.head.session, &heard),
        };
        let id = captured.head.exchange;
        self.exchanges.retain(|exchange| exchange.id != id);
        let worst = Arc::new(scored.unwrap_or_default());
        self.exchanges.push_back(Exchange { worst, ..Exchange::new(id, request) });
        // What a conversation keeps is shared with the session as long as nothing new came; the rest is bounded here.
        let kept = |exchange: &Exchange| match Arc::strong_count(&exchange.request.conversation) {
            1 => exchange.request.conversation.kept_bytes(),
            _ => 0,
        };
        while self.exchanges.len() > self.limits.exchanges.max(1)
            || self.exchanges.len() > 1
                && self.exchanges.iter().map(kept).sum::<usize>() > self.limits.session_bytes
        {
            self.exchanges.pop_front();
        }
    }

    fn call(&mut self, captured: &CallCaptured) -> Decomposed {
        let id = captured.head.exchange;
        if !self.exchanges.iter().any(|exchange| exchange.id == id) {
            self.exchanges.push_back(Exchange::new(id, Request::unknown()));
            if self.exchanges.len() > self.limits.exchanges.max(1) {
                self.exchanges.pop_front();
            }
        }
        let exchange = self.exchanges.iter_mut().find(|exchange| exchange.id == id);
        let action = match &exchange {
            Some(exchange) => decompose(&captured.call, &exchange.request.conversation),
            None => decompose(&captured.call, &Conversation::unknown()),
        };
        let mut classification = self.watch.call(captured, &action);
        let telling = action.remarks.iter().filter(|remark| !MILD.contains(remark));
        let remarks = telling.map(|remark| Reason((*remark).to_owned()));
        classification.reasons.splice(0..0, remarks);
        let classification = Arc::new(classification);
        if let Some(exchange) = exchange {
            // A call is judged with the texts before it, so what they say alone counts while there is none.
            let is_first = !exchange.summary.has_calls();
            exchange.summary.add(&action);
            if is_first || is_worse(&classification, &exchange.worst) {
                exchange.worst = Arc::clone(&classification);
            }
        }
        Decomposed { exchange: id, call: captured.call.number, action: Arc::new(action), classification }
    }

    fn finished(&mut self, finished: &ExchangeFinished) -> Classified {
        let id = finished.head.exchange;
        let at = self.exchanges.iter().position(|exchange| exchange.id == id);
        let known = at.and_then(|at| self.exchanges.remove(at));
        let Exchange { request, mut summary, worst, .. } =
            known.unwrap_or_else(|| Exchange::new(id, Request::unknown()));
        for call in finished.reply.iter().flat_map(|reply| &reply.server_calls) {
            summary.add(&decompose(call, &request.conversation));
        }
        let conversation = &request.conversation;
        let replied = finished.reply.as_ref().is_some_and(|reply| reply.text.is_some());
        let view = summary.view(conversation, replied);
        let typed = conversation.typed();
        Classified {
            exchange: id,
            model: request.model,
            conversation_ref: request.conversation_ref,
            user_message: typed.map(|typed| typed.digest),
            user_message_truncated: typed.is_some_and(|typed| typed.digest.length > 1 << 20),
            interaction_type: view.interaction_type,
            action: view.action,
            scope: view.scope,
            slots: view.slots,
            classification: worst,
            messages: u32::try_from(conversation.messages()).unwrap_or(u32::MAX),
            tools: u32::try_from(conversation.tools().len()).unwrap_or(u32::MAX),
        }
    }
}

impl Exchange {
    fn new(id: ExchangeId, request: Request) -> Self {
        Self { id, request, summary: Summary::default(), worst: Arc::default() }
    }
}

/// Whether one is further from routine than the other: by tier, then by how rare its scores are together.
fn is_worse(one: &Classification, other: &Classification) -> bool {
    let rarity = |of: &Classification| ONE.saturating_sub(of.combined_p().unwrap_or(ONE));
    let rank = |of: &Classification| (of.tier, rarity(of), !of.scores.is_empty(), !of.reasons.is_empty());
    rank(one) > rank(other)
}

/// A p-value of 1.
const ONE: i64 = 1_000_000;

impl Default for Analysis {
    fn default() -> Self {
        Self::new(AnalysisLimits::default())
    }
}

impl<W: Watch> Plane for Analysis<W> {
    type Input = AnalysisInput;
    type Output = AnalysisOutput;

    fn handle(&mut self, input: AnalysisInput, say: &mut dyn FnMut(AnalysisOutput)) {
        match input {
            AnalysisInput::Request(captured) => self.heard(&captured),
            AnalysisInput::Call(captured) => say(AnalysisOutput::Decomposed(self.call(&captured))),
            AnalysisInput::Finished(finished) => {
                say(AnalysisOutput::Classified(Arc::new(self.finished(&finished))));
            }
            AnalysisInput::Ended(exchanges) => {
                for Ended { captured, finished } in exchanges {
                    if let Some(captured) = captured {
                        self.heard(&captured);
                    }
                    say(AnalysisOutput::Classified(Arc::new(self.finished(&finished))));
                }
            }
            AnalysisInput::CallEnded(call) => self.watch.ended(&call),
            AnalysisInput::Models => say(AnalysisOutput::Models(Arc::new(self.watch.models()))),
            AnalysisInput::Forget(agent) => {
                self.watch.forget(agent.as_deref());
                say(AnalysisOutput::Models(Arc::new(self.watch.models())));
            }
        }
    }
}

#[cfg(test)]
mod tests;
