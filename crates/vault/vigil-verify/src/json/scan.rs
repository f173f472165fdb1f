//! Cutting a stream of JSON text into values.
//!
//! The scanner knows strings and brackets and nothing else; it finds where a value ends. Whether the cut piece is
//! JSON is for [`super::token`] to say. A text is JSON exactly when the frame the scanner checks and every piece
//! are, so that pieces can be checked elsewhere and in any order.

use std::io::{self, Read};

use super::MAX_DEPTH;

/// Why scanning stopped.
#[derive(Debug)]
pub(crate) enum ScanError {
    /// The text is not JSON.
    Malformed,
    /// One value is longer than [`MAX_VALUE_BYTES`].
    TooLarge,
    /// The text could not be read.
    Io(io::Error),
}

impl From<super::Malformed> for ScanError {
    fn from(_: super::Malformed) -> Self {
        Self::Malformed
    }
}

/// The most text of one value that is held in memory: one record, one other entry of an array, or one member
/// that is read whole. No record within the limits of the format is longer, however it is escaped.
pub(crate) const MAX_VALUE_BYTES: usize = 128 << 20;

/// Reads a text front to back through one buffer.
#[derive(Debug)]
pub(crate) struct Scanner<R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    /// Bytes of the text before the buffer.
    before: u64,
}

impl<R: Read> Scanner<R> {
    /// Starts at the next byte of `input`.
    pub(crate) fn new(input: R) -> Self {
        Self { input, buffer: vec![0; BUFFER_BYTES], at: 0, filled: 0, before: 0 }
    }

    /// How many bytes have been consumed.
    pub(crate) fn position(&self) -> u64 {
        self.before + self.at as u64
    }

