//! Evidence objects (spec 13.6).

use sha2::{Digest, Sha256};

use crate::code::{Code, Codes};
use crate::error::VerifyError;
use crate::json::Malformed;
use crate::json::list::Batch;
use crate::json::token::{Token, Tokens};
use crate::record::line::{Bond, hex32};
use crate::sorter::{Sorted, Sorter};

use super::encoding::{base64, base64_array};

/// The entries of the member `evidence`, and what records commit to.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) duplicate: bool,
    malformed_names: u64,
    entries: Sorter<33>,
    commitments: Sorter<33>,
    /// Half a digest of each name, to find one that comes twice.
    names: Sorter<16>,
}

/// How many evidence objects there are of each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EvidenceCounts {
    /// Present, and as the record says.
    pub ok: u64,
    /// Committed to by a record and not present.
    pub missing: u64,
    /// Present with a code.
    pub bad: u64,
}

/// What one batch adds.
#[derive(Debug, Default)]
pub(crate) struct Read {
    duplicate: bool,
    malformed_names: u64,
    rows: Vec<[u8; 33]>,
    names: Vec<[u8; 16]>,
}

/// States of an entry, the last byte of its row.
const MALFORMED: u8 = 0;
const DIGEST: u8 = 1;
const CONTENT: u8 = 2;
const INTERACTION: u8 = 4;
const ACTION: u8 = 8;

/// The most bytes of an evidence object.
const MAX_BYTES: usize = 1 << 20;

/// Reads entries, each written as an object of one member.
pub(crate) fn read(batch: &Batch) -> Result<Read, Malformed> {
    let mut read = Read::default();
    for (_, text) in batch.iter() {
        let mut tokens = Tokens::new(text, 1)?;
        tokens.next()?;
        let Some(Token::Name(name)) = tokens.next()? else { return Err(Malformed) };
        let units = name.units();
        read.names.push(*Sha256::digest(&units).first_chunk().ok_or(Malformed)?);
        let value = match tokens.next()? {
            Some(Token::String(value)) => value.utf8(),
            _ => None,
        };
        tokens.finish()?;
        read.duplicate |= tokens.duplicate();
        match hex32(&units) {
            Some(digest) => {
                let state =
                    value.and_then(|value| base64(&value)).map_or(MALFORMED, |bytes| state(&digest, &bytes));
                read.rows.push(row(&digest, state));
            }
            None => read.malformed_names += 1,
        }
    }
    Ok(read)
}

fn state(digest: &[u8; 32], bytes: &[u8]) -> u8 {
    if bytes.len() > MAX_BYTES {
        MALFORMED
    } else if Sha256::digest(bytes)[..] != digest[..] {
        DIGEST
    } else {
        content(bytes).unwrap_or(CONTENT)
    }
}

/// The kind the object says it is; `None` when `v`, `kind`, `salt` or the text itself is not as it must be.
fn content(bytes: &[u8]) -> Option<u8> {
    let mut tokens = Tokens::new(bytes, 0).ok()?;
    let Ok(Some(Token::ObjectStart)) = tokens.next() else { return None };
    let (mut version, mut kind, mut salt) = (false, None, false);
    while let Some(Token::Name(name)) = tokens.next().ok()? {
        match tokens.next().ok()? {
            Some(Token::Number(literal)) if name.is("v") => version = literal == b"1",
            Some(Token::String(text)) if name.is("kind") => {
                kind = match text.utf8().as_deref() {
                    Some(b"interaction") => Some(INTERACTION),
                    Some(b"action") => Some(ACTION),
                    _ => None,
                }
            }
            Some(Token::String(text)) if name.is("salt") => {
                salt = text.utf8().is_some_and(|text| base64_array::<16>(&text).is_some());
            }
            Some(Token::ObjectStart | Token::ArrayStart) => drop(tokens.skip_open().ok()?),
            _ => {}
        }
    }
    tokens.finish().ok()?;
    kind.filter(|_| version && salt && !tokens.duplicate())
}

impl Evidence {
    /// Adds the next batch.
    pub(crate) fn add(&mut self, read: Read) -> Result<(), VerifyError> {
        self.duplicate |= read.duplicate;
        self.malformed_names += read.malformed_names;
        read.names.into_iter().try_for_each(|name| self.names.push(name))?;
        read.rows.into_iter().try_for_each(|row| self.entries.push(row))
    }

    /// Stands for a member that is not an object: one bad entry.
    pub(crate) fn malformed_member() -> Self {
        Self { malformed_names: 1, ..Self::default() }
    }

    /// Whether two members have the same name, once all were added.
    pub(crate) fn find_duplicates(&mut self) -> Result<(), VerifyError> {
        self.duplicate |= has_repeated(std::mem::take(&mut self.names))?;
        Ok(())
    }

    /// Notes what an attestable record commits to.
    pub(crate) fn commit(&mut self, bond: &Bond) -> Result<(), VerifyError> {
        match bond {
            Bond::Interaction(digest) => self.commitments.push(row(digest, INTERACTION)),
            Bond::Action(digest) => self.commitments.push(row(digest, ACTION)),
            Bond::None | Bond::Rotation(_) => Ok(()),
        }
    }

