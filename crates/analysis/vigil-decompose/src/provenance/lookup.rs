//! Whose a value is.

use std::collections::HashMap;

use vigil_core::Provenance;

use super::conversation::{Conversation, Mark};
use super::find::{address_host, find, occurrences};
use super::part::{is_common, parts};
use crate::action::{Surroundings, host_of};
use crate::disguise::readings;
use crate::intent::commands_around;

/// Looks values up; each text is searched once for each value.
pub(crate) struct Lookup<'c> {
    conversation: &'c Conversation,
    place: &'c Surroundings,
    known: HashMap<String, Provenance>,
    /// What the user typed, what content has and what it tells are searched on accounts of their own: much content is no
    /// reason to forget what the user typed.
    typed: Account,
    tainted: Account,
    told: Account,
}

/// How many bytes were searched.
#[derive(Default)]
struct Account {
    searched: usize,
}

impl Account {
    /// Whether so many bytes more may be searched.
    fn spend(&mut self, bytes: usize) -> bool {
        self.searched = self.searched.saturating_add(bytes);
        self.searched <= MAX_SEARCHED_BYTES
    }
}

/// How many bytes one call may make us search for one purpose: a few milliseconds.
const MAX_SEARCHED_BYTES: usize = 96 * 1024 * 1024;
/// How long a value may be that is looked for in commands of untrusted content: a sentence, not a text.
const MAX_TOLD_BYTES: usize = 512;

impl<'c> Lookup<'c> {
    pub(super) fn new(conversation: &'c Conversation, place: &'c Surroundings) -> Self {
        Self {
            conversation,
            place,
            known: HashMap::new(),
            typed: Account::default(),
            tainted: Account::default(),
            told: Account::default(),
        }
    }

    /// The provenance of a value of which nothing is known.
    pub(crate) fn floor(&self) -> Provenance {
        if !self.conversation.is_readable() { Provenance::Untrusted } else { Provenance::Model }
    }

    /// The provenance of a value: of the whole, else the worst of its telling parts. What it says under a disguise can make
    /// it untrusted and never the user's.
    pub(crate) fn of(&mut self, value: &str) -> Provenance {
        let value = bare(value);
        if let Some(&provenance) = self.known.get(value) {
            return provenance;
        }
        let lower = value.to_ascii_lowercase();
        let mut provenance = self.plain(&lower);
        if provenance != Provenance::Untrusted {
            let disguised = readings(value);
            // What the user typed as a whole is the user's; of what has parts of it the rest may be a disguise.
            let users = !disguised.is_empty() && provenance == Provenance::User && self.typed(&lower);
            let mut disguised = disguised.iter().map(|reading| bare(reading).to_ascii_lowercase());
            if !users && disguised.any(|reading| self.plain(&reading) == Provenance::Untrusted) {
                provenance = Provenance::Untrusted;
            }
        }
        if self.known.len() < 4096 {
            self.known.insert(value.to_owned(), provenance);
        }
        provenance
    }

    /// The provenance of a value as it is written.
    fn plain(&mut self, value: &str) -> Provenance {
        if let Some(provenance) = self.whole(value) {
            return provenance;
        }
        let mut worst = None;
        for part in parts(value) {
            let provenance = self.part(part);
            worst = worst.max(Some(provenance));
            if provenance == Provenance::Untrusted {
                break;
            }
        }
        worst.unwrap_or(self.floor())
    }

    fn whole(&mut self, value: &str) -> Option<Provenance> {
        if value.is_empty() {
            return Some(self.floor());
        }
        if self.typed(value) {
            return Some(Provenance::User);
        }
        if !self.conversation.is_readable() {
            return Some(Provenance::Untrusted);
        }
        if is_common(value) {
            return Some(Provenance::Model);
        }
        // A path is the user's also when the user named it from the working directory, and untrusted also when only its
        // name was seen.
        if value.contains('/') && !value.contains(char::is_whitespace) && !value.contains("://") {
            return Some(self.path(value));
        }
        self.tainted(value).then_some(Provenance::Untrusted)
    }

