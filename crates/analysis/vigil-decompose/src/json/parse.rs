//! Text to tape.

use super::Node;

/// How deep arrays and objects may nest.
pub(crate) const MAX_DEPTH: usize = 128;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

/// A JSON text as the list of its values in the order in which they begin. The members of an object are a string for
/// the name and the value after it.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    pub(super) slots: Vec<Slot>,
    /// The arrays and objects that are open while a text is read.
    open: Vec<usize>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) kind: Kind,
    /// A string with a backslash in it.
    pub(super) escaped: bool,
    pub(super) start: u32,
    pub(super) end: u32,
    /// The slot after this value and everything in it.
    pub(super) next: u32,
}

impl Tape {
    /// Parses one JSON value with nothing but white space around it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, JsonError> {
        let mut tape = Self::default();
        tape.read(bytes)?;
        Ok(tape)
    }

    /// As [`Self::parse`], into a tape whose memory is used again.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Result<(), JsonError> {
        self.slots.clear();
        if u32::try_from(bytes.len()).is_err() {
            return Err(JsonError { at: 0, fault: JsonFault::Length });
        }
        if let Err(error) = core::str::from_utf8(bytes) {
            return Err(JsonError { at: error.valid_up_to(), fault: JsonFault::Utf8 });
        }
        self.open.clear();
        let mut parser = Parser { bytes, at: 0, slots: &mut self.slots, open: &mut self.open };
        let parsed = parser.document().map_err(|fault| JsonError { at: parser.at, fault });
        if parsed.is_err() {
            self.slots.clear();
        }
        parsed
    }

    /// The value itself. `bytes` is the text that was parsed.
    pub(crate) fn root<'t>(&'t self, bytes: &'t [u8]) -> Node<'t> {
        // It was UTF-8 when it was parsed.
        Node::new(self, core::str::from_utf8(bytes).unwrap_or_default(), 0)
    }
}

struct Parser<'p> {
    bytes: &'p [u8],
    at: usize,
    slots: &'p mut Vec<Slot>,
    open: &'p mut Vec<usize>,
}

/// What may stand next.
#[derive(Clone, Copy)]
enum Next {
    Value,
    FirstItem,
    FirstName,
    Name,
    Separator,
}

