//! What is kept of one text: its features and the hashes of its words.

use super::{Outcome, Words};
use crate::feature::TextFeatures;

/// What is kept of one text, instead of the text. It depends on the text alone, so whoever knows the text's digest knows it
/// already.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Its features.
    pub features: TextFeatures,
    pub(super) words: Words,
    pub(super) outcome: Outcome,
}

impl Text {
    /// Looks at a text: once, and at no more than [`TextFeatures::MOST_BYTES`] of it.
    pub fn of(text: &str) -> Self {
        let looked_at = TextFeatures::looked_at(text);
        let words = Words::of(&looked_at);
        let features = TextFeatures::with_words(text, &looked_at, &words);
        Self { features, words, outcome: if fails(text) { Outcome::Failed } else { Outcome::Answered } }
    }

    /// How many bytes it takes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + size_of::<u32>() * (self.words.all.len() + self.words.bids.len())
    }
}

/// Whether an answer begins as errors do.
fn fails(text: &str) -> bool {
    let start = TextFeatures::beginning(text.trim_start(), 160).to_ascii_lowercase();
    let has = |word: &str| start.contains(word);
    ["error", "exception", "traceback", "not found", "denied", "failed", "no such"].into_iter().any(has)
        || has("exit code") && !has("exit code 0")
        || has("<returncode>") && !has("<returncode>0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_begins_as_errors_do_failed() {
        for (text, outcome) in [
            ("Error: no such account", Outcome::Failed),
            ("<returncode>1</returncode>", Outcome::Failed),
            ("<returncode>0</returncode>", Outcome::Answered),
            ("the balance is 100", Outcome::Answered),
        ] {
            assert_eq!(Text::of(text).outcome, outcome, "{text}");
        }
        assert_eq!(Text::of(&format!("{} error", "x".repeat(200))).outcome, Outcome::Answered);
    }
}
