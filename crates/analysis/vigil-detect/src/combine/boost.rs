//! Boosted trees of depth four (Friedman 2001) whose every cut keeps the direction of its input.

use super::{INPUT_COUNT, INPUTS};
use crate::bytes::{Bytes, put_floats, put_number};
use crate::maths::sigmoid;

/// A sum of trees: log odds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Boosted {
    base: f32,
    trees: Vec<Tree>,
}

/// Fifteen cuts and sixteen leaves. The children of cut `n` are `2n + 1` and `2n + 2`; those of the last row are leaves.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tree {
    cuts: [(u8, f32); CUTS],
    leaves: [f32; CUTS + 1],
}

const CUTS: usize = 15;
/// How many trees a file may have.
const MOST_TREES: usize = 4096;

impl Boosted {
    /// The log odds that these inputs are of a hijack.
    pub(crate) fn score(&self, inputs: &[f32; INPUT_COUNT]) -> f32 {
        self.base + self.trees.iter().map(|tree| tree.value(inputs)).sum::<f32>()
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        put_floats(out, &[self.base]);
        put_number(out, self.trees.len());
        for tree in &self.trees {
            for (input, cut) in &tree.cuts {
                out.push(*input);
                put_floats(out, &[*cut]);
            }
            put_floats(out, &tree.leaves);
        }
    }

    pub(crate) fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        let base = *bytes.floats(1)?.first()?;
        let count = bytes.number().filter(|count| *count as usize <= MOST_TREES)?;
        let tree = |bytes: &mut Bytes<'_>| {
            let mut cuts = [(0, 0.0); CUTS];
            for cut in &mut cuts {
                let [input] = bytes.take()?;
                *cut = (input, f32::from_le_bytes(bytes.take()?));
            }
            let leaves = bytes.floats(CUTS + 1)?.try_into().ok()?;
            let sound = cuts.iter().all(|(input, cut)| usize::from(*input) < INPUT_COUNT && !cut.is_nan());
            Some(Tree { cuts, leaves }).filter(|_| sound)
        };
        let trees = (0..count).map(|_| tree(bytes)).collect::<Option<_>>()?;
        Some(Self { base, trees }).filter(Self::keeps_directions)
    }

    /// Whether no cut turns against the direction of its input: the greatest leaf below one side is at most the least below
    /// the other.
    fn keeps_directions(&self) -> bool {
        let below = |tree: &Tree, node: usize| -> (f32, f32) {
            // Leaves below a node, as a range in the last row.
            let (mut first, mut last) = (node, node);
            while first < CUTS {
                (first, last) = (2 * first + 1, 2 * last + 2);
            }
            let leaves = tree.leaves.get(first - CUTS..=last - CUTS).unwrap_or_default().iter();
            leaves.fold((f32::INFINITY, f32::NEG_INFINITY), |(least, most), leaf| {
                (least.min(*leaf), most.max(*leaf))
            })
        };
        self.trees.iter().all(|tree| {
            tree.cuts.iter().enumerate().all(|(node, (input, _))| {
                let (lower, higher) = (below(tree, 2 * node + 1), below(tree, 2 * node + 2));
                match INPUTS.get(usize::from(*input)).map(|(_, direction)| *direction) {
                    Some(1) => lower.1 <= higher.0,
                    Some(_) => lower.0 >= higher.1,
                    None => false,
                }
            })
        })
    }
}

impl Tree {
    fn value(&self, inputs: &[f32; INPUT_COUNT]) -> f32 {
        let mut node = 0;
        while let Some((input, cut)) = self.cuts.get(node) {
            let value = inputs.get(usize::from(*input)).copied().unwrap_or(0.0);
            node = 2 * node + if value < *cut { 1 } else { 2 };
        }
        self.leaves.get(node - CUTS).copied().unwrap_or(0.0)
    }
}

/// How trees are grown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Lesson {
    pub(crate) trees: usize,
    /// How much of each tree counts.
    pub(crate) rate: f32,
    /// How much must speak for a leaf.
    pub(crate) least: f64,
}

/// One row: inputs, and whether it is of a hijack.
pub(crate) type Row = ([f32; INPUT_COUNT], bool);

/// How many cuts of one input are tried.
const BINS: usize = 48;

