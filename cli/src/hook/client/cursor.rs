//! Cursor (<https://cursor.com/docs/agent/hooks>).
//!
//! In: `{"conversation_id", "generation_id", "model", "hook_event_name", "cursor_version", "workspace_roots"}` and what
//! belongs to the event: `command` and `cwd` of `beforeShellExecution`; `tool_name`, `tool_input` and `cwd` of `preToolUse`
//! and `postToolUse`; `file_path` and `edits` (`old_string`, `new_string`) of `afterFileEdit` and `afterTabFileEdit`.
//!
//! Out: JSON on standard output with exit code 0. Before: `{"permission": "deny", "user_message", "agent_message"}`; the
//! model reads `agent_message`. After a tool: `{"additional_context"}`. What a hook says after a file edit goes nowhere but
//! to the hooks' output channel, so it goes to standard error.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Event, Moment, input, text};
use crate::hook::Answer;
use crate::hook::report::Report;

pub(super) fn sends(call: &Value) -> bool {
    call.get("cursor_version").is_some()
        || (call.get("conversation_id").is_some() && text(call, "hook_event_name").is_some())
        || matches!(
            text(call, "hook_event_name"),
            Some(
                "preToolUse"
                    | "postToolUse"
                    | "beforeShellExecution"
                    | "afterShellExecution"
                    | "afterFileEdit"
                    | "afterTabFileEdit"
            )
        )
}

pub(super) fn event(call: &Value, directory: &Path) -> Option<Event> {
    let name = text(call, "hook_event_name")?;
    // Cursor also runs the hooks of `.claude/settings.json`, and then writes their events as Claude Code does.
    let (moment, tool, input) = match name {
        "beforeShellExecution" => (Moment::Before, "Shell", json!({ "command": text(call, "command")? })),
        "afterFileEdit" | "afterTabFileEdit" => (
            Moment::After,
            "Edit",
            json!({ "file_path": text(call, "file_path")?, "edits": call.get("edits")? }),
        ),
        "preToolUse" | "PreToolUse" => (Moment::Before, text(call, "tool_name")?, input(call)),
        "postToolUse" | "PostToolUse" => (Moment::After, text(call, "tool_name")?, input(call)),
        _ => return None,
    };
    Some(Event {
        moment,
        name: name.to_owned(),
        tool: tool.to_owned(),
        input,
        directory: working_directory(call, directory),
    })
}

pub(super) fn say(event: &Event, report: &Report) -> Answer {
    let told = report.text();
    let told = told.trim_end();
    match (event.moment, event.name.as_str()) {
        (Moment::Before, _) => super::json(&json!({
            "permission": "deny",
            "user_message": format!("Vigil: {}", report.headline()),
            "agent_message": told,
        })),
        (Moment::After, "afterFileEdit" | "afterTabFileEdit") => {
            Answer { err: format!("{told}\n"), ..Answer::default() }
        }
        (Moment::After, _) => super::json(&json!({ "additional_context": told })),
    }
}

/// `cwd`, else the first folder of the workspace.
fn working_directory(call: &Value, own: &Path) -> PathBuf {
    let root = || call.get("workspace_roots")?.get(0)?.as_str();
    match text(call, "cwd").filter(|cwd| !cwd.is_empty()).or_else(root) {
        Some(directory) => own.join(directory),
        None => own.to_owned(),
    }
}
