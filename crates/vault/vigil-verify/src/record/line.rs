//! What is remembered of a record after it was read: one line of fixed size.

use sha2::{Digest, Sha256};

use crate::json::text::Text;

/// A string that is only ever compared: the 32 bytes of 64 lowercase hex characters, or the digest of any other
/// text. Two marks are equal exactly when the strings are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Mark {
    /// Whether the text was 64 lowercase hex characters, which `bytes` then stands for.
    pub(crate) hex: bool,
    pub(crate) bytes: [u8; 32],
}

impl Mark {
    /// The mark of a string; `None` for an ill-formed one, which equals nothing.
    pub(crate) fn of(text: Text<'_>) -> Option<Self> {
        Some(Self::of_bytes(&text.utf8()?))
    }

    pub(crate) fn of_bytes(text: &[u8]) -> Self {
        match hex32(text) {
            Some(bytes) => Self { hex: true, bytes },
            None => Self { hex: false, bytes: Sha256::digest(text).into() },
        }
    }

    /// The mark of a hash written as hex.
    pub(crate) fn of_hash(bytes: [u8; 32]) -> Self {
        Self { hex: true, bytes }
    }
}

/// The 32 bytes that exactly 64 lowercase hex characters stand for.
pub(crate) fn hex32(text: &[u8]) -> Option<[u8; 32]> {
    let (pairs, []) = text.as_chunks::<2>() else { return None };
    let mut out = [0; 32];
    if pairs.len() != out.len() {
        return None;
    }
    for (byte, [high, low]) in out.iter_mut().zip(pairs) {
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(out)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// What a record without findings promises to somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bond {
    None,
    /// The digest of an interaction's evidence.
    Interaction([u8; 32]),
    /// The digest of an action's evidence.
    Action([u8; 32]),
    /// A key rotation; the mark's bytes are those of `reason`, and whether they are hex tells them apart.
    Rotation(Option<[u8; 32]>),
}

/// One record in the walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Position in the array.
    pub(crate) position: u64,
    pub(crate) prev: Option<Mark>,
    pub(crate) hash: Option<Mark>,
    /// `event_kind` is readable and is not `chain_upgrade`.
    pub(crate) not_upgrade: bool,
    /// Rules 1 to 3 found nothing.
    pub(crate) clean: bool,
    pub(crate) bond: Bond,
}

/// Bytes of a line with its `seq`.
pub(crate) const ROW: usize = 8 + 8 + 1 + 3 * 32;

impl Line {
    /// A row that sorts by `seq`, then by position in the array.
    pub(crate) fn row(&self, seq: i64) -> [u8; ROW] {
        let (bond, bond_bytes): (u8, _) = match self.bond {
            Bond::None => (0, None),
            Bond::Interaction(digest) => (1, Some(digest)),
            Bond::Action(digest) => (2, Some(digest)),
            Bond::Rotation(None) => (3, None),
            Bond::Rotation(Some(reason)) => (4, Some(reason)),
        };
        let state = |mark: Option<Mark>| mark.map_or(0, |mark| 1 + u8::from(mark.hex));
        let flags = state(self.prev)
            + 3 * state(self.hash)
            + 9 * bond
            + 45 * (u8::from(self.not_upgrade) + 2 * u8::from(self.clean));
        let mut row = [0; ROW];
        let (head, marks) = row.split_at_mut(8 + 8 + 1);
        let bytes = |mark: Option<Mark>| mark.map_or([0; 32], |mark| mark.bytes);
        let numbers = [order(seq).to_be_bytes(), self.position.to_be_bytes()];
        let head_bytes = numbers.as_flattened().iter().copied().chain([flags]);
        head.iter_mut().zip(head_bytes).for_each(|(to, from)| *to = from);
        let mark_bytes = [bytes(self.prev), bytes(self.hash), bond_bytes.unwrap_or_default()];
        marks.copy_from_slice(mark_bytes.as_flattened());
        row
    }

    /// Undoes [`Line::row`].
    pub(crate) fn of_row(row: &[u8; ROW]) -> (i64, Self) {
        let mut rest = &row[..];
        let seq = unorder(u64::from_be_bytes(take(&mut rest)));
        let position = u64::from_be_bytes(take(&mut rest));
        let [flags] = take(&mut rest);
        let [prev, hash, bond] = [take(&mut rest), take(&mut rest), take(&mut rest)];
        let mark = |state: u8, bytes| match state {
            0 => None,
            state => Some(Mark { hex: state == 2, bytes }),
        };
        let line = Self {
            position,
            prev: mark(flags % 3, prev),
            hash: mark(flags / 3 % 3, hash),
            not_upgrade: flags / 45 % 2 == 1,
            clean: flags / 90 == 1,
            bond: match flags / 9 % 5 {
                1 => Bond::Interaction(bond),
                2 => Bond::Action(bond),
                3 => Bond::Rotation(None),
                4 => Bond::Rotation(Some(bond)),
                _ => Bond::None,
            },
        };
        (seq, line)
    }
}

/// Takes the first `N` bytes off a row; zeros beyond its end.
pub(crate) fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    match rest.split_first_chunk() {
        Some((head, tail)) => {
            *rest = tail;
            *head
        }
        None => [0; N],
    }
}

/// Maps signed numbers to unsigned ones in the same order.
fn order(seq: i64) -> u64 {
    seq.cast_unsigned() ^ 1 << 63
}

fn unorder(key: u64) -> i64 {
    (key ^ 1 << 63).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_survives_its_row() {
        let hex = Mark::of_bytes(&[b'a'; 64]);
        let other = Mark::of_bytes(b"A");
        assert!(hex.hex && !other.hex);
        for bond in [
            Bond::None,
            Bond::Interaction([1; 32]),
            Bond::Action([2; 32]),
            Bond::Rotation(None),
            Bond::Rotation(Some([3; 32])),
        ] {
            for (prev, hash) in [(None, Some(hex)), (Some(other), None), (Some(hex), Some(other))] {
                for bits in 0..4 {
                    let (not_upgrade, clean) = (bits & 1 != 0, bits & 2 != 0);
                    let line = Line { position: 77, prev, hash, not_upgrade, clean, bond };
                    assert_eq!(Line::of_row(&line.row(-5)), (-5, line));
                }
            }
        }
    }

    #[test]
    fn rows_sort_by_seq_and_then_by_position() {
        let line = |position| Line {
            position,
            prev: None,
            hash: None,
            not_upgrade: false,
            clean: true,
            bond: Bond::None,
        };
        let sorted = [(i64::MIN, 9), (-1, 3), (0, 0), (0, 300), (256, 1), (i64::MAX, 0)];
        assert!(sorted.map(|(seq, position)| line(position).row(seq)).is_sorted());
    }
}
