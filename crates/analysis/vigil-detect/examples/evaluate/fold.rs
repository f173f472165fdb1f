//! Trained on some sessions, judged on the rest.

use std::collections::BTreeMap;
use std::sync::Mutex;

use vigil_core::Tier;
use vigil_detect::train::{Plan, Trajectory};
use vigil_detect::{AgentClass, Assessment, Personal, Population, Track};

use crate::data::Session;

/// What a fold of training does not see.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Split {
    /// One suite, and half of the agents' models.
    Suites,
    /// A fifth of the tasks.
    Tasks,
}

/// For each session its score, as (place in the list, score).
pub(crate) fn judged(sessions: &[Session], split: Split, plan: &Plan) -> Vec<(usize, f64)> {
    let mut scores = Vec::new();
    for (at, assessments) in assessed(sessions, split, plan) {
        scores.extend(assessments.iter().map(|one| one.risk).max_by(f64::total_cmp).map(|risk| (at, risk)));
    }
    scores
}

/// Every session judged by a population that was trained without it.
fn assessed(sessions: &[Session], split: Split, plan: &Plan) -> Vec<(usize, Vec<Assessment>)> {
    let mut folds: BTreeMap<(String, u64), Vec<usize>> = BTreeMap::new();
    for (at, session) in sessions.iter().enumerate() {
        folds.entry(fold(session, split)).or_default().push(at);
    }
    let waiting: Mutex<Vec<_>> = Mutex::new(folds.into_iter().collect());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap().pop();
                    let Some(((suite, half), inside)) = next else { break };
                    let known: Vec<Trajectory> = sessions
                        .iter()
                        .filter(|session| {
                            let (of, part) = fold(session, split);
                            // What has one model and no hijacks teaches whichever half.
                            let single = session.suite == "airline" || session.suite == "swe-bench-verified";
                            match split {
                                Split::Suites => of != suite && (single || part != half),
                                Split::Tasks => part != half,
                            }
                        })
                        .map(|session| session.trajectory.clone())
                        .collect();
                    let population = plan.train(&known).unwrap();
                    let found: Vec<_> = inside
                        .iter()
                        .map(|at| (*at, assess(&population, &sessions[*at].trajectory)))
                        .collect();
                    done.lock().unwrap().extend(found);
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(at, _)| *at);
    done
}

pub(crate) fn assess(population: &Population, session: &Trajectory) -> Vec<Assessment> {
    let (mut track, personal) = (Track::default(), Personal::new());
    session.steps.iter().map(|step| population.assess(&personal, "", &mut track, step)).collect()
}

fn fold(session: &Session, split: Split) -> (String, u64) {
    match split {
        Split::Suites => (session.suite.clone(), hash(&session.model) % 2),
        Split::Tasks => (String::new(), hash(&session.trajectory.task) % 5),
    }
}

/// By FNV, its upper half.
pub(crate) fn hash(text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash >> 33
}

/// How often ordinary calls reach each tier, by class of agent and by how they were left out.
pub(crate) fn alarms(sessions: &[Session]) {
    for (name, split) in [("tasks unseen", Split::Tasks), ("suite and model unseen", Split::Suites)] {
        let found = assessed(sessions, split, &Plan::default());
        for label in ["benign", "resisted", "hijacked"] {
            for class in AgentClass::ALL {
                let mut tiers = [0_usize; 5];
                let mut calls = 0;
                let mut of_sessions = 0;
                for (at, assessments) in &found {
                    let session = &sessions[*at];
                    let is_class = session.suite == "swe-bench-verified";
                    if session.label != label || is_class != (class == AgentClass::Coding) {
                        continue;
                    }
                    of_sessions += 1;
                    for one in assessments {
                        calls += 1;
                        tiers[Tier::ALL.iter().position(|tier| *tier == one.tier).unwrap()] += 1;
                    }
                }
                if calls > 0 {
                    let share = |count: usize| 100.0 * count as f64 / calls as f64;
                    println!(
                        "{name:<24} {label:<9} {:<9} {of_sessions:>5} sessions {calls:>6} calls  tier1 {:.2} %  tier2 {:.2} %  tier3 {:.3} %",
                        class.token(),
                        share(tiers[1]),
                        share(tiers[2]),
                        share(tiers[3]),
                    );
                }
            }
        }
    }
}
