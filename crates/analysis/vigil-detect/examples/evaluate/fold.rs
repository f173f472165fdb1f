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

/// The scores of every session by each plan, the models under them the same.
pub(crate) fn compared(sessions: &[Session], plans: &[(String, Plan)]) -> Vec<(String, Vec<(usize, f64)>)> {
    let folds = each_fold(sessions, Split::Suites, &Plan::default(), |population, name, inside| {
        let known: Vec<Trajectory> = sessions
            .iter()
            .filter(|session| is_apart(session, Split::Suites, name))
            .map(|session| session.trajectory.clone())
            .collect();
        let plans: Vec<Plan> = plans.iter().map(|(_, plan)| *plan).collect();
        let scores = |population: &Population| -> Vec<(usize, f64)> {
            let risk = |at: &usize| {
                let found = assess(population, &sessions[*at].trajectory);
                Some((*at, found.iter().map(|one| one.risk).max_by(f64::total_cmp)?))
            };
            inside.iter().filter_map(risk).collect()
        };
        Plan::default().recombine(population, &known, &plans).iter().map(scores).collect::<Vec<_>>()
    });
    plans
        .iter()
        .enumerate()
        .map(|(at, (name, _))| (name.clone(), folds.iter().flat_map(|fold| fold[at].clone()).collect()))
        .collect()
}

/// Every session judged by a population that was trained without it.
fn assessed(sessions: &[Session], split: Split, plan: &Plan) -> Vec<(usize, Vec<Assessment>)> {
    let mut done: Vec<_> = each_fold(sessions, split, plan, |population, _, inside| {
        inside.iter().map(|at| (*at, assess(population, &sessions[*at].trajectory))).collect::<Vec<_>>()
    })
    .into_iter()
    .flatten()
    .collect();
    done.sort_by_key(|(at, _)| *at);
    done
}

/// Trains for each fold on what lies outside of it, and hands on the population, the fold and what lies inside.
pub(crate) fn each_fold<T: Send>(
    sessions: &[Session],
    split: Split,
    plan: &Plan,
    judge: impl Fn(&Population, &(String, u64), &[usize]) -> T + Sync,
) -> Vec<T> {
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
                    let Some((name, inside)) = next else { break };
                    let known: Vec<Trajectory> = sessions
                        .iter()
                        .filter(|session| is_apart(session, split, &name))
                        .map(|session| session.trajectory.clone())
                        .collect();
                    let found = judge(&plan.train(&known).unwrap(), &name, &inside);
                    done.lock().unwrap().push((name, found));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by(|a, b| a.0.cmp(&b.0));
    done.into_iter().map(|(_, found)| found).collect()
}

/// Whether a session may teach what judges a fold.
pub(crate) fn is_apart(session: &Session, split: Split, (suite, part): &(String, u64)) -> bool {
    let (of, own) = fold(session, split);
    // What has one agent's model and no hijacks teaches whichever half.
    let single = session.suite == "airline" || session.suite == "swe-bench-verified";
    match split {
        Split::Suites => of != *suite && (single || own != *part),
        Split::Tasks => own != *part,
    }
}

pub(crate) fn assess(population: &Population, session: &Trajectory) -> Vec<Assessment> {
    assess_for(population, &Personal::new(), session)
}

pub(crate) fn assess_for(
    population: &Population,
    personal: &Personal,
    session: &Trajectory,
) -> Vec<Assessment> {
    let mut track = Track::default();
    session.steps.iter().map(|step| population.assess(personal, "agent", &mut track, step)).collect()
}

pub(crate) fn fold(session: &Session, split: Split) -> (String, u64) {
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

/// Bounds of the combined p-value at which alarms are counted besides those of tiers.
const BOUNDS: [f64; 4] = [0.004, 0.003, 0.002, 0.001];

/// How often ordinary calls reach each tier, by class of agent and by how they were left out.
pub(crate) fn alarms(sessions: &[Session]) {
    for (name, split) in [("tasks unseen", Split::Tasks), ("suite and model unseen", Split::Suites)] {
        let found = assessed(sessions, split, &Plan::default());
        for label in ["benign", "resisted", "hijacked"] {
            for class in AgentClass::ALL {
                let mut tiers = [0_usize; 5];
                let mut calls = 0;
                let mut below = [0_usize; 4];
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
                        let bounds = below.iter_mut().zip(BOUNDS);
                        bounds.for_each(|(count, bound)| *count += usize::from(one.combined_p <= bound));
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
                    for (count, bound) in below.into_iter().zip(BOUNDS) {
                        println!("    combined p at most {bound}: {:.2} %", share(count));
                    }
                }
            }
        }
    }
}
