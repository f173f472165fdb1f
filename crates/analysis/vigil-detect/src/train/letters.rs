//! How the model of characters is learned: counted, smoothed, and rounded to bytes.

use std::collections::HashSet;

use sha2::{Digest as _, Sha256};

use crate::feature::{KINDS, PARTS, STEPS, steps};
use crate::maths::log2;

/// Counts of the characters of ordinary texts.
#[derive(Clone, Debug)]
pub struct Letters {
    counts: Vec<u32>,
    seen: HashSet<[u8; 32]>,
}

impl Default for Letters {
    fn default() -> Self {
        Self { counts: vec![0; STEPS], seen: HashSet::new() }
    }
}

impl Letters {
    /// Learns from a text. One that was seen before says nothing new.
    pub fn see(&mut self, text: &str) {
        if !self.seen.insert(Sha256::digest(text).into()) {
            return;
        }
        steps(text.as_bytes(), |step| {
            if let Some(count) = self.counts.get_mut(step) {
                *count = count.saturating_add(1);
            }
        });
    }

    /// The model: for each kind of character after each two, the bits it costs in sixteenths. The same texts in any order give
    /// the same bytes.
    ///
    /// Shares are mixed from orders two, one and none as Witten and Bell do: what was seen after a context counts the more,
    /// the more often the context was seen and the fewer kinds followed it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let all = &self.counts;
        let mut pairs = vec![0_u64; KINDS * KINDS];
        let mut singles = vec![0_u64; KINDS];
        for (step, count) in all.iter().enumerate() {
            add(&mut pairs, step % (KINDS * KINDS), *count);
            add(&mut singles, step % KINDS, *count);
        }
        let even = vec![1.0 / KINDS as f64; KINDS];
        let order_0 = mixed(&singles, &even);
        let order_1: Vec<Vec<f64>> = pairs.chunks(KINDS).map(|counts| mixed(counts, &order_0)).collect();
        let order_2 = all.chunks(KINDS).enumerate().flat_map(|(context, counts)| {
            let counts: Vec<u64> = counts.iter().map(|count| u64::from(*count)).collect();
            mixed(&counts, order_1.get(context % KINDS).unwrap_or(&order_0))
        });
        order_2.map(|share| (-log2(share) * PARTS).round().clamp(0.0, 255.0) as u8).collect()
    }
}

fn add(counts: &mut [u64], at: usize, count: u32) {
    if let Some(slot) = counts.get_mut(at) {
        *slot += u64::from(count);
    }
}

/// Shares from counts and from the shares of the order below.
fn mixed(counts: &[u64], below: &[f64]) -> Vec<f64> {
    let sum: u64 = counts.iter().sum();
    let kinds = counts.iter().filter(|count| **count > 0).count() as f64;
    let weight = if sum == 0 { 1.0 } else { kinds / (sum as f64 + kinds) };
    let own = |count: &u64| if sum == 0 { 0.0 } else { *count as f64 / sum as f64 };
    counts.iter().zip(below).map(|(count, below)| (1.0 - weight) * own(count) + weight * below).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_texts_and_texts_twice_do_not_matter() {
        let (mut one, mut two) = (Letters::default(), Letters::default());
        for text in ["one text", "another text", "one text"] {
            one.see(text);
        }
        for text in ["another text", "one text"] {
            two.see(text);
        }
        assert_eq!(one.to_bytes(), two.to_bytes());
        assert_eq!(one.to_bytes().len(), STEPS);
    }

    #[test]
    fn what_was_seen_costs_less_and_nothing_is_impossible() {
        let mut letters = Letters::default();
        letters.see("abababab");
        let costs = letters.to_bytes();
        let place = |text: &str| {
            let mut last = 0;
            steps(text.as_bytes(), |step| last = step);
            last
        };
        assert!(costs[place("aba")] < costs[place("abc")] && costs[place("abc")] < u8::MAX);
        assert_eq!(Letters::default().to_bytes(), vec![85; STEPS], "log2 of 40 in sixteenths");
    }
}
