//! What a text looks like, in numbers that no rule reads.

mod call;
mod encoding;
mod hidden;
mod letters;
#[cfg(test)]
mod plainly;
mod scan;
mod table;
mod text;

pub use call::CallFeatures;
pub(crate) use call::Wording;
pub(crate) use letters::{KINDS, PARTS, STEPS, steps};
use std::borrow::Cow;

use crate::step::Words;

pub use table::{CALL_FEATURES, CALLS, FEATURE_VERSION, FEATURES, Feature, TEXT_FEATURES};

/// The features of one text, in the order of [`FEATURES`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextFeatures([f32; TEXT_FEATURES]);

impl TextFeatures {
    /// How much of a text is looked at: its first and its last half of this.
    pub const MOST_BYTES: usize = 256 * 1024;

    /// The features of a text. One pass over at most [`Self::MOST_BYTES`], and each only depends on the text: whoever knows
    /// the text's digest knows them already.
    pub fn of(text: &str) -> Self {
        let looked_at = Self::looked_at(text);
        Self::with_words(text, &looked_at, &Words::of(&looked_at))
    }

    /// The features of a text whose words are known.
    pub(crate) fn with_words(text: &str, looked_at: &str, words: &Words) -> Self {
        text::features(text.len(), looked_at, words)
    }

    /// The beginning and the end of a text: all of it, when it is no longer than what is looked at.
    pub(crate) fn looked_at(text: &str) -> Cow<'_, str> {
        let half = Self::MOST_BYTES / 2;
        if text.len() <= 2 * half {
            return Cow::Borrowed(text);
        }
        let mut last = text.len() - half;
        while !text.is_char_boundary(last) {
            last += 1;
        }
        Cow::Owned([Self::beginning(text, half), text.get(last..).unwrap_or_default()].concat())
    }

    /// The first bytes of a text, at most `most`.
    pub(crate) fn beginning(text: &str, most: usize) -> &str {
        let mut end = most.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.get(..end).unwrap_or_default()
    }

    /// Of each feature the greater value of both.
    pub(crate) fn worst(&self, other: &Self) -> Self {
        let mut out = *self;
        for (slot, value) in out.0.iter_mut().zip(other.0) {
            *slot = slot.max(value);
        }
        out
    }

    pub(crate) const fn from_values(values: [f32; TEXT_FEATURES]) -> Self {
        Self(values)
    }

    /// The numbers, in the order of [`FEATURES`]. All are finite and lie in their ranges.
    pub const fn values(&self) -> &[f32; TEXT_FEATURES] {
        &self.0
    }

    /// One of them by name.
    pub fn named(&self, name: &str) -> Option<f32> {
        let at = FEATURES.iter().position(|feature| feature.name == name)?;
        self.0.get(at).copied()
    }
}

impl Default for TextFeatures {
    /// The features of no text.
    fn default() -> Self {
        Self([0.0; TEXT_FEATURES])
    }
}

#[cfg(test)]
mod tests;
