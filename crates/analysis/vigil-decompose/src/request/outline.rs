//! The places of a body's members and messages, found without reading what is in them.
//!
//! The scan checks brackets and strings only; what it finds is parsed strictly by whoever reads it. Places are taken
//! over from the body before as far as both begin alike, and again, moved, as far as both end alike.

use std::ops::Range;

use crate::json::plain;

/// Where the parts of a request stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Outline {
    /// The members of the object: name and the place of the value, in order.
    pub(super) members: Vec<(String, Range<usize>)>,
    /// The items of the list of messages.
    pub(super) items: Vec<Range<usize>>,
    /// The place of the list when it is one text instead.
    pub(super) text: Option<Range<usize>>,
    /// How many items are byte for byte those of the body before.
    pub(super) kept: usize,
    /// Which member is the list.
    list: Option<usize>,
}

impl Outline {
    /// Scans `body`, whose messages are in the member `list`. Also tells how many bytes were scanned. `None` when the
    /// body is not one JSON object, or names a member twice: then readers may disagree about what was sent. `before` is
    /// the body before, what was found in it, and how many bytes both begin with alike.
    pub(super) fn of(body: &[u8], list: &str, before: Option<(&[u8], &Self, usize)>) -> Option<(Self, u64)> {
        let (old, old_outline, alike) =
            before.map_or((&[][..], None, 0), |(old, outline, alike)| (old, Some(outline), alike));
        let tail = common_suffix(old, body);
        let mut scan = Scan { body, at: 0, scanned: 0 };
        let mut outline = Self::default();
        let mut open_list = None;
        // A list that is no list is read again.
        let listed = |previous: &&Self| previous.list.is_some() || previous.items.is_empty();
        if let Some(previous) = old_outline.filter(listed) {
            outline.reuse_head(previous, alike);
            if outline.list.is_some() {
                open_list = previous.list;
            }
            scan.at = outline.resume(previous, alike);
        }
        if scan.at == 0 {
            scan.space();
            scan.eat(b'{')?;
            scan.space();
            if scan.peek() == Some(b'}') {
                scan.at += 1;
                return scan.finish(outline);
            }
        } else if open_list.is_none() {
            scan.space();
            if scan.peek() == Some(b'}') {
                scan.at += 1;
                return scan.finish(outline);
            }
            scan.eat(b',')?;
        }
        loop {
            if open_list.take().is_some() {
                let start = outline.members.last()?.1.start;
                scan.items(&mut outline.items)?;
                outline.members.last_mut()?.1 = start..scan.at;
            } else {
                scan.space();
                let name = scan.string()?;
                let name = text(body.get(name)?)?;
                scan.space();
                scan.eat(b':')?;
                scan.space();
                let start = scan.at;
                let is_list = name == list;
                if outline.members.iter().any(|(known, _)| *known == name) {
                    return None;
                }
                if is_list && scan.peek() == Some(b'[') {
                    outline.list = Some(outline.members.len());
                    scan.at += 1;
                    scan.items(&mut outline.items)?;
                } else {
                    scan.value()?;
                    if is_list {
                        outline.text = Some(start..scan.at).filter(|_| body.get(start) == Some(&b'"'));
                        outline.items.extend((body.get(start) == Some(&b'{')).then_some(start..scan.at));
                    }
                }
                outline.members.push((name, start..scan.at));
            }
            if let Some(previous) = old_outline
                && outline.reuse_tail(previous, old.len(), body.len(), scan.at, tail)
            {
                return Some((outline, scan.scanned));
            }
            scan.space();
            match scan.next()? {
                b',' => {}
                b'}' => return scan.finish(outline),
                _ => return None,
            }
        }
    }

    /// Takes over the members and messages that end before the bodies differ.
    fn reuse_head(&mut self, previous: &Self, alike: usize) {
        for (at, (name, span)) in previous.members.iter().enumerate() {
            let in_list = previous.list == Some(at);
            if span.end < alike && !in_list {
                self.members.push((name.clone(), span.clone()));
                if previous.text.as_ref() == Some(span) {
                    return self.members.truncate(0);
                }
            } else if in_list && span.start < alike {
                self.list = Some(at);
                self.members.push((name.clone(), span.start..span.start));
                // The byte after a message is alike as well, so that the message ends there in both.
                self.items = previous.items.iter().take_while(|item| item.end < alike).cloned().collect();
                self.kept = self.items.len();
                return;
            } else {
                return;
            }
        }
    }

    /// Where to go on after what was taken over.
    fn resume(&mut self, previous: &Self, alike: usize) -> usize {
        match (self.list, self.items.last(), self.members.last()) {
            (Some(_), Some(item), _) => item.end,
            (Some(_), None, Some((_, span))) if span.start < alike => span.start + 1,
            (None, _, Some((_, span))) => span.end,
            _ => {
                let _ = previous;
                *self = Self::default();
                0
            }
        }
    }

