//! A scripted client that talks to `vigil lsp` through its standard input and output.

use std::io::{BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use super::{project, vigil};

/// Longer than any answer takes, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);
const SECRET: &str = "API_KEY = \"changeme\"\n";

struct Editor {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    next: i64,
    root: String,
    /// What was read while something else was waited for.
    unread: Vec<Value>,
}

impl Editor {
    fn start(root: &Path) -> Self {
        Self::start_with(root, &[])
    }

    fn start_with(root: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = vigil(root);
        command.arg("lsp").envs(environment.iter().copied());
        if environment.is_empty() {
            command.arg("--offline");
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            while let Some(message) = message(&mut reader) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let input = child.stdin.take();
        let root = format!("file://{}", root.display());
        let mut editor = Self { child, input, messages, next: 0, root, unread: Vec::new() };
        let capabilities = json!({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": true}}});
        let folders = json!([{"uri": editor.root, "name": "p"}]);
        let answer = editor.ask("initialize", json!({
            "processId": null, "rootUri": editor.root, "capabilities": capabilities, "workspaceFolders": folders,
        }));
        assert_eq!(answer["serverInfo"]["name"], "vigil");
        assert_eq!(answer["capabilities"]["positionEncoding"], "utf-16");
        editor.tell("initialized", json!({}));
        editor
    }

    fn uri(&self, name: &str) -> String {
        format!("{}/{name}", self.root)
    }

    fn send(&mut self, value: &Value) {
        let text = value.to_string();
        let input = self.input.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        input.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        let answer = self.wait(|message| message["id"] == id && message.get("method").is_none());
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }

    /// Waits for a message; answers what the server asks meanwhile.
    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.unread.iter().position(&wanted) {
            return self.unread.remove(at);
        }
        loop {
            let message = self.messages.recv_timeout(PATIENCE).unwrap();
            if message.get("method").is_some() && message.get("id").is_some() {
                self.send(&json!({"jsonrpc": "2.0", "id": message["id"], "result": null}));
            }
            if wanted(&message) {
                return message;
            }
            self.unread.push(message);
        }
    }

    fn open(&mut self, name: &str, text: &str) {
        let uri = self.uri(name);
        let document = json!({"uri": uri, "languageId": "python", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    fn change(&mut self, name: &str, version: i32, changes: Value) {
        let document = json!({"uri": self.uri(name), "version": version});
        self.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}));
    }

    /// The diagnostics of a version of a document.
    fn diagnostics(&mut self, name: &str, version: i32) -> Vec<Value> {
        let uri = self.uri(name);
        let message = self.wait(|message| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri.as_str()
                && message["params"]["version"] == version
        });
        message["params"]["diagnostics"].as_array().unwrap().clone()
    }

    fn actions(&mut self, name: &str, range: &Value) -> Vec<Value> {
        let params = json!({
            "textDocument": {"uri": self.uri(name)}, "range": range, "context": {"diagnostics": []},
        });
        self.ask("textDocument/codeAction", params).as_array().unwrap().clone()
    }

    fn end(mut self, shut_down: bool) -> Option<i32> {
        if shut_down {
            assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        }
        self.tell("exit", Value::Null);
        self.child.wait().unwrap().code()
    }
}

/// One message, until the server is gone.
fn message(reader: &mut impl std::io::BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            header => {
                if let Some(value) = header.strip_prefix("Content-Length: ") {
                    length = value.parse().ok()?;
                }
            }
        }
    }
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn range(from: (u32, u32), to: (u32, u32)) -> Value {
    json!({"start": {"line": from.0, "character": from.1}, "end": {"line": to.0, "character": to.1}})
}

/// Applies the edits of an action to a text whose characters are all ASCII.
fn applied(action: &Value, uri: &str, text: &str) -> String {
    let edits = action["edit"]["changes"][uri].as_array().unwrap();
    let at = |place: &Value| {
        let line = place["line"].as_u64().unwrap() as usize;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        start + place["character"].as_u64().unwrap() as usize
    };
    let mut edits: Vec<_> = edits
        .iter()
        .map(|edit| {
            (at(&edit["range"]["start"]), at(&edit["range"]["end"]), edit["newText"].as_str().unwrap())
        })
        .collect();
    edits.sort_unstable();
    let mut text = text.to_owned();
    for (start, end, new) in edits.into_iter().rev() {
        text.replace_range(start..end, new);
    }
    text
}

#[test]
fn an_open_document_has_diagnostics() {
    let p = project(&[]);
    let mut editor = Editor::start(p.path());
    editor.open("app.py", &format!("x = 1\n{SECRET}"));
    let found = editor.diagnostics("app.py", 1);
    assert_eq!(found.len(), 1, "{found:?}");
    let found = &found[0];
    assert_eq!((found["code"].as_str(), found["severity"].as_u64()), (Some("SEC-001"), Some(1)));
    assert_eq!(
        (found["source"].as_str(), found["range"]["start"]["line"].as_u64()),
        (Some("vigil"), Some(1))
    );
    let href = found["codeDescription"]["href"].as_str().unwrap();
    assert!(href.ends_with("docs/rules/SEC-001.md"), "{href}");
    assert!(super::workspace().join("docs/rules/SEC-001.md").is_file());
    assert!(!found["message"].as_str().unwrap().contains("changeme"), "secrets are redacted");
    assert_eq!(editor.end(true), Some(0));
}

#[test]
fn changes_are_followed_in_utf_16() {
    let p = project(&[]);
    let mut editor = Editor::start(p.path());
    editor.open("app.py", "# 𝒳 ä\r\nx = '𝒳'; y = 2\r\n");
    assert_eq!(editor.diagnostics("app.py", 1), Vec::<Value>::new());
    // Behind the astral character, which counts for two.
    let with_secret = json!([{"range": range((1, 10), (1, 15)), "text": "api_key = \"changeme\""}]);
    editor.change("app.py", 2, with_secret);
    let found = editor.diagnostics("app.py", 2);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["range"]["start"]["line"], 1);
    let (start, end) = (&found[0]["range"]["start"]["character"], &found[0]["range"]["end"]["character"]);
    assert!(start.as_u64() >= Some(10) && end.as_u64() <= Some(30), "{found:?}");
    // Two changes in one message, the second on the text after the first.
    let mended = json!([
        {"range": range((1, 10), (1, 30)), "text": ""},
        {"range": range((0, 0), (0, 0)), "text": "import os\r\n"},
    ]);
    editor.change("app.py", 3, mended);
    assert_eq!(editor.diagnostics("app.py", 3), Vec::<Value>::new());
    // And the whole text at once.
    editor.change("app.py", 4, json!([{"text": SECRET}]));
    assert_eq!(editor.diagnostics("app.py", 4).len(), 1);
    assert_eq!(editor.end(true), Some(0));
}

