//! From the text of a policy to its rules (`policy.md` §2). What is accepted here needs no check later.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};
use vigil_core::{Outcome, Provenance, Resource, Reversibility, Tier, Verb};

use crate::error::{
    Fault, MAX_PATTERNS, MAX_REASON, MAX_RULES, MAX_TEXT, Oddity, PolicyError, Positions, Warning, nearest,
};
use crate::glob::{Glob, Subject};
use crate::profile::Profile;
use crate::rule::{ALL_KINDS, CommandPattern, PackagePattern, Rule, When, closed};

/// A policy as written: parsed, checked, not yet compiled.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) profile: Profile,
    pub(crate) rules: Vec<Rule>,
    pub(crate) warnings: Vec<Warning>,
}

const TOP_KEYS: [&str; 2] = ["profile", "rule"];
const RULE_KEYS: [&str; 4] = ["id", "effect", "reason", "when"];
const WHEN_KEYS: [&str; 12] = [
    "tool",
    "verb",
    "resource",
    "path",
    "command",
    "host",
    "package",
    "provider",
    "agent",
    "provenance",
    "reversibility",
    "tier_at_least",
];

/// Parses the text of a policy. `file` is the name for messages.
pub(crate) fn parse(text: &str, file: &str) -> Result<Written, PolicyError> {
    if text.len() > MAX_TEXT {
        let place = Place { positions: Positions::new(""), file };
        return Err(place.fault(0..0, Fault::TooLong(text.len())));
    }
    let place = Place { positions: Positions::new(text), file };
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.message().lines().collect::<Vec<_>>().join(", ");
        place.fault(error.span().unwrap_or(0..0), Fault::Toml(line))
    })?;
    let mut reader = Reader { place, patterns: 0, first_lines: BTreeMap::new(), warnings: Vec::new() };
    reader.document(table.get_ref())
}

/// The text with its name: turns a span into a position.
struct Place<'t> {
    positions: Positions<'t>,
    file: &'t str,
}

impl Place<'_> {
    fn fault(&self, span: Range<usize>, fault: Fault) -> PolicyError {
        PolicyError { file: self.file.to_owned(), at: self.positions.of(span.start), fault }
    }
}

struct Reader<'t> {
    place: Place<'t>,
    /// Patterns so far, braces resolved.
    patterns: usize,
    /// On which line an id stands.
    first_lines: BTreeMap<String, u32>,
    warnings: Vec<Warning>,
}

type Value<'v> = Spanned<DeValue<'v>>;

