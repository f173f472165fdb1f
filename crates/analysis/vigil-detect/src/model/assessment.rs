//! What the models make of a step.

use vigil_core::Tier;

/// The models, in the order of all arrays about them.
pub const MODELS: [&str; 4] = ["forest", "lstm", "bayes", "cusum"];

/// What the models make of one step.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// The tier. The models alone never give more than `tier3`.
    pub tier: Tier,
    /// How unusual the step is to each model, from 0 to 1 by its own scale.
    pub scores: [(&'static str, f64); 4],
    /// How often an ordinary step scores at least as high.
    pub p: [(&'static str, f64); 4],
    /// How often an ordinary step is as unusual to all of them together.
    pub combined_p: f64,
    /// What the combined p-value is of: finer than it, the higher the more unusual. Only for putting steps in order.
    pub risk: f64,
    /// How many models find it unusual.
    pub agreement: u32,
    /// Why, in plain words, most telling first. Empty at `tier0`.
    pub reasons: Vec<String>,
}
