//! Grants: what a person allowed once and for all, how it is spelled, and what it covers (`policy.md` §10).

use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write as _;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use vigil_core::message::Grant;
use vigil_core::{Action, Effect, Provenance, Resource};

use crate::error::{Position, Positions};
use crate::gate::worst_provenance;

/// Most grants that are kept.
pub const MAX_GRANTS: usize = 10_000;

/// The grants in force.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grants(BTreeSet<Grant>);

impl Grants {
    pub(crate) fn new(grants: Vec<Grant>) -> Self {
        Self(grants.into_iter().map(sorted).take(MAX_GRANTS).collect())
    }

    /// Adds a grant; says whether it is new and there was room.
    pub(crate) fn add(&mut self, grant: Grant) -> bool {
        self.0.len() < MAX_GRANTS && self.0.insert(grant)
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &Grant> {
        self.0.iter()
    }

    /// Whether one grant covers all effects of the action.
    pub(crate) fn cover(&self, agent: &str, action: &Action) -> bool {
        let from = Grant { agent: agent.to_owned(), tool: action.tool.clone(), effects: Vec::new() };
        let mut own =
            self.0.range(from..).take_while(|g| g.agent == agent && g.tool == action.tool).peekable();
        if own.peek().is_none() {
            return false;
        }
        let effects = spelled(action);
        own.any(|grant| effects.iter().all(|effect| covers(&grant.effects, effect)))
    }
}

/// The grant for calls like this one.
pub(crate) fn grant_for(agent: &str, action: &Action) -> Grant {
    Grant { agent: agent.to_owned(), tool: action.tool.clone(), effects: spelled(action) }
}

/// Writes grants as the text that [`parse_grants`] reads.
pub fn format_grants<'g>(grants: impl IntoIterator<Item = &'g Grant>) -> String {
    let mut out = String::new();
    for grant in grants {
        let effects: Vec<String> = grant.effects.iter().map(|effect| quoted(effect)).collect();
        let _ = writeln!(
            out,
            "[[grant]]\nagent = {}\ntool = {}\neffects = [{}]\n",
            quoted(&grant.agent),
            quoted(&grant.tool),
            effects.join(", ")
        );
    }
    out
}

/// Reads grants from TOML: tables `[[grant]]` with `agent`, `tool` and the list `effects`.
pub fn parse_grants(text: &str) -> Result<Vec<Grant>, GrantError> {
    let positions = Positions::new(text);
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.message().lines().collect::<Vec<_>>().join(", ");
        GrantError { at: positions.of(error.span().map_or(0, |span| span.start)), what: line }
    })?;
    let fault = |at: usize, what: &str| GrantError { at: positions.of(at), what: what.to_owned() };
    let mut grants = Vec::new();
    for (key, value) in table.get_ref().iter() {
        let list = match (key.get_ref().as_ref(), value.get_ref()) {
            ("grant", DeValue::Array(list)) => list,
            _ => return Err(fault(key.span().start, "only tables `[[grant]]` stand in a file of grants")),
        };
        for item in list.iter() {
            let start = item.span().start;
            let table = item.get_ref().as_table().ok_or_else(|| fault(start, "a grant must be a table"))?;
            if let Some((key, _)) =
                table.iter().find(|(k, _)| !["agent", "tool", "effects"].contains(&k.get_ref().as_ref()))
            {
                return Err(fault(
                    key.span().start,
                    "unknown key; a grant has `agent`, `tool` and `effects`",
                ));
            }
            let text_of = |value: Option<&Spanned<DeValue<'_>>>| {
                value.and_then(|v| v.get_ref().as_str()).map(str::to_owned)
            };
            let agent = text_of(table.get("agent"))
                .ok_or_else(|| fault(start, "a grant needs the string `agent`"))?;
            let tool =
                text_of(table.get("tool")).ok_or_else(|| fault(start, "a grant needs the string `tool`"))?;
            let effects = table
                .get("effects")
                .and_then(|value| value.get_ref().as_array())
                .and_then(|list| list.iter().map(|v| text_of(Some(v))).collect::<Option<Vec<String>>>())
                .filter(|effects| !effects.is_empty())
                .ok_or_else(|| fault(start, "a grant needs the list of strings `effects`, not empty"))?;
            grants.push(sorted(Grant { agent, tool, effects }));
        }
    }
    Ok(grants)
}

/// Why a text is not a file of grants.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {what}")]
pub struct GrantError {
    /// Where.
    pub at: Position,
    /// What is wrong.
    pub what: String,
}

fn sorted(mut grant: Grant) -> Grant {
    grant.effects.sort();
    grant.effects.dedup();
    grant
}

fn spelled(action: &Action) -> Vec<String> {
    let mut effects: Vec<String> = action.effects.iter().map(|effect| spell(action, effect)).collect();
    effects.sort();
    effects.dedup();
    effects
}

