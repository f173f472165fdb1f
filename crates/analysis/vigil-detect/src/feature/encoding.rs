//! Encodings: long runs of one alphabet, escapes, and how deep one lies inside another.

use vigil_decompose::Alphabet;

/// Bytes in runs that only an encoding has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Encoded {
    pub(super) base64: usize,
    pub(super) hex: usize,
    pub(super) percent: usize,
    pub(super) escapes: usize,
    pub(super) nesting: usize,
}

/// How deep encodings are followed.
const MOST_NESTING: usize = 3;
/// How much of a run is decoded.
const MOST_DECODED: usize = 16 * 1024;
/// How many runs of a text are decoded.
const MOST_RUNS: usize = 64;

impl Encoded {
    /// How long a run must be: longer than names, shorter than keys.
    pub(super) const RUN: usize = 24;

    /// Bytes of one alphabet that stand together. `decoded` counts those that were decoded.
    pub(super) fn add(&mut self, run: &[u8], decoded: &mut usize) {
        let Some(kind) = kind(run) else { return };
        match kind {
            Alphabet::Hex => self.hex += run.len(),
            Alphabet::Base64 => self.base64 += run.len(),
        }
        if *decoded < MOST_RUNS {
            *decoded += 1;
            self.nesting = self.nesting.max(1 + nesting(&decode(run, kind), 1));
        }
    }

    /// A `%` or a backslash, and what follows: `%41`, `\x41`, `\u0041`.
    pub(super) fn escape(&mut self, mark: u8, rest: &[u8]) {
        match (mark, rest) {
            (b'%', [high, low, ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                self.percent += 3
            }
            (b'\\', [b'x', digit, ..]) if digit.is_ascii_hexdigit() => self.escapes += 4,
            (b'\\', [b'u', digit, ..]) if digit.is_ascii_hexdigit() || *digit == b'{' => self.escapes += 6,
            _ => {}
        }
    }
}

/// How deep escapes lie: one deep, where there are more than a few.
pub(super) const fn decoded_depth(found: &Encoded) -> usize {
    if found.percent > Encoded::RUN || found.escapes > Encoded::RUN { 1 } else { 0 }
}

pub(super) const fn is_run(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
}

/// What a run is. Long words, paths and rulers have one kind of letter only, or many slashes and dashes.
fn kind(run: &[u8]) -> Option<Alphabet> {
    if run.len() < Encoded::RUN {
        return None;
    }
    let digits = run.iter().filter(|byte| byte.is_ascii_digit()).count();
    if run.iter().all(u8::is_ascii_hexdigit) && digits > 0 && digits < run.len() {
        return Some(Alphabet::Hex);
    }
    let capitals = run.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    let small = run.iter().filter(|byte| byte.is_ascii_lowercase()).count();
    let marks = run.len() - digits - capitals - small;
    (capitals * 8 > run.len() && small * 8 > run.len() && marks * 8 < run.len()).then_some(Alphabet::Base64)
}

/// How many encodings lie inside decoded bytes.
fn nesting(bytes: &[u8], depth: usize) -> usize {
    if depth >= MOST_NESTING {
        return 0;
    }
    let runs = bytes.split(|byte| !is_run(*byte)).filter_map(|run| Some((run, kind(run)?)));
    runs.take(4).map(|(run, kind)| 1 + nesting(&decode(run, kind), depth + 1)).max().unwrap_or(0)
}

fn decode(run: &[u8], alphabet: Alphabet) -> Vec<u8> {
    vigil_decompose::decode(run.get(..MOST_DECODED.min(run.len())).unwrap_or_default(), alphabet)
}