    /// Skips white space; the byte then at hand, `None` at the end.
    pub(crate) fn peek(&mut self) -> Result<Option<u8>, ScanError> {
        loop {
            match self.window()?.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r')) {
                Some(at) => {
                    self.at += at;
                    return Ok(self.buffer.get(self.at).copied());
                }
                None if self.window()?.is_empty() => return Ok(None),
                None => self.at = self.filled,
            }
        }
    }

    /// Consumes `byte`, which must come next after white space.
    pub(crate) fn expect(&mut self, byte: u8) -> Result<(), ScanError> {
        if self.peek()? != Some(byte) {
            return Err(ScanError::Malformed);
        }
        self.at += 1;
        Ok(())
    }

    /// Moves to the next entry of an array or object that is open; false when `close` ended it. `first` is true
    /// before the first entry.
    pub(crate) fn entry(&mut self, first: bool, close: u8) -> Result<bool, ScanError> {
        if self.peek()? == Some(close) {
            self.at += 1;
            return Ok(false);
        }
        if !first {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// Appends the text of the next value to `out`, without checking it.
    pub(crate) fn value(&mut self, out: &mut Vec<u8>) -> Result<(), ScanError> {
        let start = out.len();
        match self.peek()? {
            Some(b'"') => self.string(out, start),
            Some(b'{' | b'[') => self.container(out, start),
            Some(_) => self.scalar(out, start),
            None => Err(ScanError::Malformed),
        }
    }

    fn string(&mut self, out: &mut Vec<u8>, start: usize) -> Result<(), ScanError> {
        self.take(1, out, start)?;
        loop {
            let window = self.window()?;
            match memchr::memchr2(b'"', b'\\', window) {
                Some(at) if window.get(at) == Some(&b'"') => return self.take(at + 1, out, start),
                Some(at) => {
                    self.take(at + 1, out, start)?;
                    self.window()?;
                    self.take(1, out, start)?;
                }
                None => self.take_window(out, start)?,
            }
        }
    }

    fn container(&mut self, out: &mut Vec<u8>, start: usize) -> Result<(), ScanError> {
        let mut depth = 0_usize;
        loop {
            let window = self.window()?;
            let Some(at) = window.iter().position(|b| matches!(b, b'"' | b'{' | b'[' | b'}' | b']')) else {
                self.take_window(out, start)?;
                continue;
            };
            match window.get(at) {
                Some(b'"') => {
                    self.take(at, out, start)?;
                    self.string(out, start)?;
                    continue;
                }
                Some(b'{' | b'[') => depth += 1,
                _ => depth -= 1,
            }
            if depth > MAX_DEPTH {
                return Err(ScanError::Malformed);
            }
            self.take(at + 1, out, start)?;
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Everything up to a byte that cannot be in a number or word.
    fn scalar(&mut self, out: &mut Vec<u8>, start: usize) -> Result<(), ScanError> {
        let ends = |b: &u8| {
            matches!(b, b',' | b']' | b'}' | b'[' | b'{' | b'"' | b':' | b' ' | b'\t' | b'\n' | b'\r')
        };
        loop {
            let window = self.window()?;
            if let Some(at) = window.iter().position(ends) {
                self.take(at, out, start)?;
                return if out.len() == start { Err(ScanError::Malformed) } else { Ok(()) };
            }
            if window.is_empty() {
                return Ok(());
            }
            self.take_window(out, start)?;
        }
    }

    /// Moves the whole window to `out`; an empty one means that the text ends inside a value.
    fn take_window(&mut self, out: &mut Vec<u8>, start: usize) -> Result<(), ScanError> {
        self.take((self.filled - self.at).max(1), out, start)
    }

    fn take(&mut self, count: usize, out: &mut Vec<u8>, start: usize) -> Result<(), ScanError> {
        let piece = self.buffer.get(self.at..self.at + count).ok_or(ScanError::Malformed)?;
        if self.at + count > self.filled {
            return Err(ScanError::Malformed);
        }
        if out.len() - start + count > MAX_VALUE_BYTES {
            return Err(ScanError::TooLarge);
        }
        out.extend_from_slice(piece);
        self.at += count;
        Ok(())
    }

    /// What is in the buffer and not consumed, after reading more if that is nothing; empty only at the end.
    fn window(&mut self) -> Result<&[u8], ScanError> {
        while self.at == self.filled {
            self.before += self.filled as u64;
            self.at = 0;
            self.filled = 0;
            match self.input.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(count) => self.filled = count.min(self.buffer.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ScanError::Io(error)),
            }
        }
        Ok(self.buffer.get(self.at..self.filled).unwrap_or_default())
    }
}

const BUFFER_BYTES: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its bytes one at a time, so that every cut falls on a buffer's edge.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    #[track_caller]
    fn check(text: &str, value: &str, rest: Option<u8>) {
        for drip in [false, true] {
            let input: Box<dyn Read> =
                if drip { Box::new(Drip(text.as_bytes())) } else { Box::new(text.as_bytes()) };
            let mut scanner = Scanner::new(input);
            let mut out = Vec::new();
            scanner.value(&mut out).unwrap();
            assert_eq!(out, value.as_bytes());
            assert_eq!(scanner.peek().unwrap(), rest);
        }
    }

    #[test]
    fn a_value_ends_where_its_bracket_or_quote_does() {
        check(r#" {"a":["]}\"",{}]} ,"#, r#"{"a":["]}\"",{}]}"#, Some(b','));
        check(r#""\\" ]"#, r#""\\""#, Some(b']'));
        check("12.5e3\n}", "12.5e3", Some(b'}'));
        check("null", "null", None);
    }

    #[test]
    fn a_text_that_ends_inside_a_value_is_malformed() {
        for text in ["", "\"a", "\"a\\", "[1", "{\"a", "[[]", ",", "]"] {
            let result = Scanner::new(text.as_bytes()).value(&mut Vec::new());
            assert!(matches!(result, Err(ScanError::Malformed)), "{text}");
        }
    }

    #[test]
    fn brackets_without_end_are_given_up_at_the_depth_limit() {
        let mut scanner = Scanner::new(io::repeat(b'['));
        assert!(matches!(scanner.value(&mut Vec::new()), Err(ScanError::Malformed)));
        assert!(scanner.position() < 1000);
    }
}
