//! What a tool call does to files and packages, told by its fields.
//!
//! Clients, versions and MCP servers have dozens of names for the same few tools, but nearly one set of fields: a path
//! with a content, with pairs of old and new texts, or with a new cell; a patch; a command.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::change::{Cell, Change, FilePatch, Insertion, Replacement, Write};
use super::client::{Event, Moment};
use super::{install, shell};

/// Most edits of one call that are read.
const MAX_EDITS: usize = 1_000;

/// One thing that a call does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Deed {
    /// A file gets a content.
    Write(Write),
    /// Packages are installed.
    Install(install::Install),
}

/// Fields that name the file.
const PATHS: &[&str] = &[
    "file_path",
    "path",
    "filePath",
    "absolute_path",
    "target_file",
    "notebook_path",
    "TargetFile",
    "relative_workspace_path",
    "filename",
];
/// Fields that hold a whole content.
const CONTENTS: &[&str] = &["content", "contents", "file_text", "CodeContent"];
/// Fields that hold what goes and what comes.
const PAIRS: &[(&str, &str)] = &[
    ("old_string", "new_string"),
    ("old_str", "new_str"),
    ("oldString", "newString"),
    ("oldText", "newText"),
    ("old_text", "new_text"),
    ("TargetContent", "ReplacementContent"),
];
/// Fields that hold a list of such pairs.
const LISTS: &[&str] = &["edits", "replacements", "ReplacementChunks"];
/// Fields that hold a command or a patch.
const COMMANDS: &[&str] = &["command", "cmd", "input", "patch", "patchText", "script", "CommandLine"];

/// Tools whose `command` is a shell's.
const SHELLS: &[&str] = &[
    "bash",
    "shell",
    "run_shell_command",
    "exec_command",
    "local_shell",
    "shell_command",
    "container.exec",
    "exec",
    "run_terminal_cmd",
    "run_terminal_command",
    "run_in_terminal",
    "execute_command",
    "run_command",
    "terminal",
    "unified_exec",
];

/// What the call does, as far as it can be told.
pub(crate) fn of(event: &Event) -> Vec<Deed> {
    let input = &event.input;
    let tool = event.tool.rsplit("__").next().unwrap_or(&event.tool).to_ascii_lowercase();
    let command = COMMANDS.iter().find_map(|name| input.get(name)).or(Some(input).filter(|v| v.is_string()));
    if let Some(text) = command.and_then(Value::as_str).and_then(FilePatch::find) {
        return patched(text, event);
    }
    if SHELLS.contains(&tool.as_str()) {
        return command.map_or_else(Vec::new, |command| shell::deeds(command, &shell_directory(event)));
    }
    let Some(path) = first_text(input, PATHS).filter(|path| !path.is_empty()) else { return Vec::new() };
    let path = located(path, &event.directory);
    change(input).map(|change| Deed::Write(Write { path, change })).into_iter().collect()
}

fn change(input: &Value) -> Option<Change> {
    if let Some(source) = first_text(input, &["new_source"]) {
        return Some(Change::Cell(Cell {
            source: source.to_owned(),
            id: first_text(input, &["cell_id"]).map(str::to_owned),
            code: first_text(input, &["cell_type"]).map(|kind| kind == "code"),
            mode: first_text(input, &["edit_mode"]).unwrap_or("replace").to_owned(),
        }));
    }
    if let Some(list) = LISTS.iter().find_map(|name| input.get(name)?.as_array()) {
        let replacements: Vec<Replacement> = list.iter().take(MAX_EDITS).filter_map(replacement).collect();
        if !replacements.is_empty() {
            return Some(Change::Replace(replacements));
        }
    }
    if let Some(replacement) = replacement(input) {
        return Some(Change::Replace(vec![replacement]));
    }
    // Anthropic's editor: `{"command": "insert", "path", "insert_line", "insert_text"}`.
    if let (Some(line), Some(text)) =
        (input.get("insert_line").and_then(Value::as_u64), first_text(input, &["insert_text", "new_str"]))
    {
        let line = usize::try_from(line).unwrap_or(usize::MAX);
        return Some(Change::Insert(Insertion { line, text: text.to_owned() }));
    }
    first_text(input, CONTENTS).map(|content| Change::Whole(content.to_owned()))
}

fn replacement(value: &Value) -> Option<Replacement> {
    PAIRS.iter().find_map(|(old, new)| {
        let all = ["replace_all", "replaceAll", "allow_multiple", "AllowMultiple"]
            .iter()
            .any(|name| value.get(name).and_then(Value::as_bool) == Some(true))
            || value.get("expected_replacements").and_then(Value::as_u64).is_some_and(|count| count > 1);
        Some(Replacement {
            old: value.get(old)?.as_str()?.to_owned(),
            new: value.get(new)?.as_str()?.to_owned(),
            all,
        })
    })
}

