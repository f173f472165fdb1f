//! Scores to p-values: how often ordinary data scores at least as high.

use crate::bytes::{Bytes, put_number};
use crate::maths::normal_above;

/// Scores of ordinary data that no model was trained on.
///
/// With `n` of them, a score has the p-value `(1 + how many are at least as high) / (n + 1)`. For data like the reference
/// it is below any bound `a` at most in the share `a` of cases (conformal prediction): a rate of false alarms is a setting.
///
/// Only some of the scores are kept, the highest all; a score between two of them counts as the lower one, so its p-value is
/// no smaller than it would be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reference {
    // INVARIANT: scores finite and ascending, counts descending and at most `count`.
    knots: Vec<Knot>,
    count: u32,
}

/// A score, and how many of the reference are at least as high.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Knot {
    score: f32,
    at_least: u32,
}

/// How many of the highest scores are all kept.
const EXACT: usize = 256;

impl Reference {
    /// Of these scores; what is not a finite number is left out.
    pub fn new(mut scores: Vec<f32>) -> Self {
        scores.retain(|score| score.is_finite());
        scores.sort_by(|a, b| b.total_cmp(a));
        scores.truncate(u32::MAX as usize);
        let ranked = scores.iter().zip(1_u32..).map(|(score, at_least)| Knot { score: *score, at_least });
        Self { knots: thinned(ranked), count: scores.len() as u32 }
    }

    /// Of several groups, so that the p-value holds in each: it is the greatest that any group of some size gives, or that all
    /// together do. What comes from a new group is then alarmed at no more often than in the worst of those that are known.
    pub(crate) fn of_groups(groups: &[Vec<f32>]) -> Self {
        /// Below that a group's share says too little.
        const LEAST: usize = 300;
        let mut all: Vec<f32> = groups.iter().flatten().copied().filter(|score| score.is_finite()).collect();
        all.sort_by(|a, b| b.total_cmp(a));
        all.truncate(u32::MAX as usize);
        let sorted = |group: &Vec<f32>| {
            let mut group: Vec<f32> = group.iter().copied().filter(|score| score.is_finite()).collect();
            group.sort_by(f32::total_cmp);
            group
        };
        let groups: Vec<Vec<f32>> = groups.iter().filter(|group| group.len() >= LEAST).map(sorted).collect();
        let count = all.len();
        let ranked = all.iter().zip(1_usize..).map(|(score, at_least)| {
            let of_group = |group: &Vec<f32>| {
                let above = group.len() - group.partition_point(|known| known < score);
                (above * count).div_ceil(group.len().max(1))
            };
            let most = groups.iter().map(of_group).max().unwrap_or(0).max(at_least);
            Knot { score: *score, at_least: most.min(count) as u32 }
        });
        Self { knots: thinned(ranked), count: count as u32 }
    }

    /// How often ordinary data scores at least as high. A score that is no number is as unusual as can be.
    pub fn p_value(&self, score: f32) -> f64 {
        if self.count == 0 {
            return 1.0;
        }
        let at_least = if score.is_nan() { 0 } else { self.at_least(score) };
        (1.0 + f64::from(at_least)) / (f64::from(self.count) + 1.0)
    }

