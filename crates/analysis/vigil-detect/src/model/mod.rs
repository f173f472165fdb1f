//! The models together: from a step to a tier with reasons.

mod assessment;
mod file;
mod personal;
mod population;
mod references;
mod track;
mod usual;

pub(crate) use assessment::Reading;
pub use assessment::{Assessment, MODELS};
pub use file::ModelError;
pub(crate) use file::sealed;
pub use personal::{Personal, Warmth};
pub use population::Population;
pub(crate) use population::{Class, encoding, hiding, provenance};
pub(crate) use population::{SHIPPED, UNUSUAL};
pub(crate) use references::References;
pub use track::{AgentClass, Track};
pub(crate) use usual::Usual;

#[cfg(test)]
mod tests;
