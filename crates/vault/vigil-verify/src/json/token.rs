//! The grammar: one JSON value in memory, token by token.

use super::text::Text;
use super::{MAX_DEPTH, Malformed};

/// One step through a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Token<'a> {
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// A member's name; its value follows.
    Name(Text<'a>),
    /// A string value.
    String(Text<'a>),
    /// A number, as it was written.
    Number(&'a [u8]),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
}

/// Reads one JSON value to its end. The caller sees every token; repeated names are noticed on the way.
#[derive(Debug)]
pub(crate) struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
    depth_outside: usize,
    open: Vec<Open>,
    names: Vec<Text<'a>>,
    expect: Expect,
    duplicate: bool,
}

/// An array or object that is not closed yet.
#[derive(Clone, Copy, Debug)]
enum Open {
    Array,
    /// Where the names of this object start in the list of names.
    Object(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrArrayEnd,
    NameOrObjectEnd,
    Name,
    Colon,
    CommaOrEnd,
    Nothing,
}

impl<'a> Tokens<'a> {
    /// `depth_outside` arrays and objects are open around the value.
    pub(crate) fn new(bytes: &'a [u8], depth_outside: usize) -> Result<Self, Malformed> {
        std::str::from_utf8(bytes).map_err(|_| Malformed)?;
        Ok(Self::of_checked(bytes, depth_outside))
    }

    /// As [`Tokens::new`], for bytes that are known to be UTF-8 because they are part of a value already read.
    pub(crate) fn of_checked(bytes: &'a [u8], depth_outside: usize) -> Self {
        Self {
            bytes,
            at: 0,
            depth_outside,
            open: Vec::new(),
            names: Vec::new(),
            expect: Expect::Value,
            duplicate: false,
        }
    }

    /// Whether an object that is already closed had a name twice.
    pub(crate) fn duplicate(&self) -> bool {
        self.duplicate
    }

    /// The next token; `None` after the value's last one.
    pub(crate) fn next(&mut self) -> Result<Option<Token<'a>>, Malformed> {
        loop {
            self.skip_space();
            let Some(byte) = self.peek() else {
                return if self.expect == Expect::Nothing { Ok(None) } else { Err(Malformed) };
            };
            match (self.expect, byte) {
                (Expect::Nothing, _) => return Err(Malformed),
                (Expect::Colon, b':') => {
                    self.at += 1;
                    self.expect = Expect::Value;
                }
                (Expect::CommaOrEnd, b',') => {
                    self.at += 1;
                    self.expect = match self.open.last() {
                        Some(Open::Object(_)) => Expect::Name,
                        _ => Expect::Value,
                    };
                }
                (Expect::CommaOrEnd | Expect::ValueOrArrayEnd, b']') => return self.close(false).map(Some),
                (Expect::CommaOrEnd | Expect::NameOrObjectEnd, b'}') => return self.close(true).map(Some),
                (Expect::Name | Expect::NameOrObjectEnd, b'"') => {
                    let name = self.string()?;
                    self.names.push(name);
                    self.expect = Expect::Colon;
                    return Ok(Some(Token::Name(name)));
                }
                (Expect::Value | Expect::ValueOrArrayEnd, _) => return self.value(byte).map(Some),
                _ => return Err(Malformed),
            }
        }
    }

    /// Passes over the rest of the array or object whose start token came last, and gives its text.
    pub(crate) fn skip_open(&mut self) -> Result<&'a [u8], Malformed> {
        let start = self.at.saturating_sub(1);
        let outside = self.open.len().saturating_sub(1);
        while self.open.len() > outside {
            if self.next()?.is_none() {
                return Err(Malformed);
            }
        }
        self.bytes.get(start..self.at).ok_or(Malformed)
    }

    /// Reads to the end, keeping nothing.
    pub(crate) fn finish(&mut self) -> Result<(), Malformed> {
        while self.next()?.is_some() {}
        Ok(())
    }

    fn value(&mut self, byte: u8) -> Result<Token<'a>, Malformed> {
        let token = match byte {
            b'{' => {
                self.enter(Open::Object(self.names.len()))?;
                self.expect = Expect::NameOrObjectEnd;
                return Ok(Token::ObjectStart);
            }
            b'[' => {
                self.enter(Open::Array)?;
                self.expect = Expect::ValueOrArrayEnd;
                return Ok(Token::ArrayStart);
            }
            b'"' => Token::String(self.string()?),
            b't' => self.word(b"true", Token::Bool(true))?,
            b'f' => self.word(b"false", Token::Bool(false))?,
            b'n' => self.word(b"null", Token::Null)?,
            _ => Token::Number(self.number()?),
        };
        self.after_value();
        Ok(token)
    }

    fn enter(&mut self, open: Open) -> Result<(), Malformed> {
        if self.depth_outside + self.open.len() >= MAX_DEPTH {
            return Err(Malformed);
        }
        self.at += 1;
        self.open.push(open);
        Ok(())
    }

    fn close(&mut self, object: bool) -> Result<Token<'a>, Malformed> {
        let token = match self.open.pop() {
            Some(Open::Object(first)) if object => {
                if let Some(names) = self.names.get(first..) {
                    self.duplicate = self.duplicate || has_duplicate(names);
                }
                self.names.truncate(first);
                Token::ObjectEnd
            }
            Some(Open::Array) if !object => Token::ArrayEnd,
            _ => return Err(Malformed),
        };
        self.at += 1;
        self.after_value();
        Ok(token)
    }

    fn after_value(&mut self) {
        self.expect = if self.open.is_empty() { Expect::Nothing } else { Expect::CommaOrEnd };
    }

    fn word(&mut self, word: &'static [u8], token: Token<'a>) -> Result<Token<'a>, Malformed> {
        if !self.rest().starts_with(word) {
            return Err(Malformed);
        }
        self.at += word.len();
        Ok(token)
    }

    /// Reads a string literal, the position being on its first quote.
    fn string(&mut self) -> Result<Text<'a>, Malformed> {
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            let rest = self.rest();
            let stop = rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f)).ok_or(Malformed)?;
            self.at += stop;
            match rest.get(stop..) {
                Some([b'"', ..]) => {
                    let raw = self.bytes.get(start..self.at).ok_or(Malformed)?;
                    self.at += 1;
                    return Ok(Text { raw, escaped });
                }
                Some([b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..]) => self.at += 2,
                Some([b'\\', b'u', a, b, c, d, ..]) if [a, b, c, d].iter().all(|h| h.is_ascii_hexdigit()) => {
                    self.at += 6;
                }
                _ => return Err(Malformed),
            }
            escaped = true;
        }
    }

    /// `-? (0 | [1-9] digits) (. digits)? ([eE] [+-]? digits)?`
    fn number(&mut self) -> Result<&'a [u8], Malformed> {
        let start = self.at;
        self.eat(|b| b == b'-');
        if !self.eat(|b| b == b'0') && self.digits() == 0 {
            return Err(Malformed);
        }
        if self.eat(|b| b == b'.') && self.digits() == 0 {
            return Err(Malformed);
        }
        if self.eat(|b| b == b'e' || b == b'E') {
            self.eat(|b| b == b'+' || b == b'-');
            if self.digits() == 0 {
                return Err(Malformed);
            }
        }
        // A digit or letter right behind, as in `01`, is caught as the missing comma that it is.
        self.bytes.get(start..self.at).ok_or(Malformed)
    }

    fn digits(&mut self) -> usize {
        let count = self.rest().iter().take_while(|b| b.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn eat(&mut self, is: impl Fn(u8) -> bool) -> bool {
        let hit = self.peek().is_some_and(is);
        self.at += usize::from(hit);
        hit
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }
}

/// Whether two of the names are the same sequence of UTF-16 code units.
fn has_duplicate(names: &[Text<'_>]) -> bool {
    if names.len() <= PAIRWISE && names.iter().all(|name| !name.escaped) {
        let mut rest = names;
        while let Some((first, others)) = rest.split_first() {
            if others.iter().any(|other| other.raw == first.raw) {
                return true;
            }
            rest = others;
        }
        return false;
    }
    let mut units: Vec<_> = names.iter().map(Text::units).collect();
    units.sort_unstable();
    units.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
}

/// Up to here comparing every pair is faster than sorting.
const PAIRWISE: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;

    /// `None`: not JSON; otherwise whether a name is repeated.
    fn read(text: &[u8]) -> Option<bool> {
        let mut tokens = Tokens::new(text, 0).ok()?;
        tokens.finish().ok()?;
        Some(tokens.duplicate())
    }

    #[test]
    fn accepts_what_rfc_8259_accepts() {
        for text in [
            "0",
            "-0",
            " [ ] ",
            "{}",
            "1.5e+7",
            r#"{"a":[1,{"b":null}],"c":"\ud800"}"#,
            "1e999",
            "\"\u{7f}\"",
        ] {
            assert_eq!(read(text.as_bytes()), Some(false), "{text}");
        }
    }

    #[test]
    fn refuses_what_rfc_8259_refuses() {
        for text in [
            "",
            " ",
            "01",
            "+1",
            ".5",
            "1.",
            "1e",
            "NaN",
            "-",
            "[1,]",
            "{,}",
            "{\"a\"}",
            "{\"a\":1,}",
            "[1 2]",
            "1 2",
            "\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\n\"",
            "[}",
            "{]",
            "]",
            "tru",
            "nulll",
            "\u{feff}1",
            "[1",
            "{\"a\":",
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
        for bytes in [&b"\"\xff\""[..], b"\"\xc0\x80\"", b"\"\xed\xa0\x80\""] {
            assert_eq!(read(bytes), None);
        }
    }

    #[test]
    fn counts_open_containers_up_to_the_limit() {
        let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert_eq!(read(nested(128).as_bytes()), Some(false));
        assert_eq!(read(nested(129).as_bytes()), None);
    }

    #[test]
    fn repeated_names_are_found_at_any_depth_and_spelling() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"[{"x":{"a/b":1,"a\/b":2}}]"#,
            r#"{"😀":1,"\ud83d\ude00":1}"#,
            r#"{"\ud800":1,"\uD800":1}"#,
        ] {
            assert_eq!(read(text.as_bytes()), Some(true), "{text}");
        }
        for text in [r#"{"a":1,"A":1}"#, r#"{"a":{"a":{"a":1}}}"#, r#"{"\ud800":1,"\ud801":1}"#] {
            assert_eq!(read(text.as_bytes()), Some(false), "{text}");
        }
    }

    #[test]
    fn repeated_names_are_found_among_many() {
        let many = |last: usize| {
            let names: Vec<_> = (0..500).chain([last]).map(|n| format!("\"n{n}\":0")).collect();
            format!("{{{}}}", names.join(","))
        };
        assert_eq!(read(many(17).as_bytes()), Some(true));
        assert_eq!(read(many(500).as_bytes()), Some(false));
    }
}
