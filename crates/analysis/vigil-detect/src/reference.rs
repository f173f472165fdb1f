//! Scores to p-values: how often ordinary data scores at least as high.

/// Scores of ordinary data that no model was trained on.
///
/// With `n` of them, a score has the p-value `(1 + how many are at least as high) / (n + 1)`. For data like the reference
/// it is below any bound `a` at most in the share `a` of cases (conformal prediction): a rate of false alarms is a setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    // INVARIANT: sorted, finite.
    scores: Vec<f32>,
}

impl Reference {
    /// Of these scores; what is not a finite number is left out.
    pub fn new(mut scores: Vec<f32>) -> Self {
        scores.retain(|score| score.is_finite());
        scores.sort_by(f32::total_cmp);
        Self { scores }
    }

    /// How often ordinary data scores at least as high. A score that is no number is as unusual as can be.
    pub fn p_value(&self, score: f32) -> f64 {
        let at_least = if score.is_nan() {
            0
        } else {
            self.scores.len() - self.scores.partition_point(|known| *known < score)
        };
        (1 + at_least) as f64 / (self.scores.len() + 1) as f64
    }

    /// How many scores there are: no p-value can be below one over that and one.
    pub fn len(&self) -> usize {
        self.scores.len()
    }

    /// Whether nothing is known; each p-value is 1 then.
    pub fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Random;

    #[test]
    fn counts_what_scores_as_high() {
        let reference = Reference::new(vec![0.3, 0.1, f32::NAN, 0.2]);
        assert_eq!(reference.len(), 3);
        assert_eq!(reference.p_value(0.0), 1.0);
        assert_eq!(reference.p_value(0.2), 0.75);
        assert_eq!(reference.p_value(0.4), 0.25);
        assert_eq!(reference.p_value(f32::NAN), 0.25);
        assert_eq!(Reference::new(Vec::new()).p_value(9.0), 1.0);
    }

    #[test]
    fn false_alarms_come_at_the_rate_that_was_set() {
        let mut random = Random::new(11);
        let reference = Reference::new((0..999).map(|_| random.unit() as f32).collect());
        let alarms = (0..20_000).filter(|_| reference.p_value(random.unit() as f32) <= 0.05).count();
        assert!((800..1200).contains(&alarms), "{alarms}");
    }

    #[test]
    fn a_higher_score_is_never_more_usual() {
        let mut random = Random::new(5);
        let reference = Reference::new((0..100).map(|_| random.unit() as f32).collect());
        let p: Vec<f64> = (0..200).map(|at| reference.p_value(at as f32 / 150.0)).collect();
        assert!(p.is_sorted_by(|a, b| a >= b));
    }
}
