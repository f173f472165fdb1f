//! Each client's calls, and what it is told.

use std::path::Path;

use serde_json::{Value, json};

use super::{Told, project, run, vigil};

/// A secret that a template left behind: SEC-001, critical.
const SECRET: &str = "API_KEY = \"changeme\"\n";
const CLEAN: &str = "import os\n\nAPI_KEY = os.environ[\"API_KEY\"]\n";

fn hook(directory: &Path, call: &Value) -> Told {
    hook_with(directory, &["hook", "--offline"], call.to_string().as_bytes())
}

fn hook_with(directory: &Path, arguments: &[&str], input: &[u8]) -> Told {
    let mut command = vigil(directory);
    command.args(arguments);
    run(command, input)
}

#[track_caller]
fn silent(told: &Told) {
    assert_eq!((told.code, told.out.as_str(), told.err.as_str()), (0, "", ""));
}

#[track_caller]
fn names_the_finding(text: &str, place: &str) {
    assert!(text.contains(&format!("critical SEC-001 {place} ")) && text.contains(" -> "), "{text}");
}

#[track_caller]
fn document(told: &Told) -> Value {
    assert_eq!((told.code, told.err.as_str()), (0, ""), "{told:?}");
    assert_eq!(told.out.lines().count(), 1, "{told:?}");
    serde_json::from_str(&told.out).unwrap()
}

// Claude Code.

fn claude(directory: &Path, event: &str, tool: &str, input: Value) -> Value {
    json!({
        "session_id": "s", "transcript_path": "/t.jsonl", "cwd": directory, "permission_mode": "default",
        "hook_event_name": event, "tool_name": tool, "tool_input": input, "tool_use_id": "toolu_1",
    })
}

#[test]
fn claude_code_is_denied_a_secret() {
    let p = project(&[]);
    let input = json!({"file_path": p.path().join("app.py"), "content": SECRET});
    let told = hook(p.path(), &claude(p.path(), "PreToolUse", "Write", input));
    let answer = document(&told);
    let output = &answer["hookSpecificOutput"];
    assert_eq!(output["hookEventName"], "PreToolUse");
    assert_eq!(output["permissionDecision"], "deny");
    names_the_finding(output["permissionDecisionReason"].as_str().unwrap(), "app.py:1");
    assert!(!p.path().join("app.py").exists());
}

#[test]
fn claude_code_is_told_after_the_write() {
    let p = project(&[("app.py", SECRET)]);
    let input = json!({"file_path": p.path().join("app.py"), "content": SECRET});
    let told = hook(p.path(), &claude(p.path(), "PostToolUse", "Write", input));
    assert_eq!((told.code, told.out.as_str()), (2, ""));
    names_the_finding(&told.err, "app.py:1");
}

#[test]
fn a_clean_write_is_answered_with_silence() {
    let p = project(&[("app.py", CLEAN)]);
    let input = || json!({"file_path": p.path().join("app.py"), "content": CLEAN});
    for event in ["PreToolUse", "PostToolUse"] {
        silent(&hook(p.path(), &claude(p.path(), event, "Write", input())));
    }
    silent(&hook(p.path(), &gemini(p.path(), "BeforeTool", "write_file", input())));
    silent(&hook(
        p.path(),
        &cursor(p.path(), "preToolUse", json!({"tool_name": "Write", "tool_input": input()})),
    ));
}

#[test]
fn an_edit_is_judged_by_what_it_brings() {
    let old = format!("{SECRET}\ndef f():\n    return 1\n");
    let p = project(&[("app.py", &old)]);
    let edit = |old: &str, new: &str| {
        let input = json!({"file_path": p.path().join("app.py"), "old_string": old, "new_string": new});
        hook(p.path(), &claude(p.path(), "PreToolUse", "Edit", input))
    };
    // What was there before is not this edit's fault.
    silent(&edit("return 1", "return 2"));
    let reason = document(&edit("return 1", "password = \"changeme\"\n    return 2"));
    let reason = reason["hookSpecificOutput"]["permissionDecisionReason"].as_str().unwrap().to_owned();
    names_the_finding(&reason, "app.py:4");
    assert!(!reason.contains("app.py:1 "), "{reason}");
    // An edit that does not fit is refused by the client itself.
    silent(&edit("not there", SECRET));
    assert_eq!(std::fs::read_to_string(p.path().join("app.py")).unwrap(), old);
}