#[test]
fn quick_fixes_mend_and_suppress() {
    let p = project(&[]);
    let mut editor = Editor::start(p.path());
    let text = "import os\n\nAPI_KEY = os.getenv(\"API_KEY\", \"sk-default-123\")\n";
    editor.open("app.py", text);
    let found = editor.diagnostics("app.py", 1);
    assert_eq!(found.len(), 1, "{found:?}");
    let uri = editor.uri("app.py");
    let mut offered = 0;
    for action in editor.actions("app.py", &found[0]["range"]) {
        offered += 1;
        assert_eq!(action["kind"], "quickfix");
        let mended = applied(&action, &uri, text);
        editor.change("app.py", 1 + offered, json!([{"text": mended}]));
        assert_eq!(editor.diagnostics("app.py", 1 + offered), Vec::<Value>::new(), "{action} makes {mended}");
        if action["title"].as_str().unwrap().starts_with("Ignore SEC-004") {
            assert!(mended.contains("# vigil: ignore[SEC-004] "), "{mended}");
        } else {
            assert!(action["isPreferred"] == true && mended.contains("os.environ[\"API_KEY\"]"), "{mended}");
        }
    }
    assert_eq!(offered, 2);
    let elsewhere = editor.actions("app.py", &range((0, 0), (0, 0)));
    assert_eq!(elsewhere, Vec::<Value>::new());
    assert_eq!(editor.end(true), Some(0));
}

#[test]
fn settings_are_read_again_when_they_change() {
    let p = project(&[(".vigil.yaml", "rules:\n  SEC-001:\n    enabled: false\n")]);
    let mut editor = Editor::start(p.path());
    let asked = editor.wait(|message| message["method"] == "client/registerCapability");
    assert_eq!(asked["params"]["registrations"][0]["method"], "workspace/didChangeWatchedFiles");
    editor.open("app.py", SECRET);
    assert_eq!(editor.diagnostics("app.py", 1), Vec::<Value>::new());
    let changed = |editor: &mut Editor| {
        let uri = editor.uri(".vigil.yaml");
        editor.tell("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": uri, "type": 2}]}));
    };
    std::fs::write(p.path().join(".vigil.yaml"), "rules:\n  SEC-001:\n    severity: low\n").unwrap();
    changed(&mut editor);
    assert_eq!(editor.diagnostics("app.py", 1)[0]["severity"], 3);
    std::fs::write(p.path().join(".vigil.yaml"), "rulez: {}\n").unwrap();
    changed(&mut editor);
    let told = editor.wait(|message| message["method"] == "window/showMessage");
    assert!(told["params"]["message"].as_str().unwrap().contains("rulez"), "{told}");
    assert_eq!(editor.diagnostics("app.py", 1)[0]["severity"], 1, "the defaults hold meanwhile");
    assert_eq!(editor.end(true), Some(0));
}

