use std::sync::Arc;

use vigil_core::message::{
    AnalysisInput, AnalysisOutput, CallCaptured, CallEnded, CapturedBody, Ending, ExchangeFinished,
    ExchangeHead, ModelsState, RequestCaptured,
};
use vigil_core::wire::{CallKind, Endpoint, WireCall, WireFormat};
use vigil_core::{CallNumber, Classification, ExchangeId, Plane, Ruling, SessionId, Tier, Timestamp};
use vigil_decompose::{Analysis, AnalysisLimits};

use super::{Detector, Ensemble};
use crate::{FEATURE_VERSION, MODELS, Personal};

type Watched = Analysis<Detector>;

fn plane(personal: Personal) -> Watched {
    let ensemble = Arc::new(Ensemble::shipped().unwrap());
    Analysis::watched(AnalysisLimits::default(), Detector::new(ensemble, personal))
}

fn head(number: u64, session: &str, agent: &str) -> Arc<ExchangeHead> {
    Arc::new(ExchangeHead {
        exchange: ExchangeId::new(number, 7),
        session: SessionId(session.to_owned()),
        at: Timestamp::default(),
        provider: "openai".to_owned(),
        host: "api.openai.com".to_owned(),
        method: "POST".to_owned(),
        path: "/v1/chat/completions".to_owned(),
        endpoint: Endpoint::Gated(WireFormat::OpenAiChat),
        client_ref: "c".to_owned(),
        agent: agent.to_owned(),
        conversation_ref: None,
    })
}

fn hear(plane: &mut Watched, number: u64, session: &str, body: &str) {
    let bytes = body.as_bytes().to_vec();
    let body = CapturedBody { length: bytes.len() as u64, bytes, complete: true, coding: None };
    let captured = RequestCaptured { head: head(number, session, "agent"), body };
    plane.handle(AnalysisInput::Request(Arc::new(captured)), &mut |_| {});
}

fn call(plane: &mut Watched, number: u64, session: &str, agent: &str) -> Arc<Classification> {
    let call = WireCall {
        number: CallNumber(0),
        id: None,
        name: "Bash".to_owned(),
        arguments: r#"{"command":"ls"}"#.to_owned(),
        kind: CallKind::Client,
        duplicate_members: false,
    };
    let captured = CallCaptured {
        head: head(number, session, agent),
        call,
        at: Timestamp::from_micros(1_780_000_000_000_000),
        protocol: "openai-chat",
        model: None,
        response_hash_upstream: [0; 32],
        response_hash_delivered: [0; 32],
    };
    let mut found = None;
    plane.handle(AnalysisInput::Call(Arc::new(captured)), &mut |said| match said {
        AnalysisOutput::Decomposed(decomposed) => found = Some(decomposed.classification),
        other => panic!("{other:?}"),
    });
    found.unwrap()
}

fn end(plane: &mut Watched, number: u64, ruling: Ruling) {
    let ended = CallEnded { exchange: ExchangeId::new(number, 7), call: CallNumber(0), ruling };
    plane.handle(AnalysisInput::CallEnded(ended), &mut |said| panic!("{said:?}"));
}

fn models(plane: &mut Watched, input: AnalysisInput) -> Arc<ModelsState> {
    let mut found = None;
    plane.handle(input, &mut |said| match said {
        AnalysisOutput::Models(models) => found = Some(models),
        other => panic!("{other:?}"),
    });
    found.unwrap()
}

const BODY: &str = r#"{"model":"m","messages":[{"role":"user","content":"list my files"}]}"#;

