//! A word's beginning as numbers, its stem and its hash.

/// The bit that small letters have and digits too.
pub(super) const CASE: u8 = 0x20;
/// What of a word counts.
pub(super) const LONGEST: usize = 24;

/// The beginning of a word in lower case, as three numbers: a letter takes one byte, and behind the word there are zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(pub(super) [u64; 3]);

impl Key {
    pub(super) const fn none() -> Self {
        Self([0; 3])
    }

    /// The first bytes of a word that lies in `bytes`, at most [`LONGEST`] of them.
    #[inline]
    pub(super) fn of(bytes: &[u8], start: usize, length: usize) -> Self {
        let part = |from: usize| {
            let small = eight(bytes, start + from) | u64::from_ne_bytes([CASE; 8]);
            small & below_bytes(length - from)
        };
        let first = part(0);
        let (second, third) = match length {
            ..=8 => (0, 0),
            9..=16 => (part(8), 0),
            _ => (part(8), part(16)),
        };
        Self([first, second, third])
    }

    /// The hash of a word of so many letters that has no more than this.
    #[inline]
    pub(super) const fn hash(self) -> u64 {
        let Self([first, second, third]) = self;
        let mut hash = first.wrapping_mul(ODD);
        if second != 0 {
            hash = (hash ^ hash >> 32 ^ second).wrapping_mul(ODD);
            hash = (hash ^ hash >> 32 ^ third).wrapping_mul(ODD);
        }
        hash
    }

    /// Without its ending. `length` is at most [`LONGEST`].
    #[inline]
    pub(super) fn stem(self, length: usize) -> Self {
        let Self([first, second, third]) = self;
        let last = |back: usize| {
            let at = length.wrapping_sub(back);
            let eight = if at < 8 {
                first
            } else if at < 16 {
                second
            } else {
                third
            };
            (eight >> (8 * (at & 7))) as u8
        };
        let (a, b, c) = (last(3), last(2), last(1));
        let is = |holds: bool, bytes: usize| if holds { bytes } else { 0 };
        let less = is((length >= 6) & (a == b'i') & (b == b'n') & (c == b'g'), 3)
            + is((length >= 5) & (b == b'e') & (c == b'd'), 2)
            + is((length >= 4) & (c == b's'), 1);
        let length = length - less;
        let cut = |eight: u64, from: usize| eight & below_bytes(length.saturating_sub(from));
        Self([cut(first, 0), cut(second, 8), cut(third, 16)])
    }
}

/// An odd number without a pattern: multiplied with it, each bit changes the high ones.
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

/// All bits of the first bytes of a number, at most eight of them.
const fn below_bytes(count: usize) -> u64 {
    if count >= 8 { u64::MAX } else { (1 << (8 * count)) - 1 }
}

/// The eight bytes from a place on, and zeros behind the end.
#[inline]
fn eight(bytes: &[u8], at: usize) -> u64 {
    let rest = bytes.get(at..).unwrap_or_default();
    match rest.first_chunk::<8>() {
        Some(eight) => u64::from_le_bytes(*eight),
        None => rest.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte)),
    }
}
