//! The features of a text, from what one pass over its bytes finds and from samples of it.

use memchr::{memchr, memmem};

use super::letters::surprisal;
use super::scan::Scan;
use super::{FEATURES, TEXT_FEATURES, TextFeatures};
use crate::maths::log2_of;
use crate::step::Words as SpokenWords;

pub(super) fn features(text_length: usize, text: &str, spoken: &SpokenWords) -> TextFeatures {
    let bytes = text.as_bytes();
    let scan = Scan::of(text);
    let characters = Characters::of(&scan);
    let all = characters.all as f64;
    let words = &scan.words;
    let encoded = &scan.encoded;
    let (tags, comments) = if scan.count(b'<') == 0 { (0, 0) } else { markup(bytes) };
    let has = |part: &[u8]| memmem::find(bytes, part).is_some();
    let data = if scan.data > 0 && (has(b";base64,") || has(b"data:text")) { scan.data } else { 0 };
    let of_bytes = |count: usize| count as f64 / (bytes.len().max(1)) as f64;
    let of_all = |count: usize| count as f64 / all.max(1.0);
    let log = |count: usize| log2_of(count + 1);
    let not_spaces = characters.all - characters.plain_spaces;
    // The order of FEATURES.
    let values: [f64; TEXT_FEATURES] = [
        log(text_length),
        entropy(&scan.counts, bytes.len()),
        repetition(bytes),
        of_all(characters.digits),
        characters.capitals as f64 / characters.letters.max(1) as f64,
        of_all(characters.marks),
        of_all(characters.spaces),
        of_all(characters.foreign),
        log(words.longest),
        not_spaces as f64 / words.count.max(1) as f64,
        log(scan.lines),
        scan.depth as f64,
        scan.fences as f64,
        of_bytes(tags),
        scan.links as f64,
        scan.speakers as f64,
        of_bytes(comments),
        characters.invisible as f64,
        words.mixed as f64,
        of_bytes(encoded.base64),
        of_bytes(encoded.hex),
        of_bytes(encoded.percent),
        of_bytes(encoded.escapes),
        data as f64,
        encoded.nesting as f64,
        f64::from(spoken.bidding) / f64::from(spoken.sentences.max(1)),
        log(spoken.bidding as usize),
        surprisal(bytes),
    ];
    let mut out = [0.0; TEXT_FEATURES];
    for ((slot, value), feature) in out.iter_mut().zip(values).zip(FEATURES) {
        *slot = (value as f32).clamp(0.0, feature.most);
    }
    TextFeatures(out)
}

/// How many characters there are of each kind.
struct Characters {
    all: usize,
    letters: usize,
    capitals: usize,
    digits: usize,
    marks: usize,
    spaces: usize,
    /// White space in ASCII, which parts words.
    plain_spaces: usize,
    foreign: usize,
    invisible: usize,
}

impl Characters {
    fn of(scan: &Scan) -> Self {
        let sum = |bytes: core::ops::RangeInclusive<u8>| -> usize {
            let counts = scan.counts.get(usize::from(*bytes.start())..=usize::from(*bytes.end()));
            counts.unwrap_or_default().iter().sum::<u32>() as usize
        };
        let foreign = &scan.foreign;
        let capitals = sum(b'A'..=b'Z');
        let letters = capitals + sum(b'a'..=b'z');
        let digits = sum(b'0'..=b'9');
        let plain_spaces = sum(b' '..=b' ') + sum(b'\t'..=b'\r');
        let plain = sum(0..=127);
        Self {
            all: plain + foreign.all,
            letters: letters + foreign.letters,
            capitals: capitals + foreign.capitals,
            digits,
            marks: plain - letters - digits - plain_spaces + foreign.all - foreign.letters - foreign.spaces,
            spaces: plain_spaces + foreign.spaces,
            plain_spaces,
            foreign: foreign.all,
            invisible: foreign.invisible,
        }
    }
}

/// Bits per byte.
fn entropy(counts: &[u32; 256], length: usize) -> f64 {
    if length == 0 {
        return 0.0;
    }
    let times_log2 = |count: u32| f64::from(count) * log2_of(count as usize);
    let sum: f64 = counts.iter().filter(|count| **count > 1).map(|count| times_log2(*count)).sum();
    log2_of(length) - sum / length as f64
}

/// The share of windows of four bytes whose hash was met before, in one part of four of a text: each part is looked at
/// afresh, so a long text cannot fill the table.
fn repetition(bytes: &[u8]) -> f64 {
    const PART: usize = 2048;
    let (mut all, mut known) = (0_usize, 0_u64);
    let mut seen = [0_u64; 512];
    for part in bytes.chunks(PART).step_by(4) {
        if all > 0 {
            seen.fill(0);
        }
        for window in part.windows(4) {
            let number = window.first_chunk().map_or(0, |four| u32::from_be_bytes(*four));
            let hash = number.wrapping_mul(0x9e37_79b1) >> 17;
            if let Some(slot) = seen.get_mut((hash >> 6) as usize) {
                known += *slot >> (hash & 63) & 1;
                *slot |= 1 << (hash & 63);
            }
        }
        all += part.len().saturating_sub(3);
    }
    known as f64 / all.max(1) as f64
}

/// Bytes inside tags, and inside comments.
fn markup(bytes: &[u8]) -> (usize, usize) {
    let (mut tags, mut comments, mut rest) = (0, 0, bytes);
    while let Some(at) = memchr(b'<', rest) {
        rest = rest.get(at..).unwrap_or_default();
        if rest.starts_with(b"<!--") {
            let end = memmem::find(rest, b"-->").map_or(rest.len(), |end| end + 3);
            comments += end;
            rest = rest.get(end..).unwrap_or_default();
            continue;
        }
        // A tag is short; a `<` that is none ends the look at the next space.
        let named = rest.get(1).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'/');
        let near = rest.get(..512.min(rest.len())).unwrap_or_default();
        match named.then(|| memchr(b'>', near)).flatten() {
            Some(end) => {
                tags += end + 1;
                rest = rest.get(end + 1..).unwrap_or_default();
            }
            None => rest = rest.get(1..).unwrap_or_default(),
        }
    }
    (tags, comments)
}
