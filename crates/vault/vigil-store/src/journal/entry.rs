//! One entry of the journal.
//!
//! ```text
//! u32be   bytes that follow the checksum
//! 8       the first bytes of SHA-256 over the two SHA-256 of what follows: of the preimage, of the evidence
//! u32be   length of the preimage
//!         the preimage: the record's canonical form
//!         the bytes of its evidence object, or none
//! ```

use sha2::{Digest as _, Sha256};

use crate::evidence::Evidence;
use crate::record::{Hash, MAX_PREIMAGE_BYTES, sha256};

const LENGTH_BYTES: usize = 4;
const CHECK_BYTES: usize = 8;
/// What stands before the part that the first length counts.
const HEAD_BYTES: usize = LENGTH_BYTES + CHECK_BYTES;
/// No entry is longer: a longer length is damage.
pub(crate) const MAX_ENTRY_BYTES: usize = HEAD_BYTES + LENGTH_BYTES + MAX_PREIMAGE_BYTES + (1 << 20);

/// A record with its evidence, as the journal holds them. Both digests are needed for the record, too, so that the checksum
/// costs nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) preimage: Vec<u8>,
    /// The record's hash.
    pub(crate) hash: Hash,
    pub(crate) evidence: Evidence,
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
    pub(crate) fn new(preimage: Vec<u8>, evidence: Evidence) -> Self {
        Self { hash: sha256(&preimage), preimage, evidence }
    }

    /// Writes it behind what is in `out`.
    pub(crate) fn spell(&self, out: &mut Vec<u8>) {
        let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes();
        out.reserve(self.len());
        out.extend_from_slice(&length(LENGTH_BYTES + self.preimage.len() + self.evidence.bytes.len()));
        out.extend_from_slice(&self.check());
        out.extend_from_slice(&length(self.preimage.len()));
        out.extend_from_slice(&self.preimage);
        out.extend_from_slice(&self.evidence.bytes);
    }

    /// How many bytes [`Self::spell`] makes of it.
    pub(crate) fn len(&self) -> usize {
        HEAD_BYTES + LENGTH_BYTES + self.preimage.len() + self.evidence.bytes.len()
    }

    fn check(&self) -> [u8; CHECK_BYTES] {
        let digest = Sha256::new().chain_update(self.hash).chain_update(self.evidence.hash).finalize();
        let mut check = [0; CHECK_BYTES];
        check.iter_mut().zip(digest).for_each(|(slot, byte)| *slot = byte);
        check
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
    let split = covered.split_first_chunk::<LENGTH_BYTES>().and_then(|(preimage_length, rest)| {
        rest.split_at_checked(u32::from_be_bytes(*preimage_length) as usize)
    });
    match split {
        Some((preimage, evidence)) => {
            let entry = Entry::new(preimage.to_vec(), Evidence::new(evidence.to_vec()));
            if entry.check() == *found { Parsed::Entry(entry, HEAD_BYTES + length) } else { Parsed::Damaged }
        }
        None => Parsed::Damaged,
    }
}

/// Whether a whole entry stands anywhere in `bytes`: then what comes before it is damage, not a torn end.
pub(crate) fn any_within(bytes: &[u8]) -> bool {
    (0..bytes.len()).any(|at| matches!(parse(bytes.get(at..).unwrap_or_default()), Parsed::Entry(..)))
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
            let entry = Entry::new(preimage, Evidence::new(evidence));
            let mut bytes = Vec::new();
            entry.spell(&mut bytes);
            let length = entry.len();
            prop_assert_eq!(bytes.len(), length);
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
            Entry::new(b"record".to_vec(), Evidence::default()).spell(&mut bytes);
            let all = [noise, bytes].concat();
            prop_assert!(any_within(&all));
        }
    }
}
