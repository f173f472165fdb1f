//! The Analysis plane's judging half: features and statistical models, which say how far something is from routine.
//!
//! Everything here is statistical and nothing enforces: no rules, no clock, no environment, no network, no files. Models
//! are read from bytes that the composition root hands in, and a file that is cut short, changed or newer than the program
//! is refused. The same bytes and the same input give the same score.
//!
//! - [`Detector`] watches what the reading half of the plane reads: sessions in, classifications out.
//! - [`TextFeatures`] describes a text: a fixed array with a version, each member documented in [`FEATURES`].
//! - [`CallFeatures`] describes a call by what it would do and on whose word, listed in [`CALLS`].
//! - [`Forest`] says how easily a vector is told apart from a population (Isolation Forest).
//! - [`Reference`] turns a score into a p-value against scores of ordinary data.
//! - [`Shift`] notices that a stream of residuals has moved (two-sided CUSUM).
//!
//! Start reading at [`TextFeatures::of`].

mod bayes;
mod block;
mod bytes;
mod combine;
mod feature;
mod forest;
#[doc(hidden)]
pub mod fuzzing;
mod lstm;
mod maths;
mod model;
mod random;
mod reference;
mod shift;
mod step;
pub mod train;
mod watch;

pub use feature::{
    CALL_FEATURES, CALLS, CallFeatures, FEATURE_VERSION, FEATURES, Feature, TEXT_FEATURES, TextFeatures,
};
pub use forest::{Forest, ForestError, Growth};
pub use model::{AgentClass, Assessment, MODELS, ModelError, Personal, Population, Track, Warmth};
pub use random::Random;
pub use reference::Reference;
pub use shift::{Shift, Shifted};
pub use step::{Asked, Heard, Outcome, Step, Text, Token};
pub use watch::{Detector, Ensemble};
