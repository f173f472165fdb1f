//! How a forest is grown: at random, from a seed.

use super::{Forest, LEAF, Node, average_depth};
use crate::Random;
use crate::maths::log2;

/// How to grow a forest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// How many trees.
    pub trees: usize,
    /// How many rows each tree sees.
    pub sample: usize,
    /// Where the random numbers begin.
    pub seed: u64,
}

impl Default for Growth {
    /// The numbers of the paper, with half again as many trees.
    fn default() -> Self {
        Self { trees: 150, sample: 256, seed: 1 }
    }
}

impl Growth {
    /// Grows a forest over these rows. None when there is no row, none with a feature, or too many of either.
    pub fn grow(&self, rows: &[Vec<f32>]) -> Option<Forest> {
        let features =
            rows.iter().map(Vec::len).max().filter(|count| (1..usize::from(LEAF)).contains(count))?;
        let sample = self.sample.clamp(1, rows.len().max(1));
        // A tree over n rows has fewer than 2n nodes.
        if self.trees == 0 || self.trees.saturating_mul(sample).saturating_mul(2) > u32::MAX as usize {
            return None;
        }
        let mut random = Random::new(self.seed);
        let mut grower = Grower {
            features,
            // Trees no deeper than the average: what is deeper is like the population anyway.
            most_depth: log2(sample as f64).ceil() as u32,
            nodes: Vec::new(),
        };
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let mut roots = Vec::with_capacity(self.trees);
        for _ in 0..self.trees {
            random.draw(&mut order, sample);
            let mut drawn: Vec<&[f32]> =
                order.iter().take(sample).filter_map(|at| rows.get(*at)).map(Vec::as_slice).collect();
            let root = grower.nodes.len();
            grower.nodes.push(NOTHING);
            grower.branch(root, &mut drawn, 0, &mut random);
            roots.push(u32::try_from(root).ok()?);
        }
        let usual_depth = average_depth(sample).max(1.0) as f32;
        Some(Forest { features: u16::try_from(features).ok()?, usual_depth, roots, nodes: grower.nodes })
    }
}

const NOTHING: Node = Node { feature: LEAF, value: 0.0, left: 0 };

struct Grower {
    features: usize,
    most_depth: u32,
    nodes: Vec<Node>,
}

impl Grower {
    /// Fills the node at `at`, and grows what is below it. The depth is bounded by `most_depth`.
    fn branch(&mut self, at: usize, rows: &mut [&[f32]], depth: u32, random: &mut Random) {
        let cut = if depth < self.most_depth && rows.len() > 1 { self.cut(rows, random) } else { None };
        let Some((feature, value)) = cut else {
            let value = (f64::from(depth) + average_depth(rows.len())) as f32;
            return self.set(at, Node { feature: LEAF, value, left: 0 });
        };
        let middle = partition(rows, |row| of(row, feature) < value);
        let left = self.nodes.len();
        self.nodes.extend([NOTHING, NOTHING]);
        let node = Node {
            feature: u16::try_from(feature).unwrap_or(LEAF),
            value,
            left: u32::try_from(left).unwrap_or(u32::MAX),
        };
        self.set(at, node);
        let (smaller, others) = rows.split_at_mut(middle);
        self.branch(left, smaller, depth + 1, random);
        self.branch(left + 1, others, depth + 1, random);
    }

    fn set(&mut self, at: usize, node: Node) {
        if let Some(slot) = self.nodes.get_mut(at) {
            *slot = node;
        }
    }

    /// A feature in which the rows differ and a place between its least and its greatest value. None when there is none.
    fn cut(&self, rows: &[&[f32]], random: &mut Random) -> Option<(usize, f32)> {
        let mut left: Vec<usize> = (0..self.features).collect();
        while !left.is_empty() {
            let feature = left.swap_remove(random.below(left.len()));
            let mut ends = (f32::INFINITY, f32::NEG_INFINITY);
            for row in rows {
                let value = of(row, feature);
                ends = (ends.0.min(value), ends.1.max(value));
            }
            let (least, greatest) = (f64::from(ends.0), f64::from(ends.1));
            if least < greatest {
                let value = (least + random.unit() * (greatest - least)) as f32;
                // Rounding may put the place on the least value, which would leave one side empty.
                return Some((feature, if value > ends.0 { value } else { ends.1 }));
            }
        }
        None
    }
}

/// A value of a row; 0 when it is missing or no finite number.
fn of(row: &[f32], feature: usize) -> f32 {
    row.get(feature).copied().filter(|value| value.is_finite()).unwrap_or(0.0)
}

/// Moves the rows that hold to the front and says how many they are.
fn partition(rows: &mut [&[f32]], holds: impl Fn(&[f32]) -> bool) -> usize {
    let mut middle = 0;
    for at in 0..rows.len() {
        if rows.get(at).is_some_and(|row| holds(row)) {
            rows.swap(at, middle);
            middle += 1;
        }
    }
    middle
}