#[test]
fn several_edits_are_applied_in_their_order() {
    let p = project(&[("app.py", "a = 1\nb = 2\n")]);
    let edits = json!([
        {"old_string": "a = 1", "new_string": "token = \"x\""},
        {"old_string": "token = \"x\"", "new_string": "api_key = \"changeme\""},
    ]);
    let input = json!({"file_path": p.path().join("app.py"), "edits": edits});
    let answer = document(&hook(p.path(), &claude(p.path(), "PreToolUse", "MultiEdit", input)));
    names_the_finding(answer["hookSpecificOutput"]["permissionDecisionReason"].as_str().unwrap(), "app.py:1");
}

#[test]
fn a_cell_of_a_notebook_is_judged_in_its_notebook() {
    let notebook = json!({
        "cells": [{"id": "a", "cell_type": "code", "metadata": {}, "outputs": [], "source": ["x = 1\n"]}],
        "metadata": {}, "nbformat": 4, "nbformat_minor": 5,
    });
    let p = project(&[("n.ipynb", &notebook.to_string())]);
    let input = json!({"notebook_path": p.path().join("n.ipynb"), "cell_id": "a", "new_source": SECRET});
    let answer = document(&hook(p.path(), &claude(p.path(), "PreToolUse", "NotebookEdit", input)));
    let reason = answer["hookSpecificOutput"]["permissionDecisionReason"].as_str().unwrap();
    assert!(reason.contains("critical SEC-001 n.ipynb:"), "{reason}");
}

#[test]
fn a_write_through_the_shell_is_a_write() {
    let p = project(&[]);
    let command = format!("mkdir -p src && cat > src/app.py <<'EOF'\n{SECRET}EOF\n");
    let answer =
        document(&hook(p.path(), &claude(p.path(), "PreToolUse", "Bash", json!({"command": command}))));
    names_the_finding(
        answer["hookSpecificOutput"]["permissionDecisionReason"].as_str().unwrap(),
        "src/app.py:1",
    );
    silent(&hook(
        p.path(),
        &claude(p.path(), "PreToolUse", "Bash", json!({"command": "ls -la && git status"})),
    ));
}

// Codex.

fn codex(directory: &Path, event: &str, tool: &str, command: &str) -> Value {
    let mut call = claude(directory, event, tool, json!({"command": command}));
    call["turn_id"] = json!("turn-1");
    call["model"] = json!("gpt-5");
    call
}

#[test]
fn codex_is_denied_a_patch() {
    let p = project(&[("old.py", "a = 1\nb = 2\n")]);
    let patch = "*** Begin Patch\n*** Update File: old.py\n@@\n a = 1\n-b = 2\n+api_key = \"changeme\"\n*** Add File: new.py\n+x = 1\n*** End Patch\n";
    let answer = document(&hook(p.path(), &codex(p.path(), "PreToolUse", "apply_patch", patch)));
    assert_eq!(answer["hookSpecificOutput"]["permissionDecision"], "deny");
    names_the_finding(answer["hookSpecificOutput"]["permissionDecisionReason"].as_str().unwrap(), "old.py:2");
}

#[test]
fn codex_is_told_after_the_patch() {
    let p = project(&[("new.py", &format!("x = 1\n{SECRET}"))]);
    let patch = format!("*** Begin Patch\n*** Add File: new.py\n+x = 1\n+{SECRET}*** End Patch\n");
    let answer = document(&hook(p.path(), &codex(p.path(), "PostToolUse", "apply_patch", &patch)));
    assert_eq!(answer["decision"], "block");
    names_the_finding(answer["reason"].as_str().unwrap(), "new.py:2");
}

#[test]
fn a_file_that_moves_is_read_where_it_is() {
    let p = project(&[("new.py", SECRET)]);
    let patch = format!(
        "*** Begin Patch\n*** Update File: old.py\n*** Move to: new.py\n@@\n-x = 1\n+{SECRET}*** End Patch\n"
    );
    let answer = document(&hook(p.path(), &codex(p.path(), "PostToolUse", "apply_patch", &patch)));
    names_the_finding(answer["reason"].as_str().unwrap(), "new.py:1");
}

