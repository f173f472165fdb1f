//! How the shipped models are made from recorded sessions: the same sessions and seed, the same bytes.

use crate::model::{AgentClass, Population, Track, combined, encoding, provenance};
use crate::step::Step;
use crate::{Growth, Reference};

/// The steps of one session, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trajectory {
    /// What sessions are split by: those of one task stay together.
    pub task: String,
    /// Its steps.
    pub steps: Vec<Step>,
    /// For each step, whether it is known to serve an injected goal.
    pub injected: Vec<bool>,
}

impl Trajectory {
    /// Whether nothing in it was injected.
    fn is_ordinary(&self) -> bool {
        !self.injected.contains(&true)
    }
}

/// Trains all models. Two of five tasks are kept aside, for the references. None when there are no ordinary steps.
pub fn train(sessions: &[Trajectory], seed: u64) -> Option<Population> {
    let ordinary = || sessions.iter().filter(|session| session.is_ordinary());
    let rows: Vec<Vec<f32>> = ordinary()
        .filter(|session| !is_kept(session))
        .flat_map(|session| session.steps.iter().map(|step| step.call.values().to_vec()))
        .collect();
    let forest = Growth { seed, ..Growth::default() }.grow(&rows)?;
    let mut population = Population { forest, classes: Default::default() };
    let kept: Vec<&Trajectory> = ordinary().filter(|session| is_kept(session)).collect();
    // References build on each other: residuals need those of the models, the combination those of all.
    for stage in 0..3 {
        let mut found: [Vec<Vec<f32>>; 2] = [vec![Vec::new(); 7], vec![Vec::new(); 7]];
        for session in &kept {
            let mut track = Track::default();
            for step in &session.steps {
                let class = track.class(step);
                let raw = population.raw(&mut track, step);
                track.count(step);
                let at = AgentClass::ALL.iter().position(|known| *known == class)?;
                let p = population.p_values(class, &raw);
                let all =
                    raw.into_iter().chain([provenance(step), encoding(&step.text), combined(&p) as f32]);
                found.get_mut(at)?.iter_mut().zip(all).for_each(|(list, value)| list.push(value));
            }
        }
        for (class, mut lists) in population.classes.iter_mut().zip(found) {
            for (at, slot) in class.all_mut().enumerate() {
                let wanted = match at {
                    3 => 1,
                    6 => 2,
                    _ => 0,
                };
                if wanted == stage {
                    *slot = Reference::new(core::mem::take(lists.get_mut(at)?));
                }
            }
        }
    }
    Some(population)
}

/// Whether a session is kept for references: two of five tasks, by their names alone.
fn is_kept(session: &Trajectory) -> bool {
    let hash = session.task.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash >> 32) % 5 < 2
}
