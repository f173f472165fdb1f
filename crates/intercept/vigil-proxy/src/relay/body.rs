//! Where a body ends, followed over the bytes as they pass.

use std::ops::Range;

use super::HttpError;
use super::head::field;

/// How a body is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// So many bytes.
    Length(u64),
    /// Chunks, then trailers.
    Chunked,
    /// Until the connection closes.
    Close,
}

/// Follows one body.
#[derive(Debug)]
pub(crate) struct Body {
    state: State,
    trailer_limit: usize,
    trailers: Vec<u8>,
}

#[derive(Debug)]
enum State {
    Length(u64),
    Close,
    /// Before or inside a line with a chunk's size.
    Size {
        size: u64,
        digits: u8,
        rest: SizeRest,
        seen: usize,
    },
    Data(u64),
    /// The line end after a chunk's data: how much of it was seen.
    DataEnd {
        cr: bool,
    },
    /// Inside the trailers, whose bytes are collected.
    Trailers,
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SizeRest {
    Digits,
    Extension,
    Cr,
}

/// A size with more digits could not be meant.
const MOST_DIGITS: u8 = 15;
const LONGEST_EXTENSION: usize = 4096;

impl Body {
    /// `trailer_limit` is in bytes.
    pub(crate) fn new(framing: Framing, trailer_limit: usize) -> Self {
        let state = match framing {
            Framing::Length(0) => State::Done,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => START_OF_CHUNK,
            Framing::Close => State::Close,
        };
        Self { state, trailer_limit, trailers: Vec::new() }
    }

    pub(crate) fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Whether the body may end here because the connection does.
    pub(crate) fn may_close(&self) -> bool {
        matches!(self.state, State::Done | State::Close)
    }

    /// The lines of the trailers with their line ends, without the empty line.
    pub(crate) fn trailers(&self) -> &[u8] {
        self.trailers.strip_suffix(b"\r\n").unwrap_or_default()
    }

    /// Follows the bytes up to the end of the body. Gives how many belong to it; `data` is called with the ranges that
    /// are content.
    pub(crate) fn follow(
        &mut self,
        bytes: &[u8],
        data: &mut dyn FnMut(Range<usize>),
    ) -> Result<usize, HttpError> {
        let mut at = 0;
        while at < bytes.len() {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(&byte) = rest.first() else { break };
            match &mut self.state {
                State::Done => break,
                State::Close => {
                    data(at..bytes.len());
                    return Ok(bytes.len());
                }
                State::Length(left) | State::Data(left) => {
                    let count = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                    data(at..at + count);
                    at += count;
                    *left -= count as u64;
                    if *left == 0 {
                        self.state = match self.state {
                            State::Length(_) => State::Done,
                            _ => State::DataEnd { cr: false },
                        };
                    }
                }
                State::DataEnd { cr } => {
                    at += 1;
                    match (*cr, byte) {
                        (false, b'\r') => *cr = true,
                        (true, b'\n') => self.state = START_OF_CHUNK,
                        _ => return Err(HttpError::Chunk("a chunk is longer than its size")),
                    }
                }
                State::Size { .. } => {
                    at += 1;
                    self.size_line(byte)?;
                }
                State::Trailers => {
                    at += 1;
                    self.trailer(byte)?;
                }
            }
        }
        Ok(at)
    }

    fn size_line(&mut self, byte: u8) -> Result<(), HttpError> {
        let State::Size { size, digits, rest, seen } = &mut self.state else { return Ok(()) };
        *seen += 1;
        match (*rest, byte) {
            (SizeRest::Digits, digit) if digit.is_ascii_hexdigit() => {
                *digits += 1;
                if *digits > MOST_DIGITS {
                    return Err(HttpError::Chunk("a size is too long"));
                }
                let value = char::from(digit).to_digit(16).unwrap_or_default();
                *size = *size << 4 | u64::from(value);
            }
            (SizeRest::Digits, _) if *digits == 0 => return Err(HttpError::Chunk("a size has no digits")),
            (SizeRest::Digits, b';') => *rest = SizeRest::Extension,
            (SizeRest::Digits | SizeRest::Extension, b'\r') => *rest = SizeRest::Cr,
            (SizeRest::Digits, _) => return Err(HttpError::Chunk("a size is not a hexadecimal number")),
            (SizeRest::Extension, 0 | b'\n') => {
                return Err(HttpError::Chunk("an extension holds a control character"));
            }
            (SizeRest::Extension, _) if *seen > LONGEST_EXTENSION => {
                return Err(HttpError::Chunk("an extension is too long"));
            }
            (SizeRest::Extension, _) => {}
            (SizeRest::Cr, b'\n') => {
                self.state = if *size == 0 { State::Trailers } else { State::Data(*size) };
            }
            (SizeRest::Cr, _) => return Err(HttpError::Chunk("a size line does not end in CR LF")),
        }
        Ok(())
    }