#[test]
fn codex_may_write_a_clean_patch() {
    let p = project(&[("old.py", SECRET)]);
    let patch =
        "*** Begin Patch\n*** Update File: old.py\n@@\n+x = 1\n*** Delete File: gone.py\n*** End Patch\n";
    silent(&hook(p.path(), &codex(p.path(), "PreToolUse", "apply_patch", patch)));
}

// Gemini CLI.

fn gemini(directory: &Path, event: &str, tool: &str, input: Value) -> Value {
    json!({
        "session_id": "s", "transcript_path": "/t.json", "cwd": directory, "hook_event_name": event,
        "timestamp": "2026-11-20T10:00:00Z", "tool_name": tool, "tool_input": input,
    })
}

#[test]
fn gemini_is_denied_a_secret() {
    let p = project(&[("app.py", "x = 1\n")]);
    let write = json!({"file_path": "app.py", "content": SECRET});
    let answer = document(&hook(p.path(), &gemini(p.path(), "BeforeTool", "write_file", write)));
    assert_eq!(answer["decision"], "deny");
    names_the_finding(answer["reason"].as_str().unwrap(), "app.py:1");
    let replace =
        json!({"file_path": "app.py", "instruction": "i", "old_string": "x = 1", "new_string": SECRET});
    let answer = document(&hook(p.path(), &gemini(p.path(), "BeforeTool", "replace", replace)));
    names_the_finding(answer["reason"].as_str().unwrap(), "app.py:1");
}

#[test]
fn gemini_is_told_after_the_write() {
    let p = project(&[("app.py", SECRET)]);
    let write = json!({"file_path": "app.py", "content": SECRET});
    let answer = document(&hook(p.path(), &gemini(p.path(), "AfterTool", "write_file", write)));
    assert_eq!(answer["hookSpecificOutput"]["hookEventName"], "AfterTool");
    names_the_finding(answer["hookSpecificOutput"]["additionalContext"].as_str().unwrap(), "app.py:1");
}

// Cursor.

fn cursor(directory: &Path, event: &str, more: Value) -> Value {
    let mut call = json!({
        "conversation_id": "c", "generation_id": "g", "model": "m", "hook_event_name": event,
        "cursor_version": "2.4.0", "workspace_roots": [directory], "user_email": null,
    });
    for (name, value) in more.as_object().unwrap() {
        call[name] = value.clone();
    }
    call
}

#[test]
fn cursor_is_denied_a_secret() {
    let p = project(&[]);
    let input = json!({"file_path": p.path().join("app.py"), "content": SECRET});
    let call = cursor(p.path(), "preToolUse", json!({"tool_name": "Write", "tool_input": input}));
    let answer = document(&hook(p.path(), &call));
    assert_eq!(answer["permission"], "deny");
    assert!(answer["user_message"].as_str().unwrap().contains("1 problem"), "{answer}");
    names_the_finding(answer["agent_message"].as_str().unwrap(), "app.py:1");
}

#[test]
fn cursor_is_denied_a_write_through_the_shell() {
    let p = project(&[]);
    let command = format!("cat > app.py <<EOF\n{SECRET}EOF");
    let call = cursor(p.path(), "beforeShellExecution", json!({"command": command, "cwd": p.path()}));
    let answer = document(&hook(p.path(), &call));
    assert_eq!(answer["permission"], "deny");
    names_the_finding(answer["agent_message"].as_str().unwrap(), "app.py:1");
}

#[test]
fn cursor_hears_nothing_after_an_edit_but_its_log_does() {
    let p = project(&[("app.py", &format!("x = 1\n{SECRET}"))]);
    let edits = json!([{"old_string": "", "new_string": SECRET}]);
    let call =
        cursor(p.path(), "afterFileEdit", json!({"file_path": p.path().join("app.py"), "edits": edits}));
    let told = hook(p.path(), &call);
    assert_eq!((told.code, told.out.as_str()), (0, ""));
    names_the_finding(&told.err, "app.py:2");
    let input = json!({"file_path": p.path().join("app.py"), "content": SECRET});
    let call = cursor(p.path(), "postToolUse", json!({"tool_name": "Write", "tool_input": input}));
    let answer = document(&hook(p.path(), &call));
    names_the_finding(answer["additional_context"].as_str().unwrap(), "app.py:2");
}

// All of them.

