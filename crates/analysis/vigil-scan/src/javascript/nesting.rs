//! How deep a text nests, from its bytes, before a recursive parser sees it.
//!
//! The parser and the walk over its tree recurse: brackets, operators without brackets (`!!!x`, `a ? b : c ? d : e`), chains
//! (`a.b.c`, `a + b + c`), markup. This counts an upper bound in one pass over the bytes; where the bytes alone do not tell,
//! it counts too much rather than too little.

/// An upper bound of the levels of recursion that the text asks for.
pub(super) fn depth(text: &str, typed: bool) -> usize {
    let mut scan = Scan {
        bytes: text.as_bytes(),
        at: 0,
        levels: vec![Level { chain: 0, kind: Kind::Code }],
        chains: 0,
        angles: 0,
        deepest: 0,
        before: Before::Operator,
        control: false,
        member: false,
        typed,
    };
    scan.run();
    scan.deepest
}

struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
    levels: Vec<Level>,
    /// The sum of all open levels' chains.
    chains: usize,
    angles: usize,
    deepest: usize,
    before: Before,
    /// The last word was `if`, `for`, `while` or `with`: its parenthesis is followed by a statement.
    control: bool,
    /// The last byte was a `.`: the next word is a name.
    member: bool,
    typed: bool,
}

struct Level {
    chain: usize,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Control,
    Template,
}

/// What stood before, as far as it tells a division from a regular expression.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    Operator,
    Operand,
    Closed,
    Block,
}

