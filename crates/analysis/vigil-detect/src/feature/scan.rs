//! What one pass over the bytes of a text finds: words, lines, brackets, addresses, encodings, and how often each byte comes.

use core::ops::Range;

use super::encoding::{Encoded, decoded_depth, is_run};
use super::hidden::{is_invisible, is_mixed};
use crate::block::{BLOCK, Places, below, blocks, which};

/// What one pass over the bytes finds.
#[derive(Debug, PartialEq)]
pub(super) struct Scan {
    /// How often each byte comes.
    pub(super) counts: [u32; 256],
    pub(super) words: Words,
    pub(super) foreign: Foreign,
    pub(super) encoded: Encoded,
    pub(super) lines: usize,
    pub(super) fences: usize,
    pub(super) speakers: usize,
    pub(super) depth: usize,
    pub(super) links: usize,
    pub(super) data: usize,
}

/// What stands between white space.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Words {
    pub(super) count: usize,
    /// In characters.
    pub(super) longest: usize,
    /// How many have letters of more than one script.
    pub(super) mixed: usize,
}

/// Characters beyond ASCII.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Foreign {
    pub(super) all: usize,
    pub(super) letters: usize,
    pub(super) capitals: usize,
    pub(super) spaces: usize,
    pub(super) invisible: usize,
}

impl Scan {
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let counts = counts(bytes);
        let mut scan = Self {
            words: Words::default(),
            foreign: Foreign::default(),
            encoded: Encoded::default(),
            lines: 0,
            fences: 0,
            speakers: 0,
            depth: 0,
            links: 0,
            data: 0,
            counts,
        };
        // What does not occur is not looked for.
        let has = |all: &[u8]| all.iter().any(|byte| scan.count(*byte) > 0);
        let (brackets, escapes, colons) = (has(b"{[(}])"), has(b"%\\"), has(b":"));
        let hosts = scan.count(b'w') > 2 && has(b".");
        let foreign = counts.iter().skip(128).any(|count| *count > 0);
        let (mut word, mut run, mut open, mut decoded) = (OpenWord::default(), 0, 0, 0);
        scan.line(bytes);
        blocks(bytes, |offset, block, there| {
            let beyond = if foreign { which(block, |byte| byte >= 0x80) } else { 0 };
            let spaces = which(block, is_space);
            if beyond == 0 && !word.foreign {
                scan.words.plain(&mut word, offset, spaces, there);
            } else {
                let within = which(block, is_within);
                scan.words.mixed(text, &mut word, Block { offset, spaces, beyond, within, there });
                Places(beyond & !within).for_each(|place| scan.foreign.see(text, offset + place));
            }
            let runs = which(block, is_run);
            scan.encoded.see(bytes, &mut run, offset, runs, &mut decoded);
            if brackets {
                let (opening, closing) = (which(block, opens), which(block, closes));
                for place in Places(opening | closing) {
                    let opened = opening >> place & 1;
                    open = (open + 2 * opened).saturating_sub(1);
                    scan.depth = scan.depth.max(open as usize);
                }
            }
            let after = |place: usize| bytes.get(offset + place + 1..).unwrap_or_default();
            let before = |place: usize| bytes.get(..offset + place).unwrap_or_default();
            for place in Places(which(block, |byte| byte == b'\n')) {
                scan.line(after(place));
            }
            if colons {
                for place in Places(which(block, |byte| byte == b':')) {
                    scan.links += usize::from(after(place).starts_with(b"//"));
                    scan.data += usize::from(before(place).ends_with(b"data"));
                }
            }
            if hosts {
                for place in Places(which(block, |byte| byte == b'.')) {
                    scan.links += usize::from(before(place).ends_with(b"www"));
                }
            }
            if escapes {
                for place in Places(which(block, |byte| (byte == b'%') | (byte == b'\\'))) {
                    let mark = block.get(place).copied().unwrap_or(0);
                    scan.encoded.escape(mark, after(place));
                }
            }
        });
        scan.encoded.end(bytes, run, &mut decoded);
        scan.words.end(text, &word);
        scan.encoded.nesting = scan.encoded.nesting.max(decoded_depth(&scan.encoded));
        scan
    }

    pub(super) fn count(&self, byte: u8) -> u32 {
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
            Some(first) if first.is_ascii_alphabetic() => {
                let pair = start.first_chunk().map(|[one, two]| [one | 0x20, two | 0x20]);
                let Some(speaker) = pair.and_then(speaker) else { return };
                let (name, behind) = start.split_at(speaker.len().min(start.len()));
                let named = name.eq_ignore_ascii_case(speaker);
                self.speakers +=
                    usize::from(named && matches!(behind.first(), Some(b':' | b'>' | b']' | b'|')));
            }
            _ => {}
        }
    }
}

/// The speaker whose name begins with these letters.
const fn speaker(pair: [u8; 2]) -> Option<&'static [u8]> {
    Some(match &pair {
        b"sy" => b"system",
        b"us" => b"user",
        b"as" => b"assistant",
        b"hu" => b"human",
        b"de" => b"developer",
        b"to" => b"tool",
        _ => return None,
    })
}

