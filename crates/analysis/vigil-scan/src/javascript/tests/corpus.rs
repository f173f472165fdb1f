//! The conformance cases of the scanner that are one JavaScript or TypeScript file.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use crate::config::Config;
use crate::rules::{Context, EnvExamples, judge};
use crate::source::{Language, Source};

type Places = BTreeSet<(String, u64)>;

#[test]
fn single_files_of_the_corpus_give_what_they_should() {
    let Some(corpus) = corpus() else { return };
    let mut wrong = Vec::new();
    let mut count = 0;
    for (list, member) in [("expected.json", "findings"), ("disputed.json", "documented_findings")] {
        let text = std::fs::read_to_string(corpus.join(list)).expect("the list is there");
        let list: Value = serde_json::from_str(&text).expect("the list is JSON");
        let cases: Vec<(String, &Value)> = match &list["cases"] {
            Value::Object(cases) => cases.iter().map(|(name, case)| (name.clone(), case)).collect(),
            Value::Array(cases) => cases
                .iter()
                .map(|case| (case["case"].as_str().unwrap_or_default().to_owned(), case))
                .collect(),
            _ => Vec::new(),
        };
        for (name, case) in cases {
            let path = corpus.join(&name);
            let javascript = Language::of_path(&path) == Some(Language::JavaScript) && path.is_file();
            if !javascript || case["args"].as_array().is_some_and(|args| !args.is_empty()) {
                continue;
            }
            count += 1;
            let disputed = member == "documented_findings";
            let folder = name.split('/').next().unwrap_or_default();
            let judged = |rule: &str| !disputed || rule == folder;
            let expected: Places =
                places(&case[member][&name]).into_iter().filter(|(rule, _)| judged(rule)).collect();
            let found: Places = findings(&name, &std::fs::read_to_string(&path).expect("the case is there"))
                .into_iter()
                .filter(|(rule, _)| judged(rule))
                .collect();
            if found != expected {
                wrong.push(format!("{name}: found {found:?}, expected {expected:?}"));
            }
        }
    }
    assert!(count > 80, "only {count} cases");
    assert!(wrong.is_empty(), "{count} cases\n{}", wrong.join("\n"));
}

fn findings(name: &str, text: &str) -> Places {
    let source = Source::new(name, text.to_owned());
    let (facts, notes) = super::super::read(&source);
    assert!(notes.is_empty(), "{name}: {notes:?}");
    let config = Config::default();
    let examples = EnvExamples::default();
    let context = Context { config: &config, env_examples: &examples };
    judge(&source, &facts, &context)
        .into_iter()
        .map(|it| (it.rule.code().to_owned(), u64::from(it.start.line)))
        .collect()
}

fn places(findings: &Value) -> Places {
    let findings = findings.as_array().into_iter().flatten();
    findings.filter_map(|it| Some((it[0].as_str()?.to_owned(), it[1].as_u64()?))).collect()
}

fn corpus() -> Option<PathBuf> {
    let shared = option_env!("VIGIL_SHARED").map(PathBuf::from);
    let beside = || {
        let crate_folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        crate_folder.ancestors().map(|above| above.join("shared")).find(|shared| shared.join("scan").is_dir())
    };
    let corpus =
        shared.or_else(beside).map(|shared| shared.join("scan/corpus")).filter(|corpus| corpus.is_dir());
    if corpus.is_none() {
        println!("skipped: there is no corpus beside the workspace (set VIGIL_SHARED to its folder)");
    }
    corpus
}