/// The files of a patch.
fn patched(text: &str, event: &Event) -> Vec<Deed> {
    let files = FilePatch::parse(text).into_iter().map(|file| {
        // A file that moves lies at its old place before the tool has run, and at the new one afterwards.
        let path = file.moved.as_ref().filter(|_| event.moment == Moment::After).unwrap_or(&file.path);
        Deed::Write(Write { path: located(path, &event.directory), change: Change::Patch(file.patch) })
    });
    files.collect()
}

fn shell_directory(event: &Event) -> PathBuf {
    let named = ["workdir", "cwd", "dir_path", "directory", "working_directory"];
    first_text(&event.input, &named)
        .filter(|directory| !directory.is_empty())
        .map_or_else(|| event.directory.clone(), |directory| event.directory.join(directory))
}

fn located(path: &str, directory: &Path) -> PathBuf {
    let path = path.strip_prefix("file://").unwrap_or(path);
    directory.join(path)
}

fn first_text<'v>(value: &'v Value, names: &[&str]) -> Option<&'v str> {
    names.iter().find_map(|name| value.get(name)?.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deeds(tool: &str, input: Value) -> Vec<Deed> {
        of(&Event {
            moment: Moment::Before,
            name: "PreToolUse".to_owned(),
            tool: tool.to_owned(),
            input,
            directory: "/p".into(),
        })
    }

    #[track_caller]
    fn check(tool: &str, input: Value, path: &str, change: Change) {
        assert_eq!(deeds(tool, input), [Deed::Write(Write { path: path.into(), change })]);
    }

    fn replace(old: &str, new: &str, all: bool) -> Change {
        Change::Replace(vec![Replacement { old: old.into(), new: new.into(), all }])
    }

    #[test]
    fn a_content_is_a_whole_file() {
        check("Write", json!({"file_path": "/p/a.py", "content": "x"}), "/p/a.py", Change::Whole("x".into()));
        check("Write", json!({"path": "a.py", "contents": "x"}), "/p/a.py", Change::Whole("x".into()));
        check(
            "mcp__filesystem__write_file",
            json!({"path": "a.py", "content": "x"}),
            "/p/a.py",
            Change::Whole("x".into()),
        );
    }

    #[test]
    fn pairs_of_texts_replace() {
        check(
            "Edit",
            json!({"file_path": "a", "old_string": "x", "new_string": "y"}),
            "/p/a",
            replace("x", "y", false),
        );
        check(
            "MultiEdit",
            json!({"file_path": "a", "edits": [{"old_string": "x", "new_string": "y", "replace_all": true}]}),
            "/p/a",
            replace("x", "y", true),
        );
        check(
            "replace",
            json!({"file_path": "a", "old_string": "x", "new_string": "y", "expected_replacements": 2}),
            "/p/a",
            replace("x", "y", true),
        );
        check(
            "mcp__filesystem__edit_file",
            json!({"path": "a", "edits": [{"oldText": "x", "newText": "y"}]}),
            "/p/a",
            replace("x", "y", false),
        );
    }

    #[test]
    fn a_patch_is_known_by_its_head_whatever_the_tool() {
        let patch = "*** Begin Patch\n*** Add File: a.py\n+x = 1\n*** End Patch";
        for (tool, input) in [
            ("apply_patch", json!({"command": patch})),
            ("apply_patch", json!({"input": patch})),
            ("Bash", json!({"command": format!("apply_patch <<'EOF'\n{patch}\nEOF")})),
        ] {
            let found = deeds(tool, input);
            assert!(
                matches!(found.as_slice(), [Deed::Write(Write { path, change: Change::Patch(_) })] if path == Path::new("/p/a.py")),
                "{tool}: {found:?}"
            );
        }
    }

    #[test]
    fn what_writes_and_installs_nothing_is_no_deed() {
        for (tool, input) in [
            ("Read", json!({"file_path": "/p/a.py"})),
            ("Glob", json!({"pattern": "**"})),
            ("Unheard", json!({"a": 1})),
            ("Bash", json!({})),
            ("Bash", json!({"command": 3})),
            ("Write", json!(null)),
            ("Write", json!({"file_path": 3, "content": []})),
            ("Bash", json!({"command": "ls -la"})),
        ] {
            assert_eq!(deeds(tool, input), [], "{tool}");
        }
    }
}
