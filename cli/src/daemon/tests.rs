//! The planes of the daemon, with an Analysis that does not answer in time, and one that takes another's place.

use std::sync::Arc;
use std::time::{Duration, Instant};

use vigil_core::message::{
    AnalysisInput, AnalysisOutput, CallCaptured, CallEnded, Ending, ExchangeFinished, ExchangeHead,
    InterceptInput, LifecycleEvent, ModelsState, PolicyInput, Recorded,
};
use vigil_core::wire::{CallKind, Endpoint, WireCall, WireFormat};
use vigil_core::{
    Action, CallNumber, Classification, ExchangeId, Millis, Plane, Ruling, SessionId, Tier, Timestamp, budget,
};
use vigil_decompose::{Analysis, AnalysisLimits, Utterance, Watch};
use vigil_detect::{Ensemble, Personal};
use vigil_pipeline::{Pipeline, Planes, Stages};
use vigil_policy::{CompiledPolicy, Policy, PolicySettings, Profile};

use crate::secrets::Files;

type AnyAnalysis = Box<dyn Plane<Input = AnalysisInput, Output = AnalysisOutput> + Send>;

/// Judges as slowly as it was told to.
struct Slow(Duration);

impl Watch for Slow {
    fn heard(&mut self, _session: &SessionId, _texts: &[Utterance]) -> Option<Classification> {
        None
    }

    fn call(&mut self, _captured: &CallCaptured, _action: &Action) -> Classification {
        std::thread::sleep(self.0);
        Classification::default()
    }

    fn ended(&mut self, _call: &CallEnded) {}

    fn models(&self) -> ModelsState {
        ModelsState::default()
    }

    fn forget(&mut self, _agent: Option<&str>) {}
}

fn head() -> Arc<ExchangeHead> {
    Arc::new(ExchangeHead {
        exchange: ExchangeId::new(1, 1),
        session: SessionId("s".to_owned()),
        at: crate::clock::steady(),
        provider: "openai".to_owned(),
        host: "api.openai.com".to_owned(),
        method: "POST".to_owned(),
        path: "/v1/chat/completions".to_owned(),
        endpoint: Endpoint::Gated(WireFormat::OpenAiChat),
        client_ref: "c".to_owned(),
        agent: "agent".to_owned(),
        conversation_ref: None,
    })
}

fn captured(head: &Arc<ExchangeHead>, at: Timestamp) -> Arc<CallCaptured> {
    let call = WireCall {
        number: CallNumber(0),
        id: None,
        name: "Bash".to_owned(),
        arguments: r#"{"command":"ls"}"#.to_owned(),
        kind: CallKind::Client,
        duplicate_members: false,
    };
    Arc::new(CallCaptured {
        head: Arc::clone(head),
        call,
        at,
        protocol: "openai-chat",
        model: None,
        response_hash_upstream: [0; 32],
        response_hash_delivered: [0; 32],
    })
}

/// What is recorded of a call that came so late when the models take so long, and how long that took.
fn recorded_after(slowness: Duration, late: Millis) -> (Recorded, Duration) {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().join("state");
    crate::paths::private_directory(&state).unwrap();
    let secrets = Arc::new(Files::open(&state.join("keys")).unwrap());
    let (vault, _) = vigil_store::Vault::open(super::parts::vault(&state, secrets)).unwrap();
    let settings =
        PolicySettings { hold_window: Millis(30_000), grants: Vec::new(), now: crate::clock::steady() };
    let planes = Planes {
        analysis: Box::new(move || Box::new(Analysis::watched(AnalysisLimits::default(), Slow(slowness)))),
        policy: Box::new(Policy::new(CompiledPolicy::profile(Profile::Observe), settings)),
        vault: Box::new(vault),
        stages: Arc::new(Stages::default()),
    };
    let (pipeline, ends) = Pipeline::start(planes, Arc::new(crate::clock::steady)).unwrap();
    let head = head();
    let call = captured(&head, crate::clock::steady() + late);
    let began = Instant::now();
    ends.analysis.say(AnalysisInput::Call(Arc::clone(&call))).unwrap();
    ends.policy.say(PolicyInput::Call(call)).unwrap();
    let Some(InterceptInput::Recorded(recorded)) = ends.intercept_inbox.hear() else {
        panic!("not recorded")
    };
    let took = began.elapsed();
    let finished = Arc::new(ExchangeFinished {
        head,
        at: Timestamp::default(),
        ending: Ending::Complete,
        status: Some(200),
        request_bytes: None,
        reply: None,
        calls: 1,
        first_byte_micros: None,
    });
    ends.policy.say(PolicyInput::Finished(finished)).unwrap();
    drop(ends);
    pipeline.finish(LifecycleEvent { event: "shutdown", reason: None }).unwrap();
    (recorded, took)
}

#[test]
fn a_call_waits_no_longer_for_the_models_than_the_deadline() {
    let deadline = Duration::from_millis(budget::ANALYSIS_DEADLINE.0);
    let slowness = deadline * 12;
    let (recorded, took) = recorded_after(slowness, Millis(0));
    let decision = &recorded.decision;
    assert!(took < slowness, "{took:?}: the call waited for the models");
    assert_eq!(decision.classification.tier, Tier::Flagged);
    let reasons: Vec<_> = decision.classification.reasons.iter().map(|reason| reason.0.as_str()).collect();
    assert_eq!(reasons, ["analysis_unavailable"]);
    assert!(decision.action.remarks.contains(&"analysis_unavailable"), "{:?}", decision.action);
    assert_eq!(decision.ruling, Ruling::Observed, "what nobody took apart would be held");
}

#[test]
fn a_call_is_decided_as_soon_as_the_models_are_done() {
    // Its deadline lies an hour ahead, however busy the machine is.
    let (recorded, _) = recorded_after(Duration::ZERO, Millis(3_600_000));
    assert_eq!(recorded.decision.classification.tier, Tier::Routine);
}

#[test]
fn a_plane_that_takes_the_place_of_another_knows_what_that_one_told() {
    let ensemble = Arc::new(Ensemble::shipped().unwrap());
    let mut make = super::models::analysis(ensemble, Personal::new(), Arc::new(Stages::default()));
    let call = captured(&head(), crate::clock::steady());
    let learned = |plane: &mut AnyAnalysis| {
        let mut agents = Vec::new();
        plane.handle(AnalysisInput::Models, &mut |output| {
            if let AnalysisOutput::Models(models) = output {
                agents.extend(models.agents.iter().map(|agent| (agent.agent.clone(), agent.calls)));
            }
        });
        agents
    };
    let mut first = make();
    first.handle(AnalysisInput::Call(Arc::clone(&call)), &mut |_| {});
    let ended =
        CallEnded { exchange: call.head.exchange, call: call.call.number, ruling: Ruling::UserApprove };
    first.handle(AnalysisInput::CallEnded(ended), &mut |_| {});
    assert_eq!(learned(&mut first), [("agent".to_owned(), 1)]);
    assert_eq!(learned(&mut make()), [("agent".to_owned(), 1)]);
}
