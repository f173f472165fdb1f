//! `vigil scan` and its kin, as their users meet them: transcripts, exit codes, git.

use std::process::Command;

use vigil_e2e::{Home, Settings, Told};

use super::vigil;

const SECRET: &str = "API_KEY = \"changeme\"\n";

/// A home with these files, all below `p`.
fn home(files: &[(&str, &str)]) -> Home {
    let home = Home::new(&vigil(), None, &Settings::default()).unwrap();
    for (name, text) in files {
        write(&home, name, text);
    }
    std::fs::create_dir_all(home.path().join("p")).unwrap();
    home
}

fn write(home: &Home, name: &str, text: &str) {
    let path = home.path().join("p").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Runs the command in `p`, or below it.
fn run_in(home: &Home, directory: &str, arguments: &[&str]) -> Told {
    let output = home
        .command(arguments)
        .current_dir(home.path().join("p").join(directory))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    Told {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn run(home: &Home, arguments: &[&str]) -> Told {
    run_in(home, "", arguments)
}

fn git(home: &Home, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(home.path().join("p"))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Rule, file and line of each finding.
#[track_caller]
fn findings(told: &Told) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    let place = |finding: &serde_json::Value| {
        let at = &finding["location"];
        format!("{} {}:{}", finding["rule_id"].as_str().unwrap(), at["file"].as_str().unwrap(), at["line"])
    };
    report.get("findings").unwrap().as_array().unwrap().iter().map(place).collect()
}

/// The transcript of a command, without its duration.
fn said(home: &Home, arguments: &[&str]) -> String {
    let told = run(home, arguments);
    let text = format!("$ vigil {}\n{}{}exit {}\n\n", arguments.join(" "), told.out, told.err, told.code);
    let text = text.replace(&home.path().join("p").display().to_string(), "P");
    let mut out = String::new();
    for line in text.lines() {
        match line.split_once(" scanned in ") {
            Some((before, _)) => out.push_str(&format!("{before} scanned in S\n")),
            None => out.push_str(&format!("{}\n", line.trim_end())),
        }
    }
    out
}

#[test]
fn what_a_user_sees() {
    let home = home(&[
        ("app.py", SECRET),
        ("bad.yaml", "deps:\n  offline_mod: true\n"),
        ("rule.yaml", "rules:\n  SEC-01: {enabled: false}\n"),
        ("quiet.yaml", "fail_on: critical\nrules: {SEC-001: {severity: low}}\n"),
        ("empty/notes.md", "nothing\n"),
    ]);
    let mut all = String::new();
    for arguments in [
        ["scan", "--offline"].as_slice(),
        &["scan", "--offline", "-c", "quiet.yaml"],
        &["scan", "-c", "bad.yaml"],
        &["scan", "-c", "rule.yaml"],
        &["scan", "-c", "gone.yaml"],
        &["scan", "-r", "SEC-01"],
        &["scan", "-f", "xml"],
        &["scan", "nowhere"],
        &["scan", "empty", "--offline"],
        &["scan", "--diff", "main"],
        &["scan", "--list-files"],
        &["scan", "--baseline", "gone.json"],
        &["scan", "--offline", "--baseline", "b.json", "--update-baseline"],
        &["scan", "--offline", "--baseline", "b.json"],
        &["init"],
        &["init"],
        &["init", "nowhere"],
    ] {
        all.push_str(&said(&home, arguments));
    }
    assert!(!all.contains('\x1b'), "colour codes where there is no terminal: {all:?}");
    insta::assert_snapshot!("scan", all);
}

#[test]
fn the_rules_are_listed() {
    let home = home(&[]);
    let table = run(&home, &["rules"]);
    assert!(
        table.code == 0 && table.out.contains("  SEC-001   CRITICAL  Placeholder secret in code\n"),
        "{table:?}"
    );
    let json: serde_json::Value = serde_json::from_str(&run(&home, &["rules", "-f", "json"]).out).unwrap();
    assert_eq!(json.as_array().map(Vec::len), Some(26));
    assert!(run(&home, &["rules", "SEC-001"]).out.contains("## What it does"));
    let wrong = run(&home, &["rules", "SEC-1"]);
    assert!(wrong.code == 2 && wrong.err.contains("did you mean `SEC-001`?"), "{wrong:?}");
}

#[test]
fn a_file_is_scanned_wherever_its_checkout_lies() {
    let home = home(&[("build/checkout/app.py", SECRET), ("build/checkout/dist/x.py", SECRET)]);
    let told = run_in(&home, "build/checkout", &["scan", "--offline", "-f", "json"]);
    assert_eq!(findings(&told), ["SEC-001 app.py:1"]);
}

#[test]
fn several_reports_at_once() {
    let home = home(&[("app.py", SECRET)]);
    let told = run(&home, &["scan", "--offline", "-f", "sarif=out/a.sarif", "-f", "json"]);
    assert_eq!((told.code, findings(&told).len()), (1, 1));
    let sarif = std::fs::read_to_string(home.path().join("p/out/a.sarif")).unwrap();
    assert!(sarif.contains("\"2.1.0\""));
    let told = run(&home, &["scan", "--offline", "-f", "sarif", "-f", "json"]);
    assert_eq!(told.code, 2);
    let told = run(&home, &["scan", "--offline", "-f", "json", "-o", "app.py/x"]);
    assert_eq!(told.code, 2, "{told:?}");
}

#[test]
fn the_output_is_the_same_each_time() {
    let files: Vec<(String, String)> =
        (0..40).map(|n| (format!("d{}/f{n}.py", n % 7), SECRET.repeat(3))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let home = home(&files);
    let once = |arguments: &[&str]| {
        let told = run(&home, arguments);
        let report: serde_json::Value = serde_json::from_str(&told.out).unwrap();
        report["findings"].to_string()
    };
    let cold = once(&["scan", "--offline", "--no-cache", "-f", "json"]);
    for _ in 0..3 {
        assert_eq!(once(&["scan", "--offline", "-f", "json"]), cold);
    }
}

#[test]
fn only_changed_lines_are_reported() {
    let home = home(&[("old.py", "a = 1\n"), ("sub/b.py", SECRET)]);
    git(&home, &["init", "-q"]);
    git(&home, &["add", "."]);
    git(&home, &["commit", "-qm", "one"]);
    git(&home, &["checkout", "-qb", "work"]);
    let scan = |directory: &str, more: &[&str]| {
        let arguments = [["scan", "--offline", "-f", "json"].as_slice(), more].concat();
        findings(&run_in(&home, directory, &arguments))
    };
    let told = run(&home, &["scan", "--diff", "main"]);
    assert_eq!((told.code, told.err.as_str()), (0, "No changed files to scan.\n"));
    // A renamed file, seen from a directory below.
    git(&home, &["mv", "old.py", "new.py"]);
    write(&home, "new.py", &format!("a = 1\n{SECRET}"));
    write(&home, "sub/b.py", &format!("{SECRET}b = 2\n"));
    for directory in ["", "sub"] {
        let told: Vec<_> = scan(directory, &["--diff", "main"]);
        let up = if directory.is_empty() { "" } else { "../" };
        assert_eq!(told, [format!("SEC-001 {up}new.py:2")]);
        assert_eq!(scan(directory, &["--changed-only"]).len(), 2);
    }
    // Only what is staged counts, and as it is staged.
    assert_eq!(scan("", &["--staged"]), Vec::<String>::new());
    git(&home, &["add", "new.py"]);
    write(&home, "new.py", "a = 1\n");
    assert_eq!(scan("", &["--staged"]), ["SEC-001 new.py:2"]);
    // A file that git does not know is new as a whole.
    write(&home, "fresh file.py", SECRET);
    assert_eq!(scan("", &["--diff", "main"]), ["SEC-001 fresh file.py:1"]);
    let told = run(&home, &["scan", "--diff", "nobody"]);
    assert!(told.code == 2 && told.err.contains("git knows no revision `nobody`"), "{told:?}");
}

#[test]
fn outside_a_repository_changes_are_an_error() {
    let home = home(&[("a.py", SECRET)]);
    for arguments in
        [["scan", "--changed-only"].as_slice(), &["scan", "--staged"], &["scan", "--diff", "main"]]
    {
        let told = run(&home, arguments);
        assert!(told.code == 2 && told.err.contains("not a git repository"), "{told:?}");
    }
}

#[test]
fn odd_files_are_told_and_do_not_stop_the_scan() {
    let home = home(&[("a.py", SECRET), ("x.py/b.py", SECRET)]);
    let place = |name: &str| home.path().join("p").join(name);
    std::fs::write(place("nul.py"), b"a = 1\0\n").unwrap();
    std::fs::write(place("latin.py"), b"# caf\xe9\nAPI_KEY = \"changeme\"\n").unwrap();
    std::fs::write(place("long.js"), format!("var a = \"{}\";", "x".repeat(60_000))).unwrap();
    std::fs::write(place("large.py"), vec![b'\n'; 3 << 20]).unwrap();
    std::os::unix::fs::symlink("loop.py", place("loop.py")).unwrap();
    std::os::unix::fs::symlink("nowhere.py", place("broken.py")).unwrap();
    std::os::unix::fs::symlink(".", place("again")).unwrap();
    assert!(Command::new("mkfifo").arg(place("pipe.py")).status().unwrap().success());
    let told = run(&home, &["scan", "--offline", "-f", "json"]);
    assert_eq!(findings(&told), ["SEC-001 a.py:1", "SEC-001 latin.py:2", "SEC-001 x.py/b.py:1"]);
    for name in ["nul.py", "latin.py", "long.js", "large.py", "loop.py", "broken.py", "pipe.py"] {
        assert!(told.out.contains(&format!("\"{name}\"")), "{name}: {}", told.out);
    }
}

#[test]
fn a_notebook_is_read() {
    let notebook = "{\"cells\": [\n{\"cell_type\": \"code\", \"source\": [\n\"a = 1\\n\",\n\"API_KEY = \\\"changeme\\\"\"]}]}";
    let home = home(&[("n.ipynb", notebook)]);
    assert_eq!(findings(&run(&home, &["scan", "--offline", "-f", "json"])), ["SEC-001 n.ipynb:4"]);
}

#[test]
fn standard_input_is_read_under_a_name() {
    let home = home(&[("in", SECRET)]);
    let output = home
        .command(["scan", "--stdin-filename", "src/a.py", "--offline", "-f", "json"])
        .stdin(std::fs::File::open(home.path().join("p/in")).unwrap())
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let told = Told { code: output.status.code().unwrap(), out, err: String::new() };
    assert_eq!(findings(&told), ["SEC-001 src/a.py:1"]);
}

#[test]
fn a_suppression_holds_and_a_second_run_is_the_same() {
    let home = home(&[(
        "a.py",
        "API_KEY = \"changeme\"  # vigil: ignore[SEC-001] made up\nb = 1  # vigil: ignore[SEC-001] x\n",
    )]);
    for _ in 0..2 {
        let told = run(&home, &["scan", "--offline", "-f", "json"]);
        assert_eq!((findings(&told), told.code), (Vec::new(), 0));
        assert!(told.out.contains("nothing to suppress: SEC-001"), "{}", told.out);
    }
}

#[test]
fn a_damaged_cache_is_told_and_not_used() {
    let names: Vec<String> = (0..12).map(|n| format!("f{n}.py")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), SECRET)).collect();
    let home = home(&files);
    let scan = || {
        let told = run(&home, &["scan", "--offline", "-f", "json"]);
        (findings(&told).len(), told.out.contains("it is damaged"))
    };
    assert_eq!(scan(), (12, false));
    let directory = home.path().join(".cache/vigil/scan");
    let cache = std::fs::read_dir(&directory).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&cache).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&cache, bytes).unwrap();
    assert_eq!(scan(), (12, true));
    assert_eq!(scan(), (12, false));
}