#[test]
fn a_closed_document_has_no_diagnostics() {
    let p = project(&[]);
    let mut editor = Editor::start(p.path());
    editor.open("app.py", SECRET);
    assert_eq!(editor.diagnostics("app.py", 1).len(), 1);
    let uri = editor.uri("app.py");
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    let message = editor.wait(|message| message["method"] == "textDocument/publishDiagnostics");
    assert_eq!(message["params"]["diagnostics"], json!([]));
    assert_eq!(editor.end(true), Some(0));
}

#[test]
fn other_documents_and_broken_ones_do_no_harm() {
    let p = project(&[("folder/.vigil.yaml", "exclude: [\"made/\"]\n")]);
    let mut editor = Editor::start(p.path());
    for (name, text) in [
        ("notes.md", SECRET.to_owned()),
        ("folder/made/app.py", SECRET.to_owned()),
        ("deep.py", "(".repeat(100_000)),
        ("deep.js", "[".repeat(100_000)),
        ("empty.ts", String::new()),
    ] {
        editor.open(name, &text);
        let errors = editor.diagnostics(name, 1).iter().filter(|found| found["severity"] == 1).count();
        assert_eq!(errors, 0, "{name}");
    }
    let untitled =
        json!({"uri": "untitled:Untitled-1", "languageId": "python", "version": 1, "text": SECRET});
    editor.tell("textDocument/didOpen", json!({"textDocument": untitled}));
    assert_eq!(editor.end(true), Some(0));
}

#[test]
fn who_exits_without_a_shutdown_hears_one() {
    let p = project(&[]);
    assert_eq!(Editor::start(p.path()).end(false), Some(1));
}

#[test]
fn a_client_that_is_gone_ends_the_server() {
    let p = project(&[]);
    let mut editor = Editor::start(p.path());
    editor.input = None;
    assert_eq!(editor.child.wait().unwrap().code(), Some(1));
}

#[test]
fn a_manifest_is_judged_while_it_is_written() {
    let p = project(&[]);
    let mut editor = Editor::start(p.path());
    editor.open("requirements.txt", "requests\nreqeusts\n");
    let found = editor.diagnostics("requirements.txt", 1);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["code"], "DEP-003");
    assert_eq!(found[0]["range"], range((1, 0), (1, 8)));
    editor.change("requirements.txt", 2, json!([{"text": "requests\n"}]));
    assert_eq!(editor.diagnostics("requirements.txt", 2), Vec::<Value>::new());
    editor.open("Cargo.toml", "[dependencies]\nserde-json = \"1\"\n");
    assert_eq!(editor.diagnostics("Cargo.toml", 1)[0]["code"], "DEP-003");
    assert_eq!(editor.end(true), Some(0));
}

#[test]
fn registries_are_asked_when_a_manifest_is_opened_or_saved() {
    let p = project(&[]);
    let address = super::hook::registry(&["requests"]);
    let mut editor = Editor::start_with(p.path(), &[("VIGIL_PYPI_URL", &address)]);
    editor.open("requirements.txt", "requests\norchard-ghost\n");
    // First what is known without asking, then what the registry says.
    assert_eq!(editor.diagnostics("requirements.txt", 1), Vec::<Value>::new());
    let found = editor.diagnostics("requirements.txt", 1);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0]["code"].as_str(), found[0]["severity"].as_u64()), (Some("DEP-001"), Some(1)));
    // What was heard once is known while people type; a new name is asked for when it is saved.
    editor.change("requirements.txt", 2, json!([{"text": "orchard-ghost\nother-ghost\n"}]));
    assert_eq!(editor.diagnostics("requirements.txt", 2).len(), 1);
    let document = json!({"uri": editor.uri("requirements.txt")});
    editor.tell("textDocument/didSave", json!({"textDocument": document}));
    assert_eq!(editor.diagnostics("requirements.txt", 2).len(), 1);
    assert_eq!(editor.diagnostics("requirements.txt", 2).len(), 2);
    assert_eq!(editor.end(true), Some(0));
}
