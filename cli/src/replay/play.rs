//! Plays one session: what Intercept would say to Analysis and Policy, and what these answer.

use std::sync::Arc;

use vigil_core::message::{
    AnalysisInput, AnalysisOutput, CallCaptured, CapturedBody, Decision, Ending, ExchangeFinished,
    ExchangeHead, PolicyInput, PolicyOutput, RequestCaptured, Said, UserAnswer,
};
use vigil_core::wire::{CallKind, Endpoint, ReplySummary, WireCall, WireFormat};
use vigil_core::{CallNumber, ExchangeId, Millis, Plane, SessionId, Timestamp};
use vigil_decompose::{Analysis, AnalysisLimits};
use vigil_detect::{Detector, Ensemble, Personal};
use vigil_policy::{CompiledPolicy, Policy, PolicySettings};

use super::request::Conversation;
use super::session::{RecordedCall, Session, Step};

/// What a session is played under.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) policy: CompiledPolicy,
    /// The models that score. What is usual for a user they do not know: no recording is one user's.
    pub(crate) models: Arc<Ensemble>,
    /// The directory that the system text names; recordings leave it out.
    pub(crate) workdir: Option<String>,
    /// Whether the features of each call are written.
    pub(crate) features: bool,
}

/// What became of one call.
#[derive(Debug)]
pub(crate) struct Played {
    /// Which step of the session.
    pub(crate) step: usize,
    /// Which call of the step.
    pub(crate) call: usize,
    /// Whether a person was asked.
    pub(crate) held: bool,
    pub(crate) decision: Arc<Decision>,
    /// What the models were told of it, where it was asked for.
    pub(crate) seen: Option<vigil_detect::Step>,
}

/// Plays a session from its first step to its last. Whoever is asked says yes: the recording goes on as it was.
pub(crate) fn play(session: &Session, tools: &str, rules: &Rules) -> Vec<Played> {
    let settings =
        PolicySettings { hold_window: Millis(30_000), grants: Vec::new(), now: Timestamp::default() };
    let detector = Detector::new(Arc::clone(&rules.models), Personal::new());
    let mut stage = Stage {
        analysis: Analysis::watched(AnalysisLimits::default(), detector),
        policy: Policy::new(rules.policy.clone(), settings),
        session: SessionId(session.session_id.clone()),
        exchanges: 0,
        heard: Vec::new(),
        features: rules.features,
    };
    let model = session.model.as_deref().unwrap_or("unknown");
    let mut conversation = Conversation::new(model, tools, rules.workdir.as_deref());
    conversation.user(&session.user_prompt);
    for (at, step) in session.steps.iter().enumerate() {
        match step {
            Step::User { text } => conversation.user(text.as_deref().unwrap_or_default()),
            Step::Tool { name, tool_output } => {
                conversation
                    .tool(name.as_deref().unwrap_or_default(), tool_output.as_deref().unwrap_or_default());
            }
            Step::Assistant { text, tool_calls } => {
                let calls = tool_calls.as_deref().unwrap_or_default();
                let text = text.as_deref().unwrap_or_default();
                stage.exchange(at, conversation.body(), text, calls);
                conversation.assistant(text, calls);
            }
        }
    }
    stage.heard
}

/// The planes that a session meets.
struct Stage {
    analysis: Analysis<Detector>,
    policy: Policy,
    session: SessionId,
    exchanges: u64,
    heard: Vec<Played>,
    features: bool,
}

impl Stage {
    /// One request and its reply.
    fn exchange(&mut self, step: usize, body: Vec<u8>, text: &str, calls: &[RecordedCall]) {
        self.exchanges += 1;
        // A second for each exchange: a recording has no clock, and a replay must not have one.
        let at = Timestamp::from_micros(
            i64::try_from(self.exchanges).unwrap_or(i64::MAX).saturating_mul(1_000_000),
        );
        let head = Arc::new(ExchangeHead {
            exchange: ExchangeId::new(self.exchanges * 1000, 0),
            session: self.session.clone(),
            at,
            provider: "openai".to_owned(),
            host: "api.openai.com".to_owned(),
            method: "POST".to_owned(),
            path: "/v1/chat/completions".to_owned(),
            endpoint: Endpoint::Gated(WireFormat::OpenAiChat),
            client_ref: String::new(),
            agent: "replay".to_owned(),
            conversation_ref: None,
        });
        let length = body.len() as u64;
        let body = CapturedBody { bytes: body, length, complete: true, coding: None };
        let request = RequestCaptured { head: Arc::clone(&head), body };
        self.tell(AnalysisInput::Request(Arc::new(request)));
        for (number, call) in calls.iter().enumerate() {
            let wire_number = CallNumber(u32::try_from(number).unwrap_or(u32::MAX));
            let wire = WireCall {
                number: wire_number,
                id: None,
                name: call.name.clone(),
                arguments: call.arguments_text(),
                kind: CallKind::Client,
                duplicate_members: false,
            };
            let captured = Arc::new(CallCaptured {
                head: Arc::clone(&head),
                call: wire,
                at,
                protocol: "openai-chat-stream",
                model: None,
                response_hash_upstream: [0; 32],
                response_hash_delivered: [0; 32],
            });
            let mut heard = self.ask(PolicyInput::Call(Arc::clone(&captured)));
            heard.extend(self.tell(AnalysisInput::Call(captured)));
            let held = heard.iter().find_map(|said| match said {
                PolicyOutput::HoldOpened(opened) => Some(opened.id),
                _ => None,
            });
            if let Some(id) = held {
                let answer = UserAnswer { id, said: Said::Approve, at };
                heard.extend(self.ask(PolicyInput::UserAnswer(answer)));
            }
            let decision = heard.into_iter().find_map(|said| match said {
                PolicyOutput::Decision(decision) => Some(decision),
                _ => None,
            });
            let seen =
                self.analysis.watch().step(head.exchange, wire_number).filter(|_| self.features).cloned();
            self.heard.extend(decision.map(|decision| Played {
                step,
                call: number,
                held: held.is_some(),
                decision,
                seen,
            }));
        }
        let reply = ReplySummary {
            protocol: "openai-chat-stream",
            text: (!text.is_empty())
                .then_some(vigil_core::wire::Digest { sha256: [0; 32], length: text.len() as u64 }),
            ..ReplySummary::default()
        };
        let finished = Arc::new(ExchangeFinished {
            head,
            at,
            ending: Ending::Complete,
            status: Some(200),
            request_bytes: Some(length),
            reply: Some(reply),
            calls: u32::try_from(calls.len()).unwrap_or(u32::MAX),
            first_byte_micros: None,
        });
        self.ask(PolicyInput::Finished(Arc::clone(&finished)));
        self.tell(AnalysisInput::Finished(finished));
    }

    /// Analysis hears something, and Policy what it says about it.
    fn tell(&mut self, input: AnalysisInput) -> Vec<PolicyOutput> {
        let mut said = Vec::new();
        self.analysis.handle(input, &mut |output| said.push(output));
        let mut answers = Vec::new();
        for output in said {
            answers.extend(self.ask(match output {
                AnalysisOutput::Decomposed(decomposed) => PolicyInput::Decomposed(decomposed),
                AnalysisOutput::Classified(classified) => PolicyInput::Classified(classified),
                // Nobody asked.
                AnalysisOutput::Models(_) => continue,
            }));
        }
        answers
    }

    fn ask(&mut self, input: PolicyInput) -> Vec<PolicyOutput> {
        let mut heard = Vec::new();
        self.policy.handle(input, &mut |output| heard.push(output));
        heard
    }
}
