//! Cases of each rule: `tests/rules/CODE/cases.py` and `cases.ts`.
//!
//! A case begins with `#: bad NAME` or `#: good NAME` (`//:` in TypeScript), with ` @ PATH` when the path matters, and is
//! judged as a file of its own. Bad ones must be found by the rule of the folder and good ones must not; what exactly is
//! said about them, by every rule, is in one snapshot for each rule.

use std::fmt::Write as _;
use std::path::Path;

use super::*;
use crate::rule::RuleId;

struct Case {
    name: String,
    bad: bool,
    path: String,
    text: String,
}

fn read(folder: &Path, id: RuleId) -> Vec<Case> {
    let is_test = id.rule().category == Category::TestQuality;
    let mut cases: Vec<Case> = Vec::new();
    for (file, mark, path) in [
        ("cases.py", "#: ", if is_test { "test_app.py" } else { "app.py" }),
        ("cases.ts", "//: ", if is_test { "app.test.ts" } else { "app.ts" }),
    ] {
        let Ok(text) = std::fs::read_to_string(folder.join(file)) else { continue };
        for line in text.lines() {
            if let Some(head) = line.strip_prefix(mark) {
                let (kind, name) = head.split_once(' ').unwrap_or((head, ""));
                assert!(kind == "bad" || kind == "good", "{id}: `{line}`");
                let (name, path) = name.split_once(" @ ").unwrap_or((name, path));
                let (name, path) = (name.to_owned(), path.to_owned());
                cases.push(Case { name, bad: kind == "bad", path, text: String::new() });
            } else if let Some(case) = cases.last_mut() {
                case.text.push_str(line);
                case.text.push('\n');
            }
        }
    }
    cases
}

fn judged(case: &Case, env_examples: &EnvExamples) -> Vec<Finding> {
    let source = Source::new(&case.path, case.text.clone());
    let (facts, notes) = match Language::of_path(&source.path) {
        Some(Language::JavaScript) => crate::javascript::read(&source),
        _ => crate::python::read(&source),
    };
    assert!(notes.is_empty(), "{}: {notes:?}", case.name);
    let config = Config::default();
    judge(&source, &facts, &Context { config: &config, env_examples })
}

/// Judges the cases of a rule, and tells all findings in a form that is read at a glance.
fn check(id: RuleId) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules").join(id.code());
    let mut env_examples = EnvExamples::default();
    if let Ok(text) = std::fs::read_to_string(folder.join("env.example")) {
        env_examples.add(Path::new(".env.example"), &text);
    }
    let cases = read(&folder, id);
    assert!(cases.len() >= 20, "{id} has {} cases", cases.len());
    let (mut told, mut wrong) = (String::new(), Vec::new());
    for case in &cases {
        let findings = judged(case, &env_examples);
        let found = findings.iter().any(|finding| finding.rule == id);
        if found != case.bad {
            wrong.push(format!("{} `{}`", if case.bad { "missed" } else { "false" }, case.name));
        }
        let _ = writeln!(told, "{} {}", if case.bad { "bad " } else { "good" }, case.name);
        for finding in findings {
            let place = (finding.start.line, finding.start.column);
            let _ = writeln!(told, "     {} {}:{} {}", finding.rule, place.0, place.1, finding.message);
            let _ = writeln!(told, "         {}", finding.snippet);
        }
    }
    assert!(wrong.is_empty(), "{id}: {wrong:#?}");
    told
}

macro_rules! cases {
    ($($name:ident $id:ident;)*) => {
        $(
            #[test]
            fn $name() {
                insta::assert_snapshot!(check(RuleId::$id));
            }
        )*
    };
}

cases! {
    auth_001 Auth001;
    auth_002 Auth002;
    auth_003 Auth003;
    auth_004 Auth004;
    auth_005 Auth005;
    auth_006 Auth006;
    auth_007 Auth007;
    sec_001 Sec001;
    sec_002 Sec002;
    sec_003 Sec003;
    sec_004 Sec004;
    sec_006 Sec006;
    test_001 Test001;
    test_002 Test002;
    test_003 Test003;
    test_004 Test004;
    test_005 Test005;
    test_006 Test006;
}
