use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::config::Flags;

const SECRET: &str = "API_KEY = \"changeme\"\n";

/// A directory with these files.
fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    home
}

/// Scans paths of a directory, offline.
fn scan_in(home: &Path, paths: &[&str], cache: Option<&Path>) -> Result<Outcome, ScanError> {
    scan_of(home, Target::Paths(paths.iter().map(PathBuf::from).collect()), cache)
}

/// Scans something of a directory, offline.
fn scan_of(home: &Path, target: Target, cache: Option<&Path>) -> Result<Outcome, ScanError> {
    let flags = Flags { offline: true, ..Flags::default() };
    let settings = Settings::load(None, home, flags).unwrap();
    scan(&Job {
        directory: home.to_owned(),
        repository: None,
        target,
        settings: &settings,
        now: "2026-11-20T12:00:00Z".parse().unwrap(),
        today: "2026-11-20".parse().unwrap(),
        baseline: None,
        cache: cache.map(|directory| CachePlace { directory: directory.to_owned(), build: "1".to_owned() }),
        registries: None,
        threads: 2,
        progress: None,
    })
}

fn told(outcome: &Outcome) -> Vec<String> {
    let told = |finding: &Finding| {
        format!("{} {}:{}", finding.rule, finding.file.to_string_lossy(), finding.start.line)
    };
    outcome.report.findings.iter().map(told).collect()
}

/// What is found in these files, from their directory.
#[track_caller]
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let home = project(files);
    let outcome = scan_in(home.path(), &["."], None).unwrap();
    assert_eq!(told(&outcome), expected, "{:?}", outcome.report.notes);
}

#[test]
fn files_come_in_the_order_of_their_paths() {
    check(
        &[("b.py", SECRET), ("a/z.py", SECRET), ("a.py", SECRET)],
        &["SEC-001 a/z.py:1", "SEC-001 a.py:1", "SEC-001 b.py:1"],
    );
}

#[test]
fn excludes_hold_below_the_scan_and_take_globs() {
    let config = "exclude: [gen/, '*_pb2.py', src/old/**]\n";
    let files = [
        ".vigil.yaml",
        "gen/a.py",
        "x/gen/b.py",
        "a_pb2.py",
        "src/old/c.py",
        "x/src/old/d.py",
        "generated.py",
    ];
    let files: Vec<(&str, &str)> =
        files.iter().map(|name| (*name, if name.ends_with("yaml") { config } else { SECRET })).collect();
    check(&files, &["SEC-001 generated.py:1", "SEC-001 x/src/old/d.py:1"]);
}

#[test]
fn what_git_ignores_is_left_out() {
    check(&[(".gitignore", "out/\n"), ("out/a.py", SECRET), ("b.py", SECRET)], &["SEC-001 b.py:1"]);
}

#[test]
fn a_manifest_may_suppress_too() {
    check(&[("requirements.txt", "reqeusts\n")], &["DEP-003 requirements.txt:1"]);
    check(&[("requirements.txt", "reqeusts  # vigil: ignore[DEP-003] ours\n")], &[]);
}

#[test]
fn nothing_to_scan_is_told() {
    let home = project(&[("a.md", "x")]);
    let outcome = scan_in(home.path(), &["."], None).unwrap();
    assert_eq!(outcome.report.files_scanned, 0);
    assert!(outcome.report.notes.iter().any(|note| note.message.starts_with("no file was scanned")));
    assert!(matches!(scan_in(home.path(), &["gone"], None), Err(ScanError::NoSuchPath(_))));
    let half = scan_in(home.path(), &["gone.py", "."], None).unwrap();
    assert!(half.report.notes.iter().any(|note| note.file.as_deref() == Some(Path::new("gone.py"))));
}