#[test]
fn a_call_is_scored_by_every_model() {
    let mut plane = plane(Personal::new());
    hear(&mut plane, 1, "s", BODY);
    let classification = call(&mut plane, 1, "s", "agent");
    let names = |list: &[(&'static str, i64)]| list.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let expect: Vec<_> = MODELS.into_iter().chain(["combined"]).collect();
    assert_eq!(names(&classification.scores), expect);
    assert_eq!(names(&classification.p), expect);
    assert!(classification.p.iter().all(|(_, p)| (0..=1_000_000).contains(p)));
    assert_eq!(classification.feature_version, FEATURE_VERSION);
    assert_eq!(classification.features.len(), crate::CALL_FEATURES + crate::TEXT_FEATURES);
    assert!(classification.models.starts_with("population-"), "{}", classification.models);
}

#[test]
fn models_have_one_name() {
    let shipped = Ensemble::shipped().unwrap();
    assert_eq!(shipped.name(), Ensemble::new(crate::Population::shipped().unwrap()).name());
}

#[test]
fn the_same_session_scores_the_same() {
    let play = || {
        let mut plane = plane(Personal::new());
        hear(&mut plane, 1, "s", BODY);
        (0..5).map(|_| call(&mut plane, 1, "s", "agent")).collect::<Vec<_>>()
    };
    assert_eq!(play(), play());
}

#[test]
fn learns_from_what_was_allowed_and_from_nothing_else() {
    for ruling in Ruling::ALL {
        let mut plane = plane(Personal::new());
        call(&mut plane, 1, "s", "agent");
        end(&mut plane, 1, ruling);
        let known = models(&mut plane, AnalysisInput::Models).agents.len();
        let expect = matches!(ruling, Ruling::Allow | Ruling::UserApprove | Ruling::AlwaysAllow);
        assert_eq!(known, usize::from(expect), "{ruling:?}");
    }
}

#[test]
fn a_decision_teaches_once() {
    let mut plane = plane(Personal::new());
    call(&mut plane, 1, "s", "agent");
    end(&mut plane, 1, Ruling::Allow);
    end(&mut plane, 1, Ruling::Allow);
    end(&mut plane, 99, Ruling::Allow);
    assert_eq!(models(&mut plane, AnalysisInput::Models).agents[0].calls, 1);
}

#[test]
fn what_was_learned_is_kept_and_forgotten_on_demand() {
    let mut first = plane(Personal::new());
    for (number, agent) in [(1, "one"), (2, "two")] {
        call(&mut first, number, "s", agent);
        end(&mut first, number, Ruling::Allow);
    }
    let kept = models(&mut first, AnalysisInput::Models);
    let mut second = plane(Personal::read(&kept.personal).unwrap());
    assert_eq!(models(&mut second, AnalysisInput::Models), kept);
    let left = models(&mut second, AnalysisInput::Forget(Some("one".to_owned())));
    assert_eq!(left.agents.iter().map(|agent| agent.agent.as_str()).collect::<Vec<_>>(), ["two"]);
    assert_eq!(models(&mut second, AnalysisInput::Forget(None)).agents, []);
}

#[test]
fn an_agent_with_a_long_name_is_known_by_its_beginning() {
    let mut plane = plane(Personal::new());
    call(&mut plane, 1, "s", &"ä".repeat(1000));
    end(&mut plane, 1, Ruling::Allow);
    assert_eq!(models(&mut plane, AnalysisInput::Models).agents[0].agent, "ä".repeat(32));
}

#[test]
fn watches_no_more_sessions_than_its_limit() {
    let mut plane = plane(Personal::new());
    for number in 0..500 {
        call(&mut plane, number, &format!("s{number}"), "agent");
    }
    assert!(plane.watch().sessions() <= 96);
    assert!(plane.watch().step(ExchangeId::new(499, 7), CallNumber(0)).is_some());
}

#[test]
fn a_conversation_that_is_sent_again_is_heard_once() {
    let text = |end: &str| {
        format!(
            r#"{{"model":"m","messages":[{{"role":"user","content":"hi"}},{{"role":"tool","content":"{}"}}{end}]}}"#,
            "aGVsbG8gd29ybGQh".repeat(50)
        )
    };
    let mut plane = plane(Personal::new());
    hear(&mut plane, 1, "s", &text(""));
    let first = call(&mut plane, 1, "s", "agent");
    // Another agent of the session pushes the body out of what the reading half remembers; then it comes again, and a new
    // answer with it.
    for other in 0..5 {
        hear(&mut plane, 2, "s", &BODY.replace("my", &format!("{other}")));
    }
    hear(&mut plane, 3, "s", &text(r#",{"role":"tool","content":"ok"}"#));
    let second = call(&mut plane, 3, "s", "agent");
    let base64 = |of: &Classification| {
        let at = crate::FEATURES.iter().position(|feature| feature.name == "base64").unwrap();
        of.features[crate::CALL_FEATURES + at]
    };
    assert!(base64(&first) > 900_000 && base64(&second) == 0, "{} {}", base64(&first), base64(&second));
}

fn finish(plane: &mut Watched, number: u64) -> Arc<Classification> {
    let finished = ExchangeFinished {
        head: head(number, "s", "agent"),
        at: Timestamp::default(),
        ending: Ending::Complete,
        status: Some(200),
        request_bytes: None,
        reply: None,
        calls: 0,
        first_byte_micros: None,
    };
    let mut found = None;
    plane.handle(AnalysisInput::Finished(Arc::new(finished)), &mut |said| match said {
        AnalysisOutput::Classified(classified) => found = Some(Arc::clone(&classified.classification)),
        other => panic!("{other:?}"),
    });
    found.unwrap()
}

/// How often ordinary texts are as unusual as those of an exchange without a call.
fn rarity(classification: &Classification) -> i64 {
    let [forest, ..] = MODELS;
    assert_eq!(classification.p[0].0, forest);
    assert_eq!((classification.p.len(), classification.scores.len()), (2, 1));
    classification.combined_p().unwrap()
}

#[test]
fn an_exchange_without_a_call_is_scored_by_its_new_texts() {
    let mut plane = plane(Personal::new());
    hear(&mut plane, 1, "s", BODY);
    let plain = finish(&mut plane, 1);
    let hidden: String = "see you soon ".chars().flat_map(|c| [c, '\u{200b}']).collect();
    let text = format!("{} {hidden} {}", "aGVsbG8gd29ybGQh".repeat(50), "%68%65%6c%6c".repeat(40));
    let asked = r#"{"role":"user","content":"list my files"}"#;
    let body = format!(r#"{{"model":"m","messages":[{asked},{{"role":"tool","content":"{text}"}}]}}"#);
    hear(&mut plane, 2, "s", &body);
    let strange = finish(&mut plane, 2);
    assert!(rarity(&strange) < rarity(&plain) && rarity(&strange) < 50_000, "{strange:?} {plain:?}");
    assert!(strange.tier <= Tier::Noted, "content alone does nothing");
    assert_eq!(strange.features.len(), crate::CALL_FEATURES + crate::TEXT_FEATURES);
    // Nothing is new in it.
    hear(&mut plane, 3, "s", &body);
    assert_eq!(finish(&mut plane, 3).combined_p(), None);
}

#[test]
fn the_models_own_words_are_scored_when_they_come_again() {
    let mut plane = plane(Personal::new());
    hear(&mut plane, 1, "s", BODY);
    let reply = "6c69737420".repeat(80);
    let body = format!(
        r#"{{"model":"m","messages":[{{"role":"user","content":"list my files"}},{{"role":"assistant","content":"{reply}"}},{{"role":"user","content":"go on"}}]}}"#
    );
    hear(&mut plane, 2, "s", &body);
    let strange = finish(&mut plane, 2);
    assert!(rarity(&strange) < 200_000, "{strange:?}");
}

#[test]
fn a_call_speaks_for_its_exchange() {
    let mut plane = plane(Personal::new());
    hear(&mut plane, 1, "s", BODY);
    let of_call = call(&mut plane, 1, "s", "agent");
    assert_eq!(finish(&mut plane, 1).p, of_call.p);
}