/// One effect as `verb kind:detail`, with ` recursive` behind it where it goes on below what it names.
///
/// Inside a detail white space, control characters, commas and backslashes are escaped, so that two effects never have one spelling.
fn spell(action: &Action, effect: &Effect) -> String {
    let list = |items: &[String], by: &str| items.iter().map(|item| plain(item)).collect::<Vec<_>>().join(by);
    let detail = match &effect.resource {
        Resource::Path(text)
        | Resource::Host(text)
        | Resource::Url(text)
        | Resource::Credential(text)
        | Resource::DataStore(text)
        | Resource::Memory(text) => plain(text),
        Resource::Command(argv) => list(argv, " "),
        Resource::Package { ecosystem, name } => alloc::format!("{}:{}", plain(ecosystem), plain(name)),
        Resource::Message { recipients } => list(recipients, ","),
        Resource::Money { amount, currency, payee } => {
            alloc::format!("{} {} {}", plain(amount), plain(currency), plain(payee))
        }
        // Nothing is known but where its arguments come from.
        Resource::Unknown => worst_provenance(action, effect).to_string(),
    };
    let recursive = if effect.magnitude.recursive { " recursive" } else { "" };
    alloc::format!("{} {}:{detail}{recursive}", effect.verb, effect.resource.kind())
}

/// Whether a grant's effects hold this one. What was granted for worse provenance holds for better.
fn covers(granted: &[String], effect: &String) -> bool {
    if granted.binary_search(effect).is_ok() {
        return true;
    }
    let worse = |known: Provenance| {
        Provenance::ALL.iter().filter(move |p| **p > known).any(|worse| {
            effect
                .strip_suffix(known.token())
                .filter(|head| head.ends_with(" unknown:"))
                .is_some_and(|head| granted.contains(&alloc::format!("{head}{worse}")))
        })
    };
    Provenance::ALL.iter().any(|known| worse(*known))
}

fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ' ' | ',' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() || c.is_whitespace() => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use vigil_core::{Magnitude, Reversibility, Verb};

    fn action(resources: &[Resource]) -> Action {
        let effects = resources.iter().map(|resource| Effect {
            verb: Verb::Delete,
            resource: resource.clone(),
            reversibility: Reversibility::Irreversible,
            magnitude: Magnitude::default(),
            provenance: Provenance::Model,
            command: Vec::new(),
        });
        Action { effects: effects.collect(), ..Action::unknown("rm".into()) }
    }
    fn path(text: &str) -> Resource {
        Resource::Path(text.into())
    }

    #[test]
    fn a_grant_covers_the_same_effects_and_fewer() {
        let mut grants = Grants::default();
        assert!(grants.add(grant_for("cli", &action(&[path("/a"), path("/b")]))));
        assert!(grants.cover("cli", &action(&[path("/b"), path("/a")])));
        assert!(grants.cover("cli", &action(&[path("/b")])));
        assert!(!grants.cover("cli", &action(&[path("/b"), path("/c")])));
        assert!(!grants.cover("other", &action(&[path("/b")])));
        let mut wider = action(&[path("/b")]);
        wider.effects[0].magnitude.recursive = true;
        assert!(!grants.cover("cli", &wider));
    }
    #[test]
    fn a_grant_for_the_unknown_does_not_grow_to_worse_provenance() {
        let unknown = |provenance| {
            let mut action = Action::unknown("x".into());
            action.effects[0].provenance = provenance;
            action
        };
        let mut grants = Grants::default();
        grants.add(grant_for("cli", &unknown(Provenance::Model)));
        assert!(grants.cover("cli", &unknown(Provenance::User)));
        assert!(grants.cover("cli", &unknown(Provenance::Model)));
        assert!(!grants.cover("cli", &unknown(Provenance::Untrusted)));
    }
    #[test]
    fn spells_each_effect_its_own_way() {
        let spelled = |resource| spelled(&action(&[resource])).remove(0);
        assert_eq!(spelled(path("/home/u/tmp")), "delete path:/home/u/tmp");
        assert_eq!(
            spelled(Resource::Command(alloc::vec!["a b".into(), "c".into()])),
            "delete command:a\\ b c"
        );
        assert_eq!(spelled(path("/a recursive")), "delete path:/a\\ recursive");
        assert_eq!(spelled(Resource::Unknown), "delete unknown:model");
    }
    #[test]
    fn says_where_a_file_of_grants_is_wrong() {
        for (text, at) in [
            ("x = 1", "1:1"),
            ("[[grant]]\nagent = 1", "1:1"),
            ("[[grant]]\nagent = \"a\"\ntol = 1", "3:1"),
            ("[", "1:2"),
        ] {
            assert_eq!(parse_grants(text).unwrap_err().at.to_string(), at, "{text}");
        }
    }

    proptest! {
        #[test]
        fn grants_read_back(agent in "\\PC{0,12}", tool in any::<String>(), effects in proptest::collection::vec(any::<String>(), 1..4)) {
            let grant = sorted(Grant { agent, tool, effects });
            prop_assert_eq!(parse_grants(&format_grants([&grant])), Ok(alloc::vec![grant]));
        }
        #[test]
        fn two_commands_never_have_one_spelling(a in proptest::collection::vec("[ab \\\\,]{0,3}", 1..4), b in proptest::collection::vec("[ab \\\\,]{0,3}", 1..4)) {
            let spell = |argv: &Vec<String>| spelled(&action(&[Resource::Command(argv.clone())]));
            prop_assert_eq!(spell(&a) == spell(&b), a == b);
        }
    }
}