#[test]
fn what_can_be_mended_is_shown_first() {
    let home = home(&[("app.py", "def login(response):\n    response.set_cookie('a', 'b')\n")]);
    let before = std::fs::read_to_string(home.path().join("p/app.py")).unwrap();
    let shown = run(&home, &["scan", "--offline", "--fix", "--dry-run"]);
    assert!(shown.out.contains("+++ b/app.py"), "{shown:?}");
    assert_eq!(std::fs::read_to_string(home.path().join("p/app.py")).unwrap(), before);
    let asked = run(&home, &["scan", "--offline", "--fix"]);
    assert!(asked.code == 2 && asked.err.contains("--yes"), "{asked:?}");
    let made = run(&home, &["scan", "--offline", "--fix", "--yes", "-f", "json"]);
    assert_eq!(findings(&made), Vec::<String>::new());
    let after = std::fs::read_to_string(home.path().join("p/app.py")).unwrap();
    assert!(after.contains("httponly=True"), "{after}");
}

#[test]
fn tests_and_packages_have_commands_of_their_own() {
    let home = home(&[("tests/test_a.py", "def test_a():\n    pass\n"), ("a.py", SECRET)]);
    let told = run(&home, &["tests", "-f", "json"]);
    assert_eq!((findings(&told), told.code), (vec!["TEST-001 tests/test_a.py:1".to_owned()], 1));
    assert_eq!(run(&home, &["deps", "nowhere"]).code, 2);
}

