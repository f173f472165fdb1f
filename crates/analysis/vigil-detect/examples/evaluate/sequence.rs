//! How surprising the next event is: the LSTM against an order-3 Markov model, on sessions neither has seen.
//!
//! The Markov model mixes orders 3 to 0 as Witten and Bell do: each context counts as much as it has seen, and a new
//! continuation as often as there were different ones. It reads the tokens, outcomes included, that the LSTM reads.

use std::collections::BTreeMap;

use vigil_detect::train::{Plan, Trajectory};
use vigil_detect::{Step, Token};

use crate::data::Session;
use crate::fold::hash;

pub(crate) fn table(sessions: &[Session]) {
    println!("nats per event, ordinary sessions of tasks not seen (five folds)");
    println!(
        "{:<20} {:>7} {:>8} {:>9} {:>9} {:>9} {:>9}",
        "suite", "events", "unigram", "Markov 1", "Markov 2", "Markov 3", "LSTM"
    );
    let mut sums: BTreeMap<&str, [f64; 6]> = BTreeMap::new();
    for fold in 0..5 {
        let inside = |session: &&Session| hash(&session.trajectory.task) % 5 == fold;
        let ordinary: Vec<&Session> = sessions.iter().filter(|session| session.label == "benign").collect();
        let known: Vec<&Trajectory> =
            ordinary.iter().filter(|session| !inside(session)).map(|session| &session.trajectory).collect();
        let surprisals = Plan::default().sequence(&known);
        let mut markov = Markov::default();
        known.iter().for_each(|session| markov.learn(&session.steps));
        for session in ordinary.iter().filter(|session| inside(session)) {
            let steps = &session.trajectory.steps;
            let lstm: f64 = surprisals(steps).iter().sum();
            let orders = [0, 1, 2, 3].map(|order| markov.surprisal(steps, order));
            for name in [session.suite.as_str(), "all"] {
                let sum = sums.entry(name).or_default();
                sum[0] += steps.len() as f64;
                sum[1..5].iter_mut().zip(orders).for_each(|(slot, value)| *slot += value);
                sum[5] += lstm;
            }
        }
    }
    for (name, [events, rest @ ..]) in sums {
        print!("{name:<20} {events:>7}");
        rest.iter().for_each(|sum| print!(" {:>8.3}", sum / events));
        println!();
    }
}

/// What followed each context: how often each event.
#[derive(Default)]
struct Markov {
    followed: BTreeMap<Vec<usize>, BTreeMap<usize, f64>>,
}

impl Markov {
    fn learn(&mut self, steps: &[Step]) {
        for at in 0..steps.len() {
            for order in 0..=3 {
                let followed = self.followed.entry(context(steps, at, order)).or_default();
                *followed.entry(steps[at].token.event()).or_default() += 1.0;
            }
        }
    }

    fn surprisal(&self, steps: &[Step], most: usize) -> f64 {
        (0..steps.len()).map(|at| -self.share(steps, at, most).ln()).sum()
    }

    fn share(&self, steps: &[Step], at: usize, most: usize) -> f64 {
        let mut share = 1.0 / Token::EVENTS as f64;
        for order in 0..=most {
            if let Some(followed) = self.followed.get(&context(steps, at, order)) {
                let (all, kinds) = (followed.values().sum::<f64>(), followed.len() as f64);
                let count = followed.get(&steps[at].token.event()).copied().unwrap_or(0.0);
                share = (count + kinds * share) / (all + kinds);
            }
        }
        share
    }
}

/// The `order` events before, from the nearest on, and how the last of them ended; order 0 knows nothing.
fn context(steps: &[Step], at: usize, order: usize) -> Vec<usize> {
    if order == 0 {
        return Vec::new();
    }
    let before =
        (1..=order).map(|back| at.checked_sub(back).map_or(Token::EVENTS, |at| steps[at].token.event()));
    [steps[at].token.outcome()].into_iter().chain(before).collect()
}
