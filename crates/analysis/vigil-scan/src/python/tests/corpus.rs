//! Endpoints, lifetimes and the like of the shared corpus stand on the lines that it expects.

use std::path::PathBuf;

use serde_json::Value;

use super::super::read;
use crate::facts::Facts;
use crate::source::{Source, Span};

fn corpus() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a test may be told where the shared data lies")]
    let shared = std::env::var("VIGIL_SHARED")
        .map(PathBuf::from)
        .unwrap_or_else(|_| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared")));
    let corpus = shared.join("scan/corpus");
    if !corpus.is_dir() {
        println!("skipped: no corpus at {}", corpus.display());
        return None;
    }
    Some(corpus)
}

/// The lines at which a rule of pure facts would report.
fn lines(rule: &str, facts: &Facts, source: &Source) -> Vec<u64> {
    let spans: Vec<Span> = match rule {
        "AUTH-005" => facts.cors.iter().map(|cors| cors.span).collect(),
        "AUTH-006" => facts
            .cookies
            .iter()
            .filter(|cookie| !cookie.missing.is_empty())
            .map(|cookie| cookie.span)
            .collect(),
        "TEST-001" => facts
            .tests
            .iter()
            .filter(|test| !test.skipped && test.assertions.is_empty())
            .map(|test| test.head)
            .collect(),
        "TEST-003" => {
            facts.tests.iter().filter(|test| !test.skipped).flat_map(|test| test.swallowed.clone()).collect()
        }
        "TEST-004" => facts.skips.iter().filter(|skip| !skip.reasoned).map(|skip| skip.span).collect(),
        "TEST-005" => facts
            .tests
            .iter()
            .filter(|test| !test.skipped && !test.http_calls.is_empty() && !test.checks_status)
            .map(|test| test.head)
            .collect(),
        "AUTH-003" => {
            facts.lifetimes.iter().filter(|life| life.seconds > 86_400.0).map(|life| life.span).collect()
        }
        _ => Vec::new(),
    };
    spans.into_iter().map(|span| u64::from(source.line_of(span.start))).collect()
}

#[test]
fn agrees_with_the_corpus_where_the_facts_are_the_finding() {
    let Some(corpus) = corpus() else { return };
    let mut wanted: Vec<(String, Value)> = Vec::new();
    let read_json = |name: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(corpus.join(name)).expect("a file of the corpus"))
            .expect("JSON")
    };
    let expected = read_json("expected.json");
    for (case, entry) in expected["cases"].as_object().expect("cases") {
        wanted.push((case.clone(), entry["findings"].clone()));
    }
    for entry in read_json("disputed.json")["cases"].as_array().expect("cases") {
        wanted
            .push((entry["case"].as_str().expect("a name").to_owned(), entry["documented_findings"].clone()));
    }
    let mut seen = 0;
    for (case, findings) in wanted {
        let rule = case.split('/').next().unwrap_or("").to_owned();
        let judged = ["AUTH-003", "AUTH-005", "AUTH-006", "TEST-001", "TEST-003", "TEST-004", "TEST-005"];
        // Cases about the path or the configuration are the rule's matter.
        if !judged.contains(&rule.as_str()) || !case.ends_with(".py") || case.contains("/dev_") {
            continue;
        }
        let bytes = std::fs::read(corpus.join(&case)).expect("a case");
        let source = Source::new(case.clone(), String::from_utf8_lossy(&bytes).into_owned());
        let (facts, notes) = read(&source);
        assert!(notes.is_empty(), "{case}: {notes:?}");
        let expect: Vec<u64> = findings[&case]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|finding| finding[0] == rule.as_str())
            .filter_map(|finding| finding[1].as_u64())
            .collect();
        assert_eq!(lines(&rule, &facts, &source), expect, "{case}");
        seen += 1;
    }
    assert!(seen > 80, "{seen}");
}
