//! What the models make of a step, and why in plain words.

use vigil_core::Tier;

use super::population::{Raw, UNUSUAL};
use super::usual::Usual;
use crate::step::{Step, Token};

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
    /// How often an ordinary step is as much like a hijack, or as unlike the ordinary, to all of them together.
    pub combined_p: f64,
    /// How much it is like a hijack, in log odds: finer than the p-value. Only for putting steps in order.
    pub risk: f64,
    /// How many models find it unusual.
    pub agreement: u32,
    /// Why, in plain words, most telling first. Empty at `tier0`.
    pub reasons: Vec<String>,
}

/// What the forest of texts makes of the texts of one request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reading {
    /// At most `tier1`.
    pub(crate) tier: Tier,
    pub(crate) score: f64,
    pub(crate) p: f64,
    /// The features that are furthest above the usual. Empty at `tier0`.
    pub(crate) reasons: Vec<&'static str>,
}

/// What moved each of the streams that are watched for shifts.
const STREAMS: [&str; 5] = [
    "calls unlike ordinary ones",
    "steps that do not follow from those before",
    "what this agent does not do",
    "the words of other content in the agent's calls",
    "encoded or hidden text",
];
/// How many features are named.
pub(super) const MOST_FEATURES: usize = 3;

/// Why a step is not routine.
pub(super) fn reasons(
    raw: &Raw,
    p: &[f64; 4],
    before: Option<Token>,
    step: &Step,
    usual: &Usual,
) -> Vec<String> {
    let mut out: Vec<String> = usual.far(step, MOST_FEATURES).into_iter().map(str::to_owned).collect();
    let agreed: Vec<&str> =
        MODELS.iter().zip(p).filter(|(_, p)| **p <= UNUSUAL).map(|(model, _)| *model).collect();
    for model in &agreed {
        out.push(match *model {
            "forest" => "the call is unlike ordinary calls".to_owned(),
            "lstm" => match before {
                Some(before) => format!("`{}` seldom comes after `{}`", step.token.words(), before.words()),
                None => format!("sessions seldom begin with `{}`", step.token.words()),
            },
            "bayes" => raw.surprise.most().to_owned(),
            _ => format!("the session has shifted: more of {}", STREAMS.get(raw.shifted).unwrap_or(&"")),
        });
    }
    if !agreed.is_empty() {
        out.push(format!("{} of 4 models agree: {}", agreed.len(), agreed.join(", ")));
    }
    if out.is_empty() {
        out.push("several small signs together".to_owned());
    }
    out
}
