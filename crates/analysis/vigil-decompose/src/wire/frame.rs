//! Frames that were held back, opened once more to be changed.

use crate::json::{Node, Splice, Tape};
use crate::sse::read_event;

/// How the lines of an event end.
pub(crate) fn line_end(frame: &[u8]) -> &'static str {
    match memchr::memchr2(b'\n', b'\r', frame) {
        Some(at) if frame.get(at) == Some(&b'\n') => "\n",
        Some(at) if frame.get(at + 1) == Some(&b'\n') => "\r\n",
        Some(_) => "\r",
        None => "\n",
    }
}

/// Writes an event with other data; its other lines stay as they are.
pub(crate) fn write_with_data(frame: &[u8], json: &[u8], out: &mut Vec<u8>) {
    let end = line_end(frame).as_bytes();
    let mut rest = frame;
    let mut written = false;
    let mut blank = false;
    if let Some(after) = rest.strip_prefix(b"\xef\xbb\xbf") {
        out.extend_from_slice(b"\xef\xbb\xbf");
        rest = after;
    }
    while !rest.is_empty() {
        let (line, after) = split_line(rest);
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        blank = text.is_empty();
        if text != b"data" && !text.starts_with(b"data:") {
            out.extend_from_slice(line);
            if text.len() == line.len() {
                out.extend_from_slice(end);
            }
        } else if !written {
            written = true;
            // A line break in JSON is white space between values; a `data` line of its own keeps it.
            for piece in json.split(|byte| matches!(byte, b'\n' | b'\r')) {
                out.extend_from_slice(b"data: ");
                out.extend_from_slice(piece);
                out.extend_from_slice(end);
            }
        }
        rest = after;
    }
    if !blank {
        out.extend_from_slice(end);
    }
}

/// Changes the JSON of an event. An event in which nothing is to be changed stays as it is.
pub(crate) fn rewrite(frame: &[u8], change: impl FnOnce(Node<'_>, &mut Splice), out: &mut Vec<u8>) {
    let (_, data) = read_event(frame);
    // What cannot be read is left out. It was read before it was held back, so there is none.
    let Ok(tape) = Tape::parse(&data) else { return };
    let mut splice = Splice::default();
    change(tape.root(&data), &mut splice);
    if splice.is_empty() {
        return out.extend_from_slice(frame);
    }
    let mut json = Vec::with_capacity(data.len());
    splice.apply(&data, &mut json);
    write_with_data(frame, &json, out);
}

/// Changes a JSON text.
pub(crate) fn rewrite_json(json: &[u8], change: impl FnOnce(Node<'_>, &mut Splice), out: &mut Vec<u8>) {
    let Ok(tape) = Tape::parse(json) else { return };
    let mut splice = Splice::default();
    change(tape.root(json), &mut splice);
    splice.apply(json, out);
}

fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let Some(found) = memchr::memchr2(b'\n', b'\r', bytes) else { return (bytes, &[]) };
    let crlf = bytes.get(found) == Some(&b'\r') && bytes.get(found + 1) == Some(&b'\n');
    bytes.split_at(found + 1 + usize::from(crlf))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(frame: &str, want: &str) {
        let mut out = Vec::new();
        write_with_data(frame.as_bytes(), b"{1,\n2}", &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), want);
    }

    #[test]
    fn keeps_everything_but_the_data() {
        check("event: a\ndata: x\n\n", "event: a\ndata: {1,\ndata: 2}\n\n");
        check(
            ": c\r\nid: 7\r\ndata: x\r\ndata: y\r\nevent: a\r\n\r\n",
            ": c\r\nid: 7\r\ndata: {1,\r\ndata: 2}\r\nevent: a\r\n\r\n",
        );
        check("data:x\r\r", "data: {1,\rdata: 2}\r\r");
    }

    #[test]
    fn ends_an_event_that_had_no_end() {
        check("data: x\n", "data: {1,\ndata: 2}\n\n");
        check("data: x", "data: {1,\ndata: 2}\n\n");
        check("data: x\r\nid: 1", "data: {1,\r\ndata: 2}\r\nid: 1\r\n\r\n");
    }
}
