//! Which words a text has, and which of them stand where it tells its reader to do something.
//!
//! Kept are hashes of stems, never words: enough to ask whether a call speaks like the user or like what was read.

mod key;
mod lists;

use crate::block::{BLOCK, below, blocks, which};
use key::{CASE, Key, LONGEST};
use lists::lists;

/// How many different words of one text are kept.
const MOST_WORDS: usize = 8192;
/// How many words a sentence has; what goes on is the next one.
const MOST_OF_SENTENCE: usize = 128;

/// The words of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// Of all of it. No word twice.
    pub(crate) all: Box<[u32]>,
    /// Of the sentences that tell the reader to do something. Sorted, no word twice. None is left out, or padding with
    /// other commands would hide the one that counts; the text that is looked at bounds them.
    pub(crate) bids: Box<[u32]>,
    /// How many sentences there are, and how many of them tell the reader to do something.
    pub(crate) sentences: u32,
    pub(crate) bidding: u32,
}

impl Words {
    pub(crate) fn of(text: &str) -> Self {
        let mut reader = Reader::new(text.len());
        let bytes = text.as_bytes();
        // Where the word began that goes on from the block before, and whether a sentence ended behind the word before.
        let (mut open, mut ended) = (None, false);
        blocks(bytes, |offset, block, _| {
            let inside = which(block, is_inside);
            let ends = which(block, ends_sentence);
            // Where the last word ended; behind it a sentence may end.
            let mut next = 0;
            if let Some(start) = open {
                if inside == u64::MAX {
                    return;
                }
                next = inside.trailing_ones() as usize;
                reader.hear(bytes, start, offset + next, ended);
                (open, ended) = (None, false);
            }
            let mut rest = inside & !below(next);
            while rest != 0 {
                let start = rest.trailing_zeros() as usize;
                ended |= ends & below(start) & !below(next) != 0;
                let length = (rest >> start).trailing_ones() as usize;
                next = start + length;
                if next == BLOCK {
                    open = Some(offset + start);
                    return;
                }
                reader.hear(bytes, offset + start, offset + next, ended);
                ended = false;
                rest &= !below(next);
            }
            ended |= ends & !below(next) != 0;
        });
        if let Some(start) = open {
            reader.hear(bytes, start, bytes.len(), ended);
        }
        reader.end_sentence();
        let Reader { known, bids, sentences, bidding, .. } = reader;
        Self { all: known.into_words(), bids: set(bids), sentences, bidding }
    }
}

/// Whether a byte belongs to a word.
const fn is_inside(byte: u8) -> bool {
    ((byte | CASE).wrapping_sub(b'a') < 26) | (byte.wrapping_sub(b'0') < 10)
}

/// Whether a byte ends a sentence.
const fn ends_sentence(byte: u8) -> bool {
    (byte == b'.') | (byte == b'!') | (byte == b'?') | (byte == b'\n') | (byte.wrapping_sub(b':') < 2) // a colon or a semicolon
}

/// Reads a text word by word.
struct Reader {
    known: Known,
    bids: Vec<u32>,
    sentences: u32,
    bidding: u32,
    /// The words of this sentence that count, how many of these there are, and how many words it has.
    sentence: [u32; MOST_OF_SENTENCE],
    counted: usize,
    words: usize,
    bids_now: bool,
    /// Only words that lead to the verb came so far.
    leading: bool,
    /// For how many words it is still about what "you" do.
    about_you: u8,
}

impl Reader {
    fn new(text_length: usize) -> Self {
        Self {
            known: Known::new(text_length),
            bids: Vec::new(),
            sentences: 0,
            bidding: 0,
            sentence: [0; MOST_OF_SENTENCE],
            counted: 0,
            words: 0,
            bids_now: false,
            leading: false,
            about_you: 0,
        }
    }

