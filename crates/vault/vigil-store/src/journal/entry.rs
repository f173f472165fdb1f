//! One entry of the journal.
//!
//! ```text
//! u32be   bytes that follow the checksum
//! 8       the first bytes of SHA-256 over all that follows
//! u32be   length of the preimage
//!         the preimage: the record's canonical form
//!         the bytes of its evidence object, or none
//! ```

use crate::record::{Hash, MAX_PREIMAGE_BYTES, sha256};

const LENGTH_BYTES: usize = 4;
const CHECK_BYTES: usize = 8;
/// What stands before the part that the checksum covers.
const HEAD_BYTES: usize = LENGTH_BYTES + CHECK_BYTES;
/// No entry is longer: a longer length is damage.
pub(crate) const MAX_ENTRY_BYTES: usize = HEAD_BYTES + LENGTH_BYTES + MAX_PREIMAGE_BYTES + (1 << 20);

/// A record with its evidence, as the journal holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) preimage: Vec<u8>,
    /// Empty when the record has none.
    pub(crate) evidence: Vec<u8>,
}

/// What stands at the beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// An entry, and how many bytes it takes.
    Entry(Entry, usize),
    /// An entry that is not there whole. At least this many bytes are needed.
    Short(usize),
    /// Not an entry.
    Damaged,
}

impl Entry {
    /// The record's hash.
    pub(crate) fn hash(&self) -> Hash {
        sha256(&self.preimage)
    }

    /// How many bytes [`spell`] makes of it.
    #[cfg(test)]
    fn len(&self) -> usize {
        HEAD_BYTES + LENGTH_BYTES + self.preimage.len() + self.evidence.len()
    }
}

/// Writes an entry over `out`.
pub(crate) fn spell(preimage: &[u8], evidence: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes();
    out.extend_from_slice(&length(LENGTH_BYTES + preimage.len() + evidence.len()));
    out.extend_from_slice(&[0; CHECK_BYTES]);
    out.extend_from_slice(&length(preimage.len()));
    out.extend_from_slice(preimage);
    out.extend_from_slice(evidence);
    let check = check(out.get(HEAD_BYTES..).unwrap_or_default());
    if let Some(slot) = out.get_mut(LENGTH_BYTES..HEAD_BYTES) {
        slot.copy_from_slice(&check);
    }
}

/// Reads the entry at the beginning of `bytes`.
pub(crate) fn parse(bytes: &[u8]) -> Parsed {
    let Some((length, rest)) = bytes.split_first_chunk::<LENGTH_BYTES>() else {
        return Parsed::Short(HEAD_BYTES);
    };
    let length = u32::from_be_bytes(*length) as usize;
    if length < LENGTH_BYTES || HEAD_BYTES + length > MAX_ENTRY_BYTES {
        return Parsed::Damaged;
    }
    let Some((found, covered)) =
        rest.split_first_chunk::<CHECK_BYTES>().and_then(|(found, rest)| Some((found, rest.get(..length)?)))
    else {
        return Parsed::Short(HEAD_BYTES + length);
    };
    if check(covered) != *found {
        return Parsed::Damaged;
    }
    let split = covered.split_first_chunk::<LENGTH_BYTES>().and_then(|(preimage_length, rest)| {
        rest.split_at_checked(u32::from_be_bytes(*preimage_length) as usize)
    });
    match split {
        Some((preimage, evidence)) => {
            let entry = Entry { preimage: preimage.to_vec(), evidence: evidence.to_vec() };
            Parsed::Entry(entry, HEAD_BYTES + length)
        }
        None => Parsed::Damaged,
    }
}

/// Whether a whole entry stands anywhere in `bytes`: then what comes before it is damage, not a torn end.
pub(crate) fn any_within(bytes: &[u8]) -> bool {
    (0..bytes.len()).any(|at| matches!(parse(bytes.get(at..).unwrap_or_default()), Parsed::Entry(..)))
}

fn check(covered: &[u8]) -> [u8; CHECK_BYTES] {
    let digest = sha256(covered);
    let mut check = [0; CHECK_BYTES];
    check.iter_mut().zip(digest).for_each(|(slot, byte)| *slot = byte);
    check
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_entry_reads_back_and_no_part_of_it_does(
            preimage in proptest::collection::vec(any::<u8>(), 0..200),
            evidence in proptest::collection::vec(any::<u8>(), 0..200),
            cut in 0usize..400, flip in 0usize..400,
        ) {
            let mut bytes = Vec::new();
            spell(&preimage, &evidence, &mut bytes);
            let entry = Entry { preimage, evidence };
            let length = entry.len();
            prop_assert_eq!(parse(&bytes), Parsed::Entry(entry, length));
            let cut = cut % bytes.len();
            prop_assert!(matches!(parse(&bytes[..cut]), Parsed::Short(_)));
            prop_assert!(!any_within(&bytes[..cut]));
            let flip = flip % bytes.len();
            bytes[flip] ^= 1;
            prop_assert!(!matches!(parse(&bytes), Parsed::Entry(..)));
        }

        #[test]
        fn an_entry_behind_noise_is_found(noise in proptest::collection::vec(any::<u8>(), 1..64)) {
            let mut bytes = Vec::new();
            spell(b"record", b"", &mut bytes);
            let all = [noise, bytes].concat();
            prop_assert!(any_within(&all));
        }
    }
}
