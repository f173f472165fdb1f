//! SARIF 2.1.0, as code scanning takes it: every result has a place and a fingerprint, paths are relative, `fixes` appear
//! only with the changes they need.

mod model;
mod rules;

use model::{
    Artifact, ArtifactChange, AutomationDetails, Content, Descriptor, DescriptorReference, Driver, Fix,
    Invocation, Location, Log, Message, Notification, PhysicalLocation, Region, Replacement, Results, Run,
    Suppression, Tool,
};

use super::text::{HOME, cut, plain, sentences, uri};
use super::{Report, Suppressed, SuppressedBy, fingerprints};
use crate::finding::{Finding, Note, NoteKind};
use crate::rule::{Category, RuleId, Severity};

/// GitHub refuses a run with more results.
const MAX_RESULTS: usize = 25_000;

/// More notifications say nothing new.
const MAX_NOTIFICATIONS: usize = 1_000;

const MAX_MESSAGE_CHARS: usize = 1_000;

pub(super) fn render(report: &Report) -> String {
    let used = used_rules(report);
    let mut results = results(report, &used);
    let dropped = results.len().saturating_sub(MAX_RESULTS);
    results.truncate(MAX_RESULTS);
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "vigil",
                    version: plain(&report.tool_version),
                    semantic_version: plain(&report.tool_version),
                    information_uri: HOME,
                    rules: used.iter().map(|id| rules::descriptor(*id)).collect::<Vec<Descriptor>>(),
                },
            },
            automation_details: AutomationDetails { id: automation(report) },
            invocations: [Invocation {
                execution_successful: report.errors.is_empty(),
                tool_execution_notifications: notifications(report, dropped),
            }],
            column_kind: "unicodeCodePoints",
            results,
        }],
    };
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_else(|_| "{}".to_owned());
    text.push('\n');
    text
}

/// Keeps uploads of partial scans apart from those of whole ones.
fn automation(report: &Report) -> String {
    if report.categories_run.len() == Category::ALL.len() {
        return "vigil/".to_owned();
    }
    let ran: Vec<&str> = report.categories_run.iter().map(|category| category.name()).collect();
    format!("vigil-{}/", ran.join("-"))
}

/// Rules that occur, in the order of the table.
fn used_rules(report: &Report) -> Vec<RuleId> {
    let suppressed = report.suppressed.iter().map(|suppressed| suppressed.finding.rule);
    let mut used: Vec<RuleId> =
        report.findings.iter().map(|finding| finding.rule).chain(suppressed).collect();
    used.sort_unstable_by_key(|rule| rule.code());
    used.dedup();
    used
}

fn results(report: &Report, used: &[RuleId]) -> Vec<Results> {
    // Together, so that a finding has the same fingerprint whether or not another one like it is suppressed.
    let all: Vec<Finding> = report
        .findings
        .iter()
        .chain(report.suppressed.iter().map(|suppressed| &suppressed.finding))
        .cloned()
        .collect();
    let live = std::iter::repeat_n(None, report.findings.len());
    let why = live.chain(report.suppressed.iter().map(Some));
    all.iter()
        .zip(fingerprints(&all))
        .zip(why)
        .map(|((finding, fingerprint), suppressed)| result(finding, fingerprint, suppressed, used))
        .collect()
}

fn result(
    finding: &Finding,
    fingerprint: String,
    suppressed: Option<&Suppressed>,
    used: &[RuleId],
) -> Results {
    let end = finding.end.max(finding.start);
    let start_line = finding.start.line.max(1);
    let region = Region {
        start_line,
        start_column: finding.start.column.max(1),
        end_line: end.line.max(start_line),
        end_column: end.column.max(1),
        snippet: (!finding.snippet.is_empty()).then(|| Content { text: plain(&finding.snippet) }),
    };
    Results {
        rule_id: finding.rule.code(),
        rule_index: used.iter().position(|rule| *rule == finding.rule),
        level: level(finding.severity),
        message: Message { text: message(finding) },
        locations: [location(&finding.file, Some(region))],
        partial_fingerprints: model::Fingerprints { primary: format!("{fingerprint}:1"), own: fingerprint },
        fixes: finding.fix.as_ref().map(|fix| [fixed(finding, fix)]),
        suppressions: suppressed.map(|suppressed| {
            [Suppression {
                kind: match suppressed.kind {
                    SuppressedBy::Inline => "inSource",
                    SuppressedBy::Baseline => "external",
                },
                justification: suppressed.reason.as_deref().map(plain),
            }]
        }),
    }
}

fn message(finding: &Finding) -> String {
    let text = sentences(&finding.message, &finding.suggestion);
    // Square brackets are links in messages.
    cut(&plain(&text), MAX_MESSAGE_CHARS).replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

fn fixed(finding: &Finding, fix: &crate::finding::Fix) -> Fix {
    let file = fix.file.as_ref().unwrap_or(&finding.file);
    Fix {
        description: Message { text: plain(&fix.title) },
        artifact_changes: [ArtifactChange {
            artifact_location: Artifact { uri: uri(file), uri_base_id: base(file) },
            replacements: fix
                .edits
                .iter()
                .map(|edit| Replacement {
                    deleted_region: model::Bytes {
                        byte_offset: edit.start,
                        byte_length: edit.end.saturating_sub(edit.start),
                    },
                    inserted_content: Content { text: edit.text.clone() },
                })
                .collect(),
        }],
    }
}

fn location(file: &std::path::Path, region: Option<Region>) -> Location {
    Location {
        physical_location: PhysicalLocation {
            artifact_location: Artifact { uri: uri(file), uri_base_id: base(file) },
            region,
        },
    }
}

/// Relative paths start from the root of the sources.
fn base(file: &std::path::Path) -> Option<&'static str> {
    file.is_relative().then_some("%SRCROOT%")
}

fn notifications(report: &Report, dropped: usize) -> Vec<Notification> {
    let errors = report.errors.iter().map(|error| Notification {
        level: "error",
        message: Message { text: cut(&plain(error), MAX_MESSAGE_CHARS) },
        descriptor: DescriptorReference { id: "error" },
        locations: Vec::new(),
    });
    let dropped = (dropped > 0).then(|| Notification {
        level: "warning",
        message: Message {
            text: format!("{dropped} results are left out: code scanning takes {MAX_RESULTS}."),
        },
        descriptor: DescriptorReference { id: "limit" },
        locations: Vec::new(),
    });
    errors.chain(dropped).chain(report.notes.iter().map(notification)).take(MAX_NOTIFICATIONS).collect()
}

fn notification(note: &Note) -> Notification {
    let (level, id) = match note.kind {
        NoteKind::Skipped => ("warning", "skipped"),
        NoteKind::Registry => ("warning", "registry"),
        NoteKind::Unused => ("note", "unused"),
        NoteKind::Info => ("note", "info"),
    };
    let region = note.line.map(|line| {
        let line = line.max(1);
        Region { start_line: line, start_column: 1, end_line: line, end_column: 1, snippet: None }
    });
    Notification {
        level,
        message: Message { text: cut(&plain(&note.message), MAX_MESSAGE_CHARS) },
        descriptor: DescriptorReference { id },
        locations: note.file.iter().map(|file| location(file, region.clone())).collect(),
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}
