//! The files for pre-commit and GitHub: they parse, and what they run is there and works.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Told, project, run, vigil, workspace};

fn read(name: &str) -> Value {
    let text = std::fs::read_to_string(workspace().join(name)).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn git(directory: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository with a clean commit, and a branch `work` with a secret that is committed there.
fn repository() -> tempfile::TempDir {
    let p = project(&[("old.py", "token = \"changeme\"\n")]);
    git(p.path(), &["init", "-q"]);
    git(p.path(), &["add", "."]);
    git(p.path(), &["commit", "-q", "-m", "old"]);
    git(p.path(), &["checkout", "-q", "-b", "work"]);
    std::fs::write(p.path().join("new.py"), "x = 1\nAPI_KEY = \"changeme\"\n").unwrap();
    p
}

#[test]
fn the_hooks_of_pre_commit_run_commands_that_are_there() {
    let hooks = read(".pre-commit-hooks.yaml");
    let hooks = hooks.as_array().unwrap();
    assert_eq!(hooks.len(), 2);
    for hook in hooks {
        let entry: Vec<&str> = hook["entry"].as_str().unwrap().split(' ').collect();
        assert_eq!(entry[0], "vigil");
        let p = project(&[]);
        let mut command = vigil(p.path());
        command.args(&entry[1..]).arg("--help");
        assert_eq!(run(command, b"").code, 0, "{entry:?}");
        for name in ["id", "name", "language"] {
            assert!(hook[name].is_string(), "{name}");
        }
        assert_eq!(hook["pass_filenames"], false);
    }
}

#[test]
fn the_hook_of_pre_commit_sees_what_is_staged() {
    let hooks = read(".pre-commit-hooks.yaml");
    let entry: Vec<String> = hooks[0]["entry"].as_str().unwrap().split(' ').map(str::to_owned).collect();
    let p = repository();
    let scan = || {
        let mut command = vigil(p.path());
        command.args(&entry[1..]).arg("--offline");
        run(command, b"")
    };
    assert_eq!(scan().code, 0, "nothing is staged");
    git(p.path(), &["add", "new.py"]);
    let told = scan();
    assert!(told.code == 1 && told.out.contains("SEC-001") && !told.out.contains("old.py"), "{told:?}");
}

/// Runs the step of the action that scans, as a runner does.
fn step(directory: &Path, variables: &[(&str, &str)]) -> (Told, String) {
    let action = read("action.yml");
    let steps = action["runs"]["steps"].as_array().unwrap();
    let scan = steps.iter().find(|step| step["id"] == "scan").unwrap();
    assert_eq!((scan["shell"].as_str(), action["runs"]["using"].as_str()), (Some("bash"), Some("composite")));
    let bin = directory.join("root/bin");
    std::fs::create_dir_all(&bin).unwrap();
    let program = std::env::var_os("VIGIL_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_vigil").into());
    std::os::unix::fs::symlink(program, bin.join("vigil")).unwrap();
    let mut command = Command::new("bash");
    command
        .args(["-e", "-o", "pipefail", "-c", scan["run"].as_str().unwrap()])
        .current_dir(directory.join("p"));
    for name in scan["env"].as_object().unwrap().keys() {
        command.env(name, "");
    }
    command.env("SARIF", "vigil.sarif").env("ARGUMENTS", "--offline").env("ROOT", directory.join("root"));
    for name in ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"] {
        command.env(name, directory.join(name));
    }
    command.env("HOME", directory).env("GIT_CONFIG_GLOBAL", "/dev/null").envs(variables.iter().copied());
    let told = run(command, b"");
    (told, std::fs::read_to_string(directory.join("GITHUB_OUTPUT")).unwrap_or_default())
}

#[test]
fn the_action_reports_what_the_branch_brings() {
    let p = repository();
    git(p.path(), &["add", "new.py"]);
    git(p.path(), &["commit", "-q", "-m", "new"]);
    let place = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(p.path(), place.path().join("p")).unwrap();
    let (told, output) = step(place.path(), &[("BASE", "main")]);
    assert_eq!(told.code, 0, "{told:?}");
    assert_eq!(output, "code=1\nreport=true\n", "{told:?}");
    let sarif: Value =
        serde_json::from_str(&std::fs::read_to_string(p.path().join("vigil.sarif")).unwrap()).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 1, "{results:?}");
    let place_of = &results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!((results[0]["ruleId"].as_str(), place_of.as_str()), (Some("SEC-001"), Some("new.py")));
    let summary = std::fs::read_to_string(place.path().join("GITHUB_STEP_SUMMARY")).unwrap();
    assert!(summary.contains("SEC-001"), "{summary}");
}

#[test]
fn the_action_scans_everything_without_a_base() {
    let p = repository();
    let place = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(p.path(), place.path().join("p")).unwrap();
    let (told, output) = step(place.path(), &[("PATHS", "old.py"), ("FAIL_ON", "critical")]);
    assert_eq!((told.code, output.as_str()), (0, "code=1\nreport=true\n"), "{told:?}");
}

#[test]
fn the_action_passes_wrong_use_on() {
    let p = repository();
    let place = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(p.path(), place.path().join("p")).unwrap();
    let (told, output) = step(place.path(), &[("FAIL_ON", "dreadful")]);
    assert_eq!((told.code, output.as_str()), (0, "code=2\n"), "{told:?}");
    let action = read("action.yml");
    let last = action["runs"]["steps"].as_array().unwrap().last().unwrap();
    assert_eq!(last["run"], "exit \"$CODE\"");
}