impl Reader<'_> {
    fn document(&mut self, table: &DeTable<'_>) -> Result<Written, PolicyError> {
        let mut profile = Profile::default();
        let mut rules = Vec::new();
        for (key, value) in table.iter() {
            match key.get_ref().as_ref() {
                "profile" => {
                    profile =
                        self.word(value, "profile", &words(Profile::ALL, Profile::token), Profile::parse)?
                }
                "rule" => {
                    let list = value.get_ref().as_array().ok_or_else(|| {
                        self.type_fault(value, "rule", "a list of tables, each begun with `[[rule]]`")
                    })?;
                    if list.len() > MAX_RULES {
                        return Err(self.place.fault(value.span(), Fault::TooManyRules));
                    }
                    for rule in list.iter() {
                        rules.push(self.rule(rule)?);
                    }
                }
                _ => return Err(self.unknown_key(key, &TOP_KEYS)),
            }
        }
        Ok(Written { profile, rules, warnings: core::mem::take(&mut self.warnings) })
    }

    fn rule(&mut self, value: &Value<'_>) -> Result<Rule, PolicyError> {
        let table = value.get_ref().as_table().ok_or_else(|| self.type_fault(value, "rule", "a table"))?;
        if let Some((key, _)) = table.iter().find(|(key, _)| !RULE_KEYS.contains(&key.get_ref().as_ref())) {
            // A condition outside `when` is the mistake to expect.
            return Err(match WHEN_KEYS.iter().find(|known| **known == key.get_ref().as_ref()) {
                Some(_) => self.place.fault(
                    key.span(),
                    Fault::Type {
                        key: key.get_ref().to_string(),
                        expected: "inside `when = { … }`",
                        found: "it beside `when`",
                    },
                ),
                None => self.unknown_key(key, &RULE_KEYS),
            });
        }
        let need = |key: &'static str, fix: &'static str| {
            table.get(key).ok_or_else(|| self.place.fault(value.span(), Fault::Missing { key, fix }))
        };
        let id_value = need("id", "give it one, for example `id = \"no-push\"`")?;
        let effect_value = need("effect", "write `effect = \"allow\"`, `\"hold\"` or `\"block\"`")?;
        let when_value = need("when", "write `when = {}` to match every action")?;

        let id = self.id(id_value)?;
        let effect = self.word(effect_value, "effect", &words(Outcome::ALL, Outcome::token), |word| {
            Outcome::ALL.into_iter().find(|outcome| outcome.token() == word)
        })?;
        let reason = match table.get("reason") {
            Some(value) => self.reason(value)?,
            None => String::new(),
        };
        let when = self.when(when_value, effect)?;
        let stated = stated(when_value);
        for what in oddities(&when, effect) {
            let at = self.place.positions.of(id_value.span().start);
            self.warnings.push(Warning { file: self.place.file.to_owned(), at, rule: id.clone(), what });
        }
        Ok(Rule { id, effect, reason, when, stated })
    }

    fn id(&mut self, value: &Value<'_>) -> Result<String, PolicyError> {
        let id = self.string(value, "id")?;
        let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if id.is_empty() || id.len() > 64 || !id.bytes().all(fits) {
            return Err(self.place.fault(value.span(), Fault::Id(shortened(id))));
        }
        let line = self.place.positions.line(value.span().start);
        if let Some(first) = self.first_lines.insert(id.to_owned(), line) {
            return Err(self
                .place
                .fault(value.span(), Fault::DuplicateId { id: id.to_owned(), line: first }));
        }
        Ok(id.to_owned())
    }

    fn reason(&self, value: &Value<'_>) -> Result<String, PolicyError> {
        let reason = self.string(value, "reason")?;
        if reason.len() > MAX_REASON || reason.chars().any(char::is_control) {
            return Err(self.place.fault(value.span(), Fault::Reason));
        }
        Ok(reason.to_owned())
    }

    fn when(&mut self, value: &Value<'_>, effect: Outcome) -> Result<When, PolicyError> {
        let table = value.get_ref().as_table().ok_or_else(|| self.type_fault(value, "when", "a table"))?;
        let mut when = When::default();
        for (key, value) in table.iter() {
            let key_text = key.get_ref().as_ref();
            match key_text {
                "verb" => {
                    let tokens = words(Verb::ALL.iter().copied(), Verb::token);
                    for verb in
                        self.each(value, key_text, |me, v| me.word(v, "verb", &tokens, Verb::parse))?
                    {
                        when.verbs |= 1 << verb as u16;
                    }
                }
                "resource" => {
                    let kind = |word: &str| Resource::KINDS.iter().position(|kind| *kind == word);
                    for kind in
                        self.each(value, key_text, |me, v| me.word(v, "resource", &Resource::KINDS, kind))?
                    {
                        when.kinds |= 1 << kind;
                    }
                }
                "provenance" => {
                    let tokens = words(Provenance::ALL.iter().copied(), Provenance::token);
                    let all = self.each(value, key_text, |me, v| {
                        me.word(v, "provenance", &tokens, Provenance::parse)
                    })?;
                    let mask = all.iter().fold(0, |mask, one| mask | 1 << *one as u8);
                    when.provenance = closed(mask, 3, effect);
                }
                "reversibility" => {
                    let tokens = words(Reversibility::ALL.iter().copied(), Reversibility::token);
                    let all = self.each(value, key_text, |me, v| {
                        me.word(v, "reversibility", &tokens, Reversibility::parse)
                    })?;
                    let mask = all.iter().fold(0, |mask, one| mask | 1 << *one as u8);
                    when.reversibility = closed(mask, 3, effect);
                }
                "tier_at_least" => {
                    if effect == Outcome::Allow {
                        return Err(self.place.fault(key.span(), Fault::AllowWithTier));
                    }
                    let tokens = words(Tier::ALL, Tier::token);
                    let all = self.each(value, key_text, |me, v| me.word(v, "tier", &tokens, Tier::parse))?;
                    when.tier_at_least = all.into_iter().min();
                }
                "provider" => when.providers = self.each(value, key_text, |me, v| me.provider(v))?,
                "tool" => when.tools = self.globs(value, key_text, Subject::Name, str::to_owned)?,
                "agent" => when.agents = self.globs(value, key_text, Subject::Name, str::to_lowercase)?,
                "host" => when.hosts = self.globs(value, key_text, Subject::Name, str::to_lowercase)?,
                "path" => when.paths = self.globs(value, key_text, Subject::Path, with_homes)?,
                "command" => when.commands = self.each(value, key_text, Self::command)?,
                "package" => when.packages = self.each(value, key_text, Self::package)?,
                _ => return Err(self.unknown_key(key, &WHEN_KEYS)),
            }
        }
        when.kinds = narrowed(&when, effect);
        Ok(when)
    }

    /// A string or a list of strings, each read by `one`.
    fn each<T>(
        &mut self,
        value: &Value<'_>,
        key: &str,
        mut one: impl FnMut(&mut Self, &Value<'_>) -> Result<T, PolicyError>,
    ) -> Result<Vec<T>, PolicyError> {
        match value.get_ref() {
            DeValue::String(_) => Ok(alloc::vec![one(self, value)?]),
            DeValue::Array(list) if list.is_empty() => {
                Err(self.place.fault(value.span(), Fault::EmptyList { key: key.to_owned() }))
            }
            DeValue::Array(list) => list.iter().map(|item| one(self, item)).collect(),
            _ => Err(self.type_fault(value, key, "a string or a list of strings")),
        }
    }

    fn globs(
        &mut self,
        value: &Value<'_>,
        key: &str,
        subject: Subject,
        prepare: fn(&str) -> String,
    ) -> Result<Vec<Glob>, PolicyError> {
        let lists = self.each(value, key, |me, item| {
            let text = me.string(item, key)?;
            me.glob(item, &prepare(text), subject)
        })?;
        Ok(lists.into_iter().flatten().collect())
    }

    fn glob(&mut self, value: &Value<'_>, text: &str, subject: Subject) -> Result<Vec<Glob>, PolicyError> {
        let globs = Glob::parse(text, subject)
            .map_err(|why| self.place.fault(value.span(), Fault::Glob { glob: shortened(text), why }))?;
        self.patterns += globs.len();
        if self.patterns > MAX_PATTERNS {
            return Err(self.place.fault(value.span(), Fault::TooManyPatterns));
        }
        Ok(globs)
    }

    fn command(&mut self, value: &Value<'_>) -> Result<CommandPattern, PolicyError> {
        let text = self.string(value, "command")?;
        let words: Vec<_> = text
            .split_whitespace()
            .map(|word| self.glob(value, word, Subject::Name))
            .collect::<Result<_, _>>()?;
        if words.is_empty() {
            return Err(self.place.fault(value.span(), Fault::Command(shortened(text))));
        }
        Ok(CommandPattern { words })
    }

    fn package(&mut self, value: &Value<'_>) -> Result<PackagePattern, PolicyError> {
        let text = self.string(value, "package")?;
        let (ecosystem, name) = match text.split_once(':') {
            Some((ecosystem, name)) => (self.glob(value, ecosystem, Subject::Name)?, name),
            None => (Vec::new(), text),
        };
        Ok(PackagePattern { ecosystem, name: self.glob(value, name, Subject::Name)? })
    }

    fn provider(&self, value: &Value<'_>) -> Result<String, PolicyError> {
        let text = self.string(value, "provider")?;
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if text.is_empty() || text.len() > 32 || text.starts_with('-') || !text.bytes().all(fits) {
            let fault = Fault::UnknownWord {
                what: "provider",
                word: shortened(text),
                nearest: None,
                valid: "an id of the provider table such as `anthropic`, `openai`, `google`".to_owned(),
            };
            return Err(self.place.fault(value.span(), fault));
        }
        Ok(text.to_owned())
    }

    fn string<'v>(&self, value: &'v Value<'_>, key: &str) -> Result<&'v str, PolicyError> {
        value.get_ref().as_str().ok_or_else(|| self.type_fault(value, key, "a string"))
    }

    fn word<T>(
        &self,
        value: &Value<'_>,
        what: &'static str,
        valid: &[&'static str],
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, PolicyError> {
        let word = self.string(value, what)?;
        parse(word).ok_or_else(|| {
            let quoted: Vec<String> = valid.iter().map(|word| alloc::format!("`{word}`")).collect();
            let fault = Fault::UnknownWord {
                what,
                word: shortened(word),
                nearest: nearest(word, valid),
                valid: quoted.join(", "),
            };
            self.place.fault(value.span(), fault)
        })
    }

    fn unknown_key(&self, key: &Spanned<DeString<'_>>, valid: &[&'static str]) -> PolicyError {
        let name = key.get_ref();
        self.place
            .fault(key.span(), Fault::UnknownKey { key: shortened(name), nearest: nearest(name, valid) })
    }

    fn type_fault(&self, value: &Value<'_>, key: &str, expected: &'static str) -> PolicyError {
        let found = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a float",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.place.fault(value.span(), Fault::Type { key: key.to_owned(), expected, found })
    }
}

/// The conditions in one order and without repetitions. Only for what was accepted.
fn stated(when: &Value<'_>) -> Vec<(String, Vec<String>)> {
    let strings = |value: &Value<'_>| -> Vec<String> {
        let mut all: Vec<String> = match value.get_ref() {
            DeValue::Array(list) => {
                list.iter().filter_map(|v| v.get_ref().as_str()).map(str::to_owned).collect()
            }
            other => other.as_str().map(str::to_owned).into_iter().collect(),
        };
        all.sort();
        all.dedup();
        all
    };
    let Some(table) = when.get_ref().as_table() else { return Vec::new() };
    let mut all: Vec<_> =
        table.iter().map(|(key, value)| (key.get_ref().to_string(), strings(value))).collect();
    all.sort();
    all
}

