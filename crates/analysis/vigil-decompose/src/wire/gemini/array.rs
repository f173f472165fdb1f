//! A JSON array that grows, cut into its elements.

use vigil_core::wire::WireFault;

use super::invalid;
use crate::sse::Event;
use crate::wire::reader::Splitter;

/// Cuts an array into frames: each an element with the separators before it. The frames, joined, are the body.
#[derive(Debug)]
pub(crate) struct ArraySplitter {
    limit: usize,
    buffer: Vec<u8>,
    /// How many bytes of the buffer were given out.
    given: usize,
    /// How far it was looked at.
    scanned: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing but white space was read.
    Before,
    /// After `[`.
    FirstElement,
    /// After a comma.
    Element,
    /// In an element.
    Inside { start: usize, depth: usize, string: String },
    /// After an element.
    Separator,
    /// After `]`.
    After,
}

/// Whether the bytes of an element stand in a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum String {
    No,
    Yes,
    /// After a backslash.
    Escape,
}

const MARK: &[u8] = b"\xef\xbb\xbf";

impl ArraySplitter {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, buffer: Vec::new(), given: 0, scanned: 0, state: State::Before }
    }

    fn step(&mut self, byte: u8) -> Result<Option<Step>, WireFault> {
        let at = self.scanned;
        self.scanned += 1;
        let mut step = None;
        self.state = match (self.state, byte) {
            (State::Inside { start, depth, string }, _) => {
                let string = match (string, byte) {
                    (String::No, b'"') | (String::Escape, _) => String::Yes,
                    (String::Yes, b'\\') => String::Escape,
                    (String::Yes, b'"') => String::No,
                    (same, _) => same,
                };
                match byte {
                    b'{' | b'[' if string == String::No => State::Inside { start, depth: depth + 1, string },
                    b'}' | b']' if string == String::No && depth == 1 => {
                        step = Some(Step::Element(start));
                        State::Separator
                    }
                    b'}' | b']' if string == String::No => State::Inside { start, depth: depth - 1, string },
                    _ => State::Inside { start, depth, string },
                }
            }
            (state, b' ' | b'\t' | b'\r' | b'\n') => state,
            (State::Before, b'[') => State::FirstElement,
            (State::Before, mark) if MARK.get(at) == Some(&mark) => State::Before,
            (State::FirstElement | State::Element, b'{') => {
                State::Inside { start: at, depth: 1, string: String::No }
            }
            (State::Separator, b',') => State::Element,
            (State::FirstElement | State::Separator, b']') => {
                step = Some(Step::Close);
                State::After
            }
            (State::Before | State::FirstElement | State::Element, _) => {
                return Err(invalid("an element of the array is not an object"));
            }
            (State::Separator, _) => return Err(invalid("no comma between two elements of the array")),
            (State::After, _) => return Err(invalid("there is something after the array")),
        };
        Ok(step)
    }

    fn give(&mut self, end: usize, data: Option<usize>) -> Event<'_> {
        let start = std::mem::replace(&mut self.given, end);
        Event {
            raw: self.buffer.get(start..end).unwrap_or_default(),
            name: None,
            data: data.and_then(|from| self.buffer.get(from..end)),
        }
    }
}

/// What ends with a byte.
enum Step {
    /// An element that begins there.
    Element(usize),
    /// The array.
    Close,
}

impl Splitter for ArraySplitter {
    fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.given);
        self.scanned -= self.given;
        if let State::Inside { start, .. } = &mut self.state {
            *start -= self.given;
        }
        self.given = 0;
        self.buffer.extend_from_slice(bytes);
    }

    fn next(&mut self) -> Option<Result<Event<'_>, WireFault>> {
        while let Some(&byte) = self.buffer.get(self.scanned) {
            match self.step(byte) {
                Ok(None) => {}
                Ok(Some(Step::Element(start))) => return Some(Ok(self.give(self.scanned, Some(start)))),
                Ok(Some(Step::Close)) => return Some(Ok(self.give(self.scanned, None))),
                Err(fault) => return Some(Err(fault)),
            }
        }
        if self.state == State::After && self.given < self.scanned {
            return Some(Ok(self.give(self.scanned, None)));
        }
        (self.held_bytes() > self.limit).then_some(Err(WireFault::TooLarge { limit: self.limit }))
    }

    fn rest(&mut self) -> Option<Result<Event<'_>, WireFault>> {
        (self.state != State::After).then(|| Err(invalid("the array has no end")))
    }

    fn held_bytes(&self) -> usize {
        self.buffer.len() - self.given
    }

    fn discard(&mut self) {
        *self = Self::new(self.limit);
    }
}

/// What stands before the element in a frame: separators and white space.
pub(super) fn separators(frame: &[u8]) -> usize {
    frame.iter().position(|byte| *byte == b'{').unwrap_or(frame.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Frame = (Vec<u8>, Option<Vec<u8>>);

    fn frames(pieces: &[&[u8]]) -> Result<Vec<Frame>, WireFault> {
        let mut splitter = ArraySplitter::new(1000);
        let mut found = Vec::new();
        for piece in pieces {
            splitter.push(piece);
            while let Some(event) = splitter.next() {
                let event = event?;
                found.push((event.raw.to_vec(), event.data.map(<[u8]>::to_vec)));
            }
        }
        match splitter.rest() {
            Some(fault) => fault.map(|_| found),
            None => Ok(found),
        }
    }

    #[track_caller]
    fn check(body: &str, elements: &[&str]) {
        let bytes: Vec<_> = body.as_bytes().chunks(1).collect();
        for pieces in [vec![body.as_bytes()], bytes] {
            let found = frames(&pieces).unwrap();
            let joined: Vec<u8> = found.iter().flat_map(|(raw, _)| raw.clone()).collect();
            assert_eq!(joined, body.as_bytes());
            let data: Vec<_> = found.into_iter().filter_map(|(_, data)| data).collect();
            assert_eq!(data, elements.iter().map(|e| e.as_bytes().to_vec()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn gives_out_elements_with_their_separators() {
        check("[]", &[]);
        check(" [ ]\n", &[]);
        check("[{}]", &["{}"]);
        check("\u{feff}[{\"a\":\"}]\\\"\"}\n,\r\n{\"b\":[{}]}\n]\n", &["{\"a\":\"}]\\\"\"}", "{\"b\":[{}]}"]);
    }

    #[test]
    fn refuses_what_is_no_array_of_objects() {
        for body in ["[1]", "[{} {}]", "[{},]", "[,{}]", "[{}]x", "[{}", "[{", "[", "[\"a\"]", "[{}}", "[[]]"]
        {
            assert!(frames(&[body.as_bytes()]).is_err(), "{body}");
        }
    }

    #[test]
    fn keeps_no_more_of_an_element_than_the_limit() {
        let mut splitter = ArraySplitter::new(4);
        splitter.push(b"[{},{    ");
        assert!(splitter.next().unwrap().is_ok());
        assert!(matches!(splitter.next(), Some(Err(WireFault::TooLarge { limit: 4 }))));
    }

    proptest! {
        #[test]
        fn any_bytes_give_frames_that_are_the_bytes(body in r#"[\[\]{},"\\ a]{0,20}"#, cut in 0usize..20) {
            let bytes = body.as_bytes();
            let (one, two) = bytes.split_at(cut.min(bytes.len()));
            let split = frames(&[one, two]);
            prop_assert_eq!(&split, &frames(&[bytes]));
            if let Ok(found) = split {
                let joined: Vec<u8> = found.into_iter().flat_map(|(raw, _)| raw).collect();
                prop_assert_eq!(joined, bytes);
            }
        }
    }
}