impl Scan<'_> {
    fn run(&mut self) {
        let mut fresh_line = false;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' | b'\r' => {
                    fresh_line = true;
                    self.at += 1;
                    continue;
                }
                b' ' | b'\t' => {
                    self.at += 1;
                    continue;
                }
                b'\'' | b'"' => self.string(byte),
                b'`' => {
                    self.at += 1;
                    self.template();
                }
                b'/' => self.slash(),
                b'(' | b'[' | b'{' => self.open(byte),
                b')' | b']' | b'}' => self.close(byte),
                b';' | b',' => {
                    self.reset();
                    self.before = Before::Operator;
                    self.at += 1;
                }
                b'0'..=b'9' => {
                    self.skip_while(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.');
                    self.before = Before::Operand;
                }
                b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | b'\\' | b'#' | 0x80.. => self.word(fresh_line),
                _ => self.operator(byte),
            }
            fresh_line = false;
        }
    }

    fn string(&mut self, quote: u8) {
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'\n' => break,
                byte if byte == quote => break,
                _ => {}
            }
        }
        self.before = Before::Operand;
    }

    fn template(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'`' => {
                    self.before = Before::Operand;
                    return;
                }
                b'$' if self.bytes.get(self.at) == Some(&b'{') => {
                    self.at += 1;
                    self.push(Kind::Template);
                    return;
                }
                _ => {}
            }
        }
    }

    fn slash(&mut self) {
        match self.bytes.get(self.at + 1) {
            Some(b'/') => self.skip_while(|b| b != b'\n' && b != b'\r'),
            Some(b'*') => {
                let rest = self.bytes.get(self.at + 2..).unwrap_or_default();
                let length = memchr::memmem::find(rest, b"*/").map_or(rest.len(), |found| found + 2);
                self.at += 2 + length;
            }
            Some(b'>') if self.before == Before::Operand => {
                self.angles = self.angles.saturating_sub(1);
                self.at += 2;
            }
            _ if matches!(self.before, Before::Operand | Before::Closed) => self.operator(b'/'),
            _ => self.regular_expression(),
        }
    }

    fn regular_expression(&mut self) {
        self.at += 1;
        let mut class = false;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'[' => class = true,
                b']' => class = false,
                b'\n' => break,
                b'/' if !class => break,
                _ => {}
            }
        }
        self.before = Before::Operand;
    }

    fn open(&mut self, byte: u8) {
        self.count();
        let kind = if byte == b'(' && self.control { Kind::Control } else { Kind::Code };
        self.control = false;
        self.at += 1;
        self.push(kind);
    }

    fn push(&mut self, kind: Kind) {
        self.levels.push(Level { chain: 0, kind });
        self.before = Before::Operator;
        self.measure();
    }

    fn close(&mut self, byte: u8) {
        self.at += 1;
        let kind = if self.levels.len() > 1 {
            self.reset();
            self.levels.pop().map_or(Kind::Code, |level| level.kind)
        } else {
            Kind::Code
        };
        self.before = match (byte, kind) {
            (b'}', Kind::Template) => return self.template(),
            (b'}', _) => Before::Block,
            (b')', Kind::Control) => Before::Operator,
            _ => Before::Closed,
        };
    }

    fn word(&mut self, fresh_line: bool) {
        let start = self.at;
        self.skip_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'\\' | b'#' | 0x80..));
        let word = self.bytes.get(start..self.at).unwrap_or_default();
        self.control = false;
        if std::mem::take(&mut self.member) {
            self.before = Before::Operand;
            return;
        }
        let joins = matches!(
            word,
            b"else"
                | b"catch"
                | b"finally"
                | b"while"
                | b"in"
                | b"of"
                | b"instanceof"
                | b"as"
                | b"satisfies"
                | b"extends"
                | b"is"
        );
        if !joins && (self.before == Before::Block || (fresh_line && self.before != Before::Operator)) {
            self.reset();
        }
        let operator = joins
            || matches!(
                word,
                b"if"
                    | b"for"
                    | b"do"
                    | b"with"
                    | b"typeof"
                    | b"void"
                    | b"delete"
                    | b"new"
                    | b"await"
                    | b"yield"
                    | b"return"
                    | b"throw"
                    | b"case"
                    | b"class"
                    | b"keyof"
                    | b"infer"
                    | b"readonly"
                    | b"unique"
                    | b"function"
                    | b"async"
                    | b"default"
                    | b"export"
                    | b"abstract"
                    | b"asserts"
            );
        self.control =
            matches!(word, b"if" | b"for" | b"while" | b"with") || (self.control && word == b"await");
        if operator {
            self.count();
            self.before = Before::Operator;
        } else {
            self.before = Before::Operand;
        }
    }

    fn operator(&mut self, byte: u8) {
        let next = self.bytes.get(self.at + 1).copied().unwrap_or(0);
        self.at += 1;
        match byte {
            b'.' => self.member = next != b'.',
            b'<' => {
                if next == b'/' {
                    self.angles = self.angles.saturating_sub(1);
                    self.at += 1;
                } else if next.is_ascii_alphabetic()
                    || matches!(next, b'>' | b'_' | b'$' | b'{' | b'(' | b'[' | b'<' | b' ' | b'\n')
                {
                    self.angles += 1;
                }
            }
            b'>' if self.typed => self.angles = self.angles.saturating_sub(1),
            b'=' if next == b'>' => self.at += 1,
            b'+' | b'-' if next == byte && self.before != Before::Operator => {
                self.at += 1;
                return;
            }
            _ => {}
        }
        self.count();
        self.before = Before::Operator;
    }

    fn count(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.chain += 1;
            self.chains += 1;
        }
        self.measure();
    }

    fn reset(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            self.chains -= level.chain;
            level.chain = 0;
        }
    }

    fn measure(&mut self) {
        self.deepest = self.deepest.max(self.levels.len() + self.chains + self.angles);
    }

    fn skip_while(&mut self, holds: impl Fn(u8) -> bool) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(|byte| !holds(*byte)).unwrap_or(rest.len()).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::depth;

    #[test]
    fn counts_what_nests() {
        for (text, least) in [
            ("[".repeat(500), 500),
            ("!".repeat(500) + "a", 500),
            ("a+".repeat(500) + "a", 500),
            ("a.".repeat(500) + "a", 500),
            ("x=>".repeat(500) + "x", 500),
            ("if(a)".repeat(500) + "b", 500),
            ("if(a){}else ".repeat(500) + "b", 500),
            ("a".to_owned() + &"()".repeat(500), 500),
            ("<a>".repeat(500), 500),
            ("`${".repeat(500), 500),
            ("typeof ".repeat(500) + "a", 500),
            ("a?b:".repeat(500) + "a", 500),
            ("a".to_owned() + &"\n.b".repeat(500), 500),
            ("/[/]/;".to_owned() + &"[".repeat(500), 500),
        ] {
            assert!(depth(&text, false) >= least, "{}", &text[..30]);
        }
    }

    #[test]
    fn forgets_what_is_closed() {
        for text in [
            "f(a, b);\n",
            "if (a) { b() }\n",
            "const x = `${a} b`\n",
            "/* (((( */ a = '((((';\n",
            "a(/[(]\\(/)\n",
        ] {
            assert!(depth(&text.repeat(300), false) < 40, "{text}: {}", depth(&text.repeat(300), false));
        }
    }
}
