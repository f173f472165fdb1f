//! Bytes in blocks of 64, and which of them are of a kind as the bits of a number.
//!
//! A reader that asks per block where the next word ends does not have to decide for each byte whether one does. The loops here
//! have no branches, so the compiler makes vectors of them.

/// How many bytes a block has.
pub(crate) const BLOCK: usize = 64;

/// The blocks of some bytes: where each begins, its bytes, and which bits stand for them. The last one is filled up with zeros.
pub(crate) fn blocks(bytes: &[u8], mut see: impl FnMut(usize, &[u8; BLOCK], u64)) {
    let (whole, rest) = bytes.as_chunks::<BLOCK>();
    for (number, block) in whole.iter().enumerate() {
        see(number * BLOCK, block, u64::MAX);
    }
    if !rest.is_empty() {
        let mut last = [0; BLOCK];
        last.iter_mut().zip(rest).for_each(|(slot, byte)| *slot = *byte);
        see(whole.len() * BLOCK, &last, below(rest.len()));
    }
}

/// The bits below one place.
pub(crate) const fn below(place: usize) -> u64 {
    if place >= BLOCK { u64::MAX } else { (1 << place) - 1 }
}

/// Which bytes of a block are of a kind: bit 0 for the first.
#[inline(always)]
pub(crate) fn which(block: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> u64 {
    /// Moves the lowest bits of eight bytes next to each other, into the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let flags = block.map(|byte| u8::from(is(byte)));
    let (eights, _) = flags.as_chunks::<8>();
    let bits = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56;
    eights.iter().rev().fold(0, |all, eight| all << 8 | bits(eight))
}

/// The places of the set bits, lowest first.
pub(crate) struct Places(pub(crate) u64);

impl Iterator for Places {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let place = self.0.trailing_zeros() as usize;
        self.0 &= self.0 - 1;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_bit_stands_for_each_byte(bytes in proptest::collection::vec(any::<u8>(), 0..200), than in any::<u8>()) {
            let mut found = Vec::new();
            blocks(&bytes, |start, block, there| {
                let places = Places(which(block, |byte| byte < than) & there);
                found.extend(places.map(|place| start + place));
            });
            let expect: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] < than).collect();
            prop_assert_eq!(found, expect);
        }
    }
}
