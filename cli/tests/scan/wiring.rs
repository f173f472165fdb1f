//! `vigil init --agent`: the settings of each client.

use serde_json::Value;

use super::{Told, project, run, vigil};

const AGENTS: [(&str, &str, &str); 4] = [
    ("claude-code", ".claude/settings.json", "/hooks/PreToolUse/0/hooks/0/command"),
    ("codex", ".codex/hooks.json", "/hooks/PostToolUse/0/hooks/0/command"),
    ("gemini", ".gemini/settings.json", "/hooks/BeforeTool/0/hooks/0/command"),
    ("cursor", ".cursor/hooks.json", "/hooks/beforeShellExecution/0/command"),
];

fn init(directory: &std::path::Path, arguments: &[&str]) -> Told {
    let mut command = vigil(directory);
    command.arg("init").args(arguments);
    run(command, b"")
}

#[test]
fn each_agent_asks_the_hook_afterwards() {
    for (agent, file, pointer) in AGENTS {
        let p = project(&[]);
        let told = init(p.path(), &["--agent", agent, "--yes"]);
        assert_eq!((told.code, told.err.as_str()), (0, ""), "{agent}");
        assert!(told.out.contains(&format!("+++ b/{file}")), "{agent}: {}", told.out);
        let settings: Value =
            serde_json::from_str(&std::fs::read_to_string(p.path().join(file)).unwrap()).unwrap();
        let command = settings.pointer(pointer).unwrap().as_str().unwrap();
        assert_eq!(command, format!("vigil hook --client {agent}"));
        // The command that is wired is one that this program has.
        let mut help = vigil(p.path());
        help.args(command.split(' ').skip(1)).arg("--help");
        assert_eq!(run(help, b"").code, 0);

        let again = init(p.path(), &["--agent", agent, "--yes"]);
        assert!(again.code == 0 && again.out.contains("already"), "{agent}: {again:?}");
    }
}

#[test]
fn nothing_changes_without_a_yes() {
    let p = project(&[]);
    let told = init(p.path(), &["--agent", "codex"]);
    assert!(
        told.code == 1 && told.err.contains("--yes") && told.out.contains("+++ b/.codex/hooks.json"),
        "{told:?}"
    );
    assert!(!p.path().join(".codex").exists());
}

#[test]
fn a_broken_file_is_left_alone() {
    let p = project(&[(".claude/settings.json", "{ // mine\n}")]);
    let told = init(p.path(), &["--agent", "claude-code", "--yes"]);
    assert_eq!(told.code, 2);
    assert!(told.err.contains(".claude/settings.json") && told.err.contains("line 1"), "{told:?}");
    assert_eq!(std::fs::read_to_string(p.path().join(".claude/settings.json")).unwrap(), "{ // mine\n}");
}

#[test]
fn an_unknown_agent_is_wrong_use() {
    let p = project(&[]);
    let told = init(p.path(), &["--agent", "clippy"]);
    assert!(told.code == 2 && told.err.contains("claude-code"), "{told:?}");
}
