//! A small LSTM (Hochreiter, Schmidhuber 1997) over the events of a session: how surprising the next one is.
//!
//! It reads the event before, how that one ended and a little about what was read since; it says a distribution over all
//! events. Weights are 32-bit, sums have one order, exponentials are our own: the same bytes give the same number anywhere.

mod learn;

use crate::bytes::{Bytes, put_floats};
use crate::maths::{exp, ln, sigmoid, tanh};
use crate::step::{Step, Token};

pub(crate) use learn::Lessons;

/// How many numbers the session's memory has.
pub(crate) const HIDDEN: usize = 24;
/// How many numbers stand for an event.
const EMBEDDED: usize = 12;
/// How many tell how the step before ended and what was read since.
const CONTEXT: usize = 8;
/// One input of a gate: event, context, memory, and a constant.
const INPUT: usize = EMBEDDED + CONTEXT + HIDDEN + 1;
const GATES: usize = 4 * HIDDEN;
/// One input of the output: memory and a constant.
const READ: usize = HIDDEN + 1;
/// All events, and one for the beginning of a session.
const SYMBOLS: usize = Token::EVENTS + 1;
/// The share of each distribution that is spread evenly: nothing is impossible.
const FLOOR: f64 = 0.01;

/// The weights.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lstm {
    // INVARIANT: SYMBOLS rows of EMBEDDED, GATES rows of INPUT, EVENTS rows of READ; all finite.
    embedding: Vec<f32>,
    gates: Vec<f32>,
    output: Vec<f32>,
}

/// What it remembers of a session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Memory {
    hidden: [f32; HIDDEN],
    cell: [f32; HIDDEN],
    last: u16,
}

impl Default for Memory {
    fn default() -> Self {
        Self { hidden: [0.0; HIDDEN], cell: [0.0; HIDDEN], last: Token::EVENTS as u16 }
    }
}

impl Lstm {
    /// How surprising the step's event is after what is remembered, in nats. The step is remembered then.
    pub(crate) fn surprisal(&self, memory: &mut Memory, step: &Step) -> f64 {
        let input = self.input(memory, step);
        let gates = self.gates(&input);
        *memory = gates.remember(memory, step.token.event());
        let read = with_one(&memory.hidden);
        let logits: Vec<f32> = self.output.chunks_exact(READ).map(|row| dot(row, &read)).collect();
        let chosen = logits.get(step.token.event()).copied().unwrap_or(0.0);
        let most = logits.iter().copied().fold(f32::MIN, f32::max);
        let sum: f64 = logits.iter().map(|logit| exp(f64::from(logit - most))).sum();
        let share = exp(f64::from(chosen - most)) / sum;
        -ln((1.0 - FLOOR) * share + FLOOR / Token::EVENTS as f64)
    }

    fn input(&self, memory: &Memory, step: &Step) -> [f32; INPUT] {
        let mut input = [0.0; INPUT];
        let row = usize::from(memory.last).min(Token::EVENTS);
        let embedded = self.embedding.chunks_exact(EMBEDDED).nth(row).unwrap_or_default();
        let values = embedded.iter().copied().chain(context(step)).chain(memory.hidden).chain([1.0]);
        input.iter_mut().zip(values).for_each(|(slot, value)| *slot = value);
        input
    }

    fn gates(&self, input: &[f32; INPUT]) -> Gates {
        let mut sums = [0.0_f32; GATES];
        for (sum, row) in sums.iter_mut().zip(self.gates.chunks_exact(INPUT)) {
            *sum = dot(row, input);
        }
        let mut gates = Gates::default();
        let mut parts = sums.chunks_exact(HIDDEN);
        let open = |slots: &mut [f32; HIDDEN], sums: Option<&[f32]>, curve: fn(f64) -> f64| {
            for (slot, sum) in slots.iter_mut().zip(sums.unwrap_or_default()) {
                *slot = curve(f64::from(*sum)) as f32;
            }
        };
        open(&mut gates.enter, parts.next(), sigmoid);
        open(&mut gates.keep, parts.next(), sigmoid);
        open(&mut gates.tell, parts.next(), sigmoid);
        open(&mut gates.news, parts.next(), tanh);
        gates
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        [&self.embedding, &self.gates, &self.output].into_iter().for_each(|part| put_floats(out, part));
    }

    pub(crate) fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        Some(Self {
            embedding: bytes.floats(SYMBOLS * EMBEDDED)?,
            gates: bytes.floats(GATES * INPUT)?,
            output: bytes.floats(Token::EVENTS * READ)?,
        })
    }
}

/// The gates of one step, open from 0 to 1, and the news from -1 to 1.
#[derive(Clone, Copy, Debug, Default)]
struct Gates {
    enter: [f32; HIDDEN],
    keep: [f32; HIDDEN],
    tell: [f32; HIDDEN],
    news: [f32; HIDDEN],
}

impl Gates {
    fn remember(&self, before: &Memory, event: usize) -> Memory {
        let mut memory = Memory { last: u16::try_from(event).unwrap_or(0), ..*before };
        let gates = self.enter.iter().zip(&self.keep).zip(self.tell.iter().zip(&self.news));
        let slots = memory.cell.iter_mut().zip(memory.hidden.iter_mut());
        for ((cell, hidden), ((enter, keep), (tell, news))) in slots.zip(gates) {
            *cell = keep * *cell + enter * news;
            *hidden = tell * tanh(f64::from(*cell)) as f32;
        }
        memory
    }
}

/// How the step before ended, and what was read since.
fn context(step: &Step) -> [f32; CONTEXT] {
    let outcome = step.token.outcome();
    let is = |number| if outcome == number { 1.0 } else { 0.0 };
    let text = |name, most: f32| step.text.named(name).unwrap_or(0.0) / most;
    [
        is(0),
        is(1),
        is(2),
        text("length", 16.0),
        text("lines", 8.0),
        text("links", 4.0).min(1.0),
        text("bidding", 1.0),
        text("digits", 1.0),
    ]
}

fn with_one(hidden: &[f32; HIDDEN]) -> [f32; READ] {
    let mut read = [1.0; READ];
    read.iter_mut().zip(hidden).for_each(|(slot, value)| *slot = *value);
    read
}

/// Eight sums side by side, then one: an order that processors can keep and that never changes.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (a_parts, b_parts) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a_parts.remainder().iter().zip(b_parts.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_parts.zip(b_parts) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + rest
}
