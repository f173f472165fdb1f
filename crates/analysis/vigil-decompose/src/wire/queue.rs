//! What is held back, in the order of the reply.
//!
//! Frames are held in *groups*: a run of frames from the first one of a call to the last one of it and of every call
//! that began in between, and whatever came after it. A group goes out as a whole, when all its calls are answered and
//! no group is before it. So no part of a call goes out before all of it may, and nothing changes its order.

use std::collections::VecDeque;
use std::ops::Range;

use vigil_core::CallNumber;
use vigil_core::wire::{Answer, ReaderOutput, WireCall, WireFault};

/// Frames that wait for answers. `T` is what the format remembers of a frame that it may have to rewrite.
#[derive(Debug)]
pub(crate) struct HoldQueue<T> {
    limit: usize,
    held: usize,
    groups: VecDeque<Group<T>>,
    calls: Vec<Fate>,
}

/// A run of frames that go out together.
#[derive(Debug)]
pub(crate) struct Group<T> {
    bytes: Vec<u8>,
    frames: Vec<(usize, Option<T>)>,
    calls: Range<u32>,
}

/// What is known of a call.
#[derive(Debug)]
enum Fate {
    /// Not all of it was read.
    Open,
    /// It was put out and not answered.
    Waits,
    Answered(Answer),
}

impl<T> HoldQueue<T> {
    /// A queue that holds at most `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, held: 0, groups: VecDeque::new(), calls: Vec::new() }
    }

    /// A call begins with the frame that is held next.
    pub(crate) fn begin(&mut self) -> CallNumber {
        let number = self.calls.len() as u32;
        self.calls.push(Fate::Open);
        let joins = self.groups.back().is_some_and(|group| self.is_open(group));
        match self.groups.back_mut() {
            Some(group) if joins => group.calls.end = number + 1,
            _ => self.groups.push_back(Group::new(number..number + 1)),
        }
        CallNumber(number)
    }

    /// A call that began is complete, with the frames held so far. Its number is set here.
    pub(crate) fn complete(&mut self, number: CallNumber, mut call: WireCall, out: &mut ReaderOutput) {
        if let Some(fate @ Fate::Open) = self.calls.get_mut(number.0 as usize) {
            *fate = Fate::Waits;
            call.number = number;
            out.calls.push(call);
        }
    }

    /// A frame goes out as it is: now, when nothing is held back, else in its turn.
    pub(crate) fn pass(&mut self, frame: &[u8], out: &mut ReaderOutput) -> Result<(), WireFault> {
        if self.groups.is_empty() {
            out.bytes.extend_from_slice(frame);
            return Ok(());
        }
        self.push(frame, None)
    }

    /// A frame goes out in its turn, as the format then says.
    pub(crate) fn hold(&mut self, frame: &[u8], tag: T) -> Result<(), WireFault> {
        self.push(frame, Some(tag))
    }

    /// A call that began will not be completed: its frames never go out, and this text stands in their place.
    pub(crate) fn abandon(&mut self, number: CallNumber, text: &str) {
        if let Some(fate @ Fate::Open) = self.calls.get_mut(number.0 as usize) {
            *fate = Fate::Answered(Answer::Replace(text.to_owned()));
        }
    }

    /// The answer to a call. The first one counts; a call that is not complete cannot be answered.
    pub(crate) fn answer(&mut self, number: CallNumber, answer: &Answer) {
        if let Some(fate @ Fate::Waits) = self.calls.get_mut(number.0 as usize) {
            *fate = Fate::Answered(answer.clone());
        }
    }

    /// What was answered to a call.
    pub(crate) fn answer_to(&self, number: CallNumber) -> Option<&Answer> {
        match self.calls.get(number.0 as usize) {
            Some(Fate::Answered(answer)) => Some(answer),
            _ => None,
        }
    }

    /// Whether a call was answered, and with a text.
    pub(crate) fn is_replaced(&self, number: CallNumber) -> bool {
        matches!(self.answer_to(number), Some(Answer::Replace(_)))
    }

    /// The next group that may go out.
    pub(crate) fn take_ready(&mut self) -> Option<Group<T>> {
        let calls = self.groups.front()?.calls.clone();
        if !calls.map(CallNumber).all(|number| self.answer_to(number).is_some()) {
            return None;
        }
        let group = self.groups.pop_front()?;
        self.held -= group.bytes.len();
        Some(group)
    }

    /// Whether a call began that is not complete.
    pub(crate) fn has_open_call(&self) -> bool {
        self.groups.back().is_some_and(|group| self.is_open(group))
    }

    /// Whether nothing is held back.
    pub(crate) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// How many bytes are held back.
    pub(crate) fn held_bytes(&self) -> usize {
        self.held
    }

    /// Forgets what is held back, for good.
    pub(crate) fn discard(&mut self) {
        self.groups.clear();
        self.held = 0;
    }

    fn push(&mut self, frame: &[u8], tag: Option<T>) -> Result<(), WireFault> {
        if self.held + frame.len() > self.limit {
            return Err(WireFault::TooLarge { limit: self.limit });
        }
        self.held += frame.len();
        if self.groups.is_empty() {
            let none = self.calls.len() as u32;
            self.groups.push_back(Group::new(none..none));
        }
        if let Some(group) = self.groups.back_mut() {
            group.bytes.extend_from_slice(frame);
            group.frames.push((group.bytes.len(), tag));
        }
        Ok(())
    }

    fn is_open(&self, group: &Group<T>) -> bool {
        let fates = self.calls.get(group.calls.start as usize..group.calls.end as usize).unwrap_or_default();
        fates.iter().any(|fate| matches!(fate, Fate::Open))
    }
}