fn counts(bytes: &[u8]) -> [u32; 256] {
    let mut counts = [0; 256];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    counts
}

const fn is_space(byte: u8) -> bool {
    (byte == b' ') | (byte.wrapping_sub(b'\t') < 5)
}

/// Whether a byte is not the first of a character.
const fn is_within(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

const fn opens(byte: u8) -> bool {
    (byte == b'{') | (byte == b'[') | (byte == b'(')
}

const fn closes(byte: u8) -> bool {
    (byte == b'}') | (byte == b']') | (byte == b')')
}

/// The word that goes on from the block before.
#[derive(Default)]
struct OpenWord {
    start: usize,
    /// How many of its bytes are not the first of their character.
    inside: usize,
    foreign: bool,
}

/// A block with characters beyond ASCII: its place, and as bits which bytes are what.
struct Block {
    offset: usize,
    spaces: u64,
    beyond: u64,
    within: u64,
    there: u64,
}

impl Words {
    /// The words of a block, all of them in ASCII.
    fn plain(&mut self, word: &mut OpenWord, offset: usize, spaces: u64, there: u64) {
        let letters = there & !spaces;
        self.count += (letters & !(letters << 1 | u64::from(word.start < offset))).count_ones() as usize;
        if spaces == 0 {
            return;
        }
        let first = spaces.trailing_zeros() as usize;
        self.longest = self.longest.max(offset + first - word.start);
        let last = BLOCK - spaces.leading_zeros() as usize;
        // Between the first space and the last one.
        let inner = letters & below(last) & !below(first);
        while has_run(inner, self.longest + 1) {
            self.longest += 1;
        }
        *word = OpenWord { start: offset + last, ..OpenWord::default() };
    }

    /// The words of a block in which something is not ASCII.
    fn mixed(&mut self, text: &str, word: &mut OpenWord, block: Block) {
        let Block { offset, spaces, beyond, within, there } = block;
        let letters = there & !spaces;
        self.count += (letters & !(letters << 1 | u64::from(word.start < offset))).count_ones() as usize;
        let mut from = 0;
        for end in Places(spaces).chain([BLOCK]) {
            let own = below(end) & !below(from);
            word.inside += (within & own).count_ones() as usize;
            word.foreign |= beyond & own != 0;
            if end < BLOCK {
                self.close(text, word, offset + end);
                *word = OpenWord { start: offset + end + 1, ..OpenWord::default() };
            }
            from = end + 1;
        }
    }

    /// The last word.
    fn end(&mut self, text: &str, word: &OpenWord) {
        self.close(text, word, text.len());
    }

    fn close(&mut self, text: &str, word: &OpenWord, end: usize) {
        self.longest = self.longest.max(end.saturating_sub(word.start + word.inside));
        self.mixed += usize::from(word.foreign && text.get(word.start..end).is_some_and(is_mixed));
    }
}

/// Whether so many set bits stand together.
fn has_run(bits: u64, length: usize) -> bool {
    if length > BLOCK {
        return false;
    }
    let (mut bits, mut known) = (bits, 1);
    while known < length {
        let more = known.min(length - known);
        bits &= bits >> more;
        known += more;
    }
    bits != 0
}

impl Encoded {
    /// The runs of a block that end in it: bytes that stand together and that an encoding has. `run` is where the last one began.
    fn see(&mut self, bytes: &[u8], run: &mut usize, offset: usize, runs: u64, decoded: &mut usize) {
        if runs == u64::MAX {
            return;
        }
        let mut range = |range: Range<usize>| {
            if range.len() >= Self::RUN {
                self.add(bytes.get(range).unwrap_or_default(), decoded);
            }
        };
        let first = runs.trailing_ones() as usize;
        range(*run..offset + first);
        let last = BLOCK - runs.leading_ones() as usize;
        let mut inner = runs & below(last) & !below(first);
        if has_run(inner, Self::RUN) {
            while inner != 0 {
                let start = inner.trailing_zeros() as usize;
                let end = start + (inner >> start).trailing_ones() as usize;
                range(offset + start..offset + end);
                inner &= !below(end);
            }
        }
        *run = offset + last;
    }

    /// The run with which a text ends.
    fn end(&mut self, bytes: &[u8], run: usize, decoded: &mut usize) {
        if bytes.len() >= run + Self::RUN {
            self.add(bytes.get(run..).unwrap_or_default(), decoded);
        }
    }
}

impl Foreign {
    fn see(&mut self, text: &str, at: usize) {
        let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { return };
        self.all += 1;
        self.invisible += usize::from(is_invisible(c));
        if c.is_alphabetic() {
            self.letters += 1;
            self.capitals += usize::from(c.is_uppercase());
        } else {
            self.spaces += usize::from(c.is_whitespace());
        }
    }
}