    /// Takes over the members behind the list when from `at` on both bodies are the same.
    fn reuse_tail(&mut self, previous: &Self, old: usize, new: usize, at: usize, tail: usize) -> bool {
        let Some(list) =
            previous.list.filter(|_| self.list.is_some_and(|list| list + 1 == self.members.len()))
        else {
            return false;
        };
        let Some((_, old_list)) = previous.members.get(list) else { return false };
        if at + tail < new || old_list.end + new != at + old {
            return false;
        }
        for (name, span) in previous.members.iter().skip(list + 1) {
            let moved = |place: usize| (place + new).checked_sub(old);
            let (Some(start), Some(end)) = (moved(span.start), moved(span.end)) else { return false };
            if self.members.iter().any(|(known, _)| known == name) {
                return false;
            }
            self.members.push((name.clone(), start..end));
        }
        true
    }

    /// The value of a member, as it stands in `body`.
    pub(super) fn member<'b>(&self, body: &'b [u8], name: &str) -> Option<&'b [u8]> {
        let (_, span) = self.members.iter().find(|(known, _)| known == name)?;
        body.get(span.clone())
    }

    pub(super) fn kept_bytes(&self) -> usize {
        self.items.capacity() * size_of::<Range<usize>>() + self.members.len() * 64
    }
}

/// The text of a string without its quotes; most names have nothing to undo.
fn text(quoted: &[u8]) -> Option<String> {
    let inner = quoted.get(1..quoted.len().checked_sub(1)?)?;
    if inner.iter().all(|&byte| matches!(byte, b' '..=b'~') && byte != b'\\') {
        return core::str::from_utf8(inner).ok().map(str::to_owned);
    }
    serde_json::from_slice(quoted).ok()
}

/// How many bytes two texts begin with alike.
pub(super) fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    let mut at = 0;
    for step in STEPS {
        let pairs = rest(a, at).chunks_exact(step).zip(rest(b, at).chunks_exact(step));
        at += step * pairs.take_while(|(left, right)| left == right).count();
    }
    at + rest(a, at).iter().zip(rest(b, at)).take_while(|(left, right)| left == right).count()
}

fn common_suffix(a: &[u8], b: &[u8]) -> usize {
    let mut at = 0;
    for step in STEPS {
        let pairs = front(a, at).rchunks_exact(step).zip(front(b, at).rchunks_exact(step));
        at += step * pairs.take_while(|(left, right)| left == right).count();
    }
    let bytes = front(a, at).iter().rev().zip(front(b, at).iter().rev());
    at + bytes.take_while(|(left, right)| left == right).count()
}

/// Blocks are compared by the machine's fastest means; smaller ones find the place of a difference sooner.
const STEPS: [usize; 2] = [4096, 64];

fn rest(bytes: &[u8], from: usize) -> &[u8] {
    bytes.get(from..).unwrap_or_default()
}

fn front(bytes: &[u8], without: usize) -> &[u8] {
    bytes.get(..bytes.len().saturating_sub(without)).unwrap_or_default()
}

struct Scan<'b> {
    body: &'b [u8],
    at: usize,
    scanned: u64,
}

/// How deep values may nest.
const MAX_DEPTH: usize = 128;

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.body.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// After the closing brace nothing may follow.
    fn finish(mut self, outline: Outline) -> Option<(Outline, u64)> {
        self.space();
        self.peek().is_none().then_some((outline, self.scanned))
    }

    fn string(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        self.eat(b'"')?;
        loop {
            self.at += plain(self.body.get(self.at..)?);
            match self.next()? {
                b'"' => {
                    self.scanned += (self.at - start) as u64;
                    return Some(start..self.at);
                }
                b'\\' => self.at += 1,
                _ => {}
            }
        }
    }

    fn value(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => {
                self.string()?;
            }
            b'{' | b'[' => {
                let mut open = Vec::new();
                loop {
                    match self.peek()? {
                        b'"' => {
                            self.string()?;
                            continue;
                        }
                        byte @ (b'{' | b'[') => open.push(byte),
                        // In ASCII a closing bracket stands two after its opening one.
                        byte @ (b'}' | b']') => (open.pop()? == byte - 2).then_some(())?,
                        _ => {}
                    }
                    self.at += 1;
                    self.scanned += 1;
                    if open.is_empty() {
                        break;
                    }
                    if open.len() > MAX_DEPTH {
                        return None;
                    }
                }
            }
            _ => {
                let start = self.at;
                while !matches!(self.peek(), None | Some(b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n')) {
                    self.at += 1;
                }
                (self.at > start).then_some(())?;
            }
        }
        Some(())
    }

    /// The items up to the closing bracket; stands after the opening one, or after an item.
    fn items(&mut self, items: &mut Vec<Range<usize>>) -> Option<()> {
        loop {
            self.space();
            if self.peek()? == b']' {
                self.at += 1;
                return Some(());
            }
            if !items.is_empty() {
                self.eat(b',')?;
                self.space();
            }
            let start = self.at;
            self.value()?;
            items.push(start..self.at);
        }
    }
}
