//! Tools to effects: a table of the common agents' tools, one module per family.

mod browser;
mod file;
mod http;
mod unknown;

use serde_json::Value;
use vigil_core::{Resource, Verb};

pub(crate) use unknown::words;

use super::command::{fetch_url, send_url};
use super::draft::{Draft, Drafts};
use super::place::{Directory, Surroundings};
use super::{patch, shell, sql};
use crate::provenance::DeclaredTool;

/// A call as its family's module sees it.
pub(super) struct Tool<'t> {
    /// The name without server prefix, lower case, as written otherwise.
    pub(super) name: String,
    /// The arguments; an empty object when they are not JSON.
    pub(super) arguments: &'t Value,
    /// The arguments as they came.
    pub(super) raw: &'t str,
    /// What the request says about the tool.
    pub(super) declared: Option<&'t DeclaredTool>,
    pub(super) place: &'t Surroundings,
}

impl<'t> Tool<'t> {
    /// The first of these arguments that is a text.
    pub(super) fn text(&self, names: &[&str]) -> Option<&'t str> {
        names.iter().find_map(|name| self.arguments.get(name)?.as_str())
    }

    /// The texts of the first of these arguments that is a text or a list of them.
    pub(super) fn texts(&self, names: &[&str]) -> Vec<String> {
        for name in names {
            match self.arguments.get(name) {
                Some(Value::String(text)) => return vec![text.clone()],
                Some(Value::Array(items)) => {
                    return items
                        .iter()
                        .map(|item| match item {
                            Value::String(text) => text.clone(),
                            other => other
                                .get("path")
                                .or_else(|| other.get("file_path"))
                                .and_then(Value::as_str)
                                .unwrap_or_default()
                                .to_owned(),
                        })
                        .filter(|text| !text.is_empty())
                        .collect();
                }
                _ => {}
            }
        }
        Vec::new()
    }

    /// Adds an effect on a path.
    pub(super) fn path(
        &self,
        verb: Verb,
        path: &str,
        change: impl FnOnce(Draft) -> Draft,
        drafts: &mut Drafts,
    ) {
        let located = self.place.locate(&Directory::At(String::new()), path);
        let draft = Draft::path(verb, located, path.contains('*'));
        drafts.add_some(draft.map(|draft| change(draft.from(path))));
    }

    pub(super) fn is_object(&self) -> bool {
        self.arguments.is_object()
    }
}

const PATHS: &[&str] = &[
    "file_path",
    "path",
    "absolute_path",
    "filepath",
    "filename",
    "file",
    "target_file",
    "notebook_path",
    "relative_workspace_path",
    "AbsolutePath",
    "TargetFile",
];
const COMMANDS: &[&str] = &["command", "cmd", "script", "code", "commands", "CommandLine", "input"];

/// Takes a call apart. Adds nothing when there is nothing to say; the caller then has the unknown.
pub(super) fn decompose(
    name: &str,
    arguments: Option<&Value>,
    raw: &str,
    declared: Option<&DeclaredTool>,
    place: &Surroundings,
    drafts: &mut Drafts,
) {
    let empty = Value::Object(serde_json::Map::new());
    let (own, server) = split_name(name);
    let tool =
        Tool { name: own.to_ascii_lowercase(), arguments: arguments.unwrap_or(&empty), raw, declared, place };
    let freeform = arguments.is_none_or(|value| !value.is_object());
    if freeform && !matches!(tool.name.as_str(), "apply_patch" | "bash" | "shell" | "exec") {
        return drafts.not_parsed("arguments_not_json", raw);
    }
    // The same name means the same only when it is the agent's own tool: a server may call anything `read`.
    match server {
        None => known(&tool, drafts),
        Some(_) => from_server(&tool, drafts),
    }
}

/// `mcp__server__tool` and the other spellings of a tool that a server brings.
fn split_name(name: &str) -> (&str, Option<&str>) {
    if let Some((server, tool)) = name.strip_prefix("mcp__").and_then(|rest| rest.split_once("__")) {
        return (tool, Some(server));
    }
    // Gemini CLI and some frameworks write `server__tool`; OpenAI namespaces write `functions.exec_command`.
    if let Some(tool) = name.strip_prefix("functions.").or_else(|| name.strip_prefix("container.")) {
        return (tool, None);
    }
    match name.split_once("__") {
        Some((server, tool)) if !server.is_empty() && !tool.is_empty() => (tool, Some(server)),
        _ => (name, None),
    }
}

