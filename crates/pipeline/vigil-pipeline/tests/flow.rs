//! How messages flow, with planes that do nothing but answer.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should stop where it is")]

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use vigil_core::message::{
    AnalysisInput, AnalysisOutput, ClientGone, GoneHow, LifecycleEvent, PolicyInForce, PolicyInput,
    PolicyOutput, StoreState, SurfaceInput, VaultInput, VaultOutput,
};
use vigil_core::{ExchangeId, Generation, Plane, Timestamp};
use vigil_pipeline::{Clock, Pipeline, Planes};

/// A plane made of a closure and a list of what it heard.
struct Scripted<I, O, F> {
    heard: Arc<Mutex<Vec<I>>>,
    act: F,
    deadline: Option<Timestamp>,
    said: std::marker::PhantomData<O>,
}

impl<I: Clone, O, F: FnMut(&I, &mut dyn FnMut(O))> Plane for Scripted<I, O, F> {
    type Input = I;
    type Output = O;

    fn handle(&mut self, input: I, say: &mut dyn FnMut(O)) {
        self.heard.lock().unwrap().push(input.clone());
        (self.act)(&input, say);
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.deadline
    }
}

struct Heard {
    policy: Arc<Mutex<Vec<PolicyInput>>>,
    vault: Arc<Mutex<Vec<VaultInput>>>,
}

fn in_force() -> PolicyInForce {
    PolicyInForce { version: "test+0".into(), digest: [0; 32], generation: Generation::default() }
}

fn gone(number: u64) -> PolicyInput {
    let exchange = ExchangeId::new(number, 0);
    PolicyInput::ClientGone(ClientGone { exchange, at: Timestamp::default(), how: GoneHow::Disconnected })
}

/// Policy says it is in force whenever a client goes, and panics at exchange 13.
fn planes(deadline: Option<Timestamp>) -> (Planes, Heard) {
    let heard = Heard { policy: Arc::default(), vault: Arc::default() };
    let analysis = || -> Box<dyn Plane<Input = AnalysisInput, Output = AnalysisOutput> + Send> {
        Box::new(Scripted {
            heard: Arc::default(),
            act: |_: &AnalysisInput, _: &mut dyn FnMut(AnalysisOutput)| {},
            deadline: None,
            said: std::marker::PhantomData,
        })
    };
    let policy = Scripted {
        heard: Arc::clone(&heard.policy),
        act: |input: &PolicyInput, say: &mut dyn FnMut(PolicyOutput)| match input {
            PolicyInput::ClientGone(gone) if gone.exchange == ExchangeId::new(13, 0) => panic!("thirteen"),
            PolicyInput::ClientGone(_) => say(PolicyOutput::InForce(in_force())),
            _ => {}
        },
        deadline,
        said: std::marker::PhantomData,
    };
    let vault = Scripted {
        heard: Arc::clone(&heard.vault),
        act: |input: &VaultInput, say: &mut dyn FnMut(VaultOutput)| {
            if matches!(input, VaultInput::Seal) {
                say(VaultOutput::Store(StoreState {
                    state: "verified",
                    detail: String::new(),
                    writable: true,
                    records: 1,
                    unsealed: 0,
                    checkpoint: 1,
                    sealed_for: 0,
                }));
            }
        },
        deadline: None,
        said: std::marker::PhantomData,
    };
    let stages = Arc::default();
    (Planes { analysis: Box::new(analysis), policy: Box::new(policy), vault: Box::new(vault), stages }, heard)
}

fn clock() -> Arc<Clock> {
    let micros = AtomicI64::new(0);
    Arc::new(move || Timestamp::from_micros(micros.fetch_add(1000, Ordering::Relaxed)))
}

fn last_words() -> LifecycleEvent {
    LifecycleEvent { event: "shutdown", reason: None }
}

#[test]
fn what_policy_says_reaches_the_surfaces() {
    let (planes, _) = planes(None);
    let (pipeline, ends) = Pipeline::start(planes, clock()).unwrap();
    ends.policy.say(gone(1)).unwrap();
    assert_eq!(ends.surface_inbox.hear(), Some(SurfaceInput::InForce(in_force())));
    drop(ends);
    pipeline.finish(last_words()).unwrap();
}

#[test]
fn the_vault_hears_the_last_words_and_then_seals() {
    let (planes, heard) = planes(None);
    let (pipeline, ends) = Pipeline::start(planes, clock()).unwrap();
    drop(ends);
    pipeline.finish(last_words()).unwrap();
    let heard = heard.vault.lock().unwrap();
    let spoken: Vec<_> = heard.iter().filter(|input| !matches!(input, VaultInput::Tick(_))).collect();
    assert_eq!(spoken, [&VaultInput::Lifecycle(last_words()), &VaultInput::Seal]);
}

#[test]
fn everything_said_before_the_end_is_handled() {
    let (planes, heard) = planes(None);
    let (pipeline, ends) = Pipeline::start(planes, clock()).unwrap();
    for number in 100..400 {
        ends.policy.say(gone(number)).unwrap();
    }
    drop(ends);
    pipeline.finish(last_words()).unwrap();
    let gone = |input: &&PolicyInput| matches!(input, PolicyInput::ClientGone(_));
    assert_eq!(heard.policy.lock().unwrap().iter().filter(gone).count(), 300);
}

#[test]
fn a_plane_is_told_the_time_at_its_deadline() {
    let (planes, heard) = planes(Some(Timestamp::from_micros(5000)));
    let (pipeline, ends) = Pipeline::start(planes, clock()).unwrap();
    while !heard.policy.lock().unwrap().iter().any(|input| matches!(input, PolicyInput::Tick(_))) {
        std::thread::yield_now();
    }
    drop(ends);
    pipeline.finish(last_words()).unwrap();
}

#[test]
fn a_policy_that_panics_ends_and_nobody_waits_for_it() {
    let (planes, heard) = planes(None);
    let (pipeline, ends) = Pipeline::start(planes, clock()).unwrap();
    ends.policy.say(gone(13)).unwrap();
    // The queue closes when the plane's thread is gone; until then a message may still be taken.
    while ends.policy.say(gone(14)).is_ok() {
        std::thread::yield_now();
    }
    drop(ends);
    assert!(pipeline.finish(last_words()).is_err());
    assert!(heard.vault.lock().unwrap().contains(&VaultInput::Seal), "the record is sealed all the same");
}
