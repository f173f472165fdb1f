//! What was said in a conversation, by whom.

use vigil_core::Provenance;
use vigil_core::wire::Digest;

use super::lookup::Lookup;
use crate::action::Surroundings;
use crate::disguise::readings;
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
    /// What untrusted content says when its disguises are taken off, where it has any.
    readings: Spoken,
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
pub(super) struct Mark {
    user: usize,
    pub(super) untrusted: usize,
    pub(super) readings: usize,
    pub(super) model: usize,
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

    /// What untrusted content says when its disguises are taken off, in ASCII lower case.
    pub(crate) fn readings_text(&self) -> &str {
        &self.readings.text
    }

    /// Everything the model said, in ASCII lower case.
    pub(super) fn model_text(&self) -> &str {
        &self.model.text
    }

    /// Where the texts of the speakers end, message by message.
    pub(super) fn marks(&self) -> &[Mark] {
        &self.messages
    }

    /// The images of the conversation by digest.
    pub fn images(&self) -> impl Iterator<Item = Digest> + '_ {
        self.images.iter().map(|(_, digest)| *digest)
    }

    /// The provenance of one value.
    pub fn provenance_of(&self, value: &str) -> Provenance {
        let place = Surroundings::new(self.working_directory());
        self.lookup(&place).of(value)
    }

    /// How many bytes it keeps.
    pub fn kept_bytes(&self) -> usize {
        let spoken = [&self.user, &self.untrusted, &self.readings, &self.model];
        let texts: usize = spoken.iter().map(|spoken| spoken.text.capacity()).sum();
        let tools: usize =
            self.tools.iter().map(|tool| 64 + tool.name.len() + tool.parameters.len() * 32).sum();
        let heard = self.heard.iter().flatten();
        let heard: usize = heard.map(|heard| 64 + heard.text.capacity() + heard.readings.capacity()).sum();
        texts + heard + tools + self.messages.len() * size_of::<Mark>() + self.images.len() * 64
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
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            self.user, self.untrusted, self.readings, self.model, self.messages, self.tools, self.workdir
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
            _ => heard.push(Utterance { speaker, text: text.to_owned(), readings: String::new(), message }),
        }
    }

    /// A reading of the text that was noted last.
    fn note_reading(&mut self, reading: &str) {
        if let Some(last) = self.heard.as_mut().and_then(|heard| heard.last_mut()) {
            last.readings.push_str(reading);
            last.readings.push('\n');
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
        let readings = readings(text);
        self.untrusted.push(text);
        self.note(Speaker::Untrusted, text);
        // Each is let go of when it was taken down: of a large result there is not room for all of them three times.
        for reading in readings {
            self.readings.push(&reading);
            self.note_reading(&reading);
        }
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
            mark.readings = self.readings.text.len();
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
        self.readings.text.truncate(end.readings);
        self.model.text.truncate(end.model);
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.images.retain(|(at, _)| *at <= count);
        tools
    }

    pub(crate) fn lookup<'c>(&'c self, place: &'c Surroundings) -> Lookup<'c> {
        Lookup::new(self, place)
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