#[test]
fn a_change_is_shown_without_the_secrets_beside_it() {
    let text = "API_TOKEN = \"walnut-grove-4711\"\ndef login(response):\n    response.set_cookie('a', 'b')\n";
    let home = home(&[("app.py", text)]);
    let shown = run(&home, &["scan", "--offline", "--fix", "--dry-run"]);
    assert!(shown.out.contains("+++ b/app.py") && !shown.out.contains("walnut-grove"), "{shown:?}");
    assert!(shown.out.contains("API_TOKEN = \"wa…[17 chars]\""), "{shown:?}");
    assert!(shown.out.contains("in 1 file;"), "{shown:?}");
    run(&home, &["scan", "--offline", "--fix", "--yes"]);
    let after = std::fs::read_to_string(home.path().join("p/app.py")).unwrap();
    assert!(after.contains("walnut-grove-4711") && after.contains("httponly=True"), "{after}");
}

#[test]
fn a_silent_registry_has_its_code_only_where_nothing_was_found() {
    let silent = |text: &str, arguments: &[&str]| {
        let home = home(&[("requirements.txt", text)]);
        let output = home
            .command(arguments)
            .current_dir(home.path().join("p"))
            .env("VIGIL_PYPI_URL", "http://127.0.0.1:9")
            .output()
            .unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(out.contains("did not answer for 1 of 1 packages"), "{out}");
        output.status.code().unwrap()
    };
    assert_eq!(silent("requests\n", &["deps", "--require-registry"]), 4);
    assert_eq!(silent("requests\n", &["deps"]), 0);
    // A finding is a finding, whoever was silent.
    assert_eq!(silent("reqeusts\n", &["deps", "--require-registry"]), 1);
    assert_eq!(silent("reqeusts\n", &["deps", "--require-registry", "--fail-on", "critical"]), 4);
}

