//! The Huffman code of RFC 7541, appendix B. It is canonical: the lengths alone give the code.

use super::HpackError;

/// Appends what `input` is the code of.
pub(super) fn decode(input: &[u8], out: &mut Vec<u8>) -> Result<(), HpackError> {
    let mut window: u64 = 0; // the bits not yet decoded, the next one highest
    let mut waiting: u32 = 0;
    for &byte in input {
        window |= u64::from(byte) << (56 - waiting);
        waiting += 8;
        while let Some((symbol, length)) = next(window, waiting) {
            out.push(u8::try_from(symbol).map_err(|_| HpackError::Huffman)?); // 256 ends a text and may not be sent
            window <<= length;
            waiting -= length;
        }
    }
    // What is left is padding: fewer than eight bits, all ones.
    let padding = !(u64::MAX.checked_shr(waiting).unwrap_or(0));
    if waiting < 8 && window == padding { Ok(()) } else { Err(HpackError::Huffman) }
}

/// The next symbol and the length of its code, when all its bits are there.
fn next(window: u64, waiting: u32) -> Option<(u16, u32)> {
    let top = window >> 32;
    let step = STEPS.iter().find(|step| top < step.end)?;
    if step.length > waiting {
        return None;
    }
    let place = usize::from(step.first_place) + ((top - step.start) >> (32 - step.length)) as usize;
    Some((*SYMBOLS.get(place)?, step.length))
}

/// All codes of one length.
#[derive(Clone, Copy)]
struct Step {
    length: u32,
    /// The first code and the one behind the last, as the highest of 32 bits.
    start: u64,
    end: u64,
    /// Where its symbols begin in [`SYMBOLS`].
    first_place: u16,
}

const SHORTEST: u8 = 5;
const LONGEST: u8 = 30;

/// The lengths, shortest first.
static STEPS: [Step; (LONGEST - SHORTEST + 1) as usize] = steps();

/// The symbols in the order of their codes.
static SYMBOLS: [u16; 257] = symbols();

#[expect(clippy::indexing_slicing, reason = "evaluated when the crate is built")]
const fn steps() -> [Step; (LONGEST - SHORTEST + 1) as usize] {
    let mut steps = [Step { length: 0, start: 0, end: 0, first_place: 0 }; (LONGEST - SHORTEST + 1) as usize];
    let (mut code, mut place, mut length) = (0_u64, 0_u16, SHORTEST);
    while length <= LONGEST {
        let first_place = place;
        let start = code;
        let mut symbol = 0;
        while symbol < LENGTHS.len() {
            if LENGTHS[symbol] == length {
                code += 1 << (32 - length);
                place += 1;
            }
            symbol += 1;
        }
        steps[(length - SHORTEST) as usize] = Step { length: length as u32, start, end: code, first_place };
        length += 1;
    }
    steps
}

#[expect(clippy::indexing_slicing, reason = "evaluated when the crate is built")]
const fn symbols() -> [u16; 257] {
    let mut symbols = [0; 257];
    let (mut place, mut length) = (0, SHORTEST);
    while length <= LONGEST {
        let mut symbol = 0;
        while symbol < LENGTHS.len() {
            if LENGTHS[symbol] == length {
                symbols[place] = symbol as u16;
                place += 1;
            }
            symbol += 1;
        }
        length += 1;
    }
    symbols
}

/// The length of the code of each byte in bits, and of the end of a text.
#[rustfmt::skip]
const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
    28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7,
    7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21,
    23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24,
    21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];
