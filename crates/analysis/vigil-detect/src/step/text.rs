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
    let beginning = TextFeatures::beginning(text.trim_start(), BEGINNING);
    let mut small = [0; BEGINNING];
    small.iter_mut().zip(beginning.bytes()).for_each(|(slot, byte)| *slot = byte.to_ascii_lowercase());
    let (mut told, mut fine) = ([false; 2], [false; 2]);
    for (at, pair) in small.windows(2).enumerate() {
        let [one, two] = pair else { continue };
        let starts = |table: &[u8; 256], byte: &u8| table.get(usize::from(*byte)).copied().unwrap_or(0);
        if starts(&FIRST, one) & starts(&SECOND, two) == 0 {
            continue;
        }
        let rest = small.get(at..).unwrap_or_default();
        let is = |word: &[u8]| rest.starts_with(word);
        let failed = match one {
            b'e' => is(b"error") || is(b"exception"),
            b't' => is(b"traceback"),
            b'n' => is(b"not found") || is(b"no such"),
            b'd' => is(b"denied"),
            b'f' => is(b"failed"),
            _ => false,
        };
        if failed {
            return true;
        }
        let codes: [(&[u8], &[u8]); 2] =
            [(b"exit code", b"exit code 0"), (b"<returncode>", b"<returncode>0")];
        for ((told, fine), (code, good)) in told.iter_mut().zip(&mut fine).zip(codes) {
            *told |= is(code);
            *fine |= is(good);
        }
    }
    told.iter().zip(fine).any(|(told, fine)| *told && !fine)
}

/// How the words begin that errors have: the first and the second letter of one have a bit in common.
const STARTS: [&[u8; 2]; 7] = [b"er", b"ex", b"tr", b"no", b"de", b"fa", b"<r"];
static FIRST: [u8; 256] = letters(0);
static SECOND: [u8; 256] = letters(1);

const fn letters(place: usize) -> [u8; 256] {
    let (mut table, mut at) = ([0; 256], 0);
    #[expect(clippy::indexing_slicing, reason = "counted up to the length, and bytes are below 256")]
    while at < STARTS.len() {
        table[STARTS[at][place] as usize] |= 1 << at;
        at += 1;
    }
    table
}

/// How much of an answer is its beginning.
const BEGINNING: usize = 160;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same, search by search.
    fn fails_plainly(text: &str) -> bool {
        let start = TextFeatures::beginning(text.trim_start(), BEGINNING).to_ascii_lowercase();
        let has = |word: &str| start.contains(word);
        ["error", "exception", "traceback", "not found", "denied", "failed", "no such"].into_iter().any(has)
            || has("exit code") && !has("exit code 0")
            || has("<returncode>") && !has("<returncode>0")
    }

    proptest! {
        #[test]
        fn failures_are_those_that_searches_find(
            text in "(Error|exit code [01]?|<returncode>[01]|no such|denie[ds]|[éa-f \\n]{1,60}|.){0,8}"
        ) {
            prop_assert_eq!(fails(&text), fails_plainly(&text));
        }
    }

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