    fn path(&mut self, value: &str) -> Provenance {
        let plain = value.trim_start_matches("./").trim_end_matches('/');
        let relative = self.place.relative_lower(plain).map(str::to_owned);
        let name = plain.rsplit('/').next().unwrap_or(plain);
        let inside = relative.is_some() || !plain.starts_with(['/', '~', '.', '$']);
        for form in [Some(plain), relative.as_deref(), inside.then_some(name)].into_iter().flatten() {
            if !is_common(form) && self.typed(form) {
                return Provenance::User;
            }
        }
        if self.place.is_workdir_lower(plain) {
            return Provenance::Model;
        }
        let telling =
            |form: &&str| !is_common(form) && (form.contains(['.', '/', '_', '-']) || form.len() > 8);
        let tainted = [Some(plain), relative.as_deref(), Some(name)]
            .into_iter()
            .flatten()
            .filter(telling)
            .any(|form| self.tainted(form));
        if tainted { Provenance::Untrusted } else { Provenance::Model }
    }

    fn part(&mut self, part: &str) -> Provenance {
        if self.typed(part) {
            return Provenance::User;
        }
        if let Some(host) = part.split_once("://").and_then(|_| host_of(part)) {
            // The host decides: who gets what the address carries.
            return match (self.typed(&host), self.tainted(part) || self.tainted(&host)) {
                (true, _) => Provenance::Model,
                (false, true) => Provenance::Untrusted,
                (false, false) => Provenance::Model,
            };
        }
        if part.contains('/') {
            return self.path(part);
        }
        if !is_common(part) && self.tainted(part) { Provenance::Untrusted } else { Provenance::Model }
    }

    /// Whether untrusted content has the value, or a part of it that tells, only where it tells the reader to act.
    pub(crate) fn told(&mut self, value: &str) -> bool {
        let value = bare(value);
        self.told_in_parts(&value.to_ascii_lowercase(), false)
            || readings(value)
                .iter()
                .any(|reading| self.told_in_parts(&bare(reading).to_ascii_lowercase(), true))
    }

    fn told_in_parts(&mut self, value: &str, disguised: bool) -> bool {
        if value.len() <= MAX_TOLD_BYTES && self.told_plain(value, disguised) {
            return true;
        }
        let hosts: Vec<String> = parts(value).filter_map(address_host).collect();
        parts(value).chain(hosts.iter().map(String::as_str)).any(|part| self.told_plain(part, disguised))
    }

    fn told_plain(&mut self, value: &str, disguised: bool) -> bool {
        // A page of a site that the user named is what the user spoke of; a disguise of it is not.
        let users =
            !disguised && (self.typed(value) || address_host(value).is_some_and(|host| self.typed(&host)));
        let texts = [self.conversation.untrusted_text(), self.conversation.readings_text()];
        if users || is_common(value) {
            return false;
        }
        if !self.told.spend(texts.iter().map(|text| text.len()).sum()) {
            return texts.iter().any(|text| !text.is_empty());
        }
        texts.into_iter().any(|text| {
            let mut found = occurrences(text, value).take(8).peekable();
            found.peek().is_some() && found.all(|at| commands_around(text, at, at + value.len()) > 0)
        })
    }

    fn typed(&mut self, value: &str) -> bool {
        let text = self.conversation.user_text();
        self.typed.spend(text.len()) && find(text, value).is_some()
    }

    /// Whether untrusted content had the value before the model wrote it.
    fn tainted(&mut self, value: &str) -> bool {
        let conversation = self.conversation;
        let (plain, readings) = (conversation.untrusted_text(), conversation.readings_text());
        if !self.tainted.spend(plain.len() + readings.len()) {
            return !plain.is_empty();
        }
        // The message in which a text of the conversation has the value first.
        let first = |text: &str, end: fn(&Mark) -> usize| {
            let at = find(text, value)?;
            Some(conversation.marks().partition_point(|mark| end(mark) <= at))
        };
        let seen = [first(plain, |mark| mark.untrusted), first(readings, |mark| mark.readings)];
        let Some(seen) = seen.into_iter().flatten().min() else { return false };
        if !self.tainted.spend(conversation.model_text().len()) {
            return true;
        }
        first(conversation.model_text(), |mark| mark.model).is_none_or(|said| seen <= said)
    }
}

/// A value without what stands around it.
fn bare(value: &str) -> &str {
    value.trim().trim_matches(['"', '\'', '`'])
}
