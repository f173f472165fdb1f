//! Replies that are one JSON value: held until they are whole, and put out when all their calls are answered.

use vigil_core::CallNumber;
use vigil_core::wire::{Answer, ReaderOutput, ReplyReader, ReplySummary, WireCall, WireFault};

use super::draft::Draft;
use super::reader::Progress;
use crate::json::{Node, Splice, Tape, without_repeats};

/// What a format knows of its whole reply.
pub(crate) trait Whole: Send {
    /// The name of the format in faults.
    const FORMAT: &'static str;

    /// Finds the calls in the value, in order. A value of another shape (an error, a list) has none.
    fn read(&mut self, root: Node<'_>, calls: &mut Vec<WireCall>) -> Result<(), WireFault>;

    /// Changes the value to what the answers ask for. `answers` has one for each call that [`Self::read`] found.
    fn rewrite(&self, root: Node<'_>, answers: &[Answer], splice: &mut Splice);

    /// What is known of the reply.
    fn draft(&self) -> &Draft;
}

/// Reads a reply that is one JSON value.
pub(crate) struct BodyReader<W> {
    whole: W,
    limit: usize,
    bytes: Vec<u8>,
    answers: Vec<Option<Answer>>,
    progress: Progress,
}

impl<W: Whole> BodyReader<W> {
    pub(crate) fn new(whole: W, limit: usize) -> Self {
        Self { whole, limit, bytes: Vec::new(), answers: Vec::new(), progress: Progress::Reading }
    }

    fn stop(&mut self) {
        self.progress = Progress::Stopped;
        self.bytes = Vec::new();
    }

    fn read(&mut self, out: &mut ReaderOutput) -> Result<(), WireFault> {
        let json = json_part(&self.bytes);
        let tape = Tape::parse(json)
            .map_err(|error| WireFault::Invalid { format: W::FORMAT, what: format!("body: {error}") })?;
        let mut calls = Vec::new();
        self.whole.read(tape.root(json), &mut calls)?;
        self.answers.resize(calls.len(), None);
        for (number, mut call) in (0..).zip(calls) {
            call.number = CallNumber(number);
            out.calls.push(call);
        }
        Ok(())
    }

    /// Puts the body out when there is nothing to wait for any more.
    fn put_out(&mut self, out: &mut ReaderOutput) {
        let Some(answers) = self.answers.iter().cloned().collect::<Option<Vec<_>>>() else { return };
        let bytes = std::mem::take(&mut self.bytes);
        let released = (0..).zip(&answers).filter(|(_, answer)| **answer == Answer::Release);
        out.released.extend(released.map(|(number, _)| CallNumber(number)));
        if answers.iter().all(|answer| *answer == Answer::Release) {
            out.bytes.extend_from_slice(&bytes);
            return;
        }
        let json = without_repeats(json_part(&bytes).to_vec());
        let Ok(tape) = Tape::parse(&json) else { return };
        let mut splice = Splice::default();
        self.whole.rewrite(tape.root(&json), &answers, &mut splice);
        splice.apply(&json, &mut out.bytes);
    }
}

impl<W: Whole> ReplyReader for BodyReader<W> {
    fn push(&mut self, bytes: &[u8], out: &mut ReaderOutput) {
        if self.progress != Progress::Reading {
            return;
        }
        if self.bytes.len() + bytes.len() > self.limit {
            out.fault = Some(WireFault::TooLarge { limit: self.limit });
            return self.stop();
        }
        self.bytes.extend_from_slice(bytes);
    }

    fn end(&mut self, complete: bool, out: &mut ReaderOutput) {
        match self.progress {
            Progress::Reading if complete => {
                self.progress = Progress::Ended;
                match self.read(out) {
                    Ok(()) => self.put_out(out),
                    Err(fault) => {
                        out.calls.clear();
                        out.fault = Some(fault);
                        self.stop();
                    }
                }
            }
            Progress::Reading => self.stop(),
            Progress::Ended | Progress::Stopped => {}
        }
    }

    fn answer(&mut self, call: CallNumber, answer: &Answer, out: &mut ReaderOutput) {
        if self.progress == Progress::Ended
            && let Some(slot @ None) = self.answers.get_mut(call.0 as usize)
        {
            *slot = Some(answer.clone());
            self.put_out(out);
        }
    }

    fn is_drained(&self) -> bool {
        self.progress == Progress::Stopped || (self.progress == Progress::Ended && self.bytes.is_empty())
    }

    fn keep_alive(&self) -> &'static [u8] {
        if self.is_drained() || self.bytes.first() == Some(&0xef) { b"" } else { b" " }
    }

    fn held_bytes(&self) -> usize {
        self.bytes.len()
    }

    fn summary(&self) -> ReplySummary {
        self.whole.draft().summary()
    }
}

/// The body without a byte order mark.
fn json_part(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}
