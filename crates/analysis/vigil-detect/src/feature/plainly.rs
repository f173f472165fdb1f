//! The features of a text, byte by byte and slowly: what the quick ones must equal.

use super::encoding::{Encoded, decoded_depth, is_run};
use super::hidden::{is_invisible, is_mixed};
use super::letters::surprisal;
use super::{FEATURES, TEXT_FEATURES, TextFeatures};
use crate::maths::log2;
use crate::step::Words as SpokenWords;

pub(super) fn features(text_length: usize, text: &str, spoken: &SpokenWords) -> TextFeatures {
    let bytes = text.as_bytes();
    let scan = Scan::of(text);
    let characters = Characters::of(text, &scan.counts);
    let all = characters.all as f64;
    let words = &scan.words;
    let encoded = &scan.encoded;
    let (tags, comments) = if scan.count(b'<') == 0 { (0, 0) } else { markup(bytes) };
    let data = match text.matches("data:").count() {
        0 => 0,
        count if text.contains(";base64,") || text.contains("data:text") => count,
        _ => 0,
    };
    let of_bytes = |count: usize| count as f64 / (bytes.len().max(1)) as f64;
    let of_all = |count: usize| count as f64 / all.max(1.0);
    let log = |count: usize| log2((count + 1) as f64);
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
        words.letters as f64 / words.count.max(1) as f64,
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

/// How often each byte comes.
type Counts = [u32; 256];

/// What one pass over the bytes finds.
struct Scan {
    counts: Counts,
    words: Words,
    encoded: Encoded,
    lines: usize,
    fences: usize,
    speakers: usize,
    depth: usize,
    links: usize,
}

#[derive(Default)]
struct Words {
    count: usize,
    letters: usize,
    longest: usize,
    mixed: usize,
}

/// A byte of an encoding's alphabet.
const RUN: u8 = 1;
/// White space.
const SPACE: u8 = 2;
/// Worth a look by itself: brackets, line ends, colons, escapes.
const TELLING: u8 = 4;
/// Not the first byte of a character.
const WITHIN: u8 = 8;
/// The first byte of a character beyond ASCII.
const FOREIGN: u8 = 16;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        let mut class = 0;
        if is_run(byte) {
            class |= RUN;
        }
        if matches!(byte, b' ' | b'\t'..=b'\r') {
            class |= SPACE;
        }
        if matches!(byte, b'{' | b'[' | b'(' | b'}' | b']' | b')' | b'\n' | b':' | b'.' | b'%' | b'\\') {
            class |= TELLING;
        }
        if byte & 0xc0 == 0x80 {
            class |= WITHIN;
        } else if byte >= 0x80 {
            class |= FOREIGN;
        }
        classes[at] = class;
        at += 1;
    }
    classes
};

impl Scan {
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut scan = Self {
            counts: [0; 256],
            words: Words::default(),
            encoded: Encoded::default(),
            lines: 0,
            fences: 0,
            speakers: 0,
            depth: 0,
            links: 0,
        };
        let (mut open, mut decoded) = (0_usize, 0_usize);
        // Where the run and the word began that the last byte belongs to.
        let (mut run, mut word, mut inside, mut foreign) = (0, 0, 0, false);
        scan.line(bytes);
        for (at, byte) in bytes.iter().enumerate() {
            let place = usize::from(*byte);
            if let Some(count) = scan.counts.get_mut(place) {
                *count += 1;
            }
            let class = CLASSES.get(place).copied().unwrap_or(0);
            if class & RUN == 0 {
                if at - run >= Encoded::RUN {
                    scan.encoded.add(bytes.get(run..at).unwrap_or_default(), &mut decoded);
                }
                run = at + 1;
            }
            if class & SPACE != 0 {
                scan.words.add(text, word..at, at - word - inside, foreign);
                (word, inside, foreign) = (at + 1, 0, false);
            } else if class & (WITHIN | FOREIGN) != 0 {
                foreign = true;
                inside += usize::from(class & WITHIN != 0);
            }
            if class & TELLING != 0 {
                let rest = bytes.get(at + 1..).unwrap_or_default();
                match byte {
                    b'{' | b'[' | b'(' => {
                        open += 1;
                        scan.depth = scan.depth.max(open);
                    }
                    b'}' | b']' | b')' => open = open.saturating_sub(1),
                    b'\n' => scan.line(rest),
                    b':' => scan.links += usize::from(rest.starts_with(b"//")),
                    b'.' => {
                        scan.links +=
                            usize::from(bytes.get(..at).is_some_and(|before| before.ends_with(b"www")))
                    }
                    _ => scan.encoded.escape(*byte, rest),
                }
            }
        }
        if bytes.len() - run >= Encoded::RUN {
            scan.encoded.add(bytes.get(run..).unwrap_or_default(), &mut decoded);
        }
        scan.words.add(text, word..bytes.len(), bytes.len().saturating_sub(word + inside), foreign);
        scan.encoded.nesting = scan.encoded.nesting.max(decoded_depth(&scan.encoded));
        scan
    }

    fn count(&self, byte: u8) -> u32 {
        self.counts.get(usize::from(byte)).copied().unwrap_or(0)
    }

    /// A line begins with these bytes, unless nothing is left.
    fn line(&mut self, rest: &[u8]) {
        if rest.is_empty() {
            return;
        }
        self.lines += 1;
        let start = rest.get(..64.min(rest.len())).unwrap_or_default();
        let marks = |byte: &u8| matches!(byte, b'#' | b'<' | b'[' | b'*' | b'|' | b' ' | b'\t');
        let start = start.get(start.iter().take_while(|byte| marks(byte)).count()..).unwrap_or_default();
        match start.first() {
            Some(b'`') => self.fences += usize::from(start.starts_with(b"```")),
            Some(b's' | b'u' | b'a' | b'h' | b'd' | b't' | b'S' | b'U' | b'A' | b'H' | b'D' | b'T') => {
                self.speakers += usize::from(SPEAKERS.iter().any(|speaker| {
                    let (name, behind) = start.split_at(speaker.len().min(start.len()));
                    name.eq_ignore_ascii_case(speaker)
                        && matches!(behind.first(), Some(b':' | b'>' | b']' | b'|'))
                }));
            }
            _ => {}
        }
    }
}

