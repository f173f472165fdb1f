//! The Execution Gate: what becomes of an action (`policy.md` §5).
//!
//! [`decide`] is a function of its arguments. It allocates nothing and reads nothing else. The outcome is the maximum in
//! the lattice allow < hold < block over everything that has a say; the path tells who had.

use alloc::vec::Vec;
use core::cmp::Reverse;
use core::slice;

use vigil_core::{Action, Effect, Magnitude, Outcome, Provenance, Resource, Reversibility, Tier, Verb};

use crate::class::Class;
use crate::policy::CompiledPolicy;
use crate::rule::Scene;
use crate::wish::Wish;

/// Everything a decision depends on, beside the policy.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The call taken apart.
    pub action: &'a Action,
    /// How it scored.
    pub tier: Tier,
    /// The provider's token.
    pub provider: &'a str,
    /// The agent, in lower case.
    pub agent: &'a str,
    /// What the agent may do.
    pub authority: Authority,
    /// Whether a credential was read in this session before.
    pub credential_read: bool,
}

/// What is known of the agent's rights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Authority {
    /// Whether the action lies inside the agent's capability set.
    pub capability: Capability,
    /// Whether the authority under which the agent acts was revoked.
    pub revoked: bool,
}

/// Where an action lies in relation to a capability set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Nobody stated a capability set.
    #[default]
    Unstated,
    /// The set covers the action.
    Inside,
    /// It does not.
    Outside,
}

/// The answer of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What becomes of the action. In the profile `observe` it is what would.
    pub outcome: Outcome,
    /// Whether the outcome takes effect.
    pub stops: bool,
    /// The class of the action's gravest effect.
    pub class: Class,
    /// Who had a say, the deciding one first.
    pub path: Path,
}

/// Decides on an action.
pub fn decide(policy: &CompiledPolicy, question: &Question<'_>) -> Verdict {
    let Question { action, tier, provider, agent, authority, credential_read } = *question;
    let scene = Scene { action, tier, provider, agent };
    // An action without effects breaks its invariant: nothing is known of it, and unknown is never harmless.
    let effects =
        if action.effects.is_empty() { slice::from_ref(&UNKNOWN) } else { action.effects.as_slice() };
    let shell_not_parsed = action.remarks.contains(&SHELL_NOT_PARSED);
    let wish = Wish::of(action);
    let credential_read = credential_read || effects.iter().any(touches_credential);

    let mut path = Path::default();
    let mut class = Class::Read;
    for effect in effects {
        let own_class = Class::of(effect, shell_not_parsed);
        let provenance = provenance_of(action, effect, own_class);
        class = class.max(own_class);

        let mut allowed_by_rule = false;
        policy.table().candidates(&scene, effect, |number, rule| {
            if rule.matches(&scene, effect, provenance) {
                allowed_by_rule |= rule.effect == Outcome::Allow;
                path.add(rule.effect, Step::Rule(number));
            }
        });
        // A hold rule does not stand in for a default that blocks: to add a rule that stops never lets more pass.
        if !allowed_by_rule {
            let default = policy.profile_in_force().default_for(own_class, provenance, wish, credential_read);
            path.add(default, Step::Profile(own_class));
        }
    }
    if let Some(floor) = floor(tier) {
        path.add(floor, Step::Tier(tier));
    }
    if authority.capability == Capability::Outside {
        path.add(Outcome::Hold, Step::Capability);
    }
    if authority.revoked {
        path.add(Outcome::Block, Step::Revoked);
    }
    Verdict { outcome: path.outcome(), stops: policy.profile_in_force().stops(), class, path }
}

/// The remark of Analysis on an action whose shell text could not be taken apart.
const SHELL_NOT_PARSED: &str = "shell_not_parsed";

/// The worst that can be said of an effect.
static UNKNOWN: Effect = Effect {
    verb: Verb::Execute,
    resource: Resource::Unknown,
    reversibility: Reversibility::Irreversible,
    magnitude: Magnitude { count: 0, recursive: false, outward: false },
    provenance: Provenance::Untrusted,
    command: Vec::new(),
};

/// The least that a tier demands.
const fn floor(tier: Tier) -> Option<Outcome> {
    match tier {
        Tier::Routine | Tier::Noted | Tier::Flagged => None,
        Tier::Held => Some(Outcome::Hold),
        Tier::Blocked => Some(Outcome::Block),
    }
}

