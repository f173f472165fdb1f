//! Which file of each client says what, and how the call of the hook is added to it.

use super::ordered::Ordered;
use crate::hook::Client;

/// The settings file, below the directory of the project.
pub(super) fn file(client: Client) -> &'static str {
    match client {
        Client::ClaudeCode => ".claude/settings.json",
        Client::Codex => ".codex/hooks.json",
        Client::Gemini => ".gemini/settings.json",
        Client::Cursor => ".cursor/hooks.json",
    }
}

/// What the user does next.
pub(super) fn next(client: Client) -> &'static str {
    match client {
        Client::ClaudeCode => "Claude Code reads it when a session starts; `/hooks` lists it.",
        Client::Codex => "Codex asks you to trust the hook before it runs it; `/hooks` lists it.",
        Client::Gemini => "Gemini CLI reads it when it starts; `/hooks` lists it.",
        Client::Cursor => "Cursor reads it when it starts; the Hooks tab of its settings lists it.",
    }
}

/// An event, and the tools it is asked for.
struct Entry {
    event: &'static str,
    matcher: Option<&'static str>,
}

fn entries(client: Client) -> &'static [Entry] {
    match client {
        Client::ClaudeCode => {
            &[Entry { event: "PreToolUse", matcher: Some("Write|Edit|MultiEdit|NotebookEdit|Bash") }]
        }
        // Some versions run a patch in spite of a denial: openai/codex#27833.
        Client::Codex => &[
            Entry { event: "PreToolUse", matcher: Some("Bash|apply_patch|Edit|Write") },
            Entry { event: "PostToolUse", matcher: Some("apply_patch|Edit|Write") },
        ],
        Client::Gemini => {
            &[Entry { event: "BeforeTool", matcher: Some("write_file|replace|run_shell_command") }]
        }
        Client::Cursor => &[
            Entry { event: "preToolUse", matcher: Some("Write|StrReplace|Edit|MultiEdit|ApplyPatch") },
            Entry { event: "beforeShellExecution", matcher: None },
            Entry { event: "afterFileEdit", matcher: None },
        ],
    }
}

/// Adds what is missing; says whether anything was.
pub(super) fn merge(client: Client, settings: &mut Ordered) -> Result<bool, String> {
    let Ordered::Object(members) = settings else { return Err("is no JSON object".to_owned()) };
    if client == Client::Cursor && !members.iter().any(|(name, _)| name == "version") {
        members.insert(0, ("version".to_owned(), Ordered::number(1)));
    }
    let Some(hooks @ Ordered::Object(_)) = settings.member("hooks", || Ordered::Object(Vec::new())) else {
        return Err("has `hooks` that are no object".to_owned());
    };
    let mut changed = false;
    for entry in entries(client) {
        let Some(Ordered::Array(list)) = hooks.member(entry.event, || Ordered::Array(Vec::new())) else {
            return Err(format!("has `hooks.{}` that is no list", entry.event));
        };
        if !list.iter().any(|entry| entry.holds_text("vigil hook")) {
            list.push(definition(client, entry));
            changed = true;
        }
    }
    Ok(changed)
}

/// One entry below an event. The hook ends by itself long before the time-out; it is for a registry behind a bad network.
fn definition(client: Client, entry: &Entry) -> Ordered {
    let command = Ordered::text(format!("vigil hook --client {}", client.name()));
    let matcher = entry.matcher.map(|matcher| ("matcher", Ordered::text(matcher)));
    if client == Client::Cursor {
        let rest = [("command", command), ("timeout", Ordered::number(10))];
        return Ordered::object(matcher.into_iter().chain(rest));
    }
    let milliseconds = client == Client::Gemini;
    let call = Ordered::object([
        ("type", Ordered::text("command")),
        ("command", command),
        ("timeout", Ordered::number(if milliseconds { 10_000 } else { 10 })),
    ]);
    Ordered::object(matcher.into_iter().chain([("hooks", Ordered::Array(vec![call]))]))
}
