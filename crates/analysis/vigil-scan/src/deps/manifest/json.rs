//! JSON with the place of every key and text, as manifests need it. Comments and trailing commas on demand (`tsconfig`).

use crate::source::Span;

/// Deeper documents are refused.
const MAX_DEPTH: usize = 100;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// `null`, `true`, `false` or a number: nothing that manifests say names with.
    Other,
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Entries, in the order of the text.
    Map(Vec<(Key, Node)>),
}

/// A key; its span lies within the quotes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl Node {
    /// The entry of that name; the last one wins, as everywhere.
    pub(crate) fn entry(&self, name: &str) -> Option<&Node> {
        self.entries().iter().rev().find(|(key, _)| key.text == name).map(|(_, node)| node)
    }

    /// The entries; none when it is no map.
    pub(crate) fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items; none when it is no list.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The text, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// What is wrong with a document, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonError {
    pub(crate) at: u32,
    pub(crate) message: &'static str,
}

/// Reads a document. `relaxed` allows comments and trailing commas.
pub(crate) fn parse(text: &str, relaxed: bool) -> Result<Node, JsonError> {
    let mut reader = Reader { text, at: 0, relaxed };
    let node = reader.value(0)?;
    reader.blank()?;
    if reader.at < text.len() {
        return Err(reader.error("text after the end of the document"));
    }
    Ok(node)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    relaxed: bool,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Node, JsonError> {
        if depth > MAX_DEPTH {
            return Err(self.error("nested too deeply"));
        }
        self.blank()?;
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.map(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Value::Text(self.string()?.0),
            Some(b'-' | b'0'..=b'9') => {
                self.skip_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
                Value::Other
            }
            Some(b't' | b'f' | b'n') => {
                self.skip_while(|byte| byte.is_ascii_alphabetic());
                match self.text.get(start..self.at) {
                    Some("true" | "false" | "null") => Value::Other,
                    _ => return Err(self.error("expected a value")),
                }
            }
            _ => return Err(self.error("expected a value")),
        };
        Ok(Node { span: span(start, self.at), value })
    }

    fn map(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.at += 1;
        let mut entries = Vec::new();
        loop {
            self.blank()?;
            if self.peek() == Some(b'}') && (entries.is_empty() || self.relaxed) {
                self.at += 1;
                return Ok(Value::Map(entries));
            }
            if self.peek() != Some(b'"') {
                return Err(self.error("expected a key in double quotes"));
            }
            let (text, span) = self.string()?;
            self.blank()?;
            if self.peek() != Some(b':') {
                return Err(self.error("expected `:` after the key"));
            }
            self.at += 1;
            let node = self.value(depth + 1)?;
            entries.push((Key { text, span }, node));
            if !self.comma(b'}')? {
                return Ok(Value::Map(entries));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.blank()?;
            if self.peek() == Some(b']') && (items.is_empty() || self.relaxed) {
                self.at += 1;
                return Ok(Value::List(items));
            }
            items.push(self.value(depth + 1)?);
            if !self.comma(b']')? {
                return Ok(Value::List(items));
            }
        }
    }

    /// Takes `,` (and says that more follows) or the closing sign.
    fn comma(&mut self, close: u8) -> Result<bool, JsonError> {
        self.blank()?;
        let more = match self.peek() {
            Some(b',') => true,
            Some(byte) if byte == close => false,
            _ => return Err(self.error("expected `,` or the end of the list")),
        };
        self.at += 1;
        Ok(more)
    }

    fn string(&mut self) -> Result<(String, Span), JsonError> {
        self.at += 1;
        let start = self.at;
        let mut text = String::new();
        let mut from = self.at;
        loop {
            let Some(rest) = self.text.as_bytes().get(self.at..) else {
                return Err(self.error("a text without an end"));
            };
            let Some(next) = memchr::memchr3(b'"', b'\\', b'\n', rest) else {
                return Err(self.error("a text without an end"));
            };
            self.at += next;
            text.push_str(self.text.get(from..self.at).unwrap_or(""));
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok((text, span(start, self.at - 1)));
                }
                Some(b'\\') => text.push(self.escape()?),
                _ => return Err(self.error("a line break within a text")),
            }
            from = self.at;
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        self.at += 1;
        let Some(byte) = self.peek() else { return Err(self.error("an escape without an end")) };
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let digits = self.text.get(self.at..self.at + 4).unwrap_or("");
                let Ok(unit) = u32::from_str_radix(digits, 16) else {
                    return Err(self.error("`\\u` needs four hex digits"));
                };
                self.at += 4;
                // Halves of surrogate pairs become the replacement character: no name of a package has one.
                char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return Err(self.error("an unknown escape")),
        })
    }

    /// Skips white space, and comments where they are allowed.
    fn blank(&mut self) -> Result<(), JsonError> {
        loop {
            self.skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
            let rest = self.text.get(self.at..).unwrap_or("");
            if self.relaxed && rest.starts_with("//") {
                self.at += memchr::memchr2(b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len());
            } else if self.relaxed && rest.starts_with("/*") {
                let Some(end) = rest.find("*/") else { return Err(self.error("a comment without an end")) };
                self.at += end + 2;
            } else {
                return Ok(());
            }
        }
    }

    fn skip_while(&mut self, holds: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&holds) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn error(&self, message: &'static str) -> JsonError {
        JsonError { at: u32::try_from(self.at).unwrap_or(u32::MAX), message }
    }
}

fn span(start: usize, end: usize) -> Span {
    Span::new(u32::try_from(start).unwrap_or(u32::MAX), u32::try_from(end).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_knows_where_it_stands() {
        let text = "{\n  \"a\\u0062\": [1, true, \"x\"]\n}";
        let node = parse(text, false).unwrap();
        let (key, value) = &node.entries()[0];
        assert_eq!(key.text, "ab");
        assert_eq!(text.get(key.span.range()), Some("a\\u0062"));
        assert_eq!(value.items()[2].text(), Some("x"));
    }

    #[test]
    fn a_trailing_comma_needs_the_relaxed_grammar() {
        let text = "{ // why\n \"a\": [1,], }";
        assert!(parse(text, false).is_err());
        assert!(parse(text, true).is_ok());
    }

    #[test]
    fn hostile_documents_are_errors() {
        for text in
            ["", "{", "[", "\"", "\"\\", "\"\\u12", "{\"a\"", "{\"a\":}", "[1 2]", "nul", "{} x", "/*"]
        {
            assert!(parse(text, true).is_err(), "{text}");
        }
        assert!(parse(&"[".repeat(100_000), false).is_err());
        assert!(parse(&"{\"a\":".repeat(100_000), false).is_err());
    }
}