    /// A normal number that is as unusual: 0 in the middle of the reference. Of equal scores the middle one counts, so that
    /// ordinary data has the mean 0.
    pub(crate) fn normal(&self, score: f32) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        let at = self.knots.partition_point(|knot| knot.score <= score);
        let above = self.knots.get(at).map_or(0, |knot| knot.at_least);
        let at_least = self.at_least(score);
        normal_above((f64::from(above) + f64::from(at_least) + 1.0) / (2.0 * f64::from(self.count) + 2.0))
    }

    fn at_least(&self, score: f32) -> u32 {
        let at = self.knots.partition_point(|knot| knot.score < score);
        match self.knots.get(at) {
            // A score between two knots counts as the lower one.
            Some(knot) if knot.score == score => knot.at_least,
            found => match at.checked_sub(1).and_then(|at| self.knots.get(at)) {
                Some(_) if found.is_none() => 0,
                Some(lower) => lower.at_least,
                None => self.count,
            },
        }
    }

    /// How many scores there are: no p-value can be below one over that and one.
    pub const fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether nothing is known; each p-value is 1 then.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        put_number(out, self.count as usize);
        put_number(out, self.knots.len());
        for knot in &self.knots {
            out.extend_from_slice(&knot.score.to_le_bytes());
            out.extend_from_slice(&knot.at_least.to_le_bytes());
        }
    }

    pub(crate) fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        let count = bytes.number()?;
        let length = bytes.number()? as usize;
        let mut knots = Bytes(bytes.slice(length.checked_mul(8)?)?);
        let knot = |knots: &mut Bytes<'_>| {
            let score = knots.take().map(f32::from_le_bytes)?;
            Some(Knot { score, at_least: knots.number()? })
        };
        let knots: Vec<Knot> = (0..length).map(|_| knot(&mut knots)).collect::<Option<_>>()?;
        let sound = knots.iter().all(|knot| knot.score.is_finite() && (1..=count).contains(&knot.at_least))
            && knots.is_sorted_by(|a, b| a.score < b.score && a.at_least > b.at_least)
            && knots.is_empty() == (count == 0);
        sound.then_some(Self { knots, count })
    }
}

/// The knots that are kept of scores, the highest first, as ascending ones.
fn thinned(ranked: impl Iterator<Item = Knot>) -> Vec<Knot> {
    let mut knots: Vec<Knot> = Vec::new();
    let mut next = 0;
    let mut rest = ranked.peekable();
    while let Some(knot) = rest.next() {
        // Only the last of equal scores tells how many are at least as high.
        if rest.peek().is_some_and(|other| other.score == knot.score) {
            continue;
        }
        let is_higher = knots.last().is_none_or(|last| last.at_least < knot.at_least);
        let at = knot.at_least as usize;
        if is_higher && (at <= EXACT || at > next || rest.peek().is_none()) {
            next = at + at / 64;
            knots.push(knot);
        }
    }
    knots.reverse();
    knots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Random;

    #[test]
    fn the_rate_holds_in_the_worst_of_known_groups() {
        let mut random = Random::new(3);
        let mut group = |most: f64| (0..1000).map(|_| (random.unit() * most) as f32).collect::<Vec<f32>>();
        let groups = [group(1.0), group(2.0), vec![9.0; 5]];
        let reference = Reference::of_groups(&groups);
        let share = |group: &[f32]| group.iter().filter(|score| reference.p_value(**score) <= 0.05).count();
        assert!((40..=50).contains(&share(&groups[1])), "{}", share(&groups[1]));
        assert_eq!(share(&groups[0]), 0);
        assert!(reference.p_value(10.0) < 0.001);
        let mut bytes = Vec::new();
        reference.write(&mut bytes);
        assert_eq!(Reference::read(&mut Bytes(&bytes)), Some(reference));
    }

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
        assert!(reference.knots.len() < 999);
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

    #[test]
    fn leaving_scores_out_never_makes_a_p_value_smaller() {
        let mut random = Random::new(9);
        let scores: Vec<f32> = (0..5000).map(|_| (random.unit() * 700.0).floor() as f32).collect();
        let reference = Reference::new(scores.clone());
        assert!(reference.knots.len() < 700);
        for at in -5..1420 {
            let score = at as f32 / 2.0;
            let exact = (1 + scores.iter().filter(|known| **known >= score).count()) as f64 / 5001.0;
            let p = reference.p_value(score);
            assert!(p >= exact && p <= exact * 1.06 + 0.004, "{score}: {p} for {exact}");
        }
        let mut bytes = Vec::new();
        reference.write(&mut bytes);
        assert_eq!(Reference::read(&mut Bytes(&bytes)), Some(reference));
    }

    #[test]
    fn ordinary_data_becomes_normal() {
        let mut random = Random::new(2);
        let reference = Reference::new((0..2000).map(|_| random.unit() as f32).collect());
        let normal: Vec<f64> = (0..20_000).map(|_| reference.normal(random.unit() as f32)).collect();
        let mean = normal.iter().sum::<f64>() / 20_000.0;
        let variance = normal.iter().map(|value| value * value).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.06 && (variance - 1.0).abs() < 0.06, "{mean} {variance}");
        assert_eq!(Reference::default().normal(3.0), 0.0);
    }
}