#[test]
fn a_call_that_cannot_be_read_passes_with_one_line() {
    let p = project(&[]);
    for input in
        ["", "{", "[]", "3", "\"text\"", "{}", "{\"a\": 1}", "\u{feff}{}", "{\"hook_event_name\": 3}"]
    {
        let told = hook_with(p.path(), &["hook"], input.as_bytes());
        assert_eq!((told.code, told.out.as_str()), (0, ""), "{input}");
        assert!(told.err.starts_with("vigil hook: ") && told.err.lines().count() == 1, "{input}: {told:?}");
    }
    let told = hook_with(p.path(), &["hook"], &[0xff, 0xfe, 0]);
    assert_eq!((told.code, told.out.as_str(), told.err.lines().count()), (0, "", 1));
}

#[test]
fn deep_nesting_is_no_stack_overflow() {
    let p = project(&[]);
    let deep = "[".repeat(1 << 20);
    let told = hook_with(p.path(), &["hook"], deep.as_bytes());
    assert_eq!((told.code, told.out.as_str(), told.err.lines().count()), (0, "", 1));
}

#[test]
fn a_call_without_end_is_not_read() {
    let p = project(&[]);
    let mut input =
        br#"{"hook_event_name": "PreToolUse", "tool_name": "Write", "tool_input": {"content": ""#.to_vec();
    input.resize(17 << 20, b'a');
    let told = hook_with(p.path(), &["hook"], &input);
    assert_eq!((told.code, told.out.as_str()), (0, ""));
    assert!(told.err.contains("more than 16 MiB"), "{}", told.err);
}

#[test]
fn wrong_use_lets_the_call_pass() {
    let p = project(&[]);
    let input = json!({"file_path": "app.py", "content": SECRET});
    let call = claude(p.path(), "PreToolUse", "Write", input).to_string();
    for arguments in
        [["hook", "--client", "nobody"].as_slice(), &["hook", "--nonsense"], &["hook", "--client"]]
    {
        let told = hook_with(p.path(), arguments, call.as_bytes());
        assert_eq!((told.code, told.out.as_str()), (0, ""), "{arguments:?}");
        assert!(!told.err.is_empty(), "{arguments:?}");
    }
}

#[test]
fn other_events_and_tools_are_none_of_its_business() {
    let p = project(&[("app.py", SECRET)]);
    for event in ["SessionStart", "UserPromptSubmit", "Stop", "Notification", "PreCompact"] {
        silent(&hook(
            p.path(),
            &claude(p.path(), event, "Write", json!({"file_path": "app.py", "content": SECRET})),
        ));
    }
    for tool in ["Read", "Glob", "mcp__server__unheard_of", "Task"] {
        silent(&hook(p.path(), &claude(p.path(), "PreToolUse", tool, json!({"file_path": "app.py"}))));
    }
    silent(&hook(p.path(), &cursor(p.path(), "beforeSubmitPrompt", json!({"prompt": "hi"}))));
    silent(&hook(p.path(), &gemini(p.path(), "SessionStart", "x", json!({}))));
}

#[test]
fn the_client_can_be_named() {
    let p = project(&[]);
    let input = json!({"file_path": "app.py", "content": SECRET});
    let call = claude(p.path(), "PreToolUse", "Write", input).to_string();
    let told = hook_with(p.path(), &["hook", "--client", "cursor"], call.as_bytes());
    assert_eq!(document(&told)["permission"], "deny");
}

#[test]
fn the_settings_of_the_project_hold() {
    let p =
        project(&[(".vigil.yaml", "exclude: [\"generated/\"]\nrules:\n  SEC-001:\n    enabled: false\n")]);
    let write = |name: &str, text: &str| {
        let input = json!({"file_path": p.path().join(name), "content": text});
        hook(p.path(), &claude(p.path(), "PreToolUse", "Write", input))
    };
    silent(&write("app.py", SECRET));
    silent(&write("generated/app.py", "import jwt\njwt.encode({}, \"supersecret\", algorithm=\"HS256\")\n"));
    // Broken settings do not switch it off.
    std::fs::write(p.path().join(".vigil.yaml"), "exclud: []\n").unwrap();
    let told = write("app.py", SECRET);
    assert_eq!(told.code, 0);
    assert!(told.out.contains("\"deny\"") && told.err.contains("exclude"), "{told:?}");
}

