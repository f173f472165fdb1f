//! One report with everything in it, in every format.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::*;
use crate::finding::{Edit, Fix, NoteKind};
use crate::rule::Severity;
use crate::source::Position;

fn finding(
    rule: RuleId,
    file: &str,
    line: u32,
    columns: (u32, u32),
    snippet: &str,
    mark: std::ops::Range<u32>,
) -> Finding {
    let description = rule.rule().description;
    Finding {
        rule,
        severity: rule.rule().severity,
        message: format!("{} (`x|y` <b> [z](http://e) 100% @you)", description.trim_end_matches('.')),
        suggestion: "Read the value from the environment or a secret store, and stop when it is missing."
            .to_owned(),
        file: PathBuf::from(file),
        start: Position { line, column: columns.0 },
        end: Position { line, column: columns.1 },
        snippet: snippet.to_owned(),
        mark,
        metadata: BTreeMap::new(),
        fix: None,
    }
}

/// Findings with awkward names, a fix, a suppression, notes and an error.
fn full() -> Report {
    let mut placeholder =
        finding(RuleId::Sec001, "app/a b,[id]:%.py", 3, (1, 30), "API_KEY = \"yo…[21 chars]\"", 0..24);
    placeholder.metadata.insert("value_preview", Value::from("yo…[21 chars]"));
    let again = Finding {
        start: Position { line: 9, column: 1 },
        end: Position { line: 9, column: 30 },
        ..placeholder.clone()
    };
    let mut cookie =
        finding(RuleId::Auth006, "app/views.py", 40, (5, 38), "reply.set_cookie(\"a\", value)", 0..28);
    cookie.fix = Some(Fix {
        title: "Add `secure=True`".to_owned(),
        edits: vec![Edit { start: 37, end: 37, text: ", secure=True".to_owned() }],
        file: None,
    });
    let long = format!("x = [{}]", "1, ".repeat(90));
    let test = finding(RuleId::Test001, "tests/test_\u{1b}[31m\u{202e}.py", 1, (1, 12), &long, 120..130);
    let mut secret_file = finding(RuleId::Sec005, ".env", 1, (1, 1), "", 0..0);
    secret_file.fix = Some(Fix {
        title: "Add `.env` to `.gitignore`".to_owned(),
        edits: vec![Edit { start: 0, end: 0, text: ".env\n".to_owned() }],
        file: Some(PathBuf::from(".gitignore")),
    });
    Report {
        tool_version: "1.2.3".to_owned(),
        root: PathBuf::from("/project"),
        files_scanned: 12,
        duration: Duration::from_millis(1234),
        categories_run: Category::ALL.to_vec(),
        rules_run: vec![RuleId::Sec001, RuleId::Sec005, RuleId::Auth006, RuleId::Test001],
        findings: vec![placeholder.clone(), again, secret_file, test, cookie],
        suppressed: vec![Suppressed {
            finding: Finding {
                start: Position { line: 12, column: 1 },
                end: Position { line: 12, column: 30 },
                ..placeholder
            },
            reason: Some("used in the demonstration only".to_owned()),
            kind: SuppressedBy::Inline,
        }],
        notes: vec![
            Note {
                file: Some(PathBuf::from("src/broken.py")),
                line: Some(7),
                kind: NoteKind::Skipped,
                message: "a closing bracket is missing; what could be read was judged".to_owned(),
            },
            Note {
                file: None,
                line: None,
                kind: NoteKind::Registry,
                message: "pypi.org did not answer (timeout); 3 packages were not checked".to_owned(),
            },
        ],
        errors: vec!["the cache `/x` cannot be written".to_owned()],
    }
}

fn empty() -> Report {
    Report {
        tool_version: "1.2.3".to_owned(),
        files_scanned: 1,
        categories_run: vec![Category::Auth],
        ..Report::default()
    }
}

fn text(report: &Report, format: Format) -> String {
    render(report, format, Look::default())
}

#[test]
fn human() {
    insta::assert_snapshot!(text(&full(), Format::Human));
}

#[test]
fn human_quiet_in_colour() {
    let look = Look { color: true, quiet: true, width: 60, suggestions: true };
    insta::assert_snapshot!(render(&full(), Format::Human, look));
}

