//! What an exchange was, in the tokens and the 27 slots of its record (`voaf.md` §5, §8).
//!
//! The rules are simple and fixed. `action` is told by the gravest verb of its calls, in the order of [`GRAVITY`]; an
//! exchange without calls retrieves information when it was answered. `scope` is told by what the calls touch and by a
//! few words of the user's. `interaction_type` is `direct` without calls, `delegated` with calls, `agent_to_agent` when
//! a call hands work on, `cascaded` when calls come in a conversation in which no person typed anything.

use vigil_core::message::FEATURE_SLOTS;
use vigil_core::{Action, Resource, Reversibility, Verb};

use crate::provenance::Conversation;

/// What the calls of an exchange do, taken together.
#[derive(Clone, Debug, Default)]
pub(super) struct Summary {
    verbs: Vec<Verb>,
    kinds: Vec<&'static str>,
    worst: Option<Reversibility>,
    counterparty: bool,
    calls: u32,
}

/// The parts of `Classified` that the rules give.
pub(super) struct View {
    pub(super) action: &'static str,
    pub(super) scope: &'static str,
    pub(super) interaction_type: &'static str,
    pub(super) slots: [i64; FEATURE_SLOTS],
}

/// Verbs from the gravest on, with the token of `action` each stands for.
const GRAVITY: &[(Verb, &str)] = &[
    (Verb::Pay, "transaction"),
    (Verb::Send, "communication"),
    (Verb::Grant, "configuration"),
    (Verb::Configure, "configuration"),
    (Verb::Install, "configuration"),
    (Verb::Delegate, "agent_coordination"),
    (Verb::Delete, "decision"),
    (Verb::Write, "creation"),
    (Verb::Execute, "analysis"),
    (Verb::Fetch, "information_retrieval"),
    (Verb::Read, "information_retrieval"),
];
const ACTIONS: [&str; 9] = [
    "information_retrieval",
    "analysis",
    "creation",
    "communication",
    "transaction",
    "decision",
    "configuration",
    "agent_coordination",
    "unknown",
];
const SCOPES: [&str; 9] = [
    "financial",
    "health",
    "legal",
    "identity",
    "social",
    "professional",
    "personal",
    "technical",
    "general",
];
/// Words of the user's that tell a scope: financial, health, legal, identity, professional, personal.
const WORDS: [&[&str]; 6] = [
    &["invoice", "iban", "payment", "refund", "bank", "salary", "tax"],
    &["doctor", "diagnosis", "patient", "medication", "symptom", "symptoms", "prescription"],
    &["contract", "lawsuit", "attorney", "lawyer", "gdpr", "nda"],
    &["password", "passport"],
    &["meeting", "customer", "client", "colleague", "quarterly"],
    &["family", "birthday", "vacation", "holiday"],
];
/// From the shortest of them to the longest.
const WORD_BYTES: std::ops::RangeInclusive<usize> = 3..=12;
const TYPES: [&str; 4] = ["direct", "delegated", "agent_to_agent", "cascaded"];
const ONE: i64 = 1_000_000;

impl Summary {
    /// Whether the reply has asked for anything yet.
    pub(super) fn has_calls(&self) -> bool {
        self.calls > 0
    }

    pub(super) fn add(&mut self, action: &Action) {
        self.calls = self.calls.saturating_add(1);
        for effect in &action.effects {
            if !self.verbs.contains(&effect.verb) {
                self.verbs.push(effect.verb);
            }
            let kind = effect.resource.kind();
            if !self.kinds.contains(&kind) {
                self.kinds.push(kind);
            }
            self.worst = self.worst.max(Some(effect.reversibility));
            self.counterparty |= matches!(effect.resource, Resource::Message { .. } | Resource::Money { .. })
                || effect.verb == Verb::Send;
        }
    }

    pub(super) fn view(&self, conversation: &Conversation, replied: bool) -> View {
        let gravest = GRAVITY.iter().find(|(verb, _)| self.verbs.contains(verb)).map(|(_, token)| *token);
        let action = gravest.unwrap_or(if replied { "information_retrieval" } else { "unknown" });
        let scopes = self.scopes(conversation);
        let scope =
            SCOPES.iter().zip(scopes).find(|(_, holds)| *holds).map_or("general", |(scope, _)| *scope);
        let interaction_type = match () {
            () if self.verbs.contains(&Verb::Delegate) => "agent_to_agent",
            () if self.calls > 0 && conversation.is_readable() && conversation.typed().is_none() => {
                "cascaded"
            }
            () if self.calls > 0 => "delegated",
            () => "direct",
        };
        let one_hot = |tokens: &'static [&'static str], token: &'static str| {
            tokens.iter().map(move |known| if *known == token { ONE } else { 0 })
        };
        let agency = match (self.calls, conversation.tools().is_empty()) {
            (0, true) => 0,
            (0, false) => ONE / 2,
            _ => ONE,
        };
        let outward =
            [Verb::Send, Verb::Pay, Verb::Grant, Verb::Delegate].iter().any(|verb| self.verbs.contains(verb));
        let inward = [Verb::Read, Verb::Fetch, Verb::Install].iter().any(|verb| self.verbs.contains(verb));
        let reversibility = match self.worst {
            None | Some(Reversibility::Reversible) => ONE,
            Some(Reversibility::Partial) => ONE / 2,
            Some(Reversibility::Irreversible) => 0,
        };
        let depth = match interaction_type {
            "direct" => 0,
            "delegated" => ONE,
            _ => 2 * ONE,
        };
        let values = one_hot(&ACTIONS, action)
            .chain(scopes.iter().map(|holds| if *holds { ONE } else { 0 }))
            .chain([agency, (i64::from(outward) - i64::from(inward)) * ONE, reversibility])
            .chain(one_hot(&TYPES, interaction_type))
            .chain([depth, if self.counterparty { ONE } else { 0 }]);
        let mut slots = [0; FEATURE_SLOTS];
        for (slot, value) in slots.iter_mut().zip(values) {
            *slot = value;
        }
        View { action, scope, interaction_type, slots }
    }

    fn scopes(&self, conversation: &Conversation) -> [bool; 9] {
        let text = conversation.user_text();
        let mut start = text.len().saturating_sub(4096);
        while !text.is_char_boundary(start) {
            start += 1;
        }
        let recent = text.get(start..).unwrap_or_default();
        let mut says = [false; WORDS.len()];
        for word in
            recent.split(|c: char| !c.is_alphanumeric()).filter(|word| WORD_BYTES.contains(&word.len()))
        {
            for (said, words) in says.iter_mut().zip(WORDS) {
                *said |= words.contains(&word);
            }
        }
        let [financial, health, legal, identity, professional, personal] = says;
        let touches = |kinds: &[&str]| self.kinds.iter().any(|kind| kinds.contains(kind));
        let mut scopes = [
            touches(&["money"]) || financial,
            health,
            legal,
            touches(&["credential"]) || self.verbs.contains(&Verb::Grant) || identity,
            touches(&["message"]) && !self.verbs.contains(&Verb::Delegate),
            professional,
            personal,
            touches(&["path", "command", "package", "data_store"]),
            false,
        ];
        if !scopes.contains(&true)
            && let Some(general) = scopes.last_mut()
        {
            *general = true;
        }
        scopes
    }
}
