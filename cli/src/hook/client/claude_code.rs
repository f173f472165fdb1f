//! Claude Code (<https://code.claude.com/docs/en/hooks>).
//!
//! In: `{"session_id", "transcript_path", "cwd", "permission_mode", "hook_event_name": "PreToolUse" | "PostToolUse",
//! "tool_name", "tool_input", "tool_use_id"}`, with `tool_response` after the tool.
//!
//! Out, before: `hookSpecificOutput.permissionDecision` `deny` on standard output with exit code 0; the model reads
//! `permissionDecisionReason`. After: exit code 2, and the model reads standard error. Every other exit code than 0 and 2
//! is an error of the hook that the model does not see, and plain text on standard output goes to the transcript only.

use std::path::Path;

use serde_json::{Value, json};

use super::{Event, Moment, text, tool_event};
use crate::hook::Answer;
use crate::hook::report::Report;

pub(super) fn sends(call: &Value) -> bool {
    matches!(text(call, "hook_event_name"), Some("PreToolUse" | "PostToolUse"))
        || (text(call, "hook_event_name").is_some() && text(call, "transcript_path").is_some())
}

pub(super) fn event(call: &Value, directory: &Path) -> Option<Event> {
    tool_event(call, directory, |name| match name {
        "PreToolUse" => Some(Moment::Before),
        "PostToolUse" => Some(Moment::After),
        _ => None,
    })
}

pub(super) fn say(event: &Event, report: &Report) -> Answer {
    match event.moment {
        Moment::Before => super::json(&denial(event, report)),
        Moment::After => Answer { err: report.text(), code: 2, ..Answer::default() },
    }
}

/// What refuses a tool call; Codex reads the same.
pub(super) fn denial(event: &Event, report: &Report) -> Value {
    json!({
        "hookSpecificOutput": {
            "hookEventName": event.name,
            "permissionDecision": "deny",
            "permissionDecisionReason": report.text().trim_end(),
        }
    })
}
