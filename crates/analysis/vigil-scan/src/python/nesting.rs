//! How deep a text is nested, told from its bytes before it is parsed.
//!
//! Parser, tree and visitor recurse, and a tree is freed recursively: what is deeper than Python itself allows (200 open
//! brackets, 100 levels of indentation) or has a chain of operators that no person writes is refused before there is a tree.

/// Why a text is not parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooDeep {
    /// Where it became too deep.
    pub(super) offset: usize,
    /// What is nested.
    pub(super) what: &'static str,
}

const MAX_BRACKETS: usize = 200;
const MAX_INDENTS: usize = 100;
const MAX_CHAIN: usize = 2000;

/// Looks for nesting beyond what is read.
pub(super) fn check(text: &str) -> Result<(), TooDeep> {
    Scanner::new(text.as_bytes()).run()
}

/// An f-string that is open, with the number of brackets that were open when it began.
struct Formatted {
    quote: u8,
    triple: bool,
    brackets: usize,
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    /// For each open bracket, the chain before it; the last entry is the chain at the current level.
    chains: Vec<usize>,
    chain_total: usize,
    indents: Vec<usize>,
    formatted: Vec<Formatted>,
}

impl<'a> Scanner<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, chains: vec![0], chain_total: 0, indents: Vec::new(), formatted: Vec::new() }
    }

    fn run(mut self) -> Result<(), TooDeep> {
        self.indentation()?;
        let mut in_word = false;
        while let Some(byte) = self.byte(0) {
            let word = byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
            if word {
                if !in_word && matches!(byte, b'n' | b'l' | b'a' | b'i' | b'e' | b'y') {
                    self.keyword()?;
                }
                in_word = true;
                self.at += 1;
                continue;
            }
            let after_word = std::mem::replace(&mut in_word, false);
            match byte {
                b'#' => self.comment(),
                b'\'' | b'"' => self.string(after_word)?,
                b'(' | b'[' | b'{' => self.open()?,
                b')' | b']' | b'}' => self.close()?,
                b'\n' | b'\r' => self.newline()?,
                b',' | b';' => self.reset(),
                b'\\' => self.at += 2,
                b'+' | b'-' | b'*' | b'/' | b'%' | b'@' | b'&' | b'|' | b'^' | b'~' | b'.' | b':' => {
                    self.link()?;
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
        Ok(())
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn too_deep(&self, what: &'static str) -> TooDeep {
        TooDeep { offset: self.at.min(self.bytes.len()), what }
    }

    fn link(&mut self) -> Result<(), TooDeep> {
        if let Some(chain) = self.chains.last_mut() {
            *chain += 1;
        }
        self.chain_total += 1;
        if self.chain_total > MAX_CHAIN { Err(self.too_deep("operators")) } else { Ok(()) }
    }

    /// A comma or the end of a statement: what follows is a sibling.
    fn reset(&mut self) {
        if let Some(chain) = self.chains.last_mut() {
            self.chain_total -= *chain;
            *chain = 0;
        }
        self.at += 1;
    }

    fn keyword(&mut self) -> Result<(), TooDeep> {
        let rest = self.bytes.get(self.at..(self.at + 6).min(self.bytes.len())).unwrap_or(&[]);
        let nests =
            [&b"not"[..], b"lambda", b"await", b"if", b"else", b"yield", b"async"].iter().any(|word| {
                rest.starts_with(word)
                    && self
                        .byte(word.len())
                        .is_none_or(|next| !next.is_ascii_alphanumeric() && next != b'_' && next < 0x80)
            });
        if nests { self.link() } else { Ok(()) }
    }

    fn open(&mut self) -> Result<(), TooDeep> {
        // A call of a call of a call is a chain, although its brackets close.
        self.link()?;
        self.chains.push(0);
        if self.chains.len() > MAX_BRACKETS {
            return Err(self.too_deep("brackets"));
        }
        self.at += 1;
        Ok(())
    }

    fn close(&mut self) -> Result<(), TooDeep> {
        if self.chains.len() > 1 {
            self.chain_total -= self.chains.pop().unwrap_or(0);
        }
        self.at += 1;
        // The `}` that ends a replacement field: the text of the f-string goes on.
        let resume = self.formatted.last().is_some_and(|open| self.chains.len() == open.brackets);
        if resume { self.formatted_text() } else { Ok(()) }
    }

    fn newline(&mut self) -> Result<(), TooDeep> {
        self.at += 1;
        if self.chains.len() > 1 || !self.formatted.is_empty() {
            return Ok(());
        }
        self.chain_total = 0;
        if let Some(chain) = self.chains.last_mut() {
            *chain = 0;
        }
        self.indentation()
    }

    fn indentation(&mut self) -> Result<(), TooDeep> {
        let mut width = 0;
        loop {
            match self.byte(0) {
                Some(b' ') => width += 1,
                Some(b'\t') => width = (width / 8 + 1) * 8,
                Some(0x0C) => width = 0,
                // Blank lines and comments have no level.
                Some(b'\n' | b'\r' | b'#') | None => return Ok(()),
                Some(_) => break,
            }
            self.at += 1;
        }
        while self.indents.last().is_some_and(|last| *last > width) {
            self.indents.pop();
        }
        if width > self.indents.last().copied().unwrap_or(0) {
            self.indents.push(width);
        }
        if self.indents.len() > MAX_INDENTS { Err(self.too_deep("blocks")) } else { Ok(()) }
    }

    fn comment(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
    }

    fn string(&mut self, after_word: bool) -> Result<(), TooDeep> {
        let quote = self.byte(0).unwrap_or(b'"');
        // A quote of the f-string's own kind inside its replacement field ends the f-string before Python 3.12.
        let triple = self.byte(1) == Some(quote) && self.byte(2) == Some(quote);
        let formatted = after_word && self.prefix_is_formatted();
        self.at += if triple { 3 } else { 1 };
        if formatted {
            self.formatted.push(Formatted { quote, triple, brackets: self.chains.len() });
            return self.formatted_text();
        }
        while let Some(rest) = self.bytes.get(self.at..).filter(|rest| !rest.is_empty()) {
            let found = if triple {
                memchr::memchr2(quote, b'\\', rest)
            } else {
                memchr::memchr3(quote, b'\\', b'\n', rest)
            };
            let Some(found) = found else {
                self.at = self.bytes.len();
                return Ok(());
            };
            self.at += found;
            match self.byte(0) {
                Some(b'\\') => self.at += 2,
                Some(b'\n') => return Ok(()),
                _ if !triple => {
                    self.at += 1;
                    return Ok(());
                }
                _ if self.byte(1) == Some(quote) && self.byte(2) == Some(quote) => {
                    self.at += 3;
                    return Ok(());
                }
                _ => self.at += 1,
            }
        }
        Ok(())
    }

    fn prefix_is_formatted(&self) -> bool {
        let start = self.at.saturating_sub(2);
        let before = self.bytes.get(start..self.at).unwrap_or(&[]);
        let letters: Vec<u8> = before.iter().map(u8::to_ascii_lowercase).collect();
        match letters.as_slice() {
            [b'r', b'f' | b't'] | [b'f' | b't', b'r'] => true,
            [other, b'f' | b't'] => !(other.is_ascii_alphanumeric() || *other == b'_'),
            [b'f' | b't'] => true,
            _ => false,
        }
    }

    /// The text of an f-string up to its end or its next replacement field.
    fn formatted_text(&mut self) -> Result<(), TooDeep> {
        let Some(Formatted { quote, triple, .. }) = self.formatted.last() else { return Ok(()) };
        let (quote, triple) = (*quote, *triple);
        while let Some(byte) = self.byte(0) {
            match byte {
                b'\\' => self.at += 2,
                b'{' if self.byte(1) == Some(b'{') => self.at += 2,
                b'{' => return self.open(),
                b'\n' if !triple => {
                    self.formatted.pop();
                    return Ok(());
                }
                _ if byte == quote && !triple => {
                    self.at += 1;
                    self.formatted.pop();
                    return Ok(());
                }
                _ if byte == quote && self.byte(1) == Some(quote) && self.byte(2) == Some(quote) => {
                    self.at += 3;
                    self.formatted.pop();
                    return Ok(());
                }
                _ => self.at += 1,
            }
        }
        Ok(())
    }
}