    /// Compares what is there with what is committed to.
    pub(crate) fn judge(self) -> Result<(EvidenceCounts, Codes), VerifyError> {
        let (mut entries, mut commitments) = (self.entries.sorted()?, self.commitments.sorted()?);
        let mut counts = EvidenceCounts { bad: self.malformed_names, ..EvidenceCounts::default() };
        let mut codes = Codes::default();
        if self.malformed_names > 0 {
            codes.insert(Code::EvidenceMalformed);
        }
        let (mut entry, mut wanted) = (next(&mut entries)?, commitment(&mut commitments, None)?);
        loop {
            let order = match (&entry, &wanted.0) {
                (None, None) => return Ok((counts, codes)),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some((digest, _)), Some((committed, _))) => digest.cmp(committed),
            };
            if order.is_le()
                && let Some((_, state)) = entry
            {
                let kinds = wanted.0.filter(|_| order.is_eq()).map_or(0, |(_, kinds)| kinds);
                match fault(state, kinds) {
                    Some(code) => {
                        codes.insert(code);
                        counts.bad += 1;
                    }
                    None => counts.ok += 1,
                }
                entry = next(&mut entries)?;
            }
            counts.missing += u64::from(order.is_gt());
            if order.is_ge() {
                wanted = commitment(&mut commitments, wanted.1)?;
            }
        }
    }
}

/// The first code that applies to an entry that records of these kinds commit to.
fn fault(state: u8, kinds: u8) -> Option<Code> {
    match state {
        MALFORMED => Some(Code::EvidenceMalformed),
        DIGEST => Some(Code::EvidenceDigest),
        _ if kinds == 0 => Some(Code::EvidenceUnreferenced),
        kind if kind & kinds == 0 => Some(Code::EvidenceContent),
        _ => None,
    }
}

type Split = ([u8; 32], u8);

fn next(rows: &mut Sorted<33>) -> Result<Option<Split>, VerifyError> {
    Ok(rows
        .next()?
        .and_then(|row| row.split_last_chunk().map(|(_, [last])| (row.first_chunk().copied(), *last)))
        .and_then(|(digest, last)| digest.map(|digest| (digest, last))))
}

/// The next digest committed to with all kinds of its records, and the row read beyond it.
fn commitment(
    rows: &mut Sorted<33>,
    ahead: Option<Split>,
) -> Result<(Option<Split>, Option<Split>), VerifyError> {
    let first = match ahead {
        Some(row) => Some(row),
        None => next(rows)?,
    };
    let Some((digest, mut kinds)) = first else { return Ok((None, None)) };
    loop {
        match next(rows)? {
            Some((same, kind)) if same == digest => kinds |= kind,
            other => return Ok((Some((digest, kinds)), other)),
        }
    }
}

fn row(digest: &[u8; 32], last: u8) -> [u8; 33] {
    let mut row = [last; 33];
    row.iter_mut().zip(digest).for_each(|(to, from)| *to = *from);
    row
}

/// Whether a row comes twice.
pub(crate) fn has_repeated(names: Sorter<16>) -> Result<bool, VerifyError> {
    let mut names = names.sorted()?;
    let mut last = None;
    while let Some(name) = names.next()? {
        if last.replace(name) == Some(name) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_needs_version_kind_and_salt_and_one_reading() {
        let good = r#"{"v":1,"kind":"action","salt":"7dijsPHBgfWYKp+yv5xYAA==","more":[{}]}"#;
        assert_eq!(content(good.as_bytes()), Some(ACTION));
        for broken in [
            good.replace(":1", ":1.0"),
            good.replace("action", "actions"),
            good.replace("==", ""),
            good.replace("more", "v"),
            good.replace("[{}]", "[{]"),
            format!("[{good}]"),
        ] {
            assert_eq!(content(broken.as_bytes()), None, "{broken}");
        }
    }

    #[test]
    fn every_digest_is_counted_once() {
        let mut evidence = Evidence::default();
        let rows =
            vec![row(&[1; 32], ACTION), row(&[2; 32], ACTION), row(&[3; 32], DIGEST), row(&[9; 32], ACTION)];
        evidence.add(Read { rows, malformed_names: 1, ..Read::default() }).unwrap();
        for bond in [
            Bond::Action([1; 32]),
            Bond::Interaction([1; 32]),
            Bond::Interaction([2; 32]),
            Bond::Action([3; 32]),
            Bond::Action([4; 32]),
            Bond::Interaction([4; 32]),
            Bond::None,
        ] {
            evidence.commit(&bond).unwrap();
        }
        let (counts, codes) = evidence.judge().unwrap();
        assert_eq!(counts, EvidenceCounts { ok: 1, missing: 1, bad: 4 });
        let codes: Vec<_> = codes.iter().map(Code::as_str).collect();
        assert_eq!(
            codes,
            ["evidence_content", "evidence_digest", "evidence_malformed", "evidence_unreferenced"]
        );
    }
}
