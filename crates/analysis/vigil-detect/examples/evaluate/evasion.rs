//! What an attacker who knows the models can do, and what knowing a user does.

use std::collections::BTreeMap;

use vigil_core::Tier;
use vigil_detect::train::{Plan, Trajectory};
use vigil_detect::{Assessment, Personal, Population};

use crate::data::{Session, read};
use crate::fold::{Split, assess, assess_for, each_fold, fold, hash};
use crate::measure::compared;

/// What became of some sessions: their scores, and how many came to `tier2`.
#[derive(Default)]
struct Found {
    scores: Vec<f64>,
    flagged: usize,
    stopped: usize,
}

impl Found {
    fn add(&mut self, assessments: &[Assessment], session: &Session) {
        self.scores.extend(assessments.iter().map(|one| one.risk).max_by(f64::total_cmp));
        self.flagged += usize::from(assessments.iter().any(|one| one.tier >= Tier::Flagged));
        self.stopped += usize::from(session.stopped);
    }

    fn join(&mut self, other: Self) {
        self.scores.extend(other.scores);
        self.flagged += other.flagged;
        self.stopped += other.stopped;
    }

    fn tell(&self, name: &str, benign: &Self) {
        let (auroc, found) = compared(self.scores.clone(), benign.scores.clone());
        let share = |count: usize| 100.0 * count as f64 / self.scores.len().max(1) as f64;
        println!(
            "{name:<22} {:>5} sessions  AUROC {auroc:.3}  found at 1 % {:>5.1} %  flagged {:>5.1} %  stopped by the rules {:>5.1} %",
            self.scores.len(),
            100.0 * found,
            share(self.flagged),
            share(self.stopped),
        );
    }
}

pub(crate) fn table(sessions: &[Session], files: &[String]) {
    println!("hijacked sessions, rewritten; suite and agent's model unseen; against benign sessions");
    let rewritten: Vec<(String, Vec<Session>)> = files
        .iter()
        .map(|file| {
            let name = file.rsplit('/').next().unwrap().to_owned();
            (name, read(&format!("{file}.out"), std::iter::once(format!("{file}.jsonl"))))
        })
        .collect();
    let folds = each_fold(sessions, Split::Suites, &Plan::default(), |population, name, inside| {
        let mut found: BTreeMap<String, Found> = BTreeMap::new();
        for at in inside {
            let session = &sessions[*at];
            let assessments = assess(population, &session.trajectory);
            if session.label == "benign" {
                found.entry("benign".to_owned()).or_default().add(&assessments, session);
            }
            if session.label == "hijacked" {
                let taught = taught(population, session);
                found.entry("baseline taught".to_owned()).or_default().add(&taught, session);
            }
        }
        for (change, sessions) in &rewritten {
            for session in sessions.iter().filter(|session| fold(session, Split::Suites) == *name) {
                let assessments = assess(population, &session.trajectory);
                found.entry(change.clone()).or_default().add(&assessments, session);
            }
        }
        // Coding and customer sessions have no hijacks to be told from.
        if name.0 == "swe-bench-verified" || name.0 == "airline" { BTreeMap::new() } else { found }
    });
    tell(folds);
}

/// The session as it is judged after each of its injected calls was allowed two hundred times before.
fn taught(population: &Population, session: &Session) -> Vec<Assessment> {
    let mut personal = Personal::new();
    let told = session.trajectory.steps.iter().zip(&session.trajectory.injected);
    for (step, _) in told.filter(|(_, injected)| **injected) {
        (0..200).for_each(|_| personal.learn("agent", step));
    }
    assess_for(population, &personal, &session.trajectory)
}

/// Sessions of a user whose agent was seen before: the benign sessions of the same suite, other tasks.
pub(crate) fn users(sessions: &[Session]) {
    println!(
        "suite and agent's model unseen; `known`: a personal model of benign sessions of the suite's other tasks"
    );
    let folds = each_fold(sessions, Split::Suites, &Plan::default(), |population, name, inside| {
        let mut found: BTreeMap<String, Found> = BTreeMap::new();
        let known: Vec<Personal> = (0..4)
            .map(|part| {
                let mut personal = Personal::new();
                let apart = |session: &&Session| {
                    session.suite == name.0
                        && session.label == "benign"
                        && quarter(&session.trajectory) != part
                };
                let steps = sessions.iter().filter(apart).flat_map(|session| &session.trajectory.steps);
                steps.for_each(|step| personal.learn("agent", step));
                personal
            })
            .collect();
        for at in inside {
            let session = &sessions[*at];
            let cold = assess(population, &session.trajectory);
            let warm =
                assess_for(population, &known[quarter(&session.trajectory) as usize], &session.trajectory);
            for (user, assessments) in [("unknown", cold), ("known", warm)] {
                found.entry(format!("{user} {}", session.label)).or_default().add(&assessments, session);
                let bayes = assessments.iter().map(|one| one.scores[2].1).max_by(f64::total_cmp);
                found.entry(format!("{user} {} bayes", session.label)).or_default().scores.extend(bayes);
            }
        }
        if name.0 == "swe-bench-verified" || name.0 == "airline" { BTreeMap::new() } else { found }
    });
    let mut all: BTreeMap<String, Found> = BTreeMap::new();
    for (name, found) in folds.into_iter().flatten() {
        all.entry(name).or_default().join(found);
    }
    for user in ["unknown", "known"] {
        for model in ["", " bayes"] {
            let benign = &all[&format!("{user} benign{model}")];
            for label in ["hijacked", "resisted"] {
                let name = format!("{user} {label}{model}");
                all[&name].tell(&name, benign);
            }
        }
    }
}

fn quarter(session: &Trajectory) -> u64 {
    hash(&session.task) % 4
}

fn tell(folds: Vec<BTreeMap<String, Found>>) {
    let mut all: BTreeMap<String, Found> = BTreeMap::new();
    for (name, found) in folds.into_iter().flatten() {
        all.entry(name).or_default().join(found);
    }
    let benign = all.remove("benign").unwrap();
    benign.tell("benign", &benign);
    all.iter().for_each(|(name, found)| found.tell(name, &benign));
}
