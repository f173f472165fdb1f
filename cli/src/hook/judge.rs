//! What the scanner says about the deeds of a call.

use std::collections::BTreeMap;

use vigil_scan::{Finding, RuleId, Severity};

use super::change::{Change, Draft, Write};
use super::client::{Event, Moment};
use super::deed::Deed;
use super::install::Install;
use super::packages::{is_manifest, manifests, silent};
use super::placed::Placed;
use super::report::{Place, Report, Told};
use super::{Hook, shown};
use crate::scan::Judge;

/// Most deeds of one call that are judged.
const MAX_DEEDS: usize = 100;

/// Judges the deeds.
pub(super) fn judge(deeds: &[Deed], event: &Event, hook: &Hook) -> Report {
    let mut report =
        Report { tool: event.tool.clone(), before: event.moment == Moment::Before, ..Report::default() };
    let judge = Judge::new(hook.config.clone());
    for deed in deeds.iter().take(MAX_DEEDS) {
        match deed {
            Deed::Write(write) => match drafted(write, event.moment) {
                Ok(Some(draft)) => {
                    if is_manifest(&write.path) {
                        declared(write, &draft, event, &judge, hook, &mut report);
                    }
                    // `setup.py` is both.
                    written(write, &draft, event, &judge, &mut report);
                }
                Ok(None) => {}
                Err(problem) => report.unchecked.push(format!("{problem}; it was not checked")),
            },
            Deed::Install(install) => installed(install, &judge, hook, &mut report),
        }
    }
    if deeds.len() > MAX_DEEDS {
        report.unchecked.push(format!("only the first {MAX_DEEDS} files were checked"));
    }
    report.findings.sort_by(|one, other| {
        (std::cmp::Reverse(one.severity), &one.place, one.rule).cmp(&(
            std::cmp::Reverse(other.severity),
            &other.place,
            other.rule,
        ))
    });
    report.unchecked.sort();
    report.unchecked.dedup();
    report
}

fn drafted(write: &Write, moment: Moment) -> Result<Option<Draft>, String> {
    match moment {
        Moment::Before => write.before(),
        Moment::After => write.after(),
    }
}

/// Findings that the change brings: on its lines, or not there before.
fn written(write: &Write, draft: &Draft, event: &Event, judge: &Judge, report: &mut Report) {
    let path = std::path::absolute(&write.path).unwrap_or_else(|_| write.path.clone());
    let (now, problem) = judge.document(&path, draft.text.as_bytes(), &event.directory);
    report.unchecked.extend(problem);
    let loaded = judge.settings(path.parent().unwrap_or(&event.directory));
    let fail_on = loaded.settings.config_for(&path).fail_on;
    // A program that is run once is no part of the project; its secrets still stand in histories and logs.
    let is_said = matches!(write.change, Change::Said(_));
    let counts =
        |finding: &&Finding| !is_said || finding.rule.rule().category == vigil_scan::Category::Secrets;
    let serious: Vec<&Finding> =
        now.findings.iter().filter(|finding| finding.severity >= fail_on).filter(counts).collect();
    if serious.is_empty() {
        return;
    }
    let mut known = match &draft.old {
        Some(old) => counted(&judge.document(&path, old.as_bytes(), &event.directory).0.findings, fail_on),
        None => BTreeMap::new(),
    };
    for finding in serious {
        let was_there =
            known.get_mut(&identity(finding)).filter(|count| **count > 0).map(|count| *count -= 1);
        let touched = draft.changed.touch(finding.start.line, finding.end.line.max(finding.start.line));
        // What the text before had is not known after the fact: then only the lines tell.
        if touched || (draft.old.is_some() && was_there.is_none()) {
            report
                .findings
                .push(told(finding, Place::Line(shown(&path, &event.directory), finding.start.line)));
        }
    }
}

/// Packages that a manifest declares on changed lines.
fn declared(write: &Write, draft: &Draft, event: &Event, judge: &Judge, hook: &Hook, report: &mut Report) {
    let path = std::path::absolute(&write.path).unwrap_or_else(|_| write.path.clone());
    let directory = path.parent().unwrap_or(&event.directory);
    let loaded = judge.settings(directory);
    report.unchecked.extend(loaded.problem.clone());
    let config = loaded.settings.config_for(&path);
    if loaded.settings.excludes(&path, &event.directory) {
        return;
    }
    let placed = Placed::of(&path, &event.directory);
    let checked = hook.online.check(&placed, &draft.text, &BTreeMap::new(), &config);
    report.unchecked.extend(silent(&checked));
    let serious = checked.findings.iter().filter(|finding| finding.severity >= config.fail_on);
    for finding in serious.filter(|finding| draft.changed.touch(finding.start.line, finding.end.line)) {
        report.findings.push(told(finding, Place::Line(shown(&path, &event.directory), finding.start.line)));
    }
}

/// Packages that a command installs.
fn installed(install: &Install, judge: &Judge, hook: &Hook, report: &mut Report) {
    let loaded = judge.settings(&install.directory);
    report.unchecked.extend(loaded.problem.clone());
    let mut config = loaded.settings.config.clone();
    config.deps.offline |= install.elsewhere;
    for (name, text) in manifests(install) {
        let placed = Placed::unwritten(&install.directory, name);
        let checked = hook.online.check(&placed, &text, &install.settings, &config);
        report.unchecked.extend(silent(&checked));
        for finding in checked.findings.iter().filter(|finding| finding.severity >= config.fail_on) {
            let package = finding.metadata.get("package").and_then(|package| package.as_str());
            report
                .findings
                .push(told(finding, Place::Package(package.unwrap_or(&finding.snippet).to_owned())));
        }
    }
}

fn told(finding: &Finding, place: Place) -> Told {
    Told {
        severity: finding.severity,
        rule: finding.rule,
        place,
        message: finding.message.clone(),
        suggestion: finding.suggestion.clone(),
    }
}

/// What makes a finding the same one when lines move.
fn identity(finding: &Finding) -> (RuleId, String, String) {
    (finding.rule, finding.snippet.clone(), finding.message.clone())
}

fn counted(findings: &[Finding], fail_on: Severity) -> BTreeMap<(RuleId, String, String), usize> {
    let mut counts = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.severity >= fail_on) {
        *counts.entry(identity(finding)).or_default() += 1;
    }
    counts
}
