//! Heads of requests and replies.
//!
//! ```text
//! POST /v1/messages HTTP/1.1\r\n
//! Host: api.anthropic.com\r\n
//! content-length:12 \r\n
//! \r\n
//! ```

use super::HttpError;
use super::body::Framing;

/// Where a head ends in bytes that hold it from the start; `None` while it is not complete.
pub(crate) fn end_of_head(bytes: &[u8]) -> Result<Option<usize>, HttpError> {
    Search::default().end_of_head(bytes)
}

/// The search for the end of a head that comes in pieces. It looks at every byte once, however small they are.
#[derive(Debug, Default)]
pub(crate) struct Search {
    seen: usize,
}

impl Search {
    /// As [`end_of_head`]. `bytes` are those of the call before and more.
    pub(crate) fn end_of_head(&mut self, bytes: &[u8]) -> Result<Option<usize>, HttpError> {
        // What ends a head may begin in what was seen.
        let from = self.seen.saturating_sub(3);
        let new = bytes.get(from..).unwrap_or_default();
        if let Some(at) = memchr::memmem::find(new, b"\r\n\r\n") {
            return Ok(Some(from + at + 4));
        }
        // Without this a head that ends in bare line feeds would be waited for until the time is up.
        let bare = |at: usize| match (from + at).checked_sub(1) {
            Some(before) => bytes.get(before) != Some(&b'\r'),
            None => true,
        };
        if memchr::memchr_iter(b'\n', new).any(bare) {
            return Err(HttpError::Head("a line does not end in CR LF"));
        }
        self.seen = bytes.len();
        Ok(None)
    }
}

/// One line of a head: where it lies, its name and its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    /// With its line end.
    pub(crate) line: &'a [u8],
    pub(crate) name: &'a [u8],
    /// Without the white space around it.
    pub(crate) value: &'a [u8],
}

/// The fields of a head.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a>(Vec<Field<'a>>);

/// The head of a request.
#[derive(Clone, Debug)]
pub(crate) struct RequestLine<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    /// HTTP/1.0 instead of HTTP/1.1.
    pub(crate) old: bool,
    /// The line with its end.
    pub(crate) line: &'a [u8],
    pub(crate) fields: Fields<'a>,
}

/// The head of a reply.
#[derive(Clone, Debug)]
pub(crate) struct StatusLine<'a> {
    pub(crate) status: u16,
    pub(crate) old: bool,
    /// The line with its end.
    pub(crate) line: &'a [u8],
    pub(crate) fields: Fields<'a>,
}

impl<'a> RequestLine<'a> {
    /// Reads a whole head.
    pub(crate) fn parse(head: &'a [u8]) -> Result<Self, HttpError> {
        let (line, rest) = first_line(head)?;
        let text = std::str::from_utf8(line).map_err(|_| HttpError::Head("the request line is not ASCII"))?;
        let mut words = text.trim_end_matches("\r\n").split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(HttpError::Head("the request line has not three words"));
        };
        if method.is_empty() || !method.bytes().all(is_token) {
            return Err(HttpError::Head("the method is not a token"));
        }
        if target.is_empty() || !target.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(HttpError::Head("the target holds a byte that does not belong there"));
        }
        let fields = Fields::parse(rest)?;
        Ok(Self { method, target, old: is_old(version.as_bytes())?, line, fields })
    }

    /// How the body of the request is framed.
    pub(crate) fn framing(&self) -> Result<Framing, HttpError> {
        Ok(self.fields.framing(self.old)?.unwrap_or(Framing::Length(0)))
    }

    /// Whether the client asks to leave HTTP on this connection.
    pub(crate) fn asks_upgrade(&self) -> bool {
        self.fields.first("upgrade").is_some()
            || self.fields.has_word("connection", "upgrade")
            || self.method == "PRI"
    }
}

