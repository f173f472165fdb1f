//! The report for people, 80 columns wide.

use std::fmt::Write as _;

use super::show::quoted;
use super::{Attestations, Checkpoints, Finding, Report, Signed, StoreAnchor, Trust};
use crate::chain::anchor::Tail;
use crate::code::{Code, Verdict};

/// How the report may look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Text alone.
    #[default]
    Plain,
    /// With ANSI colours.
    Colour,
}

#[derive(Clone, Copy)]
enum Tint {
    Good,
    Note,
    Bad,
    Dim,
}

impl Style {
    fn paint(self, tint: Tint, text: &str) -> String {
        let colour = match tint {
            Tint::Good => "1;32",
            Tint::Note => "33",
            Tint::Bad => "1;31",
            Tint::Dim => "2",
        };
        match self {
            Self::Plain => text.to_owned(),
            Self::Colour => format!("\x1b[{colour}m{text}\x1b[0m"),
        }
    }
}

pub(super) fn render(report: &Report, name: &str, style: Style) -> String {
    let mut page = Page { out: String::new(), style };
    let (tint, sentence) = headline(report.verdict);
    let word = style.paint(tint, report.verdict.as_str());
    let _ = writeln!(page.out, "{}\n\n  {word}: {sentence}\n", quoted(name.as_bytes(), MAX_STRING));
    page.chain(report);
    if let Some(attestations) = &report.attestations {
        page.attestations(report, attestations);
    }
    page.findings(report);
    page.notes(report);
    page.out
}

fn headline(verdict: Verdict) -> (Tint, &'static str) {
    match verdict {
        Verdict::Verified => (Tint::Good, "every record recomputes and links from the genesis on"),
        Verdict::Broken => (Tint::Bad, "the chain does not hold together"),
        Verdict::Truncated => (Tint::Bad, "a part of the chain is missing"),
        Verdict::Empty => (Tint::Note, "there are no records"),
        Verdict::Rejected => (Tint::Bad, "this cannot be read as a record chain"),
        Verdict::V1LinkageOnly => (Tint::Note, "the links hold; content is not covered by version 1.0"),
        Verdict::V1LinkBroken => (Tint::Bad, "a link is broken; content is not covered by version 1.0"),
        Verdict::V1Empty => (Tint::Note, "there are no entries; content is not covered by version 1.0"),
    }
}

struct Page {
    out: String,
    style: Style,
}

impl Page {
    /// One line, its label right-aligned so that the values stand below each other.
    fn row(&mut self, label: &str, tint: Option<Tint>, value: &str) {
        let value = tint.map_or_else(|| value.to_owned(), |tint| self.style.paint(tint, value));
        let _ = writeln!(self.out, "{label:>13}: {value}");
    }

    fn chain(&mut self, report: &Report) {
        if let Some(format) = report.format {
            self.row("format", None, format.as_str());
        }
        if let Some(records) = report.record_count {
            self.row("records", None, &records.to_string());
        }
        if let Some(tail) = report.tail {
            let (tint, text) = match tail {
                Tail::Anchored => (None, "anchored".to_owned()),
                Tail::Unanchored(records) => (None, format!("{records} records after the anchor")),
                Tail::Unchecked => {
                    (Some(Tint::Note), "unchecked, the anchor's head could not be compared".to_owned())
                }
                Tail::Undetectable => {
                    (Some(Tint::Note), "undetectable, a cut tail cannot be seen in this document".to_owned())
                }
            };
            self.row("tail", tint, &text);
        }
        if let Some(index) = report.break_index {
            self.row("break", Some(Tint::Bad), &format!("break at or before index {index}"));
        }
        if let Some(gate) = &report.gate {
            let unlisted = gate.unrecognised.len();
            self.row("gate", None, &format!("{} allowed, {unlisted} with an unlisted outcome", gate.allows));
        }
        let codes: Vec<_> = report.codes.iter().map(Code::as_str).collect();
        self.codes("codes", &codes);
    }

    fn attestations(&mut self, report: &Report, attestations: &Attestations) {
        let records = report.record_count.unwrap_or(0);
        let (tint, text) = match attestations.signed {
            Signed::All => (Some(Tint::Good), "all".to_owned()),
            Signed::Partial => {
                (Some(Tint::Note), format!("partial ({} of {records})", attestations.signed_records))
            }
            Signed::None => (None, "none".to_owned()),
            Signed::Bad => (Some(Tint::Bad), "bad".to_owned()),
        };
        self.row("signed", tint, &text);
        let (tint, text) = match attestations.checkpoints {
            Checkpoints::Consistent => {
                (Some(Tint::Good), format!("consistent up to {} of {records}", attestations.checkpoint_size))
            }
            Checkpoints::None => (None, "none".to_owned()),
            Checkpoints::Inconsistent => (Some(Tint::Bad), "inconsistent".to_owned()),
        };
        self.row("checkpoints", tint, &text);
        for witness in &attestations.witnesses {
            let name = quoted(witness.name.as_bytes(), MAX_STRING);
            let text = format!("{name} saw {} of {records}", witness.size);
            self.row("witness", (witness.size == 0).then_some(Tint::Note), &text);
        }
        let evidence = attestations.evidence;
        let text = format!("ok {}, missing {}, bad {}", evidence.ok, evidence.missing, evidence.bad);
        self.row("evidence", (evidence.bad > 0).then_some(Tint::Bad), &text);
        let (tint, text) = match attestations.trust {
            Trust::Unpinned => (None, "unpinned"),
            Trust::Pinned => (Some(Tint::Good), "pinned, a key you named signed this document"),
            Trust::Mismatch => (Some(Tint::Bad), "mismatch, no key you named signed this document"),
        };
        self.row("trust", tint, text);
        let codes: Vec<_> = attestations.codes.iter().map(Code::as_str).collect();
        self.codes("attestation", &codes);
    }