const SPEAKERS: [&[u8]; 6] = [b"system", b"user", b"assistant", b"human", b"developer", b"tool"];

impl Words {
    fn add(&mut self, text: &str, word: core::ops::Range<usize>, length: usize, foreign: bool) {
        if word.is_empty() {
            return;
        }
        self.count += 1;
        self.letters += length;
        self.longest = self.longest.max(length);
        self.mixed += usize::from(foreign && text.get(word).is_some_and(is_mixed));
    }
}

#[derive(Default)]
struct Characters {
    all: usize,
    letters: usize,
    capitals: usize,
    digits: usize,
    marks: usize,
    spaces: usize,
    foreign: usize,
    invisible: usize,
}

impl Characters {
    fn of(text: &str, counts: &Counts) -> Self {
        let mut found = Self::default();
        for (byte, count) in (0_u8..128).zip(counts) {
            let count = *count as usize;
            found.all += count;
            match byte {
                b'A'..=b'Z' => {
                    found.letters += count;
                    found.capitals += count;
                }
                b'a'..=b'z' => found.letters += count,
                b'0'..=b'9' => found.digits += count,
                b' ' | b'\t'..=b'\r' => found.spaces += count,
                _ => found.marks += count,
            }
        }
        if found.all < text.len() {
            for c in text.chars().filter(|c| !c.is_ascii()) {
                found.all += 1;
                found.foreign += 1;
                found.invisible += usize::from(is_invisible(c));
                if c.is_alphabetic() {
                    found.letters += 1;
                    found.capitals += usize::from(c.is_uppercase());
                } else if c.is_whitespace() {
                    found.spaces += 1;
                } else {
                    found.marks += 1;
                }
            }
        }
        found
    }
}

fn entropy(counts: &Counts, length: usize) -> f64 {
    if length == 0 {
        return 0.0;
    }
    let times_log2 = |count: &u32| f64::from(*count) * log2(f64::from(*count));
    let sum: f64 = counts.iter().filter(|count| **count > 1).map(times_log2).sum();
    log2(length as f64) - sum / length as f64
}

/// The share of windows of four bytes whose hash was met before, in one part of four of a text: each part is looked at
/// afresh, so a long text cannot fill the table.
fn repetition(bytes: &[u8]) -> f64 {
    const PART: usize = 2048;
    let (mut all, mut known) = (0_usize, 0_usize);
    let mut seen = [0_u64; 512];
    for part in bytes.chunks(PART).step_by(4) {
        seen.fill(0);
        let mut number = 0_u32;
        for (at, byte) in part.iter().enumerate() {
            number = number << 8 | u32::from(*byte);
            if at < 3 {
                continue;
            }
            let hash = number.wrapping_mul(0x9e37_79b1) >> 17;
            let bit = 1_u64 << (hash & 63);
            if let Some(slot) = seen.get_mut((hash >> 6) as usize) {
                known += usize::from(*slot & bit != 0);
                *slot |= bit;
            }
            all += 1;
        }
    }
    known as f64 / all.max(1) as f64
}

/// Bytes inside tags, and inside comments.
fn markup(bytes: &[u8]) -> (usize, usize) {
    let (mut tags, mut comments, mut rest) = (0, 0, bytes);
    while let Some(at) = rest.iter().position(|byte| *byte == b'<') {
        rest = rest.get(at..).unwrap_or_default();
        if rest.starts_with(b"<!--") {
            let end = rest.windows(3).position(|window| window == b"-->").map_or(rest.len(), |end| end + 3);
            comments += end;
            rest = rest.get(end..).unwrap_or_default();
            continue;
        }
        // A tag is short; a `<` that is none ends the look at the next space.
        let near = rest.get(..512.min(rest.len())).unwrap_or_default();
        let named = near.get(1).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'/');
        match near.iter().position(|byte| *byte == b'>').filter(|_| named) {
            Some(end) => {
                tags += end + 1;
                rest = rest.get(end + 1..).unwrap_or_default();
            }
            None => rest = rest.get(1..).unwrap_or_default(),
        }
    }
    (tags, comments)
}