impl Lesson {
    /// The trees that these rows teach.
    pub(crate) fn learn(&self, rows: &[Row]) -> Boosted {
        let hijacks = rows.iter().filter(|row| row.1).count() as f64;
        let share = ((hijacks + 1.0) / (rows.len() as f64 + 2.0)).clamp(1e-6, 1.0 - 1e-6);
        let base = crate::maths::ln(share / (1.0 - share)) as f32;
        let grid = Grid::of(rows);
        let mut boosted = Boosted { base, trees: Vec::new() };
        let mut sums = vec![base; rows.len()];
        for _ in 0..self.trees.min(MOST_TREES) {
            let slopes: Vec<(f64, f64)> = sums
                .iter()
                .zip(rows)
                .map(|(sum, row)| {
                    let p = sigmoid(f64::from(*sum));
                    (p - if row.1 { 1.0 } else { 0.0 }, (p * (1.0 - p)).max(1e-9))
                })
                .collect();
            let tree = self.tree(&grid, &slopes);
            for (sum, row) in sums.iter_mut().zip(rows) {
                *sum += tree.value(&row.0);
            }
            boosted.trees.push(tree);
        }
        boosted
    }

    fn tree(&self, grid: &Grid, slopes: &[(f64, f64)]) -> Tree {
        let mut tree = Tree { cuts: [(0, f32::INFINITY); CUTS], leaves: [0.0; CUTS + 1] };
        let all: Vec<u32> = (0..slopes.len() as u32).collect();
        let mut open = vec![(0_usize, all, (f64::NEG_INFINITY, f64::INFINITY))];
        while let Some((node, rows, bounds)) = open.pop() {
            let whole = total(&rows, slopes);
            let Some(slot) = tree.cuts.get_mut(node) else {
                if let Some(leaf) = tree.leaves.get_mut(node - CUTS) {
                    *leaf = (value(whole).clamp(bounds.0, bounds.1) * f64::from(self.rate)) as f32;
                }
                continue;
            };
            match self.cut(grid, slopes, &rows, whole, bounds) {
                Some(cut) => {
                    *slot = (cut.input as u8, grid.edge(cut.input, cut.bin));
                    let lower = |row: &u32| grid.bin(cut.input, *row) < cut.bin;
                    let (left, right) = rows.into_iter().partition(lower);
                    // What lies below one side may not pass what lies below the other.
                    let middle = (cut.values.0 + cut.values.1) / 2.0;
                    let rising = cut.values.0 <= cut.values.1;
                    let (of_left, of_right) = match rising {
                        true => ((bounds.0, bounds.1.min(middle)), (bounds.0.max(middle), bounds.1)),
                        false => ((bounds.0.max(middle), bounds.1), (bounds.0, bounds.1.min(middle))),
                    };
                    open.push((2 * node + 1, left, of_left));
                    open.push((2 * node + 2, right, of_right));
                }
                None => {
                    // No cut: everything goes left, and both sides say the same.
                    let same = value(whole).clamp(bounds.0, bounds.1);
                    open.push((2 * node + 2, Vec::new(), (same, same)));
                    open.push((2 * node + 1, rows, (same, same)));
                }
            }
        }
        tree
    }

    /// The cut that explains most. None when none does.
    fn cut(
        &self,
        grid: &Grid,
        slopes: &[(f64, f64)],
        rows: &[u32],
        whole: (f64, f64),
        bounds: (f64, f64),
    ) -> Option<Cut> {
        let mut best: Option<Cut> = None;
        for (input, (_, direction)) in INPUTS.iter().enumerate() {
            let mut bins = [(0.0_f64, 0.0_f64); BINS + 1];
            for row in rows {
                let slope = slopes.get(*row as usize).copied().unwrap_or_default();
                if let Some(sum) = bins.get_mut(usize::from(grid.bin(input, *row))) {
                    *sum = (sum.0 + slope.0, sum.1 + slope.1);
                }
            }
            let mut left = (0.0, 0.0);
            for (bin, sum) in bins.iter().enumerate().take(BINS) {
                left = (left.0 + sum.0, left.1 + sum.1);
                let right = (whole.0 - left.0, whole.1 - left.1);
                if left.1 < self.least || right.1 < self.least {
                    continue;
                }
                let values = (value(left).clamp(bounds.0, bounds.1), value(right).clamp(bounds.0, bounds.1));
                let turns = if *direction > 0 { values.0 > values.1 } else { values.0 < values.1 };
                if turns || values.0 == values.1 {
                    continue;
                }
                let gain = fit(left, values.0) + fit(right, values.1)
                    - fit(whole, value(whole).clamp(bounds.0, bounds.1));
                if gain > best.as_ref().map_or(1e-6, |best| best.gain) {
                    best = Some(Cut { input, bin: bin as u8 + 1, values, gain });
                }
            }
        }
        best
    }
}

struct Cut {
    input: usize,
    /// The first bin on the right.
    bin: u8,
    values: (f64, f64),
    gain: f64,
}

fn total(rows: &[u32], slopes: &[(f64, f64)]) -> (f64, f64) {
    rows.iter()
        .filter_map(|row| slopes.get(*row as usize))
        .fold((0.0, 0.0), |sum, slope| (sum.0 + slope.0, sum.1 + slope.1))
}

