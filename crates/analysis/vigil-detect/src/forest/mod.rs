//! Isolation Forest (Liu, Ting, Zhou 2008): what a few random cuts set apart from a population is unlike it.

mod file;
mod grow;

use crate::maths::{exp2, ln};

pub use file::ForestError;
pub use grow::Growth;

/// A grown forest in two flat arrays. It knows the number of features that its vectors have, and nothing of their meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Forest {
    // INVARIANT: `features` > 0. The root of each tree is in `roots`; each inner node's children stand behind it in `nodes`,
    // side by side; so a walk ends.
    features: u16,
    /// The average depth at which a vector of the population ends: what scores are measured by.
    usual_depth: f32,
    roots: Vec<u32>,
    nodes: Vec<Node>,
}

/// A node: a cut, or a leaf.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Node {
    /// The feature that is cut; [`LEAF`] for a leaf.
    feature: u16,
    /// Where it is cut: smaller values go left. Of a leaf: its depth, and what the vectors in it would have added.
    value: f32,
    /// Where the left child stands; the right one is behind it.
    left: u32,
}

const LEAF: u16 = u16::MAX;

impl Forest {
    /// How unlike the population a vector is: near 1 when it is set apart at once, about 0.5 and less when it is like it.
    /// Missing values count as 0, what is no number as too.
    pub fn score(&self, vector: &[f32]) -> f32 {
        if self.roots.is_empty() {
            return 0.5;
        }
        let total: f64 = self.roots.iter().map(|root| f64::from(self.depth(*root, vector))).sum();
        let average = total / self.roots.len() as f64;
        exp2(-average / f64::from(self.usual_depth)) as f32
    }

    /// How many features a vector has.
    pub fn features(&self) -> usize {
        usize::from(self.features)
    }

    /// How many trees there are.
    pub fn trees(&self) -> usize {
        self.roots.len()
    }

    /// How many bytes the forest takes in memory.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.roots.len() * size_of::<u32>() + self.nodes.len() * size_of::<Node>()
    }

    fn depth(&self, root: u32, vector: &[f32]) -> f32 {
        let mut at = root;
        while let Some(node) = self.nodes.get(at as usize) {
            if node.feature == LEAF {
                return node.value;
            }
            let value =
                vector.get(usize::from(node.feature)).copied().filter(|value| !value.is_nan()).unwrap_or(0.0);
            at = if value < node.value { node.left } else { node.left + 1 };
        }
        0.0
    }
}

/// The average depth of an unsuccessful search in a binary tree of `count` items: what a leaf with that many stands for.
fn average_depth(count: usize) -> f64 {
    match count {
        0 | 1 => 0.0,
        2 => 1.0,
        _ => {
            let count = count as f64;
            2.0 * (ln(count - 1.0) + EULER) - 2.0 * (count - 1.0) / count
        }
    }
}

const EULER: f64 = 0.577_215_664_901_532_9;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Random;

    fn cloud(seed: u64, rows: usize) -> Vec<Vec<f32>> {
        let mut random = Random::new(seed);
        (0..rows).map(|_| (0..4).map(|_| (random.unit() + random.unit()) as f32).collect()).collect()
    }

    #[test]
    fn what_is_far_away_scores_higher() {
        let forest = Growth::default().grow(&cloud(1, 600)).unwrap();
        let inside = forest.score(&[1.0, 1.0, 1.0, 1.0]);
        let outside = forest.score(&[1.0, 9.0, 1.0, -9.0]);
        assert!(inside < 0.45 && outside > 0.55, "{inside} {outside}");
    }

    #[test]
    fn strange_vectors_have_scores_too() {
        let forest = Growth::default().grow(&cloud(1, 300)).unwrap();
        for vector in [&[][..], &[f32::NAN; 4], &[f32::INFINITY; 9], &[f32::MIN, f32::MAX]] {
            assert!((0.0..=1.0).contains(&forest.score(vector)), "{vector:?}");
        }
    }

    #[test]
    fn the_same_seed_grows_the_same_forest() {
        let rows = cloud(2, 400);
        let grown = |seed| Growth { seed, ..Growth::default() }.grow(&rows).unwrap();
        assert_eq!(grown(7).to_bytes(), grown(7).to_bytes());
        assert_ne!(grown(7).to_bytes(), grown(8).to_bytes());
    }

    #[test]
    fn a_population_that_cannot_be_cut_is_one_leaf() {
        let forest = Growth::default().grow(&vec![vec![1.0, 2.0]; 300]).unwrap();
        assert_eq!(forest.nodes.len(), forest.trees());
        assert_eq!(Growth::default().grow(&[]), None);
        assert_eq!(Growth::default().grow(&[vec![]]), None);
    }
}
