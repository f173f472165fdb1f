//! Who calls, and how each client speaks: one module for each protocol.

mod claude_code;
mod codex;
mod cursor;
mod gemini;

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Answer;
use super::report::Report;

/// A client that can call a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    /// Claude Code.
    ClaudeCode,
    /// Codex, the command and the app.
    Codex,
    /// Gemini CLI.
    Gemini,
    /// Cursor, the editor and its agent.
    Cursor,
}

/// When the client calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The tool has not run; it can be refused.
    Before,
    /// The tool has run; the model can be told.
    After,
}

/// A tool call, in no client's words.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    /// When it comes.
    pub(crate) moment: Moment,
    /// The event's name as the client writes it.
    pub(crate) name: String,
    /// The tool's name as the client writes it.
    pub(crate) tool: String,
    /// What the tool is given.
    pub(crate) input: Value,
    /// The directory that relative paths start from.
    pub(crate) directory: PathBuf,
}

impl Client {
    /// All clients, in the order in which a call is compared with them: the most particular first.
    pub(crate) const ALL: [Self; 4] = [Self::Cursor, Self::Gemini, Self::Codex, Self::ClaudeCode];

    /// The word of `--client` and `--agent`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::Cursor => "cursor",
        }
    }

    /// Reads the word back.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|client| client.name() == word)
    }

    /// The client that sends such a call.
    pub(crate) fn of(call: &Value) -> Option<Self> {
        Self::ALL.into_iter().find(|client| match client {
            Self::ClaudeCode => claude_code::sends(call),
            Self::Codex => codex::sends(call),
            Self::Gemini => gemini::sends(call),
            Self::Cursor => cursor::sends(call),
        })
    }

    /// The tool call, if the event is about one.
    pub(crate) fn event(self, call: &Value, directory: &Path) -> Option<Event> {
        match self {
            // Codex took over the events and the input of Claude Code.
            Self::ClaudeCode | Self::Codex => claude_code::event(call, directory),
            Self::Gemini => gemini::event(call, directory),
            Self::Cursor => cursor::event(call, directory),
        }
    }

    /// Says what was found.
    pub(crate) fn say(self, event: &Event, report: &Report) -> Answer {
        match self {
            Self::ClaudeCode => claude_code::say(event, report),
            Self::Codex => codex::say(event, report),
            Self::Gemini => gemini::say(event, report),
            Self::Cursor => cursor::say(event, report),
        }
    }
}

/// A text member of a call.
fn text<'c>(call: &'c Value, name: &str) -> Option<&'c str> {
    call.get(name).and_then(Value::as_str)
}

/// The event of the clients that name it in `hook_event_name` and the tool in `tool_name`, if its name tells a moment.
fn tool_event(call: &Value, directory: &Path, moment: impl FnOnce(&str) -> Option<Moment>) -> Option<Event> {
    let name = text(call, "hook_event_name")?;
    Some(Event {
        moment: moment(name)?,
        name: name.to_owned(),
        tool: text(call, "tool_name")?.to_owned(),
        input: input(call),
        directory: working_directory(call, directory),
    })
}

/// The working directory that a call names, else the hook's own.
fn working_directory(call: &Value, own: &Path) -> PathBuf {
    text(call, "cwd").filter(|cwd| !cwd.is_empty()).map_or_else(|| own.to_owned(), |cwd| own.join(cwd))
}

/// The input of a tool; some clients send it as a text that holds JSON.
fn input(call: &Value) -> Value {
    match call.get("tool_input") {
        Some(Value::String(text)) => {
            serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))
        }
        Some(value) => value.clone(),
        None => Value::Null,
    }
}

/// One JSON document on standard output, with exit code 0.
fn json(value: &Value) -> Answer {
    Answer { out: format!("{value}\n"), ..Answer::default() }
}