#[test]
fn a_suppressed_finding_is_none() {
    let p = project(&[]);
    let text = "API_KEY = \"changeme\"  # vigil: ignore[SEC-001] a test fixture\n";
    let input = json!({"file_path": p.path().join("app.py"), "content": text});
    silent(&hook(p.path(), &claude(p.path(), "PreToolUse", "Write", input)));
}

#[test]
fn what_is_no_file_is_told_and_passes() {
    let p = project(&[("folder.py/x", "")]);
    let input = json!({"file_path": p.path().join("folder.py"), "old_string": "a", "new_string": "b"});
    let told = hook(p.path(), &claude(p.path(), "PreToolUse", "Edit", input));
    assert_eq!((told.code, told.out.as_str()), (0, ""));
    assert!(told.err.contains("is no file"), "{told:?}");
}

#[test]
fn many_edits_of_a_large_file_are_told_and_pass() {
    let p = project(&[("app.py", &"x = 1\n".repeat(400_000))]);
    let edit = json!({"old_string": "x = 1", "new_string": "x = 1", "replace_all": true});
    let input = json!({"file_path": p.path().join("app.py"), "edits": vec![edit; 1_000]});
    let told = hook(p.path(), &claude(p.path(), "PreToolUse", "MultiEdit", input));
    assert_eq!((told.code, told.out.as_str()), (0, ""));
    assert!(told.err.contains("too large for 1000 edits"), "{told:?}");
}

#[test]
fn a_large_file_is_judged_once() {
    let p = project(&[]);
    let text = format!("{}{SECRET}", "x = 1\n".repeat(20_000));
    let input = json!({"file_path": p.path().join("app.py"), "content": text});
    let answer = document(&hook(p.path(), &claude(p.path(), "PreToolUse", "Write", input)));
    names_the_finding(
        answer["hookSpecificOutput"]["permissionDecisionReason"].as_str().unwrap(),
        "app.py:20001",
    );
}

// Packages.

/// A registry that knows these packages and answers everything else with 404.
pub(super) fn registry(known: &'static [&'static str]) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || answer(stream, known));
        }
    });
    address
}