    /// The word from one place to another. `is_next`: a sentence ended before it.
    #[inline]
    fn hear(&mut self, bytes: &[u8], start: usize, end: usize, is_next: bool) {
        if is_next {
            self.end_sentence();
        } else if self.words == MOST_OF_SENTENCE {
            self.end_sentence();
            // It goes on, so its next word does not lead.
            self.words = 1;
        }
        let (first, whole) = (self.words == 0, end - start);
        self.words += 1;
        let length = whole.min(LONGEST);
        let key = Key::of(bytes, start, length);
        let listed = if whole < LONGEST { lists(key) } else { 0 };
        let is = |list: u8| listed & (1 << list) != 0;
        let leading = first | self.leading;
        self.bids_now |= is(4) | leading & is(3) | (self.about_you > 0) & is(2);
        self.leading = leading & (self.words <= 2) & is(1);
        self.about_you = if is(5) { 2 } else { self.about_you.saturating_sub(1) };
        if (whole < 3) | is(0) {
            return;
        }
        let stem = (key.stem(length).hash() >> 32) as u32;
        if let Some(slot) = self.sentence.get_mut(self.counted) {
            *slot = stem;
            self.counted += 1;
        }
        self.known.add(stem);
    }

    fn end_sentence(&mut self) {
        if self.counted > 0 {
            self.sentences += 1;
            if self.bids_now {
                self.bidding += 1;
                self.bids.extend_from_slice(self.sentence.get(..self.counted).unwrap_or_default());
            }
            self.counted = 0;
        }
        self.words = 0;
        (self.bids_now, self.leading, self.about_you) = (false, false, 0);
    }
}

/// The different words of a text, as they came, and a table to find them.
struct Known {
    words: Vec<u32>,
    /// A word, or 0, at the place of its lowest bits or behind it. A power of two, at most half of them taken.
    table: Vec<u32>,
    has_zero: bool,
}

impl Known {
    /// How many different words are taken in; those that are kept are chosen of these.
    const MOST: usize = 8 * MOST_WORDS;

    fn new(text_length: usize) -> Self {
        let slots = (text_length / 4).clamp(32, 2048).next_power_of_two();
        Self { words: Vec::with_capacity(slots / 4), table: vec![0; slots], has_zero: false }
    }

    #[inline]
    fn add(&mut self, word: u32) {
        if word == 0 {
            self.add_zero();
            return;
        }
        let at = self.place(word);
        let Some(slot) = self.table.get_mut(at).filter(|slot| **slot != word) else { return };
        if self.words.len() < Self::MOST {
            *slot = word;
            self.words.push(word);
            if 2 * self.words.len() > self.table.len() {
                self.grow();
            }
        }
    }

    /// Where a word stands in the table, or where it would: there is always a free place.
    #[inline]
    fn place(&self, word: u32) -> usize {
        let last = self.table.len() - 1;
        let mut at = word as usize & last;
        while self.table.get(at).is_some_and(|there| *there != 0 && *there != word) {
            at = (at + 1) & last;
        }
        at
    }

    #[cold]
    fn add_zero(&mut self) {
        if !self.has_zero && self.words.len() < Self::MOST {
            self.has_zero = true;
            self.words.push(0);
        }
    }

    #[cold]
    fn grow(&mut self) {
        self.table = vec![0; 4 * self.table.len()];
        for number in 0..self.words.len() {
            let word = self.words.get(number).copied().unwrap_or(0);
            let at = self.place(word);
            if let Some(slot) = self.table.get_mut(at) {
                *slot = word;
            }
        }
    }

    /// All of them; of too many those with the lowest numbers, so that no place in the text is better than another.
    fn into_words(self) -> Box<[u32]> {
        let mut words = self.words;
        if words.len() > MOST_WORDS {
            words.sort_unstable();
            words.truncate(MOST_WORDS);
        }
        words.into_boxed_slice()
    }
}

/// The words of a tool's name: its parts at marks and at capitals.
pub(crate) fn name_words(name: &str) -> Box<[u32]> {
    let own = name.rsplit("__").next().unwrap_or(name);
    let mut apart = String::with_capacity(own.len() + 8);
    let mut small = false;
    for c in own.chars().take(256) {
        if c.is_ascii_uppercase() && small {
            apart.push(' ');
        }
        small = c.is_ascii_lowercase();
        apart.push(c);
    }
    Words::of(&apart).all
}

/// The hash of one name, for tools and hosts.
pub(crate) fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| add(hash, *byte))
}

const fn add(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(0x0100_0193)
}

fn set(mut words: Vec<u32>) -> Box<[u32]> {
    words.sort_unstable();
    words.dedup();
    words.into_boxed_slice()
}

#[cfg(test)]
mod tests;
