//! What is known of texts, by their digests.

use std::collections::HashMap;
use std::sync::Arc;

use sha2::Digest as _;

use crate::Text;

/// The digest of a text: enough of SHA-256 that nobody finds two texts with the same.
pub(super) type TextDigest = [u8; 16];

pub(super) fn digest(text: &str) -> TextDigest {
    let whole: [u8; 32] = sha2::Sha256::digest(text.as_bytes()).into();
    let mut out = [0; 16];
    out.iter_mut().zip(whole).for_each(|(slot, byte)| *slot = byte);
    out
}

/// Texts that were looked at lately. Two halves: when the newer is full the older is dropped, so that what is in use stays.
#[derive(Debug, Default)]
pub(super) struct Texts {
    newer: HashMap<TextDigest, Arc<Text>>,
    older: HashMap<TextDigest, Arc<Text>>,
    newer_bytes: usize,
}

/// How many bytes each half may take.
const MOST_BYTES: usize = 1 << 20;

impl Texts {
    /// What is known of a text. It is looked at when nothing is. What its passages say in other readings is a matter of the
    /// text alone.
    pub(super) fn of(&mut self, digest: TextDigest, text: &str, readings: &str) -> Arc<Text> {
        if let Some(known) = self.newer.get(&digest) {
            return Arc::clone(known);
        }
        let known = self.older.remove(&digest).unwrap_or_else(|| Arc::new(Text::read(text, readings)));
        self.newer_bytes += known.bytes();
        if self.newer_bytes > MOST_BYTES {
            self.older = std::mem::take(&mut self.newer);
            self.newer_bytes = known.bytes();
        }
        self.newer.insert(digest, Arc::clone(&known));
        known
    }

    #[cfg(test)]
    pub(super) fn kept_bytes(&self) -> usize {
        self.newer.values().chain(self.older.values()).map(|text| text.bytes()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_looked_at_once_and_forgotten_in_time() {
        let mut texts = Texts::default();
        let first = texts.of(digest("hello"), "hello", "");
        assert!(Arc::ptr_eq(&first, &texts.of(digest("hello"), "hello", "")));
        for number in 0..20_000 {
            let text = format!("text number {number} has some words of its own w{number}");
            texts.of(digest(&text), &text, "");
        }
        assert!(texts.kept_bytes() <= 2 * MOST_BYTES + 4096);
        assert!(!Arc::ptr_eq(&first, &texts.of(digest("hello"), "hello", "")));
    }
}
