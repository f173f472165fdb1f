//! Codex (<https://developers.openai.com/codex/hooks>, schemas in `codex-rs/hooks/schema/generated` of openai/codex).
//!
//! In: the members of Claude Code, and `turn_id` and `model`. Shell tools come as `Bash`; a file edit comes as
//! `apply_patch` with the patch in `tool_input.command` (openai/codex#18391).
//!
//! Out, before: the denial of Claude Code, word for word. After: `{"decision": "block", "reason"}` on standard output with
//! exit code 0; the model reads the reason. Some versions run a patch that was denied (openai/codex#27833), so the wiring
//! asks after the write as well.

use serde_json::{Value, json};

use super::{Event, Moment, claude_code, text};
use crate::hook::Answer;
use crate::hook::report::Report;

pub(super) fn sends(call: &Value) -> bool {
    text(call, "hook_event_name").is_some()
        && (call.get("turn_id").is_some() || text(call, "tool_name") == Some("apply_patch"))
}

pub(super) fn say(event: &Event, report: &Report) -> Answer {
    match event.moment {
        Moment::Before => super::json(&claude_code::denial(event, report)),
        Moment::After => super::json(&json!({ "decision": "block", "reason": report.text().trim_end() })),
    }
}
