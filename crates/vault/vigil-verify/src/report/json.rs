//! `--json`.

use super::show::quoted;
use super::{Attestations, Finding, Gate, Report};
use crate::code::Codes;

/// One object, its members in the order of spec 12.1, and a line feed.
pub(super) fn render(report: &Report) -> String {
    let mut members = vec![
        ("verdict", text(report.verdict.as_str())),
        ("codes", codes(report.codes)),
        ("format", optional(report.format.map(|format| text(format.as_str())))),
        ("record_count", optional(report.record_count)),
        ("tail", optional(report.tail.map(|tail| text(&tail.text())))),
        ("break_index", optional(report.break_index)),
        ("gate", optional(report.gate.as_ref().map(gate))),
        ("attestations", optional(report.attestations.as_ref().map(attestations))),
        ("exit_code", report.exit_code().to_string()),
        ("keys", array(report.keys.iter().map(|id| text(id)))),
        ("findings", array(report.findings.iter().map(finding))),
        ("findings_total", report.findings_total.to_string()),
    ];
    if let Some(anchor) = report.store {
        members.push(("store", object(vec![("anchor", text(anchor.as_str()))])));
    }
    if report.genesis_differs {
        members.push(("genesis_differs", "true".to_owned()));
    }
    object(members) + "\n"
}

fn gate(gate: &Gate) -> String {
    let pair = |pair: &super::UnrecognisedPair| {
        object(vec![
            ("seq", text(&pair.seq)),
            ("verdict", text(&pair.verdict)),
            ("decision", text(&pair.decision)),
        ])
    };
    object(vec![
        ("allows", gate.allows.to_string()),
        ("unrecognised", array(gate.unrecognised.iter().map(pair))),
    ])
}

fn attestations(attestations: &Attestations) -> String {
    let evidence = attestations.evidence;
    let witnesses = attestations
        .witnesses
        .iter()
        .map(|witness| object(vec![("name", text(&witness.name)), ("size", witness.size.to_string())]));
    object(vec![
        ("signed", text(attestations.signed.as_str())),
        ("signed_records", attestations.signed_records.to_string()),
        ("checkpoints", text(attestations.checkpoints.as_str())),
        ("checkpoint_size", attestations.checkpoint_size.to_string()),
        ("witnesses", array(witnesses)),
        (
            "evidence",
            object(vec![
                ("ok", evidence.ok.to_string()),
                ("missing", evidence.missing.to_string()),
                ("bad", evidence.bad.to_string()),
            ]),
        ),
        ("trust", text(attestations.trust.as_str())),
        ("codes", codes(attestations.codes)),
    ])
}

fn finding(finding: &Finding) -> String {
    object(vec![
        ("code", text(finding.code.as_str())),
        ("index", optional(finding.index)),
        ("position", optional(finding.position)),
        ("member", quoted(&finding.member, MAX_MEMBER)),
    ])
    .replace("\"...", "\"")
}

fn codes(codes: Codes) -> String {
    array(codes.iter().map(|code| text(code.as_str())))
}

fn optional(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "null".to_owned(), |value| value.to_string())
}

fn text(text: &str) -> String {
    quoted(text.as_bytes(), usize::MAX)
}

fn array(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

fn object(members: Vec<(&str, String)>) -> String {
    let members: Vec<_> = members.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

const MAX_MEMBER: usize = 160;