impl<T> Group<T> {
    fn new(calls: Range<u32>) -> Self {
        Self { bytes: Vec::new(), frames: Vec::new(), calls }
    }

    /// The calls that began in it.
    pub(crate) fn calls(&self) -> impl Iterator<Item = CallNumber> + use<T> {
        self.calls.clone().map(CallNumber)
    }

    /// Its frames in order; those that were not tagged go out as they are.
    pub(crate) fn frames(&self) -> impl Iterator<Item = (&[u8], Option<&T>)> {
        let mut start = 0;
        self.frames.iter().map(move |(end, tag)| {
            let frame = self.bytes.get(start..*end).unwrap_or_default();
            start = *end;
            (frame, tag.as_ref())
        })
    }
}

#[cfg(test)]
mod tests {
    use vigil_core::wire::CallKind;

    use super::*;

    fn call() -> WireCall {
        WireCall {
            number: CallNumber(99),
            id: None,
            name: "tool".to_owned(),
            arguments: String::new(),
            kind: CallKind::Client,
            duplicate_members: false,
        }
    }

    fn drain(queue: &mut HoldQueue<()>) -> String {
        let mut text = Vec::new();
        while let Some(group) = queue.take_ready() {
            group.frames().for_each(|(frame, _)| text.extend_from_slice(frame));
        }
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn keeps_the_order_whatever_the_order_of_answers() {
        let mut queue = HoldQueue::new(100);
        let mut out = ReaderOutput::default();
        queue.pass(b"a", &mut out).unwrap();
        let first = queue.begin();
        queue.hold(b"b", ()).unwrap();
        queue.complete(first, call(), &mut out);
        queue.pass(b"c", &mut out).unwrap();
        let second = queue.begin();
        queue.hold(b"d", ()).unwrap();
        queue.complete(second, call(), &mut out);
        assert_eq!(out.bytes, b"a");
        assert_eq!(out.calls.iter().map(|c| c.number).collect::<Vec<_>>(), [first, second]);
        queue.answer(second, &Answer::Release);
        assert_eq!(drain(&mut queue), "");
        assert_eq!(queue.held_bytes(), 3);
        queue.answer(first, &Answer::Release);
        assert_eq!(drain(&mut queue), "bcd");
        assert!(queue.is_empty() && queue.held_bytes() == 0);
    }

    #[test]
    fn calls_that_overlap_go_out_together() {
        let mut queue = HoldQueue::new(100);
        let mut out = ReaderOutput::default();
        let first = queue.begin();
        queue.hold(b"a", ()).unwrap();
        let second = queue.begin();
        queue.hold(b"b", ()).unwrap();
        queue.complete(first, call(), &mut out);
        queue.answer(first, &Answer::Release);
        assert_eq!(drain(&mut queue), "");
        queue.answer(second, &Answer::Release);
        assert_eq!(drain(&mut queue), "", "an answer to a call that is not complete does not count");
        queue.complete(second, call(), &mut out);
        queue.answer(second, &Answer::Release);
        assert_eq!(drain(&mut queue), "ab");
    }

    #[test]
    fn the_first_answer_counts() {
        let mut queue = HoldQueue::new(100);
        let number = queue.begin();
        queue.hold(b"a", ()).unwrap();
        queue.complete(number, call(), &mut ReaderOutput::default());
        queue.answer(number, &Answer::Replace("no".to_owned()));
        queue.answer(number, &Answer::Release);
        assert!(queue.is_replaced(number));
    }

    #[test]
    fn holds_no_more_than_its_limit() {
        let mut queue = HoldQueue::new(3);
        queue.begin();
        assert!(queue.hold(b"abc", ()).is_ok());
        assert_eq!(queue.hold(b"d", ()), Err(WireFault::TooLarge { limit: 3 }));
    }
}
