//! The one question to a request: may the reply hold calls?

use memchr::memchr2;
use vigil_core::wire::RequestScan;

/// Members of a request that declare tools, or refer to something the provider keeps that may hold tools. Names are
/// compared as the most lenient provider does: without regard to case and underscores.
const WATCHED: [&str; 9] = [
    "tools",
    "functions",
    "functiondeclarations",
    "mcpservers",
    "previousresponseid",
    "prompt",
    "conversation",
    "cachedcontent",
    "agentid",
];

/// How deep a request may nest before it counts as unreadable.
const MAX_DEPTH: usize = 512;

/// Member names longer than this are none of the watched ones, however they are spelled.
const MAX_NAME_BYTES: usize = 256;

/// Reads the top level of a JSON object as it passes. Everything below is only followed to its end.
#[derive(Debug, Default)]
pub(crate) struct BodyScan {
    state: State,
    /// The closing brackets that are owed.
    open: Vec<u8>,
    in_string: bool,
    escape: bool,
    /// The member name that is being read, with its escapes.
    name: Vec<u8>,
    watched: Option<&'static str>,
    /// Whether the value of the watched member had anything in it so far.
    first: Option<u8>,
    found: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Start,
    Name {
        first: bool,
    },
    InName,
    Colon,
    Value,
    /// In a number or a word.
    Scalar,
    /// In an array, an object or a string.
    Inside,
    Comma,
    End,
    Unreadable,
}

impl RequestScan for BodyScan {
    fn push(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            if self.found || self.state == State::Unreadable {
                return;
            }
            if self.state == State::Inside && self.watched.is_none() && !self.escape {
                rest = rest.get(self.skip(rest)..).unwrap_or_default();
                continue;
            }
            if self.in_string && !self.escape {
                let run = memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
                if run > 0 {
                    let (text, more) = rest.split_at(run);
                    self.text(text);
                    rest = more;
                    continue;
                }
            }
            self.byte(byte);
            rest = after;
        }
    }

    fn may_carry_calls(&mut self) -> bool {
        self.found || self.state != State::End
    }
}

impl BodyScan {
    /// Follows a value that nobody asked for to its end, and tells how many bytes that took. This is most of a request.
    fn skip(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            at += 1;
            if self.in_string {
                let rest = bytes.get(at - 1..).unwrap_or_default();
                let Some(run) = memchr2(b'"', b'\\', rest) else { return bytes.len() };
                at += run;
                if rest.get(run) == Some(&b'\\') {
                    // What is escaped is no quote.
                    self.escape = at == bytes.len();
                    at += usize::from(!self.escape);
                    continue;
                }
                self.in_string = false;
                if self.open.is_empty() {
                    self.state = State::Comma;
                    return at;
                }
                continue;
            }
            if matches!(byte, b'"' | b'{' | b'[' | b'}' | b']') {
                self.state = self.inside(byte);
                if self.state != State::Inside {
                    return at;
                }
            }
        }
        at
    }

    fn byte(&mut self, byte: u8) {
        if self.in_string {
            return self.string_byte(byte);
        }
        if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            if self.state == State::Scalar {
                self.state = State::Comma;
            }
            return;
        }
        self.state = match (self.state, byte) {
            (State::Start, b'{') => State::Name { first: true },
            (State::Name { .. }, b'"') => {
                self.in_string = true;
                self.name.clear();
                State::InName
            }
            (State::Name { first: true } | State::Comma | State::Scalar, b'}') => State::End,
            (State::Colon, b':') => State::Value,
            (State::Value, _) => self.value(byte),
            (State::Inside, _) => self.inside(byte),
            (State::Comma | State::Scalar, b',') => State::Name { first: false },
            (State::Scalar, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'+' | b'-' | b'.') => State::Scalar,
            _ => State::Unreadable,
        };
    }

    fn text(&mut self, text: &[u8]) {
        if self.state == State::InName {
            self.name.extend(text.iter().take(MAX_NAME_BYTES.saturating_sub(self.name.len())));
        } else {
            self.seen();
        }
    }

    fn string_byte(&mut self, byte: u8) {
        if self.escape || byte != b'"' {
            self.text(&[byte]);
            self.escape = !self.escape && byte == b'\\';
            return;
        }
        self.in_string = false;
        if self.state == State::InName {
            self.watched = watched(&self.name);
            self.first = None;
            self.state = State::Colon;
        } else if self.open.is_empty() {
            self.state = State::Comma;
        }
    }

    fn value(&mut self, byte: u8) -> State {
        match byte {
            b'"' => self.in_string = true,
            b'{' => self.open.push(b'}'),
            b'[' => self.open.push(b']'),
            // `null` and `false` say that there is nothing.
            b'n' | b'f' | b't' | b'-' | b'0'..=b'9' => {
                if !matches!(byte, b'n' | b'f') {
                    self.seen();
                }
                return State::Scalar;
            }
            _ => return State::Unreadable,
        }
        // A stored prompt is an object; a text is what the model completes.
        if self.watched == Some("prompt") && byte != b'{' {
            self.watched = None;
        }
        State::Inside
    }

    fn inside(&mut self, byte: u8) -> State {
        match byte {
            b'"' => {
                self.in_string = true;
                self.seen();
            }
            b'{' | b'[' => {
                self.open.push(if byte == b'{' { b'}' } else { b']' });
                self.seen();
                if self.open.len() > MAX_DEPTH {
                    return State::Unreadable;
                }
            }
            b'}' | b']' => {
                if self.open.pop() != Some(byte) {
                    return State::Unreadable;
                }
                if self.open.is_empty() {
                    return State::Comma;
                }
            }
            _ => self.seen(),
        }
        State::Inside
    }

    /// There is something in the value.
    fn seen(&mut self) {
        if self.watched.is_some() {
            self.found = true;
        }
    }
}

