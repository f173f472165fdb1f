//! How hard a text is to guess.

use std::collections::BTreeMap;

/// Shannon entropy in bits for each character: 0 for an empty text, 4 for sixteen different characters.
pub(super) fn entropy(text: &str) -> f64 {
    let mut counts: BTreeMap<char, u32> = BTreeMap::new();
    for c in text.chars() {
        *counts.entry(c).or_default() += 1;
    }
    let total = f64::from(counts.values().sum::<u32>());
    // Sorted, so that the sum is the same on every machine.
    -counts.values().map(|count| f64::from(*count) / total).map(|share| share * share.log2()).sum::<f64>()
}

/// To two decimals, as reports show it.
pub(super) fn rounded(bits: f64) -> f64 {
    (bits * 100.0).round() / 100.0 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_bits_for_each_character() {
        assert!(entropy("").abs() < 1e-9);
        assert!(entropy("aaaaaa").abs() < 1e-9);
        assert!((entropy("0123456789abcdef") - 4.0).abs() < 1e-9);
        assert!((rounded(entropy("abc123")) - 2.58).abs() < 1e-9);
    }
}
