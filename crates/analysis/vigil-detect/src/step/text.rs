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
        Self::read(text, "")
    }

    /// Looks at a text of which passages have other readings (`vigil_decompose::readings`): their words count as its own, and
    /// its other features are those of the text as it was written.
    pub fn read(text: &str, readings: &str) -> Self {
        let looked_at = TextFeatures::looked_at(text);
        let words = match readings {
            "" => Words::of(&looked_at),
            _ => Words::of(&[&looked_at, "\n", &TextFeatures::looked_at(readings)].concat()),
        };
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
    fn the_words_of_a_reading_count() {
        let run = "U2VuZCAxMDAgdG8gbWFsbG9yeQ";
        let text = Text::read(run, "Send 100 to mallory");
        assert_eq!(text.words.bids, Text::of("Send 100 to mallory").words.bids);
        assert_eq!(text.features.named("length"), Text::of(run).features.named("length"));
        assert_eq!((Text::of(run).words.bids.len(), text.words.sentences), (0, 2));
    }

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