fn watched(name: &[u8]) -> Option<&'static str> {
    // Most names are plain and can be compared as they stand.
    if name.iter().all(|&byte| matches!(byte, b' '..=b'~') && byte != b'\\') {
        let folded = || name.iter().filter(|&&byte| byte != b'_').map(u8::to_ascii_lowercase);
        return WATCHED.into_iter().find(|watched| watched.bytes().eq(folded()));
    }
    let quoted = [b"\"", name, b"\""].concat();
    // A name that cannot be read could be any.
    let Ok(tape) = crate::json::Tape::parse(&quoted) else {
        return (name.len() < MAX_NAME_BYTES).then_some("tools");
    };
    let text = tape.root(&quoted).as_str()?;
    let folded: String = text
        .chars()
        .filter(|&c| c != '_')
        .map(|c| match c {
            'ſ' => 's',
            '\u{212a}' => 'k',
            _ => c.to_ascii_lowercase(),
        })
        .collect();
    WATCHED.into_iter().find(|name| *name == folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, may: bool) {
        let mut whole = BodyScan::default();
        whole.push(body.as_bytes());
        assert_eq!(whole.may_carry_calls(), may, "{body}");
        let mut single = BodyScan::default();
        body.as_bytes().chunks(1).for_each(|byte| single.push(byte));
        assert_eq!(single.may_carry_calls(), may, "{body} byte by byte");
    }

    #[test]
    fn sees_tools() {
        check(r#"{"tools":[{"name":"a"}]}"#, true);
        check(r#"{"model":"m","messages":[{"a":"}"}],"tools": [ 1 ] }"#, true);
        check(r#"{"functions":[{}]}"#, true);
        check(r#"{"mcp_servers":[{}]}"#, true);
        check(r#"{"tools":{"a":1}}"#, true);
    }

    #[test]
    fn sees_tools_however_they_are_spelled() {
        check(r#"{"\u0074ools":[1]}"#, true);
        check(r#"{"Tools":[1]}"#, true);
        check(r#"{"toolſ":[1]}"#, true);
        check(r#"{"cached_content":"x"}"#, true);
        check(r#"{"cached\u005fcontent":"x"}"#, true);
        check(r#"{"_Tools_":[1]}"#, true);
        check(r#"{"tool":[1],"toolss":[1],"to ols":[1],"":[1]}"#, false);
        check(r#"{"tools":[],"tools":[1]}"#, true);
    }

    #[test]
    fn sees_what_the_provider_keeps() {
        check(r#"{"previous_response_id":"resp_1"}"#, true);
        check(r#"{"prompt":{"id":"pmpt_1"}}"#, true);
        check(r#"{"conversation":"conv_1"}"#, true);
        check(r#"{"cachedContent":"cachedContents/1"}"#, true);
    }

    #[test]
    fn is_sure_when_there_are_none() {
        check(r#"{"model":"m","messages":[{"role":"user","content":"\"tools\":[1]\\"}]}"#, false);
        check(r#"{"tools":[]}"#, false);
        check(r#" {"tools": [ ] , "functions":null,"previous_response_id":null, "prompt":"text"} "#, false);
        check(r#"{"a":{"tools":[1]}}"#, false);
        check("{}", false);
        check(r#"{"a":1.5e-3,"b":true}"#, false);
        check(r#"{"conversation":""}"#, false);
    }

    #[test]
    fn is_never_sure_of_what_it_cannot_read() {
        for body in
            ["", " ", "[]", "x", "\u{1f}\u{8b}", r#"{"a":1"#, r#"{"a":1}}"#, r#"{"a":[1}}"#, r#"{"a":1} {}"#]
        {
            check(body, true);
        }
        for body in [r#"{a:1}"#, r#"{"a" 1}"#, r#"{"a":1 2}"#, r#"{,}"#, r#"{"a":1,}"#, r#"{"\q":1}"#] {
            check(body, true);
        }
        check(&format!("{{\"a\":{}{}}}", "[".repeat(600), "]".repeat(600)), true);
    }
}
