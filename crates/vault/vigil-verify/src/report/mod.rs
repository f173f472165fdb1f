//! The report (spec 12.1, 13.8) and its exit code (12.9).

mod human;
mod json;
mod show;

pub use human::Style;

use crate::attest::evidence::EvidenceCounts;
use crate::chain::anchor::Tail;
use crate::code::{Code, Codes, Format, Verdict};

/// Details are kept for this many findings; all are counted.
pub(crate) const MAX_DETAILS: usize = 1000;

/// Everything a verification says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The one word.
    pub verdict: Verdict,
    /// Every code about the chain or the text that applies.
    pub codes: Codes,
    /// The layout; `None` when rejected.
    pub format: Option<Format>,
    /// Elements of `records`, or 1.0 entries; `None` when rejected.
    pub record_count: Option<u64>,
    /// What is known about the end of the chain.
    pub tail: Option<Tail>,
    /// Smallest index of a finding that breaks the chain.
    pub break_index: Option<u64>,
    /// What the gate records of a verified chain say.
    pub gate: Option<Gate>,
    /// What the attestations of a walked 2.x document say.
    pub attestations: Option<Attestations>,
    /// Ids of the keys the document lists.
    pub keys: Vec<String>,
    /// The caller wants every record signed.
    pub require_signed: bool,
    /// The caller expected another genesis.
    pub genesis_differs: bool,
    /// Where the anchor comes from, when a store was read and not a document.
    pub store: Option<StoreAnchor>,
    /// The first findings in the order of the walk.
    pub findings: Vec<Finding>,
    /// How many findings there are.
    pub findings_total: u64,
}

/// One finding about one record or entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub code: Code,
    /// Position in the walk; `None` outside it.
    pub index: Option<u64>,
    /// Position in the array, where the finding was made there.
    pub position: Option<u64>,
    /// The member it is about, as its UTF-16 code units in WTF-8; may be empty.
    pub member: Vec<u8>,
}

/// Counts of gate records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// Records whose pair is an allow.
    pub allows: u64,
    /// Records whose pair the format does not list.
    pub unrecognised: Vec<UnrecognisedPair>,
}

/// A gate record with an unlisted pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnrecognisedPair {
    /// The record's `seq`.
    pub seq: String,
    /// As recorded.
    pub verdict: String,
    /// As recorded.
    pub decision: String,
}

/// What keys, signatures, checkpoints and evidence show. Spec 13.8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestations {
    /// How the records are signed.
    pub signed: Signed,
    /// How many records the key in force signed.
    pub signed_records: u64,
    /// How the checkpoints are.
    pub checkpoints: Checkpoints,
    /// Greatest size of a checkpoint without a code.
    pub checkpoint_size: u64,
    /// For each witness named, in the order of the options.
    pub witnesses: Vec<WitnessSize>,
    /// Counts of evidence objects.
    pub evidence: EvidenceCounts,
    /// Whether a key the caller knows vouches for the document.
    pub trust: Trust,
    /// Every code about attestations that applies.
    pub codes: Codes,
}

/// Where the anchor of a store was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreAnchor {
    /// In the files of the state directory.
    Files,
    /// In those files, and none of them can be read.
    Unreadable,
    /// Nowhere: there is none yet, or it is in the system key store, which this program does not open.
    NotRead,
}

impl StoreAnchor {
    /// The word of the JSON report.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Unreadable => "unreadable",
            Self::NotRead => "not_read",
        }
    }
}

/// How far a witness saw the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessSize {
    /// The witness's name.
    pub name: String,
    /// Greatest consistent checkpoint that carries its valid line, 0 if none.
    pub size: u64,
}

/// How the records are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// Something about keys, rotations or signatures is wrong.
    Bad,
    /// There are no signatures.
    None,
    /// Every record is signed by the key in force.
    All,
    /// Some are.
    Partial,
}

/// How the checkpoints are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checkpoints {
    /// At least one does not hold.
    Inconsistent,
    /// There are none.
    None,
    /// All hold.
    Consistent,
}

/// Whether a key the caller knows vouches for the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// No key was named.
    Unpinned,
    /// A named key made a valid signature here.
    Pinned,
    /// None of the named keys did.
    Mismatch,
}

impl Report {
    pub(crate) fn new(verdict: Verdict, codes: Codes) -> Self {
        Self {
            verdict,
            codes,
            format: None,
            record_count: None,
            tail: None,
            break_index: None,
            gate: None,
            attestations: None,
            keys: Vec::new(),
            require_signed: false,
            genesis_differs: false,
            store: None,
            findings: Vec::new(),
            findings_total: 0,
        }
    }

    pub(crate) fn rejected(code: Code) -> Self {
        Self { findings_total: 1, ..Self::new(Verdict::Rejected, code.into()) }
    }

    /// The exit code of spec 12.9.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        let unsigned =
            |attestations: &Attestations| self.require_signed && attestations.signed != Signed::All;
        match self.verdict {
            Verdict::Verified => match &self.attestations {
                Some(attestations) if attestations.is_bad() || unsigned(attestations) => 12,
                _ if self.genesis_differs => 13,
                _ => 0,
            },
            Verdict::Broken => 1,
            Verdict::Truncated => 2,
            Verdict::Empty => 3,
            Verdict::Rejected => 6,
            Verdict::V1LinkageOnly => 7,
            Verdict::V1LinkBroken => 8,
            Verdict::V1Empty => 9,
        }
    }

    /// The report as one JSON object and a line feed, ASCII.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::render(self)
    }

    /// The report for people. `name` is what the document is called.
    #[must_use]
    pub fn to_text(&self, name: &str, style: Style) -> String {
        human::render(self, name, style)
    }
}

impl Attestations {
    /// Whether something in them is wrong, as opposed to missing.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        self.signed == Signed::Bad
            || self.checkpoints == Checkpoints::Inconsistent
            || self.evidence.bad > 0
            || self.trust == Trust::Mismatch
    }
}

impl Finding {
    pub(crate) fn at(code: Code, index: u64) -> Self {
        Self { code, index: Some(index), position: None, member: Vec::new() }
    }
}

impl Signed {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::None => "none",
            Self::All => "all",
            Self::Partial => "partial",
        }
    }
}

impl Checkpoints {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Inconsistent => "inconsistent",
            Self::None => "none",
            Self::Consistent => "consistent",
        }
    }
}

impl Trust {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unpinned => "unpinned",
            Self::Pinned => "pinned",
            Self::Mismatch => "mismatch",
        }
    }
}

impl Tail {
    pub(crate) fn text(self) -> String {
        match self {
            Self::Anchored => "anchored".to_owned(),
            Self::Unanchored(records) => format!("unanchored:{records}"),
            Self::Unchecked => "unchecked".to_owned(),
            Self::Undetectable => "undetectable".to_owned(),
        }
    }
}
