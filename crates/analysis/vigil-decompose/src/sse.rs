//! Server-sent events, cut out of a stream of bytes as the HTML standard defines them.
//!
//! An event is complete with its blank line, and no byte is waited for beyond that: after `CR CR` it is complete at
//! once, and a `LF` that comes later belongs to what follows. Only in a stream whose lines end with `CR LF` the `LF` of the
//! blank line is waited for, so that a stream that is cut before it was cut inside the event.

use std::ops::Range;

use memchr::memchr2;
use vigil_core::wire::WireFault;

/// One event, or a piece of the stream without one (a comment, blank lines).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event<'b> {
    /// All its bytes, with the blank line. The raw bytes of all events, joined, are the stream.
    pub(crate) raw: &'b [u8],
    /// The value of its last `event` field.
    pub(crate) name: Option<&'b [u8]>,
    /// Its `data` lines, joined with LF; `None` when it has none and a client sees nothing of it.
    pub(crate) data: Option<&'b [u8]>,
}

/// Cuts a stream into events.
#[derive(Debug)]
pub(crate) struct EventSplitter {
    limit: usize,
    /// What is not yet given out, after `given` bytes that are.
    buffer: Vec<u8>,
    given: usize,
    /// Where the line begins that is not yet complete, and how far it was searched for its end.
    line: usize,
    searched: usize,
    /// The line before ended with a CR at the end of what was there: a LF that follows belongs to that end.
    after_cr: bool,
    /// The last line end was a CR LF.
    has_crlf: bool,
    /// Whether the first line of the stream was read.
    begun: bool,
    name: Option<Range<usize>>,
    data: Data,
    joined: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
enum Data {
    #[default]
    None,
    Line(Range<usize>),
    Joined,
}

impl EventSplitter {
    /// A splitter that keeps at most `limit` bytes of an unfinished event.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            buffer: Vec::new(),
            given: 0,
            line: 0,
            searched: 0,
            after_cr: false,
            has_crlf: false,
            begun: false,
            name: None,
            data: Data::None,
            joined: Vec::new(),
        }
    }

    /// Takes the next bytes of the stream. All events that are complete must have been taken out before.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.forget_given();
        self.buffer.extend_from_slice(bytes);
    }

    /// The next complete event.
    pub(crate) fn next(&mut self) -> Option<Result<Event<'_>, WireFault>> {
        self.start_over_if_given();
        if self.after_cr && self.line == self.given && self.buffer.get(self.line) == Some(&b'\n') {
            // The blank line ended with the CR, and the event before is gone already.
            self.after_cr = false;
            self.has_crlf = true;
            self.line += 1;
            self.searched = self.line;
            return Some(Ok(self.give(self.line)));
        }
        while let Some(line) = self.next_line() {
            if line.is_empty() {
                return Some(Ok(self.give(self.line)));
            }
            self.field(line);
        }
        if self.held_bytes() > self.limit {
            return Some(Err(WireFault::TooLarge { limit: self.limit }));
        }
        None
    }

    /// What is left when the stream ends: an event without its blank line. Some providers leave it out, and some
    /// clients take the event all the same.
    pub(crate) fn rest(&mut self) -> Option<Event<'_>> {
        self.start_over_if_given();
        if self.line < self.buffer.len() {
            let line = self.line..self.buffer.len();
            self.line = line.end;
            self.searched = line.end;
            self.field(line);
        }
        (self.given < self.buffer.len()).then(|| self.give(self.buffer.len()))
    }

    /// How many bytes of an unfinished event are kept.
    pub(crate) fn held_bytes(&self) -> usize {
        self.buffer.len() - self.given
    }

    /// Forgets everything.
    pub(crate) fn discard(&mut self) {
        *self = Self::new(self.limit);
    }

    fn forget_given(&mut self) {
        if self.given > 0 {
            self.start_over_if_given();
            self.buffer.drain(..self.given);
            self.line -= self.given;
            self.searched -= self.given;
            let back = |range: &Range<usize>| range.start - self.given..range.end - self.given;
            self.name = self.name.as_ref().map(back);
            if let Data::Line(range) = &self.data {
                self.data = Data::Line(back(range));
            }
            self.given = 0;
        }
    }

    /// Forgets the fields of the event that was given out last; they had to live until now.
    fn start_over_if_given(&mut self) {
        if self.given == self.line && self.given > 0 {
            self.name = None;
            self.data = Data::None;
        }
    }

    /// The next complete line without its end.
    fn next_line(&mut self) -> Option<Range<usize>> {
        if self.after_cr && self.line < self.buffer.len() {
            self.after_cr = false;
            self.has_crlf = self.buffer.get(self.line) == Some(&b'\n');
            if self.has_crlf {
                self.line += 1;
                self.searched = self.line;
            }
        }
        let Some(found) = memchr2(b'\n', b'\r', self.buffer.get(self.searched..)?) else {
            self.searched = self.buffer.len();
            return None;
        };
        let mut start = self.line;
        let end = self.searched + found;
        let mut next = end + 1;
        if self.buffer.get(end) == Some(&b'\r') {
            match self.buffer.get(next) {
                Some(b'\n') => {
                    next += 1;
                    self.has_crlf = true;
                }
                Some(_) => self.has_crlf = false,
                None if self.has_crlf && end == self.line => {
                    self.searched = end;
                    return None;
                }
                None => self.after_cr = true,
            }
        }
        if !self.begun {
            self.begun = true;
            if self.buffer.get(start..end).is_some_and(|line| line.starts_with(BYTE_ORDER_MARK)) {
                start += BYTE_ORDER_MARK.len();
            }
        }
        self.line = next;
        self.searched = next;
        Some(start..end)
    }

    fn field(&mut self, line: Range<usize>) {
        let text = self.buffer.get(line.clone()).unwrap_or_default();
        let colon = memchr::memchr(b':', text).unwrap_or(text.len());
        let space = usize::from(text.get(colon + 1) == Some(&b' '));
        let value = (line.start + colon + 1 + space).min(line.end)..line.end;
        match text.get(..colon).unwrap_or_default() {
            b"event" => self.name = Some(value),
            b"data" => {
                let bytes = self.buffer.get(value.clone()).unwrap_or_default();
                match &self.data {
                    Data::None => {
                        self.data = Data::Line(value);
                        return;
                    }
                    Data::Line(first) => {
                        self.joined.clear();
                        self.joined.extend_from_slice(self.buffer.get(first.clone()).unwrap_or_default());
                    }
                    Data::Joined => {}
                }
                self.joined.push(b'\n');
                self.joined.extend_from_slice(bytes);
                self.data = Data::Joined;
            }
            _ => {}
        }
    }

    fn give(&mut self, until: usize) -> Event<'_> {
        let raw = self.given..until;
        self.given = until;
        Event {
            raw: self.buffer.get(raw).unwrap_or_default(),
            name: self.name.as_ref().and_then(|range| self.buffer.get(range.clone())),
            data: match &self.data {
                Data::None => None,
                Data::Line(range) => self.buffer.get(range.clone()),
                Data::Joined => Some(&self.joined),
            },
        }
    }
}

