//! What the models are worth by themselves, for the manifest of a file of models.

use super::{Trajectory, is_kept};
use crate::lstm::Memory;
use crate::model::{MODELS, Personal, Population, Track};

/// What the models that were made are worth on the sessions they were made from, as far as these taught them nothing.
///
/// The forests, the LSTM and the priors have not seen the sessions that are counted here, and no model but the combination has
/// seen any label; their p-values are taken among the ordinary sessions counted. The combination has seen labels: its figures are in docs/design/detection.md, from sessions that were left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics {
    /// By model, how well its lowest p-value in a session tells attacked sessions from ordinary ones (AUROC).
    pub told_apart: [(&'static str, f64); 4],
    /// How surprising an event of an ordinary session is to the LSTM, in nats.
    pub lstm_nats: f64,
    /// The share of ordinary steps that the tiers from `tier2` on would be given, by the combination that saw them.
    pub shown: f64,
    /// How many ordinary sessions and how many attacked ones were counted.
    pub sessions: (usize, usize),
}

impl Metrics {
    /// Of models and the sessions they were made from. None when there is nothing to tell apart.
    pub fn of(population: &Population, sessions: &[Trajectory]) -> Option<Self> {
        let mut found = [const { (Vec::new(), Vec::new()) }; 4];
        let (mut nats, mut steps, mut shown) = (0.0, 0_usize, 0_usize);
        let counted = |session: &&Trajectory| match session.ordinary {
            true => is_kept(session),
            false => session.injected.iter().any(|injected| *injected),
        };
        for session in sessions.iter().filter(counted) {
            let (mut track, mut memory, personal) = (Track::default(), Memory::default(), Personal::new());
            let mut least = [1.0_f64; 4];
            for step in &session.steps {
                let surprisal = population.lstm.surprisal(&mut memory, step);
                let assessment = population.assess(&personal, "", &mut track, step);
                least.iter_mut().zip(assessment.p).for_each(|(least, (_, p))| *least = least.min(p));
                if session.ordinary {
                    (nats, steps) = (nats + surprisal, steps + 1);
                    shown += usize::from(assessment.tier >= vigil_core::Tier::Flagged);
                }
            }
            for ((ordinary, attacked), p) in found.iter_mut().zip(least) {
                if session.ordinary { ordinary.push(p) } else { attacked.push(p) }
            }
        }
        let [(ordinary, attacked), ..] = &found;
        let counts = (ordinary.len(), attacked.len());
        if counts.0 == 0 || counts.1 == 0 || steps == 0 {
            return None;
        }
        let mut told_apart = MODELS.map(|model| (model, 0.0));
        for (slot, (ordinary, attacked)) in told_apart.iter_mut().zip(found) {
            slot.1 = auroc(ordinary, &attacked);
        }
        let share = |part: f64| part / steps as f64;
        Some(Self { told_apart, lstm_nats: share(nats), shown: share(shown as f64), sessions: counts })
    }
}

/// How often an attacked session has a lower p-value than an ordinary one.
fn auroc(mut ordinary: Vec<f64>, attacked: &[f64]) -> f64 {
    ordinary.sort_by(f64::total_cmp);
    let above = |p: &f64| {
        let above = ordinary.len() - ordinary.partition_point(|known| known <= p);
        let equal = ordinary.len() - ordinary.partition_point(|known| known < p) - above;
        above as f64 + equal as f64 / 2.0
    };
    attacked.iter().map(above).sum::<f64>() / (ordinary.len() * attacked.len()).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::auroc;

    #[test]
    fn counts_pairs_in_the_right_order() {
        assert_eq!(auroc(vec![0.5, 0.2], &[0.1]), 1.0);
        assert_eq!(auroc(vec![0.5, 0.2], &[0.5, 0.2]), 0.5);
    }
}
