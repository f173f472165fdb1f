//! Actions as letters of a small alphabet: what the models of sequences read.

use vigil_core::{Action, Effect, Provenance, Resource, Verb};

/// One event: what is done, to what kind of thing, on whose word, and how the step before it ended.
///
/// Of an action with several effects the gravest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(u16);

/// How the step before ended, as far as its answer tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// There was none, or nobody answered it.
    #[default]
    Open,
    /// It was answered.
    Answered,
    /// Its answer begins as errors do.
    Failed,
}

/// From the gravest on.
const GRAVITY: [Verb; 11] = [
    Verb::Pay,
    Verb::Grant,
    Verb::Send,
    Verb::Delete,
    Verb::Configure,
    Verb::Install,
    Verb::Delegate,
    Verb::Execute,
    Verb::Write,
    Verb::Fetch,
    Verb::Read,
];
/// Kinds of resources, by what an unusual one means.
const GROUPS: [&str; 9] =
    ["path", "command", "network", "message", "money", "package", "credential", "store", "unknown"];
const PROVENANCES: [Provenance; 3] = [Provenance::User, Provenance::Model, Provenance::Untrusted];
const OUTCOMES: [Outcome; 3] = [Outcome::Open, Outcome::Answered, Outcome::Failed];

impl Token {
    /// How many events there are: what is done, to what, on whose word.
    pub const EVENTS: usize = GRAVITY.len() * GROUPS.len() * PROVENANCES.len();
    /// How many tokens there are.
    pub const COUNT: usize = Self::EVENTS * OUTCOMES.len();
    /// How many verbs there are.
    pub const VERBS: usize = GRAVITY.len();
    /// How many groups of resources there are.
    pub const GROUPS: usize = GROUPS.len();

    /// The token of an action. `before` is how the step before it ended.
    pub fn of(action: &Action, before: Outcome) -> Self {
        let place = |effect: &&Effect| GRAVITY.iter().position(|verb| *verb == effect.verb);
        let gravest = action.effects.iter().min_by_key(place);
        let verb = gravest.as_ref().and_then(place).unwrap_or(7);
        let group = gravest.map_or(GROUPS.len() - 1, |effect| group(&effect.resource));
        let of_verb = |effect: &&Effect| gravest.is_some_and(|gravest| gravest.verb == effect.verb);
        let provenance = action.effects.iter().filter(of_verb).map(|effect| effect.provenance).max();
        let provenance = PROVENANCES.iter().position(|known| Some(*known) == provenance).unwrap_or(1);
        let outcome = OUTCOMES.iter().position(|known| *known == before).unwrap_or(0);
        let event = (verb * GROUPS.len() + group) * PROVENANCES.len() + provenance;
        Self((event * OUTCOMES.len() + outcome) as u16)
    }

    /// The token with this number, when there is one.
    pub fn numbered(number: u16) -> Option<Self> {
        (usize::from(number) < Self::COUNT).then_some(Self(number))
    }

    /// Its number.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// The number of its event, below [`Self::EVENTS`].
    pub const fn event(self) -> usize {
        self.0 as usize / OUTCOMES.len()
    }

    /// The number of its outcome, below 3.
    pub const fn outcome(self) -> usize {
        self.0 as usize % OUTCOMES.len()
    }

    /// The number of its verb, below [`Self::VERBS`].
    pub const fn verb(self) -> usize {
        self.event() / (GROUPS.len() * PROVENANCES.len())
    }

    /// The number of its group of resources, below [`Self::GROUPS`].
    pub const fn group(self) -> usize {
        self.event() / PROVENANCES.len() % GROUPS.len()
    }

    /// The number of its provenance, below 3; the greatest is untrusted.
    pub const fn provenance(self) -> usize {
        self.event() % PROVENANCES.len()
    }

    /// What is done to what, in words.
    pub fn words(self) -> String {
        let verb = GRAVITY.get(self.verb()).map_or("", |verb| verb.token());
        format!("{verb} {}", GROUPS.get(self.group()).unwrap_or(&""))
    }

    /// Whether it is work on a machine: files, commands, packages.
    pub const fn is_machine(self) -> bool {
        matches!(self.group(), 0 | 1 | 5)
    }
}

const fn group(resource: &Resource) -> usize {
    match resource {
        Resource::Path(_) => 0,
        Resource::Command(_) => 1,
        Resource::Host(_) | Resource::Url(_) => 2,
        Resource::Message { .. } => 3,
        Resource::Money { .. } => 4,
        Resource::Package { .. } => 5,
        Resource::Credential(_) => 6,
        Resource::DataStore(_) | Resource::Memory(_) => 7,
        Resource::Unknown => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigil_core::{Magnitude, Reversibility};

    fn effect(verb: Verb, resource: Resource, provenance: Provenance) -> Effect {
        Effect {
            verb,
            resource,
            reversibility: Reversibility::Reversible,
            magnitude: Magnitude::default(),
            provenance,
            command: Vec::new(),
        }
    }

    #[test]
    fn the_gravest_effect_counts() {
        let host = || Resource::Host("h".to_owned());
        let action = Action {
            effects: vec![
                effect(Verb::Read, host(), Provenance::Untrusted),
                effect(Verb::Send, host(), Provenance::User),
                effect(Verb::Send, Resource::Unknown, Provenance::Model),
            ],
            ..Action::unknown("t".to_owned())
        };
        let token = Token::of(&action, Outcome::Failed);
        assert_eq!((token.words().as_str(), token.provenance(), token.outcome()), ("send network", 1, 2));
        assert_eq!(Token::numbered(token.number()), Some(token));
    }

    #[test]
    fn every_number_is_a_token_of_its_own_parts() {
        for number in 0..Token::COUNT {
            let token = Token::numbered(number as u16).unwrap();
            assert!(token.verb() < Token::VERBS && token.group() < Token::GROUPS && token.provenance() < 3);
            assert!(token.event() < Token::EVENTS);
        }
        assert_eq!(Token::numbered(Token::COUNT as u16), None);
    }

    #[test]
    fn an_action_without_effects_is_unknown() {
        let action = Action { effects: Vec::new(), ..Action::unknown("t".to_owned()) };
        assert_eq!(Token::of(&action, Outcome::Open).words(), "execute unknown");
    }
}