    /// Codes, as many on a line as fit.
    fn codes(&mut self, label: &str, codes: &[&str]) {
        let mut line = String::new();
        let mut label = label;
        for code in codes {
            if !line.is_empty() && line.len() + code.len() + 2 > WIDTH - 15 {
                self.row(label, Some(Tint::Bad), &line);
                line.clear();
                label = "";
            }
            line = if line.is_empty() { (*code).to_owned() } else { line + " " + code };
        }
        if !line.is_empty() {
            self.row(label, Some(Tint::Bad), &line);
        }
    }

    fn findings(&mut self, report: &Report) {
        if report.findings.is_empty() {
            return;
        }
        let _ = writeln!(self.out, "\nfindings");
        for finding in report.findings.iter().take(MAX_LINES) {
            let _ = writeln!(self.out, "  {}", finding_line(finding).trim_end());
        }
        let hidden = report.findings_total.saturating_sub(report.findings.len().min(MAX_LINES) as u64);
        if hidden > 0 {
            let more = format!("  and {hidden} more; --json lists the first 1,000");
            let _ = writeln!(self.out, "{}", self.style.paint(Tint::Dim, &more));
        }
    }

    fn notes(&mut self, report: &Report) {
        for pair in report.gate.iter().flat_map(|gate| &gate.unrecognised).take(MAX_LINES) {
            let [verdict, decision] =
                [&pair.verdict, &pair.decision].map(|text| quoted(text.as_bytes(), MAX_STRING));
            let seq: String = pair.seq.chars().take(MAX_DIGITS).collect();
            self.note(&format!(
                "record {seq} has the unlisted outcome ({verdict}, {decision}); it counts as no allow"
            ));
        }
        if matches!(report.verdict, Verdict::Broken | Verdict::Truncated) {
            self.note("A finding shows where the chain stops holding, not which record was changed.");
        }
        if report.genesis_differs {
            self.note("The genesis is not the one you expected: this is another chain.");
        }
        if let Some(anchor) = report.store {
            self.note(match anchor {
                StoreAnchor::Files => {
                    "Read from the store, whose genesis and anchor are its own word: whoever can write the store can \
                     write them too. Records that are not sealed yet are not covered."
                }
                StoreAnchor::Unreadable => {
                    "Read from the store, whose genesis is its own word. Its anchor cannot be read. Records that are \
                     not sealed yet are not covered."
                }
                StoreAnchor::NotRead => {
                    "Read from the store, whose genesis is its own word. No anchor was read: it may be in the system \
                     key store, which the auditor does not open; `vigil status` compares it. Records that are not \
                     sealed yet are not covered."
                }
            });
        }
        let Some(attestations) = &report.attestations else { return };
        if report.require_signed && attestations.signed != Signed::All {
            self.note("You asked for every record to be signed; not every one is.");
        }
        if attestations.trust == Trust::Unpinned && !report.keys.is_empty() {
            self.note(
                "No key is pinned: signatures show consistency only. Whoever rewrites a document whole can sign it \
                 with keys of their own. Compare these key ids with those of the device, then name one with \
                 --trust-key:",
            );
            for id in report.keys.iter().take(MAX_LINES) {
                let _ = writeln!(self.out, "    {id}");
            }
        }
    }

    /// A paragraph, wrapped.
    fn note(&mut self, text: &str) {
        self.out.push('\n');
        let mut line = String::new();
        for word in text.split(' ') {
            if !line.is_empty() && line.len() + 1 + word.len() > WIDTH {
                let _ = writeln!(self.out, "{line}");
                line.clear();
            }
            line = if line.is_empty() { word.to_owned() } else { line + " " + word };
        }
        let _ = writeln!(self.out, "{line}");
    }
}

fn finding_line(finding: &Finding) -> String {
    let place = match (finding.index, finding.position) {
        (Some(index), _) => format!("index {index}"),
        (None, Some(position)) => format!("element {position}, outside the walk"),
        (None, None) => "document".to_owned(),
    };
    let member = match finding.member.as_slice() {
        [] => String::new(),
        member => quoted(member, MAX_STRING),
    };
    format!("{place:<16} {:<22} {member}", finding.code.as_str())
}

const WIDTH: usize = 80;
const MAX_STRING: usize = 160;
const MAX_DIGITS: usize = 40;
const MAX_LINES: usize = 20;