fn known(tool: &Tool<'_>, drafts: &mut Drafts) {
    match tool.name.as_str() {
        // Shells: Claude Code, Anthropic's bash, Codex, Gemini CLI, Cursor, Windsurf, Cline, OpenHands, SWE-agent, Copilot.
        "bash"
        | "shell"
        | "local_shell"
        | "exec_command"
        | "exec"
        | "container_exec"
        | "run_shell_command"
        | "run_terminal_cmd"
        | "run_terminal_command"
        | "run_in_terminal"
        | "execute_command"
        | "execute_bash"
        | "cmdrun"
        | "run_command"
        | "terminal"
        | "sh"
        | "shell_command"
        | "run_bash"
        | "execute_shell"
        | "developer_shell"
        | "unified_exec"
        | "powershell"
        | "monitor" => shell_tool(tool, drafts),
        "apply_patch" => patch_tool(tool, drafts),
        // What is typed into a program that runs already.
        "write_stdin" | "send_input" => match tool.text(&["chars", "input", "text"]) {
            Some("") | None => drafts.add(quiet(tool)),
            Some(text) => shell::decompose(text, None, tool.place, drafts),
        },
        "bashoutput" | "killshell" | "killbash" | "read_terminal" | "taskoutput" | "command_status" => {
            drafts.add(quiet(tool))
        }
        // Plans, questions, thoughts: they touch nothing.
        "todowrite"
        | "todoread"
        | "todo_write"
        | "todo_read"
        | "update_plan"
        | "exitplanmode"
        | "exit_plan_mode"
        | "enterplanmode"
        | "askuserquestion"
        | "ask_user"
        | "ask_followup_question"
        | "attempt_completion"
        | "finish"
        | "submit"
        | "think"
        | "sequentialthinking"
        | "manage_todo_list"
        | "request_user_input"
        | "final_result"
        | "final_answer"
        | "structuredoutput"
        | "taskcreate"
        | "taskupdate"
        | "tasklist"
        | "taskget"
        | "write_todos"
        | "toolsearch"
        | "tool_search"
        | "skill"
        | "get_plan" => drafts.add(quiet(tool)),
        // Other agents.
        "task" | "agent" | "subagent" | "dispatch_agent" | "new_task" | "spawn_agent" | "delegate"
        | "delegate_task" | "handoff" | "browseragent" | "sendmessage" => {
            let prompt = tool.text(&["prompt", "task", "message", "description"]).unwrap_or(tool.raw);
            let whom = tool
                .text(&["subagent_type", "agent", "agent_type", "agent_id", "to", "name"])
                .unwrap_or("agent");
            drafts.add(
                Draft::new(Verb::Delegate, Resource::Message { recipients: vec![whom.to_owned()] })
                    .from(prompt),
            );
        }
        "cronlist" => drafts.add(quiet(tool)),
        "croncreate" | "crondelete" | "config" => {
            drafts.add(Draft::new(Verb::Configure, Resource::Unknown).from(tool.raw))
        }
        "memory" | "save_memory" | "update_memory" | "create_memories" | "add_memory" => memory(tool, drafts),
        "computer" | "computer_use" | "computer_use_preview" => browser::computer(tool, drafts),
        "webfetch" | "web_fetch" | "fetch" | "fetch_url" | "read_url_content" | "open_url" | "websearch"
        | "web_search" | "google_web_search" | "web_run" | "search_web" | "web_search_preview" => {
            web(tool, drafts)
        }
        _ if file::decompose(tool, drafts) => {}
        _ => from_server(tool, drafts),
    }
}

/// Tools whose names mean nothing by themselves.
fn from_server(tool: &Tool<'_>, drafts: &mut Drafts) {
    if browser::decompose(tool, drafts) || http::decompose(tool, drafts) {
        return;
    }
    let query = tool.text(&["sql", "query", "statement"]);
    if let Some(text) = query.filter(|text| {
        sql::looks_like_sql(text)
            && (tool.arguments.get("sql").is_some()
                || unknown::words(&tool.name).iter().any(|word| DATABASE.contains(&word.as_str())))
    }) {
        return sql::decompose(text, drafts);
    }
    unknown::decompose(tool, drafts);
}

const DATABASE: &[&str] = &[
    "sql",
    "query",
    "execute",
    "db",
    "database",
    "postgres",
    "sqlite",
    "mysql",
    "bigquery",
    "snowflake",
    "statement",
];

/// A call that touches nothing outside the agent.
fn quiet(tool: &Tool<'_>) -> Draft {
    Draft::new(Verb::Read, Resource::Memory(tool.name.clone())).from(tool.raw)
}