#[test]
fn an_earlier_scan_is_used_again_until_something_changes() {
    let files: BTreeMap<String, &str> = (0..20).map(|n| (format!("f{n}.py"), SECRET)).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    let home = project(&files);
    let cache = tempfile::tempdir().unwrap();
    let cold = scan_in(home.path(), &["."], Some(cache.path())).unwrap();
    assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 1);
    let warm = scan_in(home.path(), &["."], Some(cache.path())).unwrap();
    assert_eq!(warm.report.findings, cold.report.findings);
    std::fs::write(home.path().join("f3.py"), "a = 1\n").unwrap();
    std::fs::remove_file(home.path().join("f4.py")).unwrap();
    std::fs::write(home.path().join(".env.example"), "API_SECRET=w4lnut-x9\n").unwrap();
    let changed = scan_in(home.path(), &["."], Some(cache.path())).unwrap();
    let fresh = scan_in(home.path(), &["."], None).unwrap();
    assert_eq!(changed.report.findings, fresh.report.findings);
    assert_eq!(changed.report.findings.iter().filter(|finding| finding.rule == RuleId::Sec001).count(), 18);
}

#[test]
fn a_text_is_scanned_without_a_file() {
    let report = scan_source(Path::new("src/a.py"), SECRET.as_bytes(), &Config::default());
    assert_eq!(report.findings.len(), 1);
    let ignored = format!("{}  # vigil: ignore[SEC-001] made up\n", SECRET.trim_end());
    assert_eq!(
        scan_source(Path::new("src/a.py"), ignored.as_bytes(), &Config::default()),
        SourceReport::default()
    );
    let text = scan_source(Path::new("a.txt"), SECRET.as_bytes(), &Config::default());
    assert_eq!(text, SourceReport::default());
    for bytes in [b"\xff\xfe\0".as_slice(), b"a\0b", b"def (", b"\xef\xbb\xbf"] {
        for name in ["a.py", "a.ts", "a.ipynb"] {
            let report = scan_source(Path::new(name), bytes, &Config::default());
            assert!(report.findings.is_empty(), "{name}: {report:?}");
        }
    }
}

#[test]
fn paths_are_told_from_the_repository_or_from_what_is_scanned() {
    let home = project(&[("repo/.git/HEAD", ""), ("repo/src/a.py", ""), ("other/b.py", "")]);
    let at = |name: &str| home.path().join(name);
    assert_eq!(place::root_of(&[at("repo/src")], &at("repo/src")), at("repo"));
    assert_eq!(place::root_of(&[at("repo/src")], &at("other")), at("repo"));
    assert_eq!(place::root_of(&[at("other")], &at("repo")), at("other"));
    assert_eq!(place::root_of(&[at("other"), at("repo")], &at("repo/src")), home.path());
}

#[test]
fn what_a_test_calls_is_read_even_when_only_the_test_is_scanned() {
    let home = project(&[
        ("tests/runner.py", "def run_case(value):\n    assert value\n"),
        ("tests/test_a.py", "from .runner import run_case\n\n\ndef test_run():\n    run_case(1)\n"),
        ("tests/test_b.py", "from .gone import run_case\n\n\ndef test_run():\n    run_case(1)\n"),
        ("pyproject.toml", ""),
    ]);
    for (path, expected) in
        [("tests/test_a.py", vec![]), ("tests/test_b.py", vec!["TEST-001 tests/test_b.py:4"])]
    {
        let outcome = scan_in(home.path(), &[path], None).unwrap();
        assert_eq!(told(&outcome), expected, "{path}");
    }
}

#[cfg(unix)]
#[test]
fn links_and_directories_that_look_like_files_are_told() {
    let home = project(&[
        ("src/requirements.txt/a.py", "x = 1\n"),
        ("src/app.py/b.py", "x = 1\n"),
        ("other/c.py", SECRET),
    ]);
    std::os::unix::fs::symlink(".", home.path().join("src/loop")).unwrap();
    std::os::unix::fs::symlink("../other", home.path().join("src/other")).unwrap();
    let outcome = scan_in(home.path(), &["src"], None).unwrap();
    let told: Vec<_> = outcome
        .report
        .notes
        .iter()
        .filter_map(|note| Some((note.file.as_deref()?.to_str()?, note.kind)))
        .collect();
    let all =
        ["src/app.py", "src/loop", "src/other", "src/requirements.txt"].map(|path| (path, NoteKind::Info));
    assert_eq!(told, all);
    assert_eq!((outcome.report.files_scanned, outcome.report.findings.len()), (2, 0));
}