/// Whether an effect puts a credential into the agent's hands.
pub(crate) fn touches_credential(effect: &Effect) -> bool {
    matches!(effect.resource, Resource::Credential(_))
        && matches!(effect.verb, Verb::Read | Verb::Send | Verb::Fetch)
}

/// The provenance that counts: of what nobody could take apart, any argument may be the one that matters.
fn provenance_of(action: &Action, effect: &Effect, class: Class) -> Provenance {
    let own = effect.provenance;
    match class {
        Class::Unclassified | Class::UnparsedShell => worst_provenance(action, effect),
        _ => own,
    }
}

pub(crate) fn worst_provenance(action: &Action, effect: &Effect) -> Provenance {
    action.arguments.iter().map(|argument| argument.provenance).fold(effect.provenance, Ord::max)
}

/// One who had a say. The order breaks ties between equal outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The authority was revoked.
    Revoked,
    /// The rule at this place of the rules in the order of their ids.
    Rule(u32),
    /// The tier's floor.
    Tier(Tier),
    /// The capability set.
    Capability,
    /// The profile's default for this class.
    Profile(Class),
}

/// Who had a say and what they said: at most [`Path::LENGTH`], the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    // INVARIANT: sorted by outcome from the worst, then by step; no step twice; `None` only at the end.
    steps: [Option<(Outcome, Step)>; Self::LENGTH],
}

impl Path {
    /// How many are kept. Milder ones beyond that are left out; they cannot have decided.
    pub const LENGTH: usize = 16;

    /// Who had a say, the deciding one first.
    pub fn steps(&self) -> impl Iterator<Item = (Outcome, Step)> + '_ {
        self.steps.iter().map_while(|slot| *slot)
    }

    /// The one that decided.
    pub fn deciding(&self) -> Option<Step> {
        self.steps().next().map(|(_, step)| step)
    }

    fn outcome(&self) -> Outcome {
        self.steps().next().map_or(Outcome::Allow, |(outcome, _)| outcome)
    }

    fn add(&mut self, outcome: Outcome, step: Step) {
        // A class can speak twice, more gravely for one effect than for another: the graver word stays.
        if let Some(at) = self.steps.iter().position(|slot| slot.is_some_and(|(_, known)| known == step)) {
            if self.steps.get(at).copied().flatten().is_some_and(|(known, _)| known >= outcome) {
                return;
            }
            self.steps.copy_within(at + 1.., at);
            if let Some(last) = self.steps.last_mut() {
                *last = None;
            }
        }
        let mut carried = Some((outcome, step));
        for slot in &mut self.steps {
            let goes_before = match (*slot, carried) {
                (_, None) => return,
                (None, _) => true,
                (Some(known), Some(new)) => (Reverse(new.0), new.1) < (Reverse(known.0), known.1),
            };
            if goes_before {
                core::mem::swap(slot, &mut carried);
            }
        }
    }
}

impl Default for Path {
    fn default() -> Self {
        Self { steps: [None; Self::LENGTH] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn step() -> impl Strategy<Value = (Outcome, Step)> {
        let step = prop_oneof![
            // What a rule says does not change; what a profile says of a class does.
            (0u32..40).prop_map(|n| (Outcome::ALL[n as usize % 3], Step::Rule(n))),
            (0usize..3, 0usize..8).prop_map(|(o, c)| (Outcome::ALL[o], Step::Profile(Class::ALL[c]))),
            Just((Outcome::Hold, Step::Capability)),
            Just((Outcome::Block, Step::Revoked)),
        ];
        step.boxed()
    }

    proptest! {
        #[test]
        fn a_path_is_the_gravest_steps_in_order(steps in proptest::collection::vec(step(), 0..60)) {
            let mut path = Path::default();
            steps.iter().for_each(|(outcome, step)| path.add(*outcome, *step));

            let mut gravest: Vec<(Outcome, Step)> = Vec::new();
            for (outcome, step) in steps {
                match gravest.iter_mut().find(|(_, known)| *known == step) {
                    Some((known, _)) => *known = outcome.max(*known),
                    None => gravest.push((outcome, step)),
                }
            }
            gravest.sort_by_key(|(outcome, step)| (Reverse(*outcome), *step));
            gravest.truncate(Path::LENGTH);
            prop_assert_eq!(path.steps().collect::<Vec<_>>(), gravest);
        }
    }
}
