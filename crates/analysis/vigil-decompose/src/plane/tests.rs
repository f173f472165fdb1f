use super::*;
use vigil_core::message::{CapturedBody, Ending, ExchangeHead};
use vigil_core::wire::{CallKind, Endpoint, WireCall, WireFormat};
use vigil_core::{CallNumber, Provenance, Resource, SessionId, Timestamp, Verb};

fn head(number: u64) -> Arc<ExchangeHead> {
    Arc::new(ExchangeHead {
        exchange: ExchangeId::new(number, 7),
        session: SessionId("s".to_owned()),
        at: Timestamp::default(),
        provider: "anthropic".to_owned(),
        host: "api.anthropic.com".to_owned(),
        method: "POST".to_owned(),
        path: "/v1/messages".to_owned(),
        endpoint: Endpoint::Gated(WireFormat::AnthropicMessages),
        client_ref: "c".to_owned(),
        agent: "claude-cli".to_owned(),
        conversation_ref: None,
    })
}

fn request(number: u64, body: &str) -> AnalysisInput {
    let bytes = body.as_bytes().to_vec();
    let body = CapturedBody { length: bytes.len() as u64, bytes, complete: true, coding: None };
    AnalysisInput::Request(Arc::new(RequestCaptured { head: head(number), body }))
}

fn call(number: u64, name: &str, arguments: &str) -> AnalysisInput {
    let call = WireCall {
        number: CallNumber(0),
        id: None,
        name: name.to_owned(),
        arguments: arguments.to_owned(),
        kind: CallKind::Client,
        duplicate_members: true,
    };
    AnalysisInput::Call(Arc::new(CallCaptured {
        head: head(number),
        call,
        at: Timestamp::default(),
        protocol: "anthropic-messages",
        model: None,
        response_hash_upstream: [0; 32],
        response_hash_delivered: [0; 32],
    }))
}

fn finished(number: u64) -> AnalysisInput {
    AnalysisInput::Finished(Arc::new(ExchangeFinished {
        head: head(number),
        at: Timestamp::default(),
        ending: Ending::Complete,
        status: Some(200),
        request_bytes: None,
        reply: None,
        calls: 1,
        first_byte_micros: None,
    }))
}

fn run(inputs: Vec<AnalysisInput>) -> Vec<AnalysisOutput> {
    let mut plane = Analysis::default();
    let mut said = Vec::new();
    for input in inputs {
        plane.handle(input, &mut |output| said.push(output));
    }
    assert_eq!(plane.exchanges(), 0, "an ended exchange is forgotten");
    said
}

const BODY: &str = r#"{"model":"m-1","messages":[{"role":"user","content":"remove old_stuff please"}],"tools":[{"name":"Bash"}]}"#;

#[test]
fn takes_a_call_apart_and_classifies_the_exchange() {
    let said = run(vec![request(1, BODY), call(1, "Bash", r#"{"command":"rm -rf old_stuff"}"#), finished(1)]);
    let [AnalysisOutput::Decomposed(decomposed), AnalysisOutput::Classified(classified)] = said.as_slice()
    else {
        panic!("{said:?}")
    };
    let effect = &decomposed.action.effects[0];
    assert_eq!((effect.verb, &effect.resource), (Verb::Delete, &Resource::Path("old_stuff".to_owned())));
    assert_eq!(effect.provenance, Provenance::User);
    assert_eq!(decomposed.classification.reasons, [Reason("duplicate_members".to_owned())]);
    assert_eq!(
        (classified.action, classified.scope, classified.interaction_type),
        ("decision", "technical", "delegated")
    );
    assert_eq!(classified.model.as_deref(), Some("m-1"));
    assert_eq!(classified.user_message, Some(crate::provenance::digest(b"remove old_stuff please")));
    assert_eq!((classified.messages, classified.tools), (1, 1));
    assert_eq!(classified.slots[5], 1_000_000);
    assert_eq!(classified.slots[20], 0);
    assert_eq!(classified.slots[21..25], [0, 1_000_000, 0, 0]);
}

#[test]
fn a_call_without_a_request_is_untrusted() {
    let said = run(vec![call(1, "Bash", r#"{"command":"rm -rf old_stuff"}"#), finished(1)]);
    let Some(AnalysisOutput::Decomposed(decomposed)) = said.first() else { panic!("{said:?}") };
    assert_eq!(decomposed.action.effects[0].provenance, Provenance::Untrusted);
    assert!(decomposed.action.remarks.contains(&"conversation_unknown"));
}

#[test]
fn an_ending_alone_is_classified() {
    let said = run(vec![finished(1)]);
    assert!(
        matches!(said.as_slice(), [AnalysisOutput::Classified(classified)] if classified.action == "unknown")
    );
}

#[test]
fn remembers_no_more_than_its_limit() {
    let mut plane = Analysis::new(AnalysisLimits { exchanges: 3, ..AnalysisLimits::default() });
    for number in 0..50 {
        plane.handle(request(number, BODY), &mut |_| {});
        plane.handle(call(number + 1000, "Bash", "{}"), &mut |_| {});
        assert!(plane.exchanges() <= 3);
    }
}
