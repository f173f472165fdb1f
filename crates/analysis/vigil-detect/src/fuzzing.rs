//! What strangers send, for the fuzz targets.

use crate::{FEATURES, Forest, TextFeatures};

/// The features of any text are finite and in their ranges.
pub fn text_features(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for (value, feature) in TextFeatures::of(&text).values().iter().zip(FEATURES) {
        assert!((0.0..=feature.most).contains(value), "{} is {value}", feature.name);
    }
}

/// A model file is refused or read, and what is read scores and writes the same bytes.
pub fn forest_file(bytes: &[u8]) {
    if let Ok(forest) = Forest::from_bytes(bytes) {
        let score = forest.score(&[0.5; 8]);
        assert!(!score.is_nan());
        assert_eq!(forest.to_bytes(), bytes);
    }
}
