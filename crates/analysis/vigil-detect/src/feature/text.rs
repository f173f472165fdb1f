//! The features of a text, in one pass over its characters and one over its bytes.

use super::encoding::encoded;
use super::hidden::{is_invisible, is_mixed};
use super::{FEATURES, TEXT_FEATURES, TextFeatures};
use crate::maths::log2;
use crate::step::Words as SpokenWords;

pub(super) fn features(text_length: usize, text: &str, spoken: &SpokenWords) -> TextFeatures {
    let bytes = text.as_bytes();
    let characters = Characters::of(text);
    let all = characters.all as f64;
    let words = Words::of(text);
    let lines = Lines::of(text);
    let encoded = encoded(bytes);
    let (tags, comments) = markup(bytes);
    let of_bytes = |count: usize| count as f64 / (bytes.len().max(1)) as f64;
    let of_all = |count: usize| count as f64 / all.max(1.0);
    let log = |count: usize| log2((count + 1) as f64);
    // The order of FEATURES.
    let values: [f64; TEXT_FEATURES] = [
        log(text_length),
        entropy(bytes),
        repetition(bytes),
        of_all(characters.digits),
        characters.capitals as f64 / characters.letters.max(1) as f64,
        of_all(characters.marks),
        of_all(characters.spaces),
        of_all(characters.foreign),
        log(words.longest),
        words.letters as f64 / words.count.max(1) as f64,
        log(lines.count),
        depth(bytes) as f64,
        lines.fences as f64,
        of_bytes(tags),
        links(text) as f64,
        lines.speakers as f64,
        of_bytes(comments),
        characters.invisible as f64,
        words.mixed as f64,
        of_bytes(encoded.base64),
        of_bytes(encoded.hex),
        of_bytes(encoded.percent),
        of_bytes(encoded.escapes),
        text.matches("data:").filter(|_| text.contains(";base64,") || text.contains("data:text")).count()
            as f64,
        encoded.nesting as f64,
        f64::from(spoken.bidding) / f64::from(spoken.sentences.max(1)),
        log(spoken.bidding as usize),
    ];
    let mut out = [0.0; TEXT_FEATURES];
    for ((slot, value), feature) in out.iter_mut().zip(values).zip(FEATURES) {
        *slot = (value as f32).clamp(0.0, feature.most);
    }
    TextFeatures(out)
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
    fn of(text: &str) -> Self {
        let mut found = Self::default();
        for c in text.chars() {
            found.all += 1;
            found.foreign += usize::from(!c.is_ascii());
            found.invisible += usize::from(!c.is_ascii() && is_invisible(c));
            if c.is_alphabetic() {
                found.letters += 1;
                found.capitals += usize::from(c.is_uppercase());
            } else if c.is_ascii_digit() {
                found.digits += 1;
            } else if c.is_whitespace() {
                found.spaces += 1;
            } else {
                found.marks += 1;
            }
        }
        found
    }
}

#[derive(Default)]
struct Words {
    count: usize,
    letters: usize,
    longest: usize,
    mixed: usize,
}

impl Words {
    fn of(text: &str) -> Self {
        let mut found = Self::default();
        for word in text.split_whitespace() {
            let length = word.chars().count();
            found.count += 1;
            found.letters += length;
            found.longest = found.longest.max(length);
            found.mixed += usize::from(!word.is_ascii() && is_mixed(word));
        }
        found
    }
}

#[derive(Default)]
struct Lines {
    count: usize,
    fences: usize,
    speakers: usize,
}

impl Lines {
    fn of(text: &str) -> Self {
        let mut found = Self::default();
        for line in text.lines() {
            let line = line.trim_start_matches(['#', '<', '[', '*', '|', ' ', '\t']);
            found.count += 1;
            found.fences += usize::from(line.starts_with("```"));
            found.speakers += usize::from(SPEAKERS.iter().any(|speaker| {
                let rest = line.get(..speaker.len()).filter(|start| start.eq_ignore_ascii_case(speaker));
                rest.and_then(|_| line.get(speaker.len()..))
                    .is_some_and(|rest| rest.starts_with([':', '>', ']', '|']))
            }));
        }
        found
    }
}

const SPEAKERS: [&str; 6] = ["system", "user", "assistant", "human", "developer", "tool"];

fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let all = bytes.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / all)
        .map(|share| -share * log2(share))
        .sum()
}

/// The share of windows of four bytes whose hash was met before. The table is fixed, so that a long text cannot fill it
/// twice: of texts longer than it, that share is what a fresh look at each part says.
fn repetition(bytes: &[u8]) -> f64 {
    const PART: usize = 16 * 1024;
    let (mut all, mut known) = (0_usize, 0_usize);
    for part in bytes.chunks(PART) {
        let mut seen = vec![0_u64; 4096];
        for window in part.windows(4) {
            let number = window.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
            let hash = number.wrapping_mul(0x9e37_79b1) >> 14;
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

fn depth(bytes: &[u8]) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for byte in bytes {
        match byte {
            b'{' | b'[' | b'(' => open += 1,
            b'}' | b']' | b')' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

fn links(text: &str) -> usize {
    text.matches("://").count() + text.matches("www.").count()
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