#[test]
fn what_a_manifest_includes_from_outside_is_not_in_the_report() {
    let outside = project(&[("hosts.txt", "127.0.0.1 secret-host\nreqeusts\n")]);
    let path = outside.path().join("hosts.txt");
    let manifest = format!("-r {}\nflask\n", path.display());
    let home = project(&[("requirements.txt", &manifest)]);
    let outcome = scan_in(home.path(), &["."], None).unwrap();
    assert!(outcome.report.findings.is_empty() && outcome.report.notes.is_empty(), "{:?}", outcome.report);
}

#[test]
fn the_guard_of_a_router_counts_when_only_its_file_is_scanned() {
    let router =
        "from fastapi import APIRouter\nrouter = APIRouter()\n@router.post('/items')\ndef add(): ...\n";
    let main = |guard: &str| {
        format!(
            "from fastapi import FastAPI, Depends\nfrom .routers import items\napp = FastAPI()\napp.include_router(items.router{guard})\n"
        )
    };
    for (guard, expected) in [
        (", dependencies=[Depends(get_current_user)]", vec![]),
        ("", vec!["AUTH-002 app/routers/items.py:3"]),
    ] {
        let home = project(&[("app/main.py", &main(guard)), ("app/routers/items.py", router)]);
        let outcome = scan_in(home.path(), &["app/routers/items.py"], None).unwrap();
        assert_eq!(told(&outcome), expected, "{guard}");
        let path = Path::new("app/routers/items.py");
        let report = scan_source_in(home.path(), path, router.as_bytes(), &Config::default());
        assert_eq!(report.findings.len(), expected.len(), "{guard}");
    }
}

const ROUTER: &str =
    "from fastapi import APIRouter\nrouter = APIRouter()\n@router.post('/items')\ndef add(): ...\n";

/// Mounts the router, guarded or not.
fn mount(guarded: bool) -> String {
    let guard = if guarded { ", dependencies=[Depends(get_current_user)]" } else { "" };
    format!(
        "from fastapi import FastAPI, Depends\nfrom app.routers import items\napp = FastAPI()\napp.include_router(items.router{guard})\n"
    )
}

#[test]
fn a_second_open_mount_counts_wherever_it_lies() {
    let path = "app/routers/items.py";
    let found = vec!["AUTH-002 app/routers/items.py:3"];
    for (second, is_guarded) in
        [("app/public/main.py", false), ("other/deep/er/main.py", false), ("web/main.py", true)]
    {
        let home = project(&[("app/main.py", &mount(true)), (second, &mount(is_guarded)), (path, ROUTER)]);
        let expected = if is_guarded { Vec::new() } else { found.clone() };
        assert_eq!(told(&scan_in(home.path(), &["."], None).unwrap()), expected, "{second}");
        assert_eq!(told(&scan_in(home.path(), &[path], None).unwrap()), expected, "{second}");
        let report = scan_source_in(home.path(), Path::new(path), ROUTER.as_bytes(), &Config::default());
        assert_eq!(report.findings.len(), expected.len(), "{second}");
    }
}

#[test]
fn a_project_of_too_many_files_guards_nothing_around_a_single_one() {
    let path = "app/routers/items.py";
    let home = project(&[("app/main.py", &mount(true)), (path, ROUTER)]);
    assert_eq!(told(&scan_in(home.path(), &[path], None).unwrap()), Vec::<String>::new());
    std::fs::create_dir(home.path().join("many")).unwrap();
    for number in 0..3_001 {
        std::fs::write(home.path().join(format!("many/f{number}.py")), "").unwrap();
    }
    assert_eq!(told(&scan_in(home.path(), &[path], None).unwrap()), ["AUTH-002 app/routers/items.py:3"]);
}

