//! For CI servers that show tests: each finding is a test that failed.

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::Report;
use super::text::{note_line, plain, shown};
use crate::finding::{Finding, NoteKind};
use crate::rule::Severity;

pub(super) fn render(report: &Report) -> String {
    let mut suite = TestSuite::new("vigil");
    suite.set_time(report.duration);
    let analyzers: Vec<&str> = report.categories_run.iter().map(|category| category.name()).collect();
    suite.add_property(("vigil.version", plain(&report.tool_version).as_str()));
    suite.add_property(("vigil.files_scanned", report.files_scanned.to_string().as_str()));
    suite.add_property(("vigil.analyzers", analyzers.join(",").as_str()));
    for finding in &report.findings {
        suite.add_test_case(failure(finding));
    }
    for error in &report.errors {
        suite.add_test_case(problem(&plain(error)));
    }
    let partial = |kind| matches!(kind, NoteKind::Skipped | NoteKind::Registry);
    for note in report.notes.iter().filter(|note| partial(note.kind)) {
        suite.add_test_case(problem(&note_line(note)));
    }
    if suite.test_cases.is_empty() {
        let mut passed = TestCase::new("vigil-scan", TestCaseStatus::success());
        passed.set_classname("vigil");
        suite.add_test_case(passed);
    }
    let other: Vec<String> = report.notes.iter().filter(|note| !partial(note.kind)).map(note_line).collect();
    if !other.is_empty() {
        suite.set_system_out(other.join("\n"));
    }
    let mut document = quick_junit::Report::new("vigil");
    document.set_time(report.duration);
    document.add_test_suite(suite);
    document.to_string().unwrap_or_default()
}

fn failure(finding: &Finding) -> TestCase {
    let kind = if finding.severity >= Severity::High { "error" } else { "warning" };
    let place = format!("{}:{}", shown(&finding.file), finding.start.line.max(1));
    let category = finding.rule.rule().category.name();
    let mut lines = vec![
        format!("Rule: {}", finding.rule.code()),
        format!("Severity: {}", finding.severity.name()),
        format!("Category: {category}"),
        format!("File: {place}"),
    ];
    if !finding.suggestion.is_empty() {
        lines.push(format!("Suggestion: {}", plain(&finding.suggestion)));
    }
    if !finding.snippet.is_empty() {
        lines.push(format!("Snippet: {}", plain(&finding.snippet)));
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(plain(&finding.message)).set_type(kind).set_description(lines.join("\n"));
    let mut case = TestCase::new(format!("{}: {place}", finding.rule.code()), status);
    case.set_classname(format!("vigil.{category}"));
    case
}

fn problem(message: &str) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(message).set_type("error");
    let mut case = TestCase::new("vigil-error", status);
    case.set_classname("vigil");
    case
}
