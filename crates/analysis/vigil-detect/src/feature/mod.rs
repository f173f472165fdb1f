//! What a text looks like, in numbers that no rule reads.

mod call;
mod encoding;
mod hidden;
mod table;
mod text;

pub use call::CallFeatures;
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
        text::features(text)
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

#[cfg(test)]
mod tests;
