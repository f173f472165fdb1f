//! Small things to make messages from.

use std::sync::Arc;

use vigil_core::message::{
    CallCaptured, Classified, ClientGone, Decomposed, Ending, ExchangeFinished, ExchangeHead, GoneHow,
    PolicyInput, PolicyOutput, Said, UserAnswer,
};
use vigil_core::wire::{CallKind, Endpoint, WireCall};
use vigil_core::{
    Action, CallNumber, Classification, Effect, ExchangeId, HoldId, Magnitude, Millis, Plane as _,
    Provenance, Resource, Reversibility, SessionId, Tier, Timestamp, Verb,
};
use vigil_policy::{CompiledPolicy, Policy, PolicySettings, PolicySource};

pub(crate) const WINDOW: Millis = Millis(30_000);

/// Milliseconds since the start of the story.
pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_micros(1_000_000_000 + millis * 1000)
}

pub(crate) fn exchange(n: u64) -> ExchangeId {
    ExchangeId::new(n, 7)
}

pub(crate) fn head(n: u64) -> Arc<ExchangeHead> {
    Arc::new(ExchangeHead {
        exchange: exchange(n),
        session: SessionId(format!("session-{}", n % 3)),
        at: at(0),
        provider: "anthropic".into(),
        host: "api.anthropic.com".into(),
        method: "POST".into(),
        path: "/v1/messages".into(),
        endpoint: Endpoint::NoCalls,
        client_ref: "0123456789abcdef".into(),
        agent: "claude-cli".into(),
        conversation_ref: None,
    })
}

pub(crate) fn call(n: u64, number: u32, millis: i64) -> PolicyInput {
    PolicyInput::Call(Arc::new(CallCaptured {
        head: head(n),
        call: WireCall {
            number: CallNumber(number),
            id: Some("call-1".into()),
            name: "some_tool".into(),
            arguments: "{\"secret\":\"ARGUMENT\"}".into(),
            kind: CallKind::Client,
            duplicate_members: false,
        },
        at: at(millis),
        protocol: "anthropic-messages-stream",
        model: None,
        response_hash_upstream: [1; 32],
        response_hash_delivered: [2; 32],
    }))
}

pub(crate) fn effect(verb: Verb, resource: Resource, provenance: Provenance) -> Effect {
    let reversibility = match verb {
        Verb::Read => Reversibility::Reversible,
        Verb::Write | Verb::Fetch => Reversibility::Partial,
        _ => Reversibility::Irreversible,
    };
    Effect { verb, resource, reversibility, magnitude: Magnitude::default(), provenance, command: Vec::new() }
}

pub(crate) fn action(effects: Vec<Effect>) -> Action {
    Action { effects, ..Action::unknown("some_tool".into()) }
}

pub(crate) fn read() -> Action {
    action(vec![effect(Verb::Read, Resource::Path("ARGUMENT.txt".into()), Provenance::Model)])
}

pub(crate) fn install() -> Action {
    let package = Resource::Package { ecosystem: "npm".into(), name: "ARGUMENT".into() };
    action(vec![effect(Verb::Install, package, Provenance::Model)])
}

pub(crate) fn read_credential() -> Action {
    action(vec![effect(Verb::Read, Resource::Credential("/home/u/.ssh/id".into()), Provenance::Model)])
}

pub(crate) fn send() -> Action {
    action(vec![effect(Verb::Send, Resource::Host("example.com".into()), Provenance::Model)])
}

pub(crate) fn decomposed(n: u64, number: u32, action: Action, tier: Tier) -> PolicyInput {
    PolicyInput::Decomposed(Decomposed {
        exchange: exchange(n),
        call: CallNumber(number),
        action: Arc::new(action),
        classification: Arc::new(Classification { tier, ..Classification::default() }),
    })
}

pub(crate) fn classified(n: u64, tier: Tier) -> PolicyInput {
    PolicyInput::Classified(Arc::new(Classified {
        exchange: exchange(n),
        model: None,
        conversation_ref: None,
        user_message: None,
        user_message_truncated: false,
        interaction_type: "direct",
        action: "unknown",
        scope: "technical",
        slots: [0; vigil_core::message::FEATURE_SLOTS],
        classification: Arc::new(Classification { tier, ..Classification::default() }),
        messages: 1,
        tools: 1,
    }))
}

pub(crate) fn finished(n: u64, millis: i64, ending: Ending) -> PolicyInput {
    PolicyInput::Finished(Arc::new(ExchangeFinished {
        head: head(n),
        at: at(millis),
        ending,
        status: Some(200),
        request_bytes: None,
        reply: None,
        calls: 1,
        first_byte_micros: None,
    }))
}

pub(crate) fn gone(n: u64, millis: i64, how: GoneHow) -> PolicyInput {
    PolicyInput::ClientGone(ClientGone { exchange: exchange(n), at: at(millis), how })
}

pub(crate) fn answer(n: u64, number: u32, said: Said, millis: i64) -> PolicyInput {
    let id = HoldId { exchange: exchange(n), call: CallNumber(number) };
    PolicyInput::UserAnswer(UserAnswer { id, said, at: at(millis) })
}

pub(crate) fn tick(millis: i64) -> PolicyInput {
    PolicyInput::Tick(at(millis))
}

pub(crate) fn shutdown(millis: i64) -> PolicyInput {
    PolicyInput::Shutdown(at(millis))
}

pub(crate) fn compiled(text: &str) -> CompiledPolicy {
    PolicySource::parse(text, "policy.toml").unwrap_or_else(|error| panic!("{error}")).0
}

pub(crate) fn plane(text: &str) -> Policy {
    let settings = PolicySettings { hold_window: WINDOW, grants: Vec::new(), now: at(0) };
    let mut plane = Policy::new(compiled(text), settings);
    plane.say_in_force(&mut |_| ());
    plane
}

pub(crate) fn hear(plane: &mut Policy, inputs: impl IntoIterator<Item = PolicyInput>) -> Vec<PolicyOutput> {
    let mut said = Vec::new();
    for input in inputs {
        plane.handle(input, &mut |output| said.push(output));
    }
    said
}