#[test]
fn what_is_staged_is_judged_with_what_the_commit_holds() {
    let test = "from .runner import run_case\n\n\ndef test_run():\n    run_case(1)\n";
    let (routes, tests) = ("app/routers/items.py", "tests/test_a.py");
    let asserts =
        |yes: bool| format!("def run_case(value):\n    {} value\n", if yes { "assert" } else { "return" });
    // On the disk, whether the others are as they are in the commit, and whether the commit has them.
    for (on_disk, staged, indexed, expected) in
        [(true, true, true, 0), (true, false, true, 2), (false, true, true, 0), (true, true, false, 2)]
    {
        let home = project(&[
            ("app/main.py", &mount(on_disk)),
            ("tests/runner.py", &asserts(on_disk)),
            (routes, ROUTER),
            (tests, test),
        ]);
        let text = format!(
            "diff --git a/{routes} b/{routes}\n--- /dev/null\n+++ b/{routes}\n@@ -0,0 +1,4 @@\n+\n+\n+\n+\ndiff --git a/{tests} b/{tests}\n--- /dev/null\n+++ b/{tests}\n@@ -0,0 +1,5 @@\n+\n+\n+\n+\n+\n"
        );
        let mut commit = Staged {
            changes: Changes::parse(text.as_bytes()),
            contents: vec![(routes.into(), ROUTER.into()), (tests.into(), test.into())],
            index: [routes, tests].map(PathBuf::from).to_vec(),
            unlike_disk: Vec::new(),
        };
        if indexed {
            commit.index.extend(["app/main.py", "tests/runner.py"].map(PathBuf::from));
            if on_disk != staged {
                commit.unlike_disk = vec![
                    ("app/main.py".into(), mount(staged).into_bytes()),
                    ("tests/runner.py".into(), asserts(staged).into_bytes()),
                ];
            }
        }
        let outcome = scan_of(home.path(), Target::Staged(commit), None).unwrap();
        assert_eq!(told(&outcome).len(), expected, "{on_disk} {staged} {indexed}: {:?}", told(&outcome));
    }
}

#[test]
fn a_warm_scan_sees_that_only_the_other_file_changed() {
    let test = "from .runner import run_case\n\n\ndef test_run():\n    run_case(1)\n";
    let admin = ROUTER.replace("post('/items')", "get('/admin/users')");
    let plain: Vec<(String, &str)> = (0..9).map(|number| (format!("f{number}.py"), "x = 1\n")).collect();
    let mut files: Vec<(&str, &str)> = plain.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    let open = mount(false);
    files.extend([
        ("app/main.py", open.as_str()),
        ("app/routers/items.py", admin.as_str()),
        ("tests/runner.py", "def run_case(value):\n    return value\n"),
        ("tests/test_a.py", test),
    ]);
    let home = project(&files);
    let cache = tempfile::tempdir().unwrap();
    let scan = || told(&scan_in(home.path(), &["."], Some(cache.path())).unwrap());
    let (guard, assertion) = ("AUTH-001 app/routers/items.py:3", "TEST-001 tests/test_a.py:4");
    for _ in 0..2 {
        let told = scan();
        assert!(
            told.len() == 2 && told.contains(&guard.to_owned()) && told.contains(&assertion.to_owned()),
            "{told:?}"
        );
    }
    std::fs::write(home.path().join("app/main.py"), mount(true)).unwrap();
    assert_eq!(scan(), [assertion]);
    std::fs::write(home.path().join("tests/runner.py"), "def run_case(value):\n    assert value\n").unwrap();
    assert_eq!(scan(), Vec::<String>::new());
    std::fs::write(home.path().join("app/main.py"), open).unwrap();
    assert_eq!(scan(), [guard]);
}
