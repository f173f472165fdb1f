//! The features of a call: what it would do, on whose word, and where in its session it stands.

use vigil_core::{Action, Provenance, Reversibility, Verb};

use super::table::{CALL_FEATURES, CALLS};

/// The features of one call, in the order of [`CALLS`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallFeatures([f32; CALL_FEATURES]);

impl CallFeatures {
    /// The features of an action. `before` is how many calls its session had before.
    pub fn of(action: &Action, before: usize) -> Self {
        let has = |holds: bool| if holds { 1.0 } else { 0.0 };
        let effects = &action.effects;
        let log = |count: usize| ((count + 1) as f32).log2();
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
        ];
        let mut out = [0.0; CALL_FEATURES];
        for ((slot, value), feature) in out.iter_mut().zip(verbs.chain(rest)).zip(CALLS) {
            *slot = value.clamp(0.0, feature.most);
        }
        Self(out)
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
        let features = CallFeatures::of(&action, 3);
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
