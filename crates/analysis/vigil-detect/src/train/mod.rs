//! How the shipped models are made from recorded sessions: the same sessions and seed, the same bytes.
//!
//! Ordinary sessions are split by task, three ways. On the first the forests, the LSTM and the priors learn; the second gives
//! the references of their scores; on the second, with all sessions in which something was injected, the combination learns,
//! and what it says of parts it did not see gives its own reference. So no p-value is against what a model was made of.
//!
//! The recorded attacks are of one family. Ordinary sessions made strange in other ways ([`Strange`]) teach nothing: they show what
//! each model is for.

mod metrics;
mod strange;

pub use metrics::Metrics;
pub use strange::{AGENT, Made, Strange};

use std::collections::BTreeMap;

mod letters;

use vigil_core::Action;

use crate::bayes::Prior;
use crate::combine::{Boosted, INPUT_COUNT, Lesson, Row, inputs, unlike};
use crate::lstm::{Lessons, Lstm, Memory};
use crate::model::{
    AgentClass, Class, Personal, Population, References, Track, Usual, encoding, hiding, provenance,
};
use crate::step::{Asked, Heard, Step};
use crate::{Growth, Reference};

pub use letters::Letters;

/// The steps of one session, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trajectory {
    /// What sessions are split by: those of one task stay together.
    pub task: String,
    /// Whose work it is: within it tools and habits are alike, and a rate of alarms has to hold in each.
    pub group: String,
    /// Whether nothing strange was planted in it.
    pub ordinary: bool,
    /// Its steps.
    pub steps: Vec<Step>,
    /// For each step, whether it is known to serve an injected goal.
    pub injected: Vec<bool>,
}

impl Trajectory {
    /// Whether the models learn what is ordinary from it.
    pub fn teaches(&self) -> bool {
        self.ordinary && part(self) < TEACHING
    }
}

/// What is made, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Where the random numbers begin.
    pub seed: u64,
    /// How often the LSTM sees each session.
    pub rounds: usize,
    /// How many trees the combination has.
    pub trees: usize,
    /// Models that say nothing in this population, by their place in `MODELS`: to see what each is for.
    pub without: [bool; 4],
    /// Whether the combination sees signs beside the models.
    pub signs: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self { seed: 4, rounds: 20, trees: 150, without: [false; 4], signs: true }
    }
}

/// Models that know nothing. What is needed to play sessions when the shipped models are those of other features.
pub fn untaught() -> Option<Population> {
    let action = Action::unknown(String::new());
    let step = Heard::default().step(&Asked { action: &action, arguments: "", hour: None });
    let session = |task: usize| Trajectory {
        task: task.to_string(),
        group: String::new(),
        ordinary: true,
        steps: vec![step.clone()],
        injected: vec![false],
    };
    // Enough tasks that some of them teach.
    let sessions: Vec<Trajectory> = (0..8).map(session).collect();
    Plan { rounds: 0, trees: 1, ..Plan::default() }.train(&sessions)
}

/// In how many parts the tasks are split; the first of them teach the models.
const PARTS: u64 = 5;
const TEACHING: u64 = 2;

impl Plan {
    /// Trains all models. None when there are no ordinary steps.
    pub fn train(&self, sessions: &[Trajectory]) -> Option<Population> {
        let teaching: Vec<&Trajectory> = sessions.iter().filter(|session| session.teaches()).collect();
        let mut population = self.base(&teaching)?;
        let kept: Vec<&Trajectory> =
            sessions.iter().filter(|session| session.ordinary && part(session) >= TEACHING).collect();
        // The residuals of the shifts need the references of the other models, so they come first.
        for stage in [Stage::Models, Stage::Shifts] {
            refer(&mut population, &kept, stage);
        }
        let planted = sessions.iter().filter(|session| !session.ordinary);
        let all: Vec<&Trajectory> = kept.iter().copied().chain(planted).collect();
        self.combine(&mut population, &all);
        Some(population)
    }