#[test]
fn human_without_findings() {
    insta::assert_snapshot!(text(&empty(), Format::Human));
}

#[test]
fn json() {
    insta::assert_snapshot!(text(&full(), Format::Json));
}

#[test]
fn junit() {
    insta::assert_snapshot!(text(&full(), Format::Junit));
    insta::assert_snapshot!("junit_without_findings", text(&empty(), Format::Junit));
}

#[test]
fn sarif() {
    insta::assert_snapshot!(text(&full(), Format::Sarif));
}

#[test]
fn github() {
    insta::assert_snapshot!(text(&full(), Format::Github));
}

#[test]
fn gitlab() {
    insta::assert_snapshot!(text(&full(), Format::Gitlab));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(text(&full(), Format::Markdown));
}

#[test]
fn agent() {
    insta::assert_snapshot!(text(&full(), Format::Agent));
    assert_eq!(text(&empty(), Format::Agent), "", "nothing to say");
}

#[test]
fn formats_have_one_spelling() {
    for format in Format::ALL {
        assert_eq!(Format::parse(format.name()), Some(format));
    }
    assert_eq!(Format::parse("Human"), None);
}

#[test]
fn a_fingerprint_does_not_speak_of_lines() {
    let here = full().findings;
    let mut moved = here.clone();
    for finding in &mut moved {
        finding.start.line += 100;
        finding.end.line += 100;
        finding.snippet = finding.snippet.replace(' ', "   ");
    }
    assert_eq!(fingerprints(&here), fingerprints(&moved));
    let mut distinct = fingerprints(&here);
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), here.len(), "two that look the same are told apart");
}

#[test]
fn no_format_passes_characters_that_steer_a_terminal() {
    for format in Format::ALL {
        let text = text(&full(), format);
        let steers = |c: char| c.is_control() && c != '\n';
        assert!(!text.chars().any(steers), "{format:?}");
    }
}

#[test]
fn sarif_is_valid_by_the_official_schema() {
    let schema = include_str!("../../tests/fixtures/sarif/sarif-schema-2.1.0.json");
    let mut schema: Value = serde_json::from_str(schema).unwrap();
    // A bracket too many, which only lenient engines take; the property is not written by us.
    for of in ["run", "toolComponent"] {
        schema["definitions"][of]["properties"]["language"].as_object_mut().unwrap().remove("pattern");
    }
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    for report in [full(), empty()] {
        let log: Value = serde_json::from_str(&text(&report, Format::Sarif)).unwrap();
        let wrong: Vec<String> =
            validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(wrong, [""; 0]);
    }
    let mut broken: Value = serde_json::from_str(&text(&full(), Format::Sarif)).unwrap();
    broken["runs"][0]["results"][0]["fixes"] = serde_json::json!([{"description": {"text": "advice"}}]);
    assert!(!validator.is_valid(&broken), "the schema refuses what code scanning refuses");
}

#[test]
fn sarif_keeps_what_code_scanning_asks_for() {
    let log: Value = serde_json::from_str(&text(&full(), Format::Sarif)).unwrap();
    let run = &log["runs"][0];
    for result in run["results"].as_array().unwrap() {
        let place = &result["locations"][0]["physicalLocation"];
        assert!(place["region"]["startLine"].as_u64() >= Some(1));
        assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
        assert!(!place["artifactLocation"]["uri"].as_str().unwrap().contains([' ', '[']));
        assert!(result["partialFingerprints"]["primaryLocationLineHash"].is_string());
        let rule =
            &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 20);
    }
}

#[test]
fn sarif_stays_below_the_limits_of_code_scanning() {
    let one = full().findings.remove(0);
    let findings = (1..=25_100).map(|line| Finding {
        start: Position { line, column: 1 },
        severity: Severity::Low,
        ..one.clone()
    });
    let report = Report { findings: findings.collect(), ..full() };
    let log: Value = serde_json::from_str(&text(&report, Format::Sarif)).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 25_000);
    let notes = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(notes.contains("101 results are left out"), "{notes}");
}
