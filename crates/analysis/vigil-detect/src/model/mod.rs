//! The models together: from a step to a tier with reasons.

mod assessment;
mod file;
mod personal;
mod population;
mod track;

pub use assessment::{Assessment, MODELS};
pub use file::ModelError;
pub use personal::{Personal, Warmth};
pub use population::Population;
pub(crate) use population::{combined, encoding, provenance};
pub use track::{AgentClass, Track};

#[cfg(test)]
mod tests;