    /// The same models with other combinations, as each of these plans has it. They put steps in order; their p-values are
    /// another's.
    pub fn recombine(
        &self,
        population: &Population,
        sessions: &[Trajectory],
        plans: &[Self],
    ) -> Vec<Population> {
        let all: Vec<&Trajectory> =
            sessions.iter().filter(|session| !session.ordinary || is_kept(session)).collect();
        let seen: Vec<Seen<'_>> = all.iter().flat_map(|session| self.seen(population, session)).collect();
        let with = |plan: &Self| {
            let rows: Vec<Row> = seen.iter().map(|seen| (plan.told(seen.row.0), seen.row.1)).collect();
            Population {
                combination: plan.lesson().learn(&rows),
                without: plan.without,
                ..population.clone()
            }
        };
        plans.iter().map(with).collect()
    }

    /// What is left of a step's inputs when this plan does without some of them.
    fn told(&self, mut inputs: [f32; INPUT_COUNT]) -> [f32; INPUT_COUNT] {
        let (models, signs) = inputs.split_at_mut(self.without.len());
        models
            .iter_mut()
            .zip(self.without)
            .filter(|(_, without)| *without)
            .for_each(|(input, _)| *input = 0.0);
        if !self.signs {
            signs.fill(0.0);
        }
        inputs
    }

    const fn lesson(&self) -> Lesson {
        Lesson { trees: self.trees, rate: 0.05, least: 8.0 }
    }

    /// The models without references.
    fn base(&self, teaching: &[&Trajectory]) -> Option<Population> {
        let steps = || teaching.iter().flat_map(|session| &session.steps);
        let growth = Growth { seed: self.seed, ..Growth::default() };
        let calls: Vec<Vec<f32>> = steps().map(|step| step.call.values().to_vec()).collect();
        let texts: Vec<Vec<f32>> = steps().map(|step| hiding(&step.text).to_vec()).collect();
        let classes = AgentClass::ALL.map(|class| {
            let of_class: Vec<&Step> = teaching.iter().flat_map(|session| of_class(session, class)).collect();
            Class {
                prior: Prior::of(of_class.iter().copied()),
                usual: Usual::of(&of_class),
                references: References::default(),
            }
        });
        Some(Population {
            calls: growth.grow(&calls)?,
            texts: Growth { trees: 100, ..growth }.grow(&texts)?,
            lstm: self.lstm(teaching),
            combination: Boosted::default(),
            classes,
            without: [false; 4],
        })
    }

    fn lstm(&self, teaching: &[&Trajectory]) -> Lstm {
        let sequences: Vec<&[Step]> = teaching.iter().map(|session| session.steps.as_slice()).collect();
        let lessons = Lessons { rounds: self.rounds, rate: 0.004, decay: 0.01, seed: self.seed };
        lessons.learn(&sequences)
    }

    /// The LSTM alone: how surprising each step of a session is, in nats.
    pub fn sequence(&self, teaching: &[&Trajectory]) -> impl Fn(&[Step]) -> Vec<f64> + use<> {
        let lstm = self.lstm(teaching);
        move |steps| {
            let mut memory = Memory::default();
            steps.iter().map(|step| lstm.surprisal(&mut memory, step)).collect()
        }
    }

