//! Drives a reader with any split of a body and any answers.

use vigil_core::CallNumber;
use vigil_core::wire::{
    Answer, ReaderOutput, ReplyReader, ReplySummary, WireCall, WireFault, WireFormat, WireFormats,
};
use vigil_decompose::Formats;

pub const LIMIT: usize = 16 << 20;

/// What stands in the place of a call that was not allowed: text that has to be escaped in JSON.
pub const DENY: &str = "Denied by rule `no-\"quotes\"`:\n\tback\\slash, ünïcode \u{1f6ab}.";

/// When calls are answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    AtOnce,
    /// After the end of the body, the last call first.
    LastFirst,
    Never,
}

#[derive(Debug)]
pub struct Driven {
    pub bytes: Vec<u8>,
    pub calls: Vec<WireCall>,
    pub released: Vec<CallNumber>,
    pub fault: Option<WireFault>,
    pub drained: bool,
    pub held: usize,
    pub summary: ReplySummary,
}

impl Driven {
    pub fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }
}

pub struct Drive<'a> {
    pub format: WireFormat,
    pub when: When,
    pub complete: bool,
    pub denies: &'a dyn Fn(u32) -> bool,
}

/// Answers at once to a complete body.
pub fn allow(format: WireFormat) -> Drive<'static> {
    Drive { format, when: When::AtOnce, complete: true, denies: &|_| false }
}

pub fn deny(format: WireFormat) -> Drive<'static> {
    Drive { denies: &|_| true, ..allow(format) }
}

impl Drive<'_> {
    pub fn whole(&self, body: &[u8]) -> Driven {
        self.run(&[body])
    }

    pub fn run(&self, pieces: &[&[u8]]) -> Driven {
        let mut reader = Formats { limit_bytes: LIMIT }.reply_reader(self.format);
        self.run_with(reader.as_mut(), pieces)
    }

    pub fn run_with(&self, reader: &mut dyn ReplyReader, pieces: &[&[u8]]) -> Driven {
        let mut run =
            Run { drive: self, bytes: Vec::new(), calls: Vec::new(), released: Vec::new(), fault: None };
        let mut out = ReaderOutput::default();
        for piece in pieces {
            reader.push(piece, &mut out);
            run.take(reader, &mut out);
        }
        reader.end(self.complete, &mut out);
        run.take(reader, &mut out);
        let held = reader.held_bytes();
        if self.when == When::LastFirst {
            let mut numbers: Vec<_> = run.calls.iter().map(|call| call.number).collect();
            numbers.sort();
            for number in numbers.into_iter().rev() {
                reader.answer(number, &self.answer(number), &mut out);
                run.take(reader, &mut out);
            }
        }
        Driven {
            bytes: run.bytes,
            calls: run.calls,
            released: run.released,
            fault: run.fault,
            drained: reader.is_drained(),
            held,
            summary: reader.summary(),
        }
    }

    fn answer(&self, number: CallNumber) -> Answer {
        if (self.denies)(number.0) { Answer::Replace(DENY.to_owned()) } else { Answer::Release }
    }
}

struct Run<'a> {
    drive: &'a Drive<'a>,
    bytes: Vec<u8>,
    calls: Vec<WireCall>,
    released: Vec<CallNumber>,
    fault: Option<WireFault>,
}

impl Run<'_> {
    fn take(&mut self, reader: &mut dyn ReplyReader, out: &mut ReaderOutput) {
        loop {
            self.bytes.extend_from_slice(&out.bytes);
            self.released.extend(&out.released);
            self.fault = self.fault.take().or(out.fault.take());
            let calls = std::mem::take(&mut out.calls);
            out.clear();
            if self.drive.when == When::AtOnce {
                calls
                    .iter()
                    .for_each(|call| reader.answer(call.number, &self.drive.answer(call.number), out));
            }
            self.calls.extend(calls);
            if out.bytes.is_empty() && out.calls.is_empty() && out.released.is_empty() {
                return;
            }
        }
    }
}

/// Cuts a body at the places given.
pub fn cut(body: &[u8], mut places: Vec<usize>) -> Vec<&[u8]> {
    places.extend([0, body.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| &body[pair[0]..pair[1]]).collect()
}

/// Whole, per line, at random places, and per byte when the body is not long.
pub fn splits(body: &[u8], seed: u64) -> Vec<Vec<&[u8]>> {
    let lines = body.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    let mut random = Random(seed | 1);
    let places = (0..body.len().min(600) / 20).map(|_| random.below(body.len())).collect();
    let mut all = vec![vec![body], cut(body, lines), cut(body, places)];
    if body.len() <= 20_000 {
        all.push(body.chunks(1).collect());
    }
    all
}

/// xorshift64
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}
