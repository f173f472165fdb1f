//! Record signatures (spec 13.2): reading the entries, and what is signed.

use crate::error::VerifyError;
use crate::json::Malformed;
use crate::json::list::Batch;
use crate::json::token::{Token, Tokens};
use crate::record::line::take;
use crate::sorter::Sorter;

use super::encoding::{base64_array, integer};
use super::key::tag;

/// A well-formed entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) seq: u64,
    /// Tag of its `key_id`.
    pub(crate) key: [u8; 32],
    pub(crate) position: u64,
    pub(crate) signature: [u8; 64],
}

/// Bytes of an entry's row.
pub(crate) const ROW: usize = 8 + 32 + 8 + 64;

impl Entry {
    /// A row that sorts by `seq`, then by key, then by position, so that the first of equals is the earliest.
    fn row(&self) -> [u8; ROW] {
        let mut row = [0; ROW];
        let (seq, position) = (self.seq.to_be_bytes(), self.position.to_be_bytes());
        let bytes = seq.iter().chain(&self.key).chain(&position).chain(&self.signature);
        row.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        row
    }

    pub(crate) fn of_row(row: &[u8; ROW]) -> Self {
        let mut rest = &row[..];
        Self {
            seq: u64::from_be_bytes(take(&mut rest)),
            key: take(&mut rest),
            position: u64::from_be_bytes(take(&mut rest)),
            signature: take(&mut rest),
        }
    }
}

/// The entries of the member `signatures`.
#[derive(Debug, Default)]
pub(crate) struct Signatures {
    pub(crate) duplicate: bool,
    pub(crate) count: u64,
    pub(crate) malformed: bool,
    pub(crate) rows: Sorter<ROW>,
}

/// What one batch adds.
#[derive(Debug, Default)]
pub(crate) struct Read {
    duplicate: bool,
    count: u64,
    malformed: bool,
    rows: Vec<[u8; ROW]>,
}

impl Signatures {
    /// Adds the next batch.
    pub(crate) fn add(&mut self, read: Read) -> Result<(), VerifyError> {
        self.duplicate |= read.duplicate;
        self.count += read.count;
        self.malformed |= read.malformed;
        read.rows.into_iter().try_for_each(|row| self.rows.push(row))
    }
}

/// Reads the entries of a batch.
pub(crate) fn read(batch: &Batch) -> Result<Read, Malformed> {
    let mut read =
        Read { count: batch.len() as u64, rows: Vec::with_capacity(batch.len()), ..Read::default() };
    for (position, text) in batch.iter() {
        let mut tokens = Tokens::new(text, 2)?;
        match entry(&mut tokens, position)? {
            Some(entry) => read.rows.push(entry.row()),
            None => read.malformed = true,
        }
        read.duplicate |= tokens.duplicate();
    }
    Ok(read)
}

fn entry(tokens: &mut Tokens<'_>, position: u64) -> Result<Option<Entry>, Malformed> {
    let (mut seq, mut key, mut signature, mut other) = (None, None, None, false);
    if matches!(tokens.next()?, Some(Token::ObjectStart)) {
        while let Some(Token::Name(name)) = tokens.next()? {
            match tokens.next()?.ok_or(Malformed)? {
                Token::Number(literal) if name.is("seq") => seq = integer(literal),
                Token::String(text) if name.is("key_id") => key = text.utf8().map(|id| tag(&id)),
                Token::String(text) if name.is("sig") => {
                    signature = text.utf8().and_then(|text| base64_array(&text));
                }
                Token::ObjectStart | Token::ArrayStart => {
                    tokens.skip_open()?;
                    other = true;
                }
                _ => other = true,
            }
        }
    }
    tokens.finish()?;
    Ok(match (seq, key, signature) {
        (Some(seq), Some(key), Some(signature)) if !other => Some(Entry { seq, key, position, signature }),
        _ => None,
    })
}

/// The signed bytes of a record:
///
/// ```text
/// vigil-record/v1 LF
/// genesis, 64 hex LF
/// seq, decimal LF
/// record hash, 64 hex LF
/// ```
pub(crate) fn message(genesis: &[u8; 32], seq: u64, hash: &[u8; 32], out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(b"vigil-record/v1\n");
    hex(genesis, out);
    out.push(b'\n');
    out.extend_from_slice(seq.to_string().as_bytes());
    out.push(b'\n');
    hex(hash, out);
    out.push(b'\n');
}

fn hex(bytes: &[u8; 32], out: &mut Vec<u8>) {
    let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
    out.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_survives_its_row() {
        let entry = Entry { seq: 7, key: [1; 32], position: 9, signature: [2; 64] };
        assert_eq!(Entry::of_row(&entry.row()), entry);
    }

    #[test]
    fn an_entry_has_exactly_its_three_members() {
        let sig = format!("{}==", "A".repeat(86));
        let good = format!(r#"{{"seq":3,"key_id":"k","sig":"{sig}"}}"#);
        for (text, well_formed) in [
            (good.clone(), true),
            (good.replace('3', "3.0"), false),
            (good.replace("\"k\"", "1"), false),
            (good.replace("\"k\"", "\"\\ud800\""), false),
            (good.replace("==", "="), false),
            (good.replace('}', ",\"x\":[]}"), false),
            (good.replace("seq", "Seq"), false),
            ("[]".into(), false),
        ] {
            let mut tokens = Tokens::new(text.as_bytes(), 2).unwrap();
            assert_eq!(entry(&mut tokens, 0).unwrap().is_some(), well_formed, "{text}");
        }
    }
}