impl Parser<'_> {
    fn document(&mut self) -> Result<(), JsonFault> {
        let mut next = Next::Value;
        loop {
            self.skip_white();
            let byte = self.peek();
            next = match (next, byte) {
                (Next::FirstItem, Some(b']')) | (Next::FirstName, Some(b'}')) => self.close(),
                (Next::FirstItem | Next::Value, _) => self.value()?,
                (Next::FirstName | Next::Name, _) => {
                    if byte != Some(b'"') {
                        return Err(self.unexpected(JsonFault::Name));
                    }
                    self.string()?;
                    self.skip_white();
                    if self.peek() != Some(b':') {
                        return Err(self.unexpected(JsonFault::Colon));
                    }
                    self.at += 1;
                    Next::Value
                }
                (Next::Separator, _) => match (self.container(), byte) {
                    (None, None) => return Ok(()),
                    (None, Some(_)) => return Err(JsonFault::Trailing),
                    (Some(Kind::Array), Some(b',')) => self.step(Next::Value),
                    (Some(Kind::Array), Some(b']')) | (Some(Kind::Object), Some(b'}')) => self.close(),
                    (Some(Kind::Object), Some(b',')) => self.step(Next::Name),
                    _ => return Err(self.unexpected(JsonFault::Separator)),
                },
            };
        }
    }

    fn value(&mut self) -> Result<Next, JsonFault> {
        match self.peek() {
            Some(b'"') => self.string()?,
            Some(b'{') => {
                self.begin(Kind::Object)?;
                return Ok(Next::FirstName);
            }
            Some(b'[') => {
                self.begin(Kind::Array)?;
                return Ok(Next::FirstItem);
            }
            Some(b't') => self.literal(b"true", Kind::Bool)?,
            Some(b'f') => self.literal(b"false", Kind::Bool)?,
            Some(b'n') => self.literal(b"null", Kind::Null)?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => return Err(self.unexpected(JsonFault::Value)),
        }
        Ok(Next::Separator)
    }

    fn begin(&mut self, kind: Kind) -> Result<(), JsonFault> {
        if self.open.len() >= MAX_DEPTH {
            return Err(JsonFault::Depth);
        }
        self.open.push(self.slots.len());
        self.push(kind, false, self.at + 1);
        Ok(())
    }

    fn close(&mut self) -> Next {
        self.at += 1;
        let next = self.slots.len() as u32;
        if let Some(slot) = self.open.pop().and_then(|index| self.slots.get_mut(index)) {
            slot.end = self.at as u32;
            slot.next = next;
        }
        Next::Separator
    }

    fn container(&self) -> Option<Kind> {
        self.open.last().and_then(|&index| self.slots.get(index)).map(|slot| slot.kind)
    }

    fn step(&mut self, next: Next) -> Next {
        self.at += 1;
        next
    }

    fn string(&mut self) -> Result<(), JsonFault> {
        let mut escaped = false;
        let mut at = self.at + 1;
        loop {
            at += plain(self.bytes.get(at..).unwrap_or_default());
            match self.bytes.get(at) {
                Some(b'"') => {
                    self.push(Kind::String, escaped, at + 1);
                    return Ok(());
                }
                Some(b'\\') => {}
                end => {
                    self.at = at;
                    return Err(if end.is_some() { JsonFault::Control } else { JsonFault::End });
                }
            }
            escaped = true;
            at += match self.bytes.get(at + 1) {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
                Some(b'u') if self.four_hex_digits(at + 2) => 6,
                _ => {
                    self.at = at;
                    return Err(JsonFault::Escape);
                }
            };
        }
    }

    fn four_hex_digits(&self, at: usize) -> bool {
        self.bytes.get(at..at + 4).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    }

    fn literal(&mut self, word: &[u8], kind: Kind) -> Result<(), JsonFault> {
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            return Err(JsonFault::Value);
        }
        self.push(kind, false, self.at + word.len());
        Ok(())
    }

    fn number(&mut self) -> Result<(), JsonFault> {
        let mut at = self.at;
        if self.bytes.get(at) == Some(&b'-') {
            at += 1;
        }
        let whole = self.digits(at);
        if whole == at || (whole > at + 1 && self.bytes.get(at) == Some(&b'0')) {
            return Err(JsonFault::Number);
        }
        at = whole;
        if self.bytes.get(at) == Some(&b'.') {
            let end = self.digits(at + 1);
            if end == at + 1 {
                return Err(JsonFault::Number);
            }
            at = end;
        }
        if matches!(self.bytes.get(at), Some(b'e' | b'E')) {
            at += 1;
            if matches!(self.bytes.get(at), Some(b'+' | b'-')) {
                at += 1;
            }
            let end = self.digits(at);
            if end == at {
                return Err(JsonFault::Number);
            }
            at = end;
        }
        self.push(Kind::Number, false, at);
        Ok(())
    }

    fn digits(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    }

    fn push(&mut self, kind: Kind, escaped: bool, end: usize) {
        let next = self.slots.len() as u32 + 1;
        self.slots.push(Slot { kind, escaped, start: self.at as u32, end: end as u32, next });
        self.at = end;
    }

    fn skip_white(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn unexpected(&self, fault: JsonFault) -> JsonFault {
        if self.at < self.bytes.len() { fault } else { JsonFault::End }
    }
}

/// How many bytes there are before the first quote, backslash or control character. Texts that agents send have an escape
/// every few bytes, which is too few for the machine's own search to be worth a call.
pub(crate) fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    let below = |word: u64, least: u8| word.wrapping_sub(ONES * u64::from(least)) & !word;
    let mut at = 0;
    while let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*eight);
        let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
        // A bit behind the first one may be set by what was borrowed; the first is right.
        let found = (is(b'"') | is(b'\\') | below(word, b' ')) & (ONES << 7);
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|&&byte| byte >= b' ' && byte != b'"' && byte != b'\\').count()
}

