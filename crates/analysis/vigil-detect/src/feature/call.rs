//! The features of a call: what it would do, on whose word, and where in its session it stands.

use vigil_core::{Action, Provenance, Reversibility, Verb};

use super::table::{CALL_FEATURES, CALLS};
use crate::maths::log2;

/// Whose words a call is made of, in shares.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Wording {
    pub(crate) user: f32,
    pub(crate) content: f32,
    pub(crate) bids: f32,
    pub(crate) name_user: f32,
    pub(crate) name_bids: f32,
}

/// The features of one call, in the order of [`CALLS`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallFeatures([f32; CALL_FEATURES]);

impl CallFeatures {
    /// The features of an action. `before` is how many calls its session had before.
    pub(crate) fn of(action: &Action, before: usize, wording: &Wording) -> Self {
        let has = |holds: bool| if holds { 1.0 } else { 0.0 };
        let effects = &action.effects;
        let log = |count: usize| log2((count + 1) as f64) as f32;
        let share = |provenance: Provenance| {
            let count = action.arguments.iter().filter(|argument| argument.provenance == provenance).count();
            count as f32 / action.arguments.len().max(1) as f32
        };
        let verbs = Verb::ALL.iter().map(|verb| has(effects.iter().any(|effect| effect.verb == *verb)));
        let rest = [
            has(effects.iter().any(|effect| effect.magnitude.outward)),
            has(effects.iter().any(|effect| effect.reversibility == Reversibility::Irreversible)),
            log(effects.len()),
            log(before),
            share(Provenance::User),
            share(Provenance::Model),
            share(Provenance::Untrusted),
            has(action.remarks.contains(&"told_by_content")),
            has(action.remarks.contains(&"asked_for")),
            wording.user,
            wording.content,
            wording.bids,
            wording.name_user,
            wording.name_bids,
        ];
        let mut out = [0.0; CALL_FEATURES];
        for ((slot, value), feature) in out.iter_mut().zip(verbs.chain(rest)).zip(CALLS) {
            *slot = value.clamp(0.0, feature.most);
        }
        Self(out)
    }

    pub(crate) const fn from_values(values: [f32; CALL_FEATURES]) -> Self {
        Self(values)
    }

    /// One of them by name.
    pub fn named(&self, name: &str) -> Option<f32> {
        let at = CALLS.iter().position(|feature| feature.name == name)?;
        self.0.get(at).copied()
    }

    /// The numbers, in the order of [`CALLS`]. All are finite and lie in their ranges.
    pub const fn values(&self) -> &[f32; CALL_FEATURES] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigil_core::Argument;

    fn named(features: &CallFeatures, name: &str) -> f32 {
        features.values()[CALLS.iter().position(|feature| feature.name == name).unwrap()]
    }

    #[test]
    fn there_is_a_line_for_each_verb() {
        for verb in Verb::ALL {
            assert!(CALLS.iter().any(|feature| feature.name == verb.token()), "{verb}");
        }
    }

    #[test]
    fn says_what_a_call_does_and_on_whose_word() {
        let argument = |provenance| Argument { pointer: "/a".to_owned(), provenance };
        let action = Action {
            arguments: vec![argument(Provenance::Untrusted), argument(Provenance::User)],
            remarks: vec!["told_by_content"],
            ..Action::unknown("x".to_owned())
        };
        let features = CallFeatures::of(&action, 3, &Wording::default());
        for (name, expect) in [
            ("execute", 1.0),
            ("read", 0.0),
            ("irreversible", 1.0),
            ("position", 2.0),
            ("of_untrusted", 0.5),
            ("told", 1.0),
        ] {
            assert_eq!(named(&features, name), expect, "{name}");
        }
    }
}