#[test]
fn what_is_staged_is_judged_against_what_is_staged() {
    let home = home(&[("requirements.txt", "flask\n"), ("app.py", "import flask\n")]);
    git(&home, &["init", "-q"]);
    git(&home, &["add", "-A"]);
    git(&home, &["commit", "-q", "-m", "a"]);
    // The commit would import what only the disk declares, in a file that git knows and in one that it does not.
    write(&home, "app.py", "import flask\nimport yaml\nimport requests\n");
    git(&home, &["add", "app.py"]);
    write(&home, "requirements.txt", "flask\npyyaml\n");
    write(&home, "requirements-more.txt", "requests\n");
    let told = run(&home, &["scan", "--staged", "--offline", "-f", "json"]);
    assert_eq!(findings(&told), ["DEP-006 app.py:2", "DEP-006 app.py:3"]);
    git(&home, &["add", "-A"]);
    let told = run(&home, &["scan", "--staged", "--offline", "-f", "json"]);
    assert_eq!(findings(&told), Vec::<String>::new());
    // And a manifest is judged as it is staged, not as it lies there.
    write(&home, "requirements.txt", "flask\nreqeusts\n");
    git(&home, &["add", "-A"]);
    write(&home, "requirements.txt", "flask\n");
    let told = run(&home, &["scan", "--staged", "--offline", "-f", "json"]);
    assert_eq!(findings(&told), ["DEP-006 app.py:2", "DEP-003 requirements.txt:2"]);
}

#[test]
fn a_guard_that_is_not_staged_guards_no_commit() {
    let main = "from fastapi import Depends, FastAPI\nfrom routers import items\napp = FastAPI()\n";
    let mount = |guard: &str| format!("{main}app.include_router(items.router{guard})\n");
    let guarded = mount(", dependencies=[Depends(get_current_user)]");
    let home = home(&[("main.py", &mount("")), ("requirements.txt", "fastapi\n")]);
    git(&home, &["init", "-q"]);
    git(&home, &["add", "-A"]);
    git(&home, &["commit", "-q", "-m", "a"]);
    write(
        &home,
        "routers/items.py",
        "from fastapi import APIRouter\nrouter = APIRouter()\n@router.post('/items')\ndef add(): ...\n",
    );
    git(&home, &["add", "routers"]);
    write(&home, "main.py", &guarded);
    let staged = || findings(&run(&home, &["scan", "--staged", "--offline", "-f", "json"]));
    assert_eq!(staged(), ["AUTH-002 routers/items.py:3"]);
    git(&home, &["add", "main.py"]);
    write(&home, "main.py", &mount(""));
    assert_eq!(staged(), Vec::<String>::new());
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_printed_is_an_error_and_one_that_nobody_reads_is_none() {
    let home = home(&[("a.py", "x = 1\n"), ("b/many.py", &SECRET.repeat(3_000))]);
    let scan = |path: &str| {
        let mut command = home.command(["scan", path, "--offline", "--no-cache"]);
        command.current_dir(home.path().join("p"));
        command
    };
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = scan("a.py").stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("standard output"));
    // Who reads no further is no reason to pass.
    let mut child = scan("b").stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn what_was_not_read_wholly_has_an_exit_code_of_its_own() {
    let home = home(&[("a.py", "def f(:\n"), ("b.py", "x = 1\n")]);
    let told = run_in(&home, ".", &["scan", "--offline"]);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(told.out.contains("2 files scanned") && told.out.contains("; 1 not, or not wholly"), "{told:?}");
    assert_eq!(run_in(&home, ".", &["scan", "--offline", "--require-complete"]).code, 5);
    assert_eq!(run_in(&home, ".", &["scan", "b.py", "--offline", "--require-complete"]).code, 0);
}