    /// Teaches the combination, and refers what it says of parts that it did not see.
    fn combine(&self, population: &mut Population, sessions: &[&Trajectory]) {
        let seen: Vec<Seen<'_>> =
            sessions.iter().flat_map(|session| self.seen(population, session)).collect();
        let learn = |left_out: Option<u64>| {
            let rows: Vec<Row> =
                seen.iter().filter(|seen| Some(seen.part) != left_out).map(|seen| seen.row).collect();
            self.lesson().learn(&rows)
        };
        let mut scores = [BTreeMap::<&str, [Vec<f32>; 2]>::new(), BTreeMap::new()];
        for part in TEACHING..PARTS {
            let boosted = learn(Some(part));
            for seen in seen.iter().filter(|seen| seen.ordinary && seen.part == part) {
                let [coding, assistant] = &mut scores;
                let groups = if seen.class == AgentClass::Coding { coding } else { assistant };
                let [like_a_hijack, unlike] = groups.entry(seen.group).or_default();
                like_a_hijack.push(boosted.score(&seen.row.0));
                unlike.push(seen.unlike);
            }
        }
        population.combination = learn(None);
        for (class, scores) in population.classes.iter_mut().zip(scores) {
            let (like_a_hijack, unlike): (Vec<_>, Vec<_>) =
                scores.into_values().map(|[like_a_hijack, unlike]| (like_a_hijack, unlike)).unzip();
            class.references.combined = Reference::of_groups(&like_a_hijack);
            class.references.unlike = Reference::of_groups(&unlike);
        }
    }

    /// What the combination is told of a session's steps.
    fn seen<'t>(&self, population: &Population, session: &'t Trajectory) -> Vec<Seen<'t>> {
        let (mut track, personal) = (Track::default(), Personal::new());
        let told = session.steps.iter().zip(&session.injected);
        told.map(|(step, injected)| {
            let class = track.class(step);
            let raw = population.raw(&personal, AGENT, &mut track, step);
            let p = population.p_values(class, &raw.scores);
            let row = (self.told(inputs(step, &p)), *injected);
            let (group, unlike) = (session.group.as_str(), unlike(&p));
            Seen { class, group, part: part(session), ordinary: session.ordinary, unlike, row }
        })
        .collect()
    }
}

/// A step as the combination sees it.
struct Seen<'t> {
    class: AgentClass,
    group: &'t str,
    part: u64,
    ordinary: bool,
    unlike: f32,
    row: Row,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Models,
    Shifts,
}

/// Fills references from what the models say of ordinary sessions that they have not seen.
fn refer(population: &mut Population, kept: &[&Trajectory], stage: Stage) {
    let mut found = [[const { Vec::<f32>::new() }; 7], [const { Vec::new() }; 7]];
    for session in kept {
        let (mut track, personal) = (Track::default(), Personal::new());
        for step in &session.steps {
            let class = track.class(step);
            let raw = population.raw(&personal, "", &mut track, step);
            let [coding, assistant] = &mut found;
            let lists = if class == AgentClass::Coding { coding } else { assistant };
            let texts = population.texts.score(&hiding(&step.text));
            let all = raw.scores.into_iter().chain([provenance(step), encoding(&step.text), texts]);
            lists.iter_mut().zip(all).for_each(|(list, value)| list.push(value));
        }
    }
    for (class, lists) in population.classes.iter_mut().zip(found) {
        let [forest, lstm, bayes, cusum, provenance, encoding, texts] = lists.map(Reference::new);
        let references = &mut class.references;
        match stage {
            Stage::Models => {
                references.models = [forest, lstm, bayes, Reference::default()];
                (references.provenance, references.encoding, references.texts) =
                    (provenance, encoding, texts);
            }
            Stage::Shifts => {
                let [_, _, _, shifts] = &mut references.models;
                *shifts = cusum;
            }
        }
    }
}

/// The steps of a session at which its agent is of a class.
fn of_class(session: &Trajectory, class: AgentClass) -> Vec<&Step> {
    let mut track = Track::default();
    let is = |step: &&Step| {
        let is = track.class(step) == class;
        track.count(step);
        is
    };
    session.steps.iter().filter(is).collect()
}

/// Whether an ordinary session taught the models nothing.
fn is_kept(session: &Trajectory) -> bool {
    part(session) >= TEACHING
}

/// The part of the tasks that a session belongs to, by the name of its task alone.
fn part(session: &Trajectory) -> u64 {
    let hash = session.task.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash >> 32) % PARTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_that_know_nothing_judge_and_can_be_read() {
        let population = untaught().unwrap();
        assert_eq!(Population::read(&population.to_bytes()).as_ref(), Ok(&population));
    }
}