impl<'a> StatusLine<'a> {
    /// Reads a whole head.
    pub(crate) fn parse(head: &'a [u8]) -> Result<Self, HttpError> {
        let (line, rest) = first_line(head)?;
        let (version, after) = line.split_at_checked(8).ok_or(HttpError::Head("the status line is short"))?;
        let old = is_old(version)?;
        let digits = after.strip_prefix(b" ").and_then(|after| after.get(..3));
        let Some([a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9']) = digits else {
            return Err(HttpError::Head("the status is not three digits"));
        };
        if !matches!(after.get(4), Some(b' ' | b'\r')) {
            return Err(HttpError::Head("the status is not three digits"));
        }
        let status = [a, b, c].iter().fold(0, |number, digit| number * 10 + u16::from(**digit - b'0'));
        Ok(Self { status, old, line, fields: Fields::parse(rest)? })
    }

    /// How the body of a reply to `method` is framed.
    pub(crate) fn framing(&self, method: &str) -> Result<Framing, HttpError> {
        let framing = self.fields.framing(self.old)?;
        if method == "HEAD" || matches!(self.status, 100..200 | 204 | 304) {
            return Ok(Framing::Length(0));
        }
        Ok(framing.unwrap_or(Framing::Close))
    }
}

impl<'a> Fields<'a> {
    /// Reads field lines up to the empty line.
    pub(crate) fn parse(mut rest: &'a [u8]) -> Result<Self, HttpError> {
        let mut fields = Vec::with_capacity(24);
        loop {
            let (line, after) = first_line(rest)?;
            rest = after;
            let Some(content) = line.strip_suffix(b"\r\n") else {
                return Err(HttpError::Head("a line does not end in CR LF"));
            };
            if content.is_empty() {
                break;
            }
            fields.push(split(line, content)?);
        }
        if rest.is_empty() { Ok(Self(fields)) } else { Err(HttpError::Head("bytes after its end")) }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Field<'a>> {
        self.0.iter()
    }

    /// The value of the first field with this name, given in lower case.
    pub(crate) fn first(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// The values of all fields with this name.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.0
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| field.value)
    }

    /// Whether a list field holds this word.
    pub(crate) fn has_word(&self, name: &str, word: &str) -> bool {
        self.all(name).any(|value| {
            value
                .split(|&byte| byte == b',')
                .any(|item| item.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
        })
    }

    /// What the fields say of the body; `None` when they say nothing.
    fn framing(&self, old: bool) -> Result<Option<Framing>, HttpError> {
        let mut codings = self.all("transfer-encoding");
        let mut lengths = self.all("content-length");
        match (codings.next(), lengths.next()) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(HttpError::Framing("it has a length and a transfer coding")),
            (Some(coding), None) => {
                if codings.next().is_some() || !coding.eq_ignore_ascii_case(b"chunked") {
                    return Err(HttpError::Framing("its transfer coding is not `chunked` alone"));
                }
                if old {
                    return Err(HttpError::Framing("HTTP/1.0 has no transfer coding"));
                }
                Ok(Some(Framing::Chunked))
            }
            (None, Some(length)) => {
                if lengths.next().is_some() {
                    return Err(HttpError::Framing("it has several lengths"));
                }
                if length.is_empty() || length.len() > 18 || !length.iter().all(u8::is_ascii_digit) {
                    return Err(HttpError::Framing("its length is not a number"));
                }
                let length = length.iter().fold(0u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
                Ok(Some(Framing::Length(length)))
            }
        }
    }
}

/// Reads one field line of which nothing is known.
pub(super) fn field<'a>(line: &'a [u8], content: &'a [u8]) -> Result<Field<'a>, HttpError> {
    let field = split(line, content)?;
    if holds_control(content) {
        return Err(HttpError::Head("a field value holds a control character"));
    }
    Ok(field)
}

/// Reads one field line without control characters. A line that continues another one begins with white space, which no
/// name does.
fn split<'a>(line: &'a [u8], content: &'a [u8]) -> Result<Field<'a>, HttpError> {
    let colon = memchr::memchr(b':', content).ok_or(HttpError::Head("a field has no colon"))?;
    let (name, value) = content.split_at_checked(colon).ok_or(HttpError::Head("a field has no colon"))?;
    if name.is_empty() || !name.iter().copied().all(is_token) {
        return Err(HttpError::Head("a field name is not a token"));
    }
    Ok(Field { line, name, value: trim(value.get(1..).unwrap_or_default()) })
}

/// Without spaces and tabs at both ends.
fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// The first line with its end, and what follows.
fn first_line(bytes: &[u8]) -> Result<(&[u8], &[u8]), HttpError> {
    let end = memchr::memchr(b'\n', bytes).ok_or(HttpError::Head("a line does not end"))?;
    let (line, rest) = bytes.split_at_checked(end + 1).ok_or(HttpError::Head("a line does not end"))?;
    let content = line.strip_suffix(b"\r\n").ok_or(HttpError::Head("a line does not end in CR LF"))?;
    if holds_control(content) {
        return Err(HttpError::Head("a line holds a control character"));
    }
    Ok((line, rest))
}

/// Whether the bytes hold one that ends lines or texts. All are looked at, which is faster than to stop at the first.
fn holds_control(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |holds, &byte| holds | (byte == 0) | (byte == b'\r') | (byte == b'\n'))
}