/// The kinds of resources that can meet all conditions of a rule.
fn narrowed(when: &When, effect: Outcome) -> u16 {
    let bit = |kind: &str| Resource::KINDS.iter().position(|k| *k == kind).map_or(0, |at| 1u16 << at);
    let mut kinds = if when.kinds == 0 { ALL_KINDS } else { when.kinds };
    if !when.paths.is_empty() {
        // An allow never goes by the operands of a command: it cannot know all of them.
        let operands = if effect == Outcome::Allow { 0 } else { bit("command") };
        kinds &= bit("path") | bit("credential") | operands;
    }
    if !when.hosts.is_empty() {
        kinds &= bit("host") | bit("url");
    }
    // A command that brings about the unknown was not taken apart: to allow it is no answer.
    if !when.commands.is_empty() && effect == Outcome::Allow {
        kinds &= !bit("unknown");
    }
    if !when.packages.is_empty() {
        kinds &= bit("package");
    }
    kinds
}

fn oddities(when: &When, effect: Outcome) -> Vec<Oddity> {
    let mut found = Vec::new();
    if when.kinds == 0 {
        found.push(Oddity::NeverMatches);
    }
    let in_any_case = match when.tier_at_least {
        Some(Tier::Blocked) => true,
        Some(Tier::Held) => effect == Outcome::Hold,
        _ => false,
    };
    if in_any_case {
        found.push(Oddity::TierSaysSo);
    }
    found
}

/// `~/` stands for every home directory, because nobody here knows which one is meant.
fn with_homes(glob: &str) -> String {
    match glob.strip_prefix("~/") {
        Some(rest) => alloc::format!("{{~,/root,/home/*,/Users/*}}/{rest}"),
        None => glob.to_owned(),
    }
}

fn words<T>(all: impl IntoIterator<Item = T>, token: fn(T) -> &'static str) -> Vec<&'static str> {
    all.into_iter().map(token).collect()
}

/// What a message repeats of the input is bounded and stays on one line.
pub(crate) fn shortened(text: &str) -> String {
    let mut out: String =
        text.chars().take(60).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(60).is_some() {
        out.push('…');
    }
    out
}