/// Writes an event with LF as line end; `data` may have several lines.
pub(crate) fn write_event(name: Option<&[u8]>, data: &[u8], out: &mut Vec<u8>) {
    if let Some(name) = name {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(name);
        out.push(b'\n');
    }
    for line in data.split(|&byte| byte == b'\n') {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out.push(b'\n');
}

/// Name and joined data of an event whose raw bytes were given out before.
pub(crate) fn read_event(raw: &[u8]) -> (Option<Vec<u8>>, Vec<u8>) {
    let mut splitter = EventSplitter::new(usize::MAX);
    splitter.push(raw);
    loop {
        let event = match splitter.next() {
            Some(Ok(event)) => event,
            Some(Err(_)) => return (None, Vec::new()),
            None => match splitter.rest() {
                Some(event) => event,
                None => return (None, Vec::new()),
            },
        };
        if let Some(data) = event.data {
            return (event.name.map(<[u8]>::to_vec), data.to_vec());
        }
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Read = (Vec<u8>, Option<String>, Option<String>);

    fn events(pieces: &[&[u8]]) -> Vec<Read> {
        let mut splitter = EventSplitter::new(1 << 20);
        let mut found = Vec::new();
        let text = |bytes: Option<&[u8]>| bytes.map(|b| String::from_utf8_lossy(b).into_owned());
        for piece in pieces {
            splitter.push(piece);
            while let Some(event) = splitter.next() {
                let event = event.unwrap();
                found.push((event.raw.to_vec(), text(event.name), text(event.data)));
            }
        }
        if let Some(event) = splitter.rest() {
            found.push((event.raw.to_vec(), text(event.name), text(event.data)));
        }
        assert_eq!(splitter.held_bytes(), 0);
        found
    }

    #[test]
    fn the_blank_line_of_a_crlf_stream_waits_for_its_lf() {
        let mut splitter = EventSplitter::new(1 << 20);
        splitter.push(b"data: a\r\n\r");
        assert!(splitter.next().is_none());
        splitter.push(b"\n");
        assert_eq!(splitter.next().unwrap().unwrap().raw, b"data: a\r\n\r\n");
    }

    #[test]
    fn the_blank_line_of_a_cr_stream_waits_for_nothing() {
        let mut splitter = EventSplitter::new(1 << 20);
        splitter.push(b"data: a\r\r");
        assert_eq!(splitter.next().unwrap().unwrap().raw, b"data: a\r\r");
    }

    /// Names and data of the events that a client sees.
    fn seen(stream: &str) -> Vec<(Option<String>, String)> {
        let whole = events(&[stream.as_bytes()]);
        let bytes: Vec<_> = stream.as_bytes().chunks(1).collect();
        let single = events(&bytes);
        let visible = |all: &[Read]| -> Vec<_> {
            all.iter().filter_map(|(_, name, data)| Some((name.clone(), data.clone()?))).collect()
        };
        assert_eq!(visible(&whole), visible(&single));
        visible(&whole)
    }

    #[track_caller]
    fn check(stream: &str, expect: &[(&str, &str)]) {
        let want: Vec<_> = expect
            .iter()
            .map(|(name, data)| ((!name.is_empty()).then(|| (*name).to_owned()), (*data).to_owned()))
            .collect();
        assert_eq!(seen(stream), want, "{stream:?}");
    }

    #[test]
    fn reads_all_line_ends() {
        check("event: a\ndata: 1\n\ndata: 2\n\n", &[("a", "1"), ("", "2")]);
        check("event: a\rdata: 1\r\rdata: 2\r\r", &[("a", "1"), ("", "2")]);
        check("event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n", &[("a", "1"), ("", "2")]);
        check("data: 1\r\n\ndata: 2\n\rdata: 3\r\r\n", &[("", "1"), ("", "2"), ("", "3")]);
    }

    #[test]
    fn reads_fields_as_the_standard_says() {
        check("data:1\n\n", &[("", "1")]);
        check("data:  1\n\n", &[("", " 1")]);
        check("data\n\n", &[("", "")]);
        check("data: 1\ndata:2\ndata\n\n", &[("", "1\n2\n")]);
        check(": note\nid: 7\nretry: 3\ndata: 1\n: data: 2\n\n", &[("", "1")]);
        check("event: a\nevent: b\ndata: 1\n\ndata: 2\n\n", &[("b", "1"), ("", "2")]);
        check("\u{feff}data: 1\n\n", &[("", "1")]);
        check(" data: 1\nDATA: 2\ndatax: 3\n\n", &[]);
        check("event: a\n\ndata: 1\n\n", &[("", "1")]);
    }

    #[test]
    fn gives_the_rest_at_the_end() {
        check("data: 1\n\ndata: 2\n", &[("", "1"), ("", "2")]);
        check("data: 1\n\ndata: 2", &[("", "1"), ("", "2")]);
        check("\n\n\n", &[]);
    }

    #[test]
    fn does_not_wait_for_a_line_feed_after_two_carriage_returns() {
        let mut splitter = EventSplitter::new(100);
        splitter.push(b"data: 1\r\r");
        assert_eq!(splitter.next().unwrap().unwrap().data, Some(&b"1"[..]));
        assert!(splitter.next().is_none());
        splitter.push(b"\ndata: 2\r\n");
        assert_eq!(splitter.next().unwrap().unwrap(), Event { raw: b"\n", name: None, data: None });
        assert!(splitter.next().is_none());
        splitter.push(b"\r\n");
        let event = splitter.next().unwrap().unwrap();
        assert_eq!((event.raw, event.data), (&b"data: 2\r\n\r\n"[..], Some(&b"2"[..])));
    }

    #[test]
    fn keeps_no_more_of_an_event_than_the_limit() {
        let mut splitter = EventSplitter::new(10);
        splitter.push(b"data: 1\n\ndata: 12345");
        assert!(splitter.next().unwrap().is_ok());
        assert_eq!(splitter.next(), Some(Err(WireFault::TooLarge { limit: 10 })));
    }

    #[test]
    fn writes_what_it_reads() {
        for (name, data) in [(None, "{}"), (Some(&b"ping"[..]), "{\n}"), (None, "")] {
            let mut raw = Vec::new();
            write_event(name, data.as_bytes(), &mut raw);
            assert_eq!(read_event(&raw), (name.map(<[u8]>::to_vec), data.as_bytes().to_vec()));
        }
        assert_eq!(read_event(b": note\n\n"), (None, Vec::new()));
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_events_and_all_bytes(
            stream in "(data: ?[a-c]{0,2}|event:x|:|id|[\r\n]|\r\n|\n\n|\u{feff}|ü){0,12}",
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let bytes = stream.as_bytes();
            let mut places: Vec<_> = cuts.iter().map(|c| c.index(bytes.len() + 1)).collect();
            places.extend([0, bytes.len()]);
            places.sort_unstable();
            let pieces: Vec<_> = places.windows(2).map(|w| &bytes[w[0]..w[1]]).collect();
            let split = events(&pieces);
            let joined: Vec<u8> = split.iter().flat_map(|(raw, ..)| raw.clone()).collect();
            prop_assert_eq!(joined, bytes);
            let visible = |all: Vec<Read>| all.into_iter().filter_map(|(_, n, d)| Some((n, d?))).collect::<Vec<_>>();
            prop_assert_eq!(visible(split), visible(events(&[bytes])));
        }
    }
}
