//! From a document to its report: the order of the checks (spec 12, 13).

use std::collections::HashSet;
use std::path::Path;

use crate::attest::audit::{Audited, Subject, audit};
use crate::attest::checkpoint::{self, Judge};
use crate::attest::evidence::Evidence;
use crate::attest::key::Keys;
use crate::attest::note::Witness;
use crate::attest::signature::Signatures;
use crate::chain::anchor::{Anchor, Count, Head, Tail};
use crate::chain::v1::{Layout, Linkage};
use crate::chain::walk::Walk;
use crate::code::{Code, Codes, Format, Verdict};
use crate::crew::in_order;
use crate::document::stream::{Entries, Stop};
use crate::document::version::Major;
use crate::document::{self, Document, Member, Members};
use crate::error::VerifyError;
use crate::json::scan::Scanner;
use crate::record::intake::Intake;
use crate::record::line::Mark;
use crate::report::{Attestations, Checkpoints, Finding, Gate, Report, Signed, Trust, WitnessSize};
use crate::sorter::Sorter;
use crate::source::Source;
use crate::store;

/// What the caller knows beside the document.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub(crate) trusted: Vec<String>,
    pub(crate) witnesses: Vec<Witness>,
    pub(crate) require_signed: bool,
    pub(crate) genesis: Option<[u8; 32]>,
    pub(crate) threads: Option<usize>,
}

/// Reads and judges a document.
///
/// # Errors
/// When there can be no report: the document cannot be read, or a limit of this program is reached. What is wrong
/// with the document itself is in the report.
pub fn verify(source: &Source<'_>, options: &Options) -> Result<Report, VerifyError> {
    let size = source.size()?;
    let threads = match options.threads {
        Some(threads) => threads,
        None if size < PARALLEL_BYTES => 1,
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    let input = source.reader(0).map_err(VerifyError::Read)?;
    let document = match document::read(input, threads) {
        Ok(document) => document,
        Err(Stop::Malformed) => return Ok(Report::rejected(Code::InvalidJson)),
        Err(Stop::Error(error)) => return Err(error),
    };
    match judge_format(document) {
        Err(code) => Ok(Report::rejected(code)),
        Ok(Judged::V1(linkage)) => Ok(v1_report(linkage)),
        Ok(Judged::V2(members, records, genesis)) => {
            Chain { source, options, threads, members, records, genesis }.report()
        }
    }
}

/// Reads and judges the store of a state directory, beside the daemon that writes it: one snapshot, nothing written.
///
/// # Errors
/// As [`verify`], and when the store cannot be read, or this build has no reader of stores.
pub fn verify_store(directory: &Path, options: &Options) -> Result<Report, VerifyError> {
    let (document, anchor) = store::read(directory)?;
    let report = verify(&document, options)?;
    Ok(Report { store: Some(anchor), ..report })
}

enum Judged {
    V1(Linkage),
    V2(Box<Members>, Intake, Option<Mark>),
}

/// Spec 12.2 to 12.4, the code of the first rule that is violated.
fn judge_format(document: Document) -> Result<Judged, Code> {
    let linkage = match document {
        Document::Other { duplicate: true } => return Err(Code::DuplicateMember),
        Document::Other { duplicate: false } => return Err(Code::UnrecognisedFormat),
        Document::Array(linkage) => {
            if linkage.duplicate {
                return Err(Code::DuplicateMember);
            }
            if !linkage.all_declare_v1 {
                return Err(Code::UnrecognisedFormat);
            }
            linkage
        }
        Document::Object(mut members) => {
            if members.any_duplicate() {
                return Err(Code::DuplicateMember);
            }
            match members.version.ok_or(Code::UnrecognisedFormat)? {
                Major::Two => return judge_members(members),
                Major::One if !matches!(members.records, Member::Absent) => return Err(Code::FormatMismatch),
                Major::One => match std::mem::take(&mut members.interactions) {
                    Member::Is(linkage) => linkage,
                    _ => return Err(Code::UnrecognisedFormat),
                },
            }
        }
    };
    if linkage.like_v2 { Err(Code::FormatMismatch) } else { Ok(Judged::V1(linkage)) }
}

/// Spec 12.4.
fn judge_members(mut members: Box<Members>) -> Result<Judged, Code> {
    let records = match std::mem::take(&mut members.records) {
        Member::Absent | Member::Null => return Err(Code::MissingMember),
        Member::Other => return Err(Code::MalformedMember),
        Member::Is(records) => records,
    };
    let genesis = match members.genesis {
        // Not demanded without records; attestations may still speak of it.
        Member::Absent | Member::Null | Member::Other if records.count == 0 => None,
        Member::Absent | Member::Null => return Err(Code::MissingMember),
        Member::Other => return Err(Code::MalformedMember),
        Member::Is(genesis) => genesis,
    };
    Ok(Judged::V2(members, records, genesis))
}

impl Members {
    fn any_duplicate(&self) -> bool {
        self.duplicate
            || matches!(&self.records, Member::Is(records) if records.duplicate)
            || matches!(&self.interactions, Member::Is(linkage) if linkage.duplicate)
            || matches!(&self.signatures, Member::Is(signatures) if signatures.duplicate)
            || matches!(&self.evidence, Member::Is(evidence) if evidence.duplicate)
    }
}

fn v1_report(linkage: Linkage) -> Report {
    let verdict = match linkage.codes.is_empty() {
        _ if linkage.count == 0 => Verdict::V1Empty,
        true => Verdict::V1LinkageOnly,
        false => Verdict::V1LinkBroken,
    };
    let format = match linkage.layout() {
        Layout::Array => Format::V1Array,
        Layout::Object => Format::V1Object,
    };
    Report {
        format: Some(format),
        record_count: Some(linkage.count),
        break_index: linkage.break_index,
        findings: linkage.details.into_iter().map(|(code, index)| Finding::at(code, index)).collect(),
        findings_total: linkage.found,
        ..Report::new(verdict, linkage.codes)
    }
}

/// A 2.x document that is walked.
struct Chain<'a> {
    source: &'a Source<'a>,
    options: &'a Options,
    threads: usize,
    members: Box<Members>,
    records: Intake,
    genesis: Option<Mark>,
}

