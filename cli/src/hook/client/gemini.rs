//! Gemini CLI (`docs/hooks/reference.md` of google-gemini/gemini-cli).
//!
//! In: `{"session_id", "transcript_path", "cwd", "hook_event_name": "BeforeTool" | "AfterTool", "timestamp", "tool_name",
//! "tool_input"}`, with `tool_response` after the tool.
//!
//! Out: JSON on standard output with exit code 0. Before: `{"decision": "deny", "reason"}`; the reason goes to the model as
//! the tool's error. After: `hookSpecificOutput.additionalContext` is appended to the tool's result (a denial there would
//! hide the result). Other text on standard output is not allowed.

use std::path::Path;

use serde_json::{Value, json};

use super::{Event, Moment, text, tool_event};
use crate::hook::Answer;
use crate::hook::report::Report;

pub(super) fn sends(call: &Value) -> bool {
    matches!(
        text(call, "hook_event_name"),
        Some("BeforeTool" | "AfterTool" | "BeforeAgent" | "AfterAgent" | "BeforeModel" | "AfterModel")
    )
}

pub(super) fn event(call: &Value, directory: &Path) -> Option<Event> {
    tool_event(call, directory, |name| match name {
        "BeforeTool" => Some(Moment::Before),
        "AfterTool" => Some(Moment::After),
        _ => None,
    })
}

pub(super) fn say(event: &Event, report: &Report) -> Answer {
    let told = report.text();
    let told = told.trim_end();
    super::json(&match event.moment {
        Moment::Before => json!({ "decision": "deny", "reason": told }),
        Moment::After => {
            json!({ "hookSpecificOutput": { "hookEventName": event.name, "additionalContext": told } })
        }
    })
}