    fn trailer(&mut self, byte: u8) -> Result<(), HttpError> {
        self.trailers.push(byte);
        if self.trailers.len() > self.trailer_limit {
            return Err(HttpError::TooLarge(self.trailer_limit));
        }
        if byte != b'\n' {
            return Ok(());
        }
        let before = self.trailers.len() - 1;
        let start = self
            .trailers
            .get(..before)
            .and_then(|earlier| memchr::memrchr(b'\n', earlier))
            .map_or(0, |at| at + 1);
        let line = self.trailers.get(start..).unwrap_or_default();
        let Some(content) = line.strip_suffix(b"\r\n") else {
            return Err(HttpError::Chunk("a trailer does not end in CR LF"));
        };
        if content.is_empty() {
            self.state = State::Done;
            return Ok(());
        }
        let field = field(line, content)?;
        // RFC 9110 §6.5.1: what frames a message is no trailer.
        let framing = ["content-length", "transfer-encoding", "content-encoding", "host"];
        if framing.iter().any(|name| field.name.eq_ignore_ascii_case(name.as_bytes())) {
            return Err(HttpError::Chunk("a trailer frames the message"));
        }
        Ok(())
    }
}

const START_OF_CHUNK: State = State::Size { size: 0, digits: 0, rest: SizeRest::Digits, seen: 0 };

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(body: &mut Body, bytes: &[u8], step: usize) -> Result<(Vec<u8>, usize), HttpError> {
        let (mut content, mut total) = (Vec::new(), 0);
        for piece in bytes.chunks(step.max(1)) {
            let used = body.follow(piece, &mut |range| content.extend_from_slice(&piece[range]))?;
            total += used;
            if used < piece.len() {
                break;
            }
        }
        Ok((content, total))
    }

    #[test]
    fn a_chunked_body_ends_after_its_trailers() {
        let wire = b"5;a=b\r\nhello\r\n0A\r\n, provider\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\nGET /next";
        for step in 1..wire.len() {
            let mut body = Body::new(Framing::Chunked, 100);
            let (content, total) = read(&mut body, wire, step).unwrap();
            assert_eq!((content.as_slice(), total), (b"hello, provider".as_slice(), wire.len() - 9));
            assert!(body.is_done());
            assert_eq!(body.trailers(), b"X-Sum: 1\r\nY:\r\n");
        }
    }

    #[test]
    fn a_length_ends_where_it_says() {
        let mut body = Body::new(Framing::Length(4), 0);
        assert_eq!(read(&mut body, b"abcdef", 3), Ok((b"abcd".to_vec(), 4)));
        assert!(body.is_done());
        assert!(Body::new(Framing::Length(0), 0).is_done());
    }

    #[track_caller]
    fn refuses(wire: &[u8]) {
        let mut body = Body::new(Framing::Chunked, 20);
        assert!(read(&mut body, wire, 7).is_err(), "{}", wire.escape_ascii());
    }

    #[test]
    fn broken_chunks_are_refused() {
        refuses(b"\r\n");
        refuses(b" 5\r\nhello\r\n");
        refuses(b"5 \r\nhello\r\n");
        refuses(b"0x5\r\nhello\r\n");
        refuses(b"-1\r\n");
        refuses(b"5\nhello\n");
        refuses(b"5\rhello");
        refuses(b"5\r\nhello!\r\n");
        refuses(b"5;a\nb\r\nhello\r\n");
        refuses(b"1234567890123456\r\n");
        refuses(b"0\r\nno colon\r\n\r\n");
        refuses(b"0\r\nContent-Length: 5\r\n\r\n");
        refuses(b"0\r\nX-Long: aaaaaaaaaaaaaaaa\r\n\r\n");
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same(wire in "([0-3]\r\n[a-c]{0,3}(\r\n)?){0,4}0\r\n\r\n", step in 1usize..9) {
            let mut whole = Body::new(Framing::Chunked, 100);
            let mut split = Body::new(Framing::Chunked, 100);
            let expected = read(&mut whole, wire.as_bytes(), wire.len());
            prop_assert_eq!(read(&mut split, wire.as_bytes(), step), expected);
            prop_assert_eq!(whole.is_done(), split.is_done());
        }
    }
}