fn answer(mut stream: std::net::TcpStream, known: &[&str]) {
    use std::io::{BufRead as _, BufReader, Write as _};
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut request = String::new();
    reader.read_line(&mut request).unwrap_or_default();
    let mut header = String::new();
    while reader.read_line(&mut header).is_ok_and(|length| length > 2) {
        header.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    let name = path.trim_start_matches("/pypi/").trim_start_matches('/').trim_end_matches("/json");
    let body = json!({
        "info": {"name": name, "version": "1.0.0", "home_page": "https://github.com/a/b"},
        "releases": {"1.0.0": [{"upload_time_iso_8601": "2015-01-01T00:00:00Z"}]},
        "versions": {"1.0.0": {}}, "dist-tags": {"latest": "1.0.0"},
        "time": {"created": "2015-01-01T00:00:00.000Z"}, "repository": {"url": "https://github.com/a/b"},
    });
    let (status, body) = match known.contains(&name) {
        true => ("200 OK", body.to_string()),
        false => ("404 Not Found", "{}".to_owned()),
    };
    let _closed = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}

fn shell(directory: &Path, address: &str, command: &str) -> Told {
    let call = claude(directory, "PreToolUse", "Bash", json!({"command": command}));
    asked(directory, address, &call)
}

fn asked(directory: &Path, address: &str, call: &Value) -> Told {
    let mut hook = vigil(directory);
    hook.arg("hook").env("VIGIL_PYPI_URL", address).env("VIGIL_NPM_URL", address);
    run(hook, call.to_string().as_bytes())
}

#[test]
fn a_package_that_does_not_exist_is_not_installed() {
    let p = project(&[]);
    let address = registry(&["requests", "left-pad"]);
    for (command, name) in [
        ("pip install flask-jwt-simplified-auth", "flask-jwt-simplified-auth"),
        ("cd api && sudo pip3 install requests flask-jwt-simplified-auth", "flask-jwt-simplified-auth"),
        ("uv add flask-jwt-simplified-auth", "flask-jwt-simplified-auth"),
        ("npm install left-pad express-session-quick-tokens", "express-session-quick-tokens"),
        ("npx express-session-quick-tokens init", "express-session-quick-tokens"),
    ] {
        let answer = document(&shell(p.path(), &address, command));
        let reason = answer["hookSpecificOutput"]["permissionDecisionReason"].as_str().unwrap();
        assert!(reason.contains(&format!("critical DEP-001 `{name}` ")), "{command}: {reason}");
        assert!(reason.contains("it was not run"), "{command}: {reason}");
    }
    silent(&shell(p.path(), &address, "pip install requests && npm i left-pad@1.0.0"));
}

#[test]
fn every_client_hears_about_packages() {
    let p = project(&[]);
    let address = registry(&[]);
    let command = "npm install express-session-quick-tokens";
    let calls = [
        (codex(p.path(), "PreToolUse", "Bash", command), "/hookSpecificOutput/permissionDecisionReason"),
        (gemini(p.path(), "BeforeTool", "run_shell_command", json!({"command": command})), "/reason"),
        (
            cursor(p.path(), "beforeShellExecution", json!({"command": command, "cwd": p.path()})),
            "/agent_message",
        ),
    ];
    for (call, pointer) in calls {
        let answer = document(&asked(p.path(), &address, &call));
        let told = answer.pointer(pointer).unwrap().as_str().unwrap();
        assert!(told.contains("DEP-001 `express-session-quick-tokens`"), "{told}");
    }
}

#[test]
fn a_name_that_looks_like_another_is_told_without_a_network() {
    let p = project(&[]);
    let told =
        hook(p.path(), &claude(p.path(), "PreToolUse", "Bash", json!({"command": "pip install reqeusts"})));
    let answer = document(&told);
    let reason = answer["hookSpecificOutput"]["permissionDecisionReason"].as_str().unwrap();
    assert!(reason.contains("DEP-003 `reqeusts`") && reason.contains("requests"), "{reason}");
}

#[test]
fn a_manifest_is_judged_by_its_new_lines() {
    let p = project(&[("requirements.txt", "old-name-nobody-knows==1\n")]);
    let address = registry(&["requests"]);
    let write = |text: &str| {
        let input = json!({"file_path": p.path().join("requirements.txt"), "content": text});
        asked(p.path(), &address, &claude(p.path(), "PreToolUse", "Write", input))
    };
    silent(&write("old-name-nobody-knows==1\nrequests\n"));
    let answer = document(&write("old-name-nobody-knows==1\nflask-jwt-simplified-auth\n"));
    let reason = answer["hookSpecificOutput"]["permissionDecisionReason"].as_str().unwrap();
    assert!(
        reason.contains("DEP-001 requirements.txt:2 ") && !reason.contains("requirements.txt:1"),
        "{reason}"
    );
}

#[test]
fn a_registry_that_is_silent_lets_the_command_pass_in_time() {
    let p = project(&[]);
    // It takes connections and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let started = std::time::Instant::now();
    let told = shell(p.path(), &address, "pip install flask-jwt-simplified-auth");
    assert_eq!((told.code, told.out.as_str()), (0, ""), "{told:?}");
    assert!(told.err.starts_with("vigil hook: "), "{told:?}");
    assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn a_shell_that_writes_is_judged_like_a_tool_that_does() {
    let p = project(&[("app.py", "x = 1\n")]);
    for (command, place) in [
        ("echo 'API_KEY = \"changeme\"' > new.py", "new.py:1"),
        ("echo 'API_KEY = \"changeme\"' >> app.py", "app.py:2"),
        ("printf 'import os\\nAPI_KEY = \"%s\"\\n' changeme > new.py", "new.py:2"),
        ("sed -i 's/x = 1/API_KEY = \"changeme\"/' app.py", "app.py:1"),
        ("tee new.py <<EOF\nAPI_KEY = \"changeme\"\nEOF", "new.py:1"),
        ("python3 -c 'API_KEY = \"changeme\"'", "<command>.py:1"),
        ("python3 - <<EOF\nAPI_KEY = \"changeme\"\nEOF", "<command>.py:1"),
        ("node -e 'const API_KEY = \"changeme\"'", "<command>.js:1"),
    ] {
        let told = hook(p.path(), &claude(p.path(), "PreToolUse", "Bash", json!({"command": command})));
        let answer = document(&told);
        names_the_finding(answer["hookSpecificOutput"]["permissionDecisionReason"].as_str().unwrap(), place);
    }
    silent(&hook(
        p.path(),
        &claude(p.path(), "PreToolUse", "Bash", json!({"command": "echo 'API_KEY = \"changeme\"'"})),
    ));
}