fn shell_tool(tool: &Tool<'_>, drafts: &mut Drafts) {
    let action = tool.arguments.get("action").filter(|value| value.is_object()).unwrap_or(tool.arguments);
    let directory = ["workdir", "cwd", "working_directory", "directory", "dir_path", "Cwd"]
        .iter()
        .find_map(|name| action.get(name).or_else(|| tool.arguments.get(name))?.as_str())
        .filter(|text| !text.is_empty());
    if !tool.is_object() {
        return shell::decompose(tool.raw, directory, tool.place, drafts);
    }
    let mut any = false;
    for name in COMMANDS {
        match action.get(name) {
            Some(Value::String(text)) => {
                any = true;
                shell::decompose(text, directory, tool.place, drafts);
            }
            // A list of words (`["bash", "-lc", "…"]`) is one command; a list of whole lines is several.
            Some(Value::Array(items)) => {
                any = true;
                let words: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                if words.len() != items.len() {
                    drafts.not_parsed("shell_not_parsed", tool.raw);
                } else if *name == "commands" {
                    words.iter().for_each(|text| shell::decompose(text, directory, tool.place, drafts));
                } else {
                    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
                    shell::decompose(&quoted.join(" "), directory, tool.place, drafts);
                }
            }
            Some(Value::Null) | None => continue,
            Some(_) => {
                any = true;
                drafts.not_parsed("shell_not_parsed", tool.raw);
            }
        }
        break;
    }
    if action
        .get("env")
        .and_then(Value::as_object)
        .is_some_and(|env| env.keys().any(|name| name.contains("PRELOAD") || name == "BASH_ENV"))
    {
        drafts.add(Draft::unknown(tool.raw));
    }
    if !any {
        match tool.arguments.get("restart").and_then(Value::as_bool) {
            Some(true) => drafts.add(quiet(tool)),
            _ => drafts.not_parsed("shell_not_parsed", tool.raw),
        }
    }
    // Codex: the call asks to leave the sandbox.
    let escalates = tool.text(&["sandbox_permissions"]).is_some_and(|text| text.contains("escalat"))
        || tool.arguments.get("with_escalated_permissions").and_then(Value::as_bool) == Some(true);
    if escalates {
        drafts.remark("asks_to_leave_the_sandbox");
    }
}

/// A word as a shell reads it back.
fn quote(word: &str) -> String {
    let plain =
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&b));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

fn patch_tool(tool: &Tool<'_>, drafts: &mut Drafts) {
    let here = Directory::At(String::new());
    // OpenAI's own tool sends one operation: `{"type":"update_file","path":…,"diff":…}`.
    let operation = tool.arguments.get("operation").unwrap_or(tool.arguments);
    if let (Some(kind), Some(path)) =
        (operation.get("type").and_then(Value::as_str), operation.get("path").and_then(Value::as_str))
    {
        let verb = if kind.starts_with("delete") { Verb::Delete } else { Verb::Write };
        return tool.path(verb, path, |draft| draft, drafts);
    }
    let text = if tool.is_object() {
        tool.text(&["input", "patch", "diff", "patchText"]).unwrap_or(tool.raw)
    } else {
        tool.raw
    };
    if !patch::codex(tool.place, &here, text, drafts) {
        patch::unified(tool.place, &here, text, drafts);
    }
}

fn memory(tool: &Tool<'_>, drafts: &mut Drafts) {
    let what = tool.text(&["path", "fact", "content", "title", "id", "old_path", "key"]).unwrap_or_default();
    let verb = match tool.text(&["command", "action"]).unwrap_or("create") {
        "view" | "read" | "search" | "list" => Verb::Read,
        "delete" => Verb::Delete,
        _ => Verb::Write,
    };
    drafts.add(Draft::new(verb, Resource::Memory(what.chars().take(256).collect())).from(tool.raw));
}

fn web(tool: &Tool<'_>, drafts: &mut Drafts) {
    let urls = tool.texts(&["url", "urls", "uri", "link", "Url"]);
    for url in urls.iter().take(16) {
        drafts.add(fetch_url(url));
    }
    if urls.is_empty() {
        // The words of a search go to a search engine and to nobody else.
        let query = tool.text(&["query", "search_term", "q", "search_query", "prompt"]).unwrap_or(tool.raw);
        let long = query.len() > 512;
        drafts.add(
            Draft::new(Verb::Fetch, Resource::DataStore("web search".to_owned())).from(query).outward(long),
        );
    }
}

pub(super) fn reach(url: &str, sends: bool) -> Draft {
    if sends { send_url(url) } else { fetch_url(url) }
}