/// Why a text is not JSON. It tells the place and the fault, never the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault} at byte {at}")]
pub(crate) struct JsonError {
    /// Where, in bytes from the start of the text.
    pub(crate) at: usize,
    /// What.
    pub(crate) fault: JsonFault,
}

/// A fault of a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JsonFault {
    #[error("unexpected end")]
    End,
    #[error("expected a value")]
    Value,
    #[error("expected a member name")]
    Name,
    #[error("expected `:`")]
    Colon,
    #[error("expected `,` or the end of the array or object")]
    Separator,
    #[error("more after the value")]
    Trailing,
    #[error("malformed number")]
    Number,
    #[error("malformed escape")]
    Escape,
    #[error("control character in a string")]
    Control,
    #[error("invalid UTF-8")]
    Utf8,
    #[error("nested deeper than {MAX_DEPTH}")]
    Depth,
    #[error("longer than 4 GiB")]
    Length,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn refuses(text: &[u8], fault: JsonFault) {
        assert_eq!(Tape::parse(text).map(|_| ()).map_err(|e| e.fault), Err(fault));
    }

    #[test]
    fn refuses_what_is_not_json() {
        refuses(b"", JsonFault::End);
        refuses(b" ", JsonFault::End);
        refuses(b"[1,", JsonFault::End);
        refuses(b"[1,]", JsonFault::Value);
        refuses(b"[,1]", JsonFault::Value);
        refuses(b"{\"a\":1,}", JsonFault::Name);
        refuses(b"{\"a\" 1}", JsonFault::Colon);
        refuses(b"{1:1}", JsonFault::Name);
        refuses(b"[1 2]", JsonFault::Separator);
        refuses(b"[1}", JsonFault::Separator);
        refuses(b"1 2", JsonFault::Trailing);
        refuses(b"01", JsonFault::Number);
        refuses(b"1.", JsonFault::Number);
        refuses(b"-", JsonFault::Number);
        refuses(b"1e+", JsonFault::Number);
        refuses(b"NaN", JsonFault::Value);
        refuses(b"nul", JsonFault::Value);
        refuses(b"\"\\x\"", JsonFault::Escape);
        refuses(b"\"\\u12g4\"", JsonFault::Escape);
        refuses(b"\"a", JsonFault::End);
        refuses(b"\"a\nb\"", JsonFault::Control);
        refuses(b"\"\xc0\xaf\"", JsonFault::Utf8);
        refuses(b"\xef\xbb\xbf1", JsonFault::Value);
    }

    #[test]
    fn nests_to_its_limit_and_no_deeper() {
        let nested = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
        assert!(Tape::parse(&nested(MAX_DEPTH)).is_ok());
        refuses(&nested(MAX_DEPTH + 1), JsonFault::Depth);
        refuses(&b"[".repeat(1_000_000), JsonFault::Depth);
    }

    proptest! {
        #[test]
        fn finds_the_first_byte_that_is_not_plain(bytes in proptest::collection::vec(0u8..=255, 0..40)) {
            let first = bytes.iter().position(|&byte| byte < b' ' || byte == b'"' || byte == b'\\');
            prop_assert_eq!(plain(&bytes), first.unwrap_or(bytes.len()));
        }

        #[test]
        fn finds_it_behind_plain_text(text in "[ -!#-\\[\\]-~\u{80}-\u{fff}]{0,40}", end in 0u8..=255, more in 0u8..=255) {
            let bytes = [text.as_bytes(), &[end, more, b'"']].concat();
            let first = bytes.iter().position(|&byte| byte < b' ' || byte == b'"' || byte == b'\\');
            prop_assert_eq!(Some(plain(&bytes)), first);
        }

        #[test]
        fn agrees_with_another_parser(text in r#"[\[\]{},:"a0-9.eE+\- tfnul\\]{0,24}"#) {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            let ours = Tape::parse(text.as_bytes());
            let lone = text.contains("\\u");
            prop_assert!(lone || ours.is_ok() == theirs.is_ok() || theirs.is_err_and(|e| e.to_string().contains("range")));
        }
    }
}
