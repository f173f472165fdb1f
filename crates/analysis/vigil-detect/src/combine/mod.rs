//! All models and a few signs to one number that never falls when one of them speaks more for a hijack.
//!
//! Small boosted trees under a constraint: each input has a direction, given in [`INPUTS`] and kept by every cut. So the
//! combination can be trained on recorded hijacks and still has no surprising turns: a lower p-value, more words of untrusted
//! content, or less that the user spoke of never make a step look better.

mod boost;

pub(crate) use boost::{Boosted, Lesson, Row};

use crate::maths::ln;
use crate::step::Step;

/// The version of the inputs, the combination and the bounds of tiers.
pub(crate) const COMBINATION: u32 = 2;

/// What the combination reads.
pub(crate) const INPUT_COUNT: usize = INPUTS.len();

/// An input: its name, and whether more of it speaks for a hijack (1) or against one (-1).
pub(crate) type Input = (&'static str, i8);

/// The inputs: the models' p-values as -ln p, then features of the call and of what was read before it.
pub(crate) const INPUTS: [Input; 22] = [
    ("forest", 1),
    ("lstm", 1),
    ("bayes", 1),
    ("cusum", 1),
    ("read", -1),
    ("delete", 1),
    ("send", 1),
    ("pay", 1),
    ("grant", 1),
    ("outward", 1),
    ("irreversible", 1),
    ("of_user", -1),
    ("of_model", -1),
    ("of_untrusted", 1),
    ("told", 1),
    ("asked", -1),
    ("user_words", -1),
    ("content_words", 1),
    ("bid_words", 1),
    ("name_user", -1),
    ("name_bids", 1),
    ("bidding", 1),
];

/// How unlike all that is ordinary a step is to the models, whatever hijacks look like: what the most surprised of them says, and a
/// little of what the others do. It falls with each p-value.
pub(crate) fn unlike(p: &[f64; 4]) -> f32 {
    let surprise = p.map(|p| -ln(p));
    let most = surprise.iter().copied().fold(0.0, f64::max);
    (most + 0.1 * surprise.iter().sum::<f64>()) as f32
}

/// One p-value of both questions. What is like a hijack has four fifths of the false alarms, what is only unlike the ordinary
/// the rest (Bonferroni), so that together they alarm no more often than one of them would.
pub(crate) fn together(like_a_hijack: f64, unlike: f64) -> f64 {
    (like_a_hijack / 0.8).min(unlike / 0.2).min(1.0)
}

/// The inputs of a step with these p-values.
pub(crate) fn inputs(step: &Step, p: &[f64; 4]) -> [f32; INPUT_COUNT] {
    let mut out = [0.0; INPUT_COUNT];
    let models = p.iter().map(|p| -ln(*p) as f32);
    let rest = INPUTS.iter().skip(p.len());
    let signs = rest.map(|(name, _)| step.call.named(name).or_else(|| step.text.named(name)).unwrap_or(0.0));
    out.iter_mut().zip(models.chain(signs)).for_each(|(slot, value)| *slot = value);
    out
}