fn is_old(version: &[u8]) -> Result<bool, HttpError> {
    match version {
        b"HTTP/1.1" => Ok(false),
        b"HTTP/1.0" => Ok(true),
        _ => Err(HttpError::Head("the version is neither HTTP/1.1 nor HTTP/1.0")),
    }
}

const fn is_token(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.')
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'^' | b'`' | b'|' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(head: &str, expect: Result<Framing, &str>) {
        let read = RequestLine::parse(head.as_bytes()).and_then(|head| head.framing());
        match (read, expect) {
            (Ok(read), Ok(expect)) => assert_eq!(read, expect),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (read, expect) => panic!("{read:?} instead of {expect:?}"),
        }
    }

    #[test]
    fn a_request_is_framed_by_its_fields() {
        check("GET / HTTP/1.1\r\nHost: h\r\n\r\n", Ok(Framing::Length(0)));
        check("POST / HTTP/1.1\r\nhOST:h\r\nCONTENT-length:  12 \r\n\r\n", Ok(Framing::Length(12)));
        check("POST / HTTP/1.1\r\nTransfer-Encoding: CHUNKED\r\n\r\n", Ok(Framing::Chunked));
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        let post = |fields: &str| format!("POST / HTTP/1.1\r\n{fields}\r\n\r\n");
        check(&post("Content-Length: 1\r\nTransfer-Encoding: chunked"), Err("ambiguous"));
        check(&post("Content-Length: 1\r\nContent-Length: 1"), Err("ambiguous"));
        check(&post("Content-Length: +1"), Err("ambiguous"));
        check(&post("Content-Length: 1, 1"), Err("ambiguous"));
        check(&post("Content-Length: 99999999999999999999"), Err("ambiguous"));
        check(&post("Transfer-Encoding: gzip, chunked"), Err("ambiguous"));
        check(&post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), Err("ambiguous"));
        check(&post("Transfer-Encoding: \x0bchunked"), Err("ambiguous"));
        check(&post("Transfer-Encoding : chunked"), Err("token"));
        check(&post("X: a\r\n folded: b"), Err("token"));
        check(&post("X: a\rb"), Err("control"));
        check(&post("X: a\nY: b"), Err("CR LF"));
        check(&post("X\0: a"), Err("control"));
        check("POST /  HTTP/1.1\r\n\r\n", Err("three words"));
        check("POST / HTTP/2.0\r\n\r\n", Err("version"));
        check("PO ST / HTTP/1.1\r\n\r\n", Err("three words"));
    }

    #[test]
    fn a_reply_is_framed_by_status_method_and_fields() {
        let framing =
            |head: &str, method| StatusLine::parse(head.as_bytes()).unwrap().framing(method).unwrap();
        assert_eq!(framing("HTTP/1.1 200 OK\r\n\r\n", "GET"), Framing::Close);
        assert_eq!(framing("HTTP/1.1 200\r\nContent-Length: 5\r\n\r\n", "GET"), Framing::Length(5));
        assert_eq!(framing("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD"), Framing::Length(0));
        assert_eq!(
            framing("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "GET"),
            Framing::Length(0)
        );
        assert!(StatusLine::parse(b"HTTP/1.1 2000 OK\r\n\r\n").is_err());
        assert!(StatusLine::parse(b"HTTP/1.1  200 OK\r\n\r\n").is_err());
    }

    #[test]
    fn the_end_of_a_head_is_found_when_it_is_there() {
        assert_eq!(end_of_head(b"GET / HTTP/1.1\r\nHost: h\r"), Ok(None));
        assert_eq!(end_of_head(b"GET / HTTP/1.1\r\n\r\nrest"), Ok(Some(18)));
        assert!(end_of_head(b"GET / HTTP/1.1\n\n").is_err());
    }

    #[test]
    fn the_end_of_a_head_is_found_in_pieces_of_any_size() {
        for head in
            [&b"GET / HTTP/1.1\r\nHost: h\r\n\r\nrest"[..], b"\r\n\r\n", b"GET /\nHost", b"\n", b"a\r\nb\r\n"]
        {
            for piece in 1..=head.len() {
                let mut search = Search::default();
                let ends = (1..=head.len().div_ceil(piece)).map(|count| (count * piece).min(head.len()));
                let found = ends.map(|end| search.end_of_head(&head[..end])).find(|found| *found != Ok(None));
                assert_eq!(found.unwrap_or(Ok(None)), end_of_head(head), "pieces of {piece}: {head:?}");
            }
        }
    }
}
