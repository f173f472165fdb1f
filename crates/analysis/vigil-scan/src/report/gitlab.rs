//! GitLab's code quality report: a subset of the Code Climate format.

use serde::Serialize;

use super::text::{path, plain, sentences};
use super::{Report, fingerprints};
use crate::rule::Severity;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

pub(super) fn render(report: &Report) -> String {
    let issues: Vec<Issue> = report
        .findings
        .iter()
        .zip(fingerprints(&report.findings))
        .map(|(finding, fingerprint)| Issue {
            description: plain(&format!(
                "{}: {}",
                finding.rule.rule().name,
                sentences(&finding.message, &finding.suggestion)
            )),
            check_name: finding.rule.code(),
            fingerprint,
            severity: severity(finding.severity),
            location: Location {
                path: path(&finding.file),
                lines: Lines {
                    begin: finding.start.line.max(1),
                    end: finding.end.line.max(finding.start.line).max(1),
                },
            },
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&issues).unwrap_or_else(|_| "[]".to_owned());
    text.push('\n');
    text
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    }
}
