//! Which features of a step lie far above what is usual, in words.

use crate::bytes::{Bytes, put_floats};
use crate::step::Step;
use crate::{CALL_FEATURES, CALLS, FEATURES, Feature, TEXT_FEATURES, TextFeatures};

/// How many features a step has.
const ALL: usize = CALL_FEATURES + TEXT_FEATURES;

/// The mean and the spread of each feature in ordinary steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Usual {
    // INVARIANT: empty or ALL long.
    means: Vec<f32>,
    spreads: Vec<f32>,
}

/// How many spreads above the mean a feature is worth a word.
const FAR: f32 = 2.5;

impl Usual {
    pub(crate) fn of(steps: &[&Step]) -> Self {
        let count = steps.len().max(1) as f64;
        let mut sums = [(0.0_f64, 0.0_f64); ALL];
        for step in steps {
            for (sum, value) in sums.iter_mut().zip(values(step)) {
                let value = f64::from(value);
                *sum = (sum.0 + value, sum.1 + value * value);
            }
        }
        let mean = |sum: &(f64, f64)| sum.0 / count;
        let spread = |sum: &(f64, f64)| (sum.1 / count - mean(sum) * mean(sum)).max(0.0).sqrt();
        Self {
            means: sums.iter().map(|sum| mean(sum) as f32).collect(),
            spreads: sums.iter().map(|sum| spread(sum) as f32).collect(),
        }
    }

    /// The features furthest above the usual, in words, at most `most`.
    pub(crate) fn far(&self, step: &Step, most: usize) -> Vec<&'static str> {
        self.furthest(values(step).zip(CALLS.iter().chain(FEATURES)), 0, most)
    }

    /// The same of a text alone.
    pub(crate) fn far_of_text(&self, text: &TextFeatures, most: usize) -> Vec<&'static str> {
        self.furthest(text.values().iter().copied().zip(FEATURES), CALL_FEATURES, most)
    }

    /// Of features whose means and spreads begin at `first`.
    fn furthest(
        &self,
        values: impl Iterator<Item = (f32, &'static Feature)>,
        first: usize,
        most: usize,
    ) -> Vec<&'static str> {
        let usual = self.means.iter().zip(&self.spreads).skip(first);
        let mut all: Vec<(f32, &'static str)> = values
            .zip(usual)
            // A share that never varies would be far at once: a twentieth of the range is the least spread.
            .map(|((value, feature), (mean, spread))| {
                ((value - mean) / spread.max(0.05 * feature.most.min(1.0)), feature.why)
            })
            .filter(|(far, _)| *far >= FAR)
            .collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut told: Vec<&'static str> = Vec::new();
        for (_, why) in all {
            if told.len() < most && !told.contains(&why) {
                told.push(why);
            }
        }
        told
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        put_floats(out, &self.means);
        put_floats(out, &self.spreads);
    }

    pub(crate) fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        Some(Self { means: bytes.floats(ALL)?, spreads: bytes.floats(ALL)? })
    }
}

fn values(step: &Step) -> impl Iterator<Item = f32> {
    step.call.values().iter().chain(step.text.values()).copied()
}