/// The best value of a leaf, drawn a little to 0.
fn value((slope, bend): (f64, f64)) -> f64 {
    -slope / (bend + 1.0)
}

/// How much a value explains.
fn fit((slope, bend): (f64, f64), value: f64) -> f64 {
    -(slope * value + 0.5 * (bend + 1.0) * value * value)
}

/// The inputs of all rows in bins, input by input.
struct Grid {
    edges: Vec<Vec<f32>>,
    bins: Vec<Vec<u8>>,
}

impl Grid {
    fn of(rows: &[Row]) -> Self {
        let mut grid = Self { edges: Vec::new(), bins: Vec::new() };
        for input in 0..INPUT_COUNT {
            let column: Vec<f32> = rows.iter().filter_map(|row| row.0.get(input).copied()).collect();
            let mut sorted = column.clone();
            sorted.sort_by(f32::total_cmp);
            sorted.dedup();
            let count = sorted.len();
            let mut edges: Vec<f32> = match count <= BINS {
                true => sorted.iter().skip(1).copied().collect(),
                // Half the cuts by how often values come, half among the highest values, where hijacks are.
                false => {
                    let mut all = column.clone();
                    all.sort_by(f32::total_cmp);
                    let of = |list: &[f32], at: usize| list.get(at.min(list.len() - 1)).copied();
                    let common = (1..BINS / 2).filter_map(|at| of(&all, at * all.len() / (BINS / 2)));
                    let wide = (1..BINS / 2).filter_map(|at| of(&sorted, at * count / (BINS / 2)));
                    common.chain(wide).collect()
                }
            };
            edges.sort_by(f32::total_cmp);
            edges.dedup();
            grid.bins
                .push(column.iter().map(|value| edges.partition_point(|edge| edge <= value) as u8).collect());
            grid.edges.push(edges);
        }
        grid
    }

    fn bin(&self, input: usize, row: u32) -> u8 {
        self.bins.get(input).and_then(|column| column.get(row as usize)).copied().unwrap_or(0)
    }

    /// Where a bin begins.
    fn edge(&self, input: usize, bin: u8) -> f32 {
        let edges = self.edges.get(input);
        edges.and_then(|edges| edges.get(usize::from(bin) - 1)).copied().unwrap_or(f32::INFINITY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Random;
    use proptest::prelude::*;

    fn learned() -> Boosted {
        let mut random = Random::new(8);
        let rows: Vec<Row> = (0..3000)
            .map(|_| {
                let mut inputs = [0.0; INPUT_COUNT];
                inputs.iter_mut().for_each(|input| *input = (random.unit() * 8.0).floor() as f32 / 8.0);
                // Speaks for itself, and against the direction of another, which must not be learned.
                let odds = inputs[0] + inputs[13] - inputs[15] - inputs[14];
                (inputs, random.unit() < f64::from(odds).clamp(0.02, 0.98))
            })
            .collect();
        Lesson { trees: 30, rate: 0.2, least: 5.0 }.learn(&rows)
    }

    #[test]
    fn learns_what_speaks_for_it() {
        let boosted = learned();
        let (mut for_it, mut against) = ([0.0; INPUT_COUNT], [0.0; INPUT_COUNT]);
        (for_it[0], for_it[13]) = (1.0, 1.0);
        against[15] = 1.0;
        assert!(boosted.score(&for_it) > boosted.score(&against) + 2.0);
        assert_eq!(boosted.score(&against), learned().score(&against));
    }

    #[test]
    fn reads_what_it_wrote_and_refuses_what_turns() {
        let boosted = learned();
        let mut bytes = Vec::new();
        boosted.write(&mut bytes);
        assert_eq!(Boosted::read(&mut Bytes(&bytes)), Some(boosted.clone()));
        let mut turned = boosted;
        turned.trees[0].leaves.reverse();
        let mut bytes = Vec::new();
        turned.write(&mut bytes);
        assert_eq!(Boosted::read(&mut Bytes(&bytes)), None);
    }

    proptest! {
        #[test]
        fn more_that_speaks_for_it_never_lowers_the_score(
            from in proptest::array::uniform22(0.0_f32..1.2),
            which in 0..INPUT_COUNT,
            more in 0.0_f32..1.0,
        ) {
            thread_local!(static BOOSTED: Boosted = learned());
            let mut to = from;
            to[which] += more * f32::from(INPUTS[which].1);
            BOOSTED.with(|boosted| {
                prop_assert!(boosted.score(&to) >= boosted.score(&from) - 1e-5, "{}", INPUTS[which].0);
                Ok(())
            })?;
        }
    }
}
