//! Tools that read, write, search and delete files.

use vigil_core::Verb;

use super::{PATHS, Tool};
use crate::action::draft::{Draft, Drafts};

/// Whether the tool is one of them; its effects are added then.
pub(super) fn decompose(tool: &Tool<'_>, drafts: &mut Drafts) -> bool {
    let keep = |draft: Draft| draft;
    // The name alone proves nothing: no file tool of the agents takes these, but for the editors' own `command`.
    let foreign = |name: &str| tool.arguments.get(name).is_some_and(|value| !value.is_null());
    if ["cmd", "script", "url", "sql", "webhook"].iter().any(|name| foreign(name))
        || (foreign("command") && !EDITORS.contains(&tool.name.as_str()))
    {
        return false;
    }
    match tool.name.as_str() {
        "read" | "read_file" | "view" | "view_file" | "open" | "open_file" | "cat" | "notebookread"
        | "read_many_files" | "view_image" | "readfile" | "scroll_down" | "scroll_up" | "goto"
        | "read_notebook" | "view_code_item" => {
            let paths = paths(tool, &["paths", "include", "files"]);
            for path in &paths {
                tool.path(Verb::Read, path, keep, drafts);
            }
            if paths.is_empty() {
                tool.path(Verb::Read, ".", keep, drafts);
            }
        }
        "glob"
        | "grep"
        | "ls"
        | "list_dir"
        | "list_directory"
        | "list_files"
        | "search_files"
        | "search_file_content"
        | "grep_search"
        | "file_search"
        | "find_file"
        | "find_files"
        | "codebase_search"
        | "search_dir"
        | "search_file"
        | "list_code_definition_names"
        | "find_by_name"
        | "grep_files"
        | "search_for_pattern"
        | "get_symbols_overview"
        | "find_symbol"
        | "lsp"
        | "get_errors"
        | "read_lints"
        | "getdiagnostics"
        | "list_code_usages" => {
            let paths = paths(
                tool,
                &["dir_path", "directory", "dir", "target_directories", "SearchDirectory", "DirectoryPath"],
            );
            let searches = !matches!(tool.name.as_str(), "ls" | "list_dir" | "list_directory");
            for path in paths.iter().map(String::as_str).chain(paths.is_empty().then_some(".")) {
                tool.path(Verb::Read, path, |draft| draft.recursive(searches), drafts);
            }
            // A pattern may itself be a path.
            if let Some(pattern) = tool
                .text(&["pattern", "glob_pattern"])
                .filter(|text| tool.name == "glob" && text.starts_with(['/', '~', '.']))
            {
                tool.path(Verb::Read, pattern, |draft| draft.recursive(true), drafts);
            }
        }
        "write"
        | "write_file"
        | "create"
        | "create_file"
        | "save_file"
        | "write_to_file"
        | "edit"
        | "multiedit"
        | "edit_file"
        | "replace"
        | "replace_in_file"
        | "search_replace"
        | "str_replace"
        | "insert"
        | "notebookedit"
        | "edit_notebook"
        | "insert_edit_into_file"
        | "replace_string_in_file"
        | "apply_diff"
        | "create_directory"
        | "new_file"
        | "undo_edit"
        | "insert_content"
        | "edit_notebook_file"
        | "multi_replace_string_in_file"
        | "replace_file_content"
        | "write_to_notebook"
        | "reapply"
        | "make_dir"
        | "append_file" => {
            let paths = paths(tool, &["dir_path", "directory", "files", "dirPath", "filePath"]);
            for path in &paths {
                tool.path(Verb::Write, path, keep, drafts);
            }
            if paths.is_empty() {
                return false;
            }
        }
        "delete_file" | "remove_file" | "delete" | "delete_directory" => {
            let paths = paths(tool, &["files", "paths", "directory"]);
            let whole = tool.name.ends_with("directory");
            for path in &paths {
                tool.path(Verb::Delete, path, |draft| draft.recursive(whole), drafts);
            }
            if paths.is_empty() {
                return false;
            }
        }
        "move_file" | "rename_file" | "copy_file" => {
            let from = tool.text(&["source", "from", "old_path", "src", "path"]);
            let to = tool.text(&["destination", "to", "new_path", "dst", "dest"]);
            let (Some(from), Some(to)) = (from, to) else { return false };
            tool.path(if tool.name == "copy_file" { Verb::Read } else { Verb::Write }, from, keep, drafts);
            tool.path(Verb::Write, to, Draft::partial, drafts);
        }
        // Anthropic's and OpenHands' editor: one tool, several commands.
        name if EDITORS.contains(&name) => {
            let Some(path) = tool.text(PATHS) else { return false };
            let verb = match tool.text(&["command"]).unwrap_or_default() {
                "view" => Verb::Read,
                "create" | "str_replace" | "insert" | "undo_edit" | "edit" => Verb::Write,
                _ => return false,
            };
            tool.path(verb, path, keep, drafts);
        }
        _ => return false,
    }
    true
}

/// Editors with several commands in one tool.
const EDITORS: &[&str] =
    &["str_replace_editor", "str_replace_based_edit_tool", "text_editor", "editor", "file_editor"];

fn paths(tool: &Tool<'_>, more: &[&str]) -> Vec<String> {
    let mut all = tool.texts(PATHS);
    if all.is_empty() {
        all = tool.texts(more);
    }
    if all.is_empty() {
        all = tool.texts(&["filePath"]);
    }
    all.truncate(128);
    all
}
