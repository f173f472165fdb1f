//! Taking in the records of a document, batch by batch.

use crate::chain::seq::{BigSeq, Seq};
use crate::code::{Code, Codes};
use crate::error::VerifyError;
use crate::json::Malformed;
use crate::json::list::Batch;
use crate::report::{MAX_DETAILS, UnrecognisedPair};
use crate::sorter::Sorter;

use super::decode::Decoder;
use super::line::{Line, ROW};

/// A finding about a record, before its place in the walk is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Detail {
    /// Position in the array.
    pub(crate) position: u64,
    pub(crate) code: Code,
    pub(crate) member: Vec<u8>,
}

/// Everything remembered of the records.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    pub(crate) duplicate: bool,
    /// Elements of the array.
    pub(crate) count: u64,
    pub(crate) codes: Codes,
    pub(crate) rows: Sorter<ROW>,
    /// Records whose `seq` does not fit a row.
    pub(crate) big: Vec<(BigSeq, Line)>,
    pub(crate) found: u64,
    pub(crate) details: Vec<Detail>,
    pub(crate) allows: u64,
    /// With the `seq` to sort by.
    pub(crate) unrecognised: Vec<(i64, UnrecognisedPair)>,
    /// Bytes held in `big` and `unrecognised`.
    held: usize,
}

/// What one batch adds.
#[derive(Debug, Default)]
pub(crate) struct Read {
    duplicate: bool,
    count: u64,
    codes: Codes,
    rows: Vec<[u8; ROW]>,
    big: Vec<(BigSeq, Line)>,
    found: u64,
    details: Vec<Detail>,
    allows: u64,
    unrecognised: Vec<(i64, UnrecognisedPair)>,
    held: usize,
}

/// Decodes and recomputes the records of a batch.
pub(crate) fn read(batch: &Batch) -> Result<Read, Malformed> {
    let mut decoder = Decoder::default();
    let mut read = Read { rows: Vec::with_capacity(batch.len()), ..Read::default() };
    for (position, text) in batch.iter() {
        let decoded = decoder.decode(text, position)?;
        read.count += 1;
        read.duplicate |= decoded.duplicate;
        read.codes.extend(decoded.codes);
        read.found += decoded.found;
        let space = MAX_DETAILS.saturating_sub(read.details.len());
        let details = decoded.details.into_iter().take(space);
        read.details.extend(details.map(|(code, member)| Detail { position, code, member }));
        let Some(seq) = decoded.seq.as_deref().map(Seq::of) else { continue };
        if let Some((verdict, decision)) = decoded.gate {
            if is_allow(&verdict, &decision) {
                read.allows += 1;
            } else if !is_listed(&verdict, &decision)
                && let Seq::Small(small) = seq
            {
                read.held += verdict.len() + decision.len() + 128;
                let [verdict, decision] =
                    [verdict, decision].map(|text| String::from_utf8_lossy(&text).into_owned());
                read.unrecognised
                    .push((small, UnrecognisedPair { seq: small.to_string(), verdict, decision }));
            }
        }
        match seq {
            Seq::Small(small) => read.rows.push(decoded.line.row(small)),
            Seq::Big(_) => {
                read.held += seq.held() + size_of::<(BigSeq, Line)>();
                if let Seq::Big(big) = seq {
                    read.big.push((big, decoded.line));
                }
            }
        }
    }
    Ok(read)
}

impl Intake {
    /// Adds the next batch.
    pub(crate) fn add(&mut self, read: Read) -> Result<(), VerifyError> {
        self.held += read.held;
        if self.held > MAX_HELD_BYTES {
            return Err(VerifyError::TooMany { what: "odd records (huge `seq`, unlisted gate pairs)" });
        }
        self.duplicate |= read.duplicate;
        self.count += read.count;
        self.codes.extend(read.codes);
        self.found += read.found;
        self.details.extend(read.details.into_iter().take(MAX_DETAILS.saturating_sub(self.details.len())));
        self.allows += read.allows;
        self.unrecognised.extend(read.unrecognised);
        self.big.extend(read.big);
        read.rows.into_iter().try_for_each(|row| self.rows.push(row))
    }
}

/// The four pairs of spec 6 that are an allow.
fn is_allow(verdict: &[u8], decision: &[u8]) -> bool {
    matches!(
        (verdict, decision),
        (b"allow", b"allow") | (b"hold", b"allow" | b"user_approve" | b"always_allow")
    )
}

/// The other pairs of spec 6.
fn is_listed(verdict: &[u8], decision: &[u8]) -> bool {
    matches!(
        (verdict, decision),
        (b"allow", b"restore")
            | (
                b"hold",
                b"user_deny"
                    | b"timeout_deny"
                    | b"shutdown_deny"
                    | b"client_disconnected"
                    | b"connection_panicked"
                    | b"policy_deny"
                    | b"fault_deny"
            )
    )
}

const MAX_HELD_BYTES: usize = 256 << 20;