impl Chain<'_> {
    fn report(mut self) -> Result<Report, VerifyError> {
        let count = self.records.count;
        let mut attest_codes = Codes::default();
        let signatures = match std::mem::take(&mut self.members.signatures) {
            Member::Is(signatures) => signatures,
            Member::Other => Signatures { malformed: true, ..Signatures::default() },
            Member::Absent | Member::Null => Signatures::default(),
        };
        if signatures.malformed {
            attest_codes.insert(Code::SignatureMalformed);
        }
        let mut evidence = match std::mem::take(&mut self.members.evidence) {
            Member::Is(evidence) => evidence,
            Member::Other => Evidence::malformed_member(),
            Member::Absent | Member::Null => Evidence::default(),
        };
        let keys = match self.members.keys.as_deref().map(|text| Keys::read(text, &self.options.trusted)) {
            Some(Ok(keys)) => keys,
            _ => Keys::default(),
        };
        attest_codes.extend(keys.codes);
        let genesis = self.genesis.filter(|genesis| genesis.hex).map(|genesis| genesis.bytes);
        let checkpoints = self.checkpoints(&keys, genesis)?;
        attest_codes.extend(checkpoints.codes);

        let wanted: HashSet<u64> = self.records.details.iter().map(|detail| detail.position).collect();
        let anchor = match self.members.anchor {
            Anchor::Counts { count: Count::Exact(counted @ 1..), head: Head::String(head) }
                if counted <= count =>
            {
                Some((counted - 1, head))
            }
            _ => None,
        };
        let (rows, big) = (std::mem::take(&mut self.records.rows), std::mem::take(&mut self.records.big));
        let mut walk = Walk::new(rows, big, self.genesis, anchor)?;
        let subject = Subject {
            walk: &mut walk,
            wanted: &wanted,
            keys: &keys,
            genesis,
            signatures: signatures.rows,
            checkpoints: checkpoints.rows,
            evidence: &mut evidence,
            witnesses: self.options.witnesses.len(),
        };
        let audited = audit(subject, self.threads)?;
        attest_codes.extend(audited.codes);
        let (evidence, evidence_codes) = evidence.judge()?;
        attest_codes.extend(evidence_codes);
        let (signed, any_checkpoint) = (signatures.count > 0, checkpoints.count > 0);
        let attestations = self.attestations(attest_codes, &audited, evidence, signed, any_checkpoint);

        let mut codes = self.records.codes;
        codes.extend(walk.found.codes);
        let (tail, anchor_code) = self.tail(walk.found.head_matches);
        if let Some(code) = anchor_code {
            codes.insert(code);
        }
        let verdict = match count {
            _ if codes.meets(Code::BROKEN) => Verdict::Broken,
            _ if codes.meets(Code::TRUNCATED) => Verdict::Truncated,
            0 => Verdict::Empty,
            _ => Verdict::Verified,
        };
        let gate = (verdict == Verdict::Verified).then(|| {
            self.records.unrecognised.sort_by_key(|(seq, _)| *seq);
            let unrecognised = std::mem::take(&mut self.records.unrecognised);
            Gate {
                allows: self.records.allows,
                unrecognised: unrecognised.into_iter().map(|(_, pair)| pair).collect(),
            }
        });
        let (findings, findings_total) = self.findings(&walk, anchor_code);
        Ok(Report {
            format: Some(Format::V2),
            record_count: Some(count),
            tail,
            break_index: walk.found.break_index,
            gate,
            attestations: Some(attestations),
            keys: keys.list().iter().map(|key| key.id.clone()).collect(),
            require_signed: self.options.require_signed,
            genesis_differs: self.options.genesis.is_some_and(|wanted| genesis != Some(wanted)),
            findings,
            findings_total,
            ..Report::new(verdict, codes)
        })
    }

    /// Reads the checkpoints, now that keys and genesis are known.
    fn checkpoints(&self, keys: &Keys, genesis: Option<[u8; 32]>) -> Result<ReadCheckpoints, VerifyError> {
        let mut read = ReadCheckpoints::default();
        let at = match self.members.checkpoints {
            Member::Is(at) => at,
            Member::Other => {
                read.codes.insert(Code::CheckpointMalformed);
                return Ok(read);
            }
            Member::Absent | Member::Null => return Ok(read),
        };
        let origin = genesis.map(|genesis| {
            genesis.iter().take(8).fold(String::from("vigil/"), |name, byte| name + &format!("{byte:02x}"))
        });
        let judge = Judge { keys, witnesses: &self.options.witnesses, origin, records: self.records.count };
        let mut scanner = Scanner::new(self.source.reader(at).map_err(VerifyError::Read)?);
        let mut entries = Entries::array(&mut scanner);
        let result = in_order(
            self.threads,
            || entries.next(),
            |batch| checkpoint::read(&batch, &judge),
            |judged| {
                for one in judged? {
                    read.count += 1;
                    match one {
                        Ok(pending) => read.rows.push(pending.row())?,
                        Err(code) => read.codes.insert(code),
                    }
                }
                Ok::<_, Stop>(())
            },
        );
        match result {
            Ok(()) => Ok(read),
            Err(Stop::Error(error)) => Err(error),
            // It was JSON a moment ago.
            Err(Stop::Malformed) => {
                Err(VerifyError::Read(std::io::Error::other("the document changed while it was read")))
            }
        }
    }

    /// Spec 12.6.
    fn tail(&self, head_matches: Option<bool>) -> (Option<Tail>, Option<Code>) {
        let records = self.records.count;
        match self.members.anchor {
            Anchor::Absent => (Some(Tail::Undetectable), Some(Code::AnchorAbsent)),
            Anchor::Null => (Some(Tail::Undetectable), Some(Code::AnchorNull)),
            Anchor::Unreadable => (Some(Tail::Undetectable), Some(Code::AnchorUnreadable)),
            Anchor::Counts { count: Count::Huge, .. } => (None, Some(Code::AnchorExceedsRecords)),
            Anchor::Counts { count: Count::Exact(counted), .. } => match head_matches {
                _ if counted > records => (None, Some(Code::AnchorExceedsRecords)),
                _ if counted == 0 => ((records > 0).then_some(Tail::Undetectable), None),
                None => (Some(Tail::Unchecked), None),
                Some(false) => (None, Some(Code::AnchorHeadMismatch)),
                Some(true) if counted == records => (Some(Tail::Anchored), None),
                Some(true) => (Some(Tail::Unanchored(records - counted)), None),
            },
        }
    }

    fn attestations(
        &self,
        codes: Codes,
        audited: &Audited,
        evidence: crate::attest::evidence::EvidenceCounts,
        any_signature: bool,
        any_checkpoint: bool,
    ) -> Attestations {
        let records = self.records.count;
        Attestations {
            signed: match audited.signed_records {
                _ if codes.meets(Code::SIGNED_BAD) => Signed::Bad,
                _ if !any_signature => Signed::None,
                signed if signed == records => Signed::All,
                _ => Signed::Partial,
            },
            signed_records: audited.signed_records,
            checkpoints: match any_checkpoint {
                _ if codes.meets(Code::CHECKPOINT_BAD) => Checkpoints::Inconsistent,
                true => Checkpoints::Consistent,
                false => Checkpoints::None,
            },
            checkpoint_size: audited.checkpoint_size,
            witnesses: self
                .options
                .witnesses
                .iter()
                .zip(&audited.witnessed)
                .map(|(witness, size)| WitnessSize { name: witness.name.clone(), size: *size })
                .collect(),
            evidence,
            trust: match self.options.trusted.is_empty() {
                true => Trust::Unpinned,
                false if audited.pinned => Trust::Pinned,
                false => Trust::Mismatch,
            },
            codes,
        }
    }

    /// All findings in the order of the walk, those outside it last; and how many there are.
    fn findings(&self, walk: &Walk, anchor_code: Option<Code>) -> (Vec<Finding>, u64) {
        let indexes: std::collections::HashMap<u64, u64> = walk.found.indexes.iter().copied().collect();
        let of_records = self.records.details.iter().map(|detail| Finding {
            code: detail.code,
            index: indexes.get(&detail.position).copied(),
            position: Some(detail.position),
            member: detail.member.clone(),
        });
        let of_walk = walk.found.details.iter().map(|(code, index)| Finding::at(*code, *index));
        let of_anchor =
            anchor_code.map(|code| Finding { code, index: None, position: None, member: b"anchor".to_vec() });
        let mut findings: Vec<_> = of_records.chain(of_walk).collect();
        findings.sort_by_key(|finding| (finding.index.is_none(), finding.index, finding.position));
        findings.truncate(crate::report::MAX_DETAILS);
        findings.extend(of_anchor);
        (findings, self.records.found + walk.found.found + u64::from(anchor_code.is_some()))
    }
}

/// The member `checkpoints`.
#[derive(Debug, Default)]
struct ReadCheckpoints {
    count: u64,
    codes: Codes,
    rows: Sorter<{ checkpoint::ROW }>,
}

/// Below this size threads cost more than they bring.
const PARALLEL_BYTES: u64 = 512 * 1024;
