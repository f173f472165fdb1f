//! Readers of replies, for any format: the first bytes choose between a stream and one JSON value.

use vigil_core::CallNumber;
use vigil_core::wire::{Answer, ReaderOutput, ReplyReader, ReplySummary, WireFault, WireFormat};

use super::draft::Draft;
use super::queue::HoldQueue;
use crate::sse::{Event, EventSplitter};

/// What a format knows of its stream.
pub(crate) trait Grammar: Send {
    /// What is remembered of a frame that may have to be rewritten.
    type Tag: Send;

    /// One frame: it is put into the queue, which passes it on or holds it back, and calls begin and end there.
    fn event(
        &mut self,
        event: Event<'_>,
        queue: &mut HoldQueue<Self::Tag>,
        out: &mut ReaderOutput,
    ) -> Result<(), WireFault>;

    /// The body is complete. A call that is still open is a fault.
    fn finish(&mut self, queue: &mut HoldQueue<Self::Tag>, out: &mut ReaderOutput) -> Result<(), WireFault>;

    /// Writes a frame that was held back, after all calls up to it were answered. Frames come in order.
    fn render(&mut self, frame: &[u8], tag: &Self::Tag, queue: &HoldQueue<Self::Tag>, out: &mut Vec<u8>);

    /// What is known of the reply.
    fn draft(&self) -> &Draft;

    /// A no-op of the format, legal between any two frames, or nothing where there is none.
    fn no_op(&self) -> &'static [u8] {
        b": vigil\n\n"
    }
}

/// Cuts a body into frames.
pub(crate) trait Splitter: Send {
    /// The next bytes. All frames that are complete were taken out before.
    fn push(&mut self, bytes: &[u8]);
    /// The next complete frame.
    fn next(&mut self) -> Option<Result<Event<'_>, WireFault>>;
    /// What is left when the body ends.
    fn rest(&mut self) -> Option<Result<Event<'_>, WireFault>>;
    /// How many bytes of an unfinished frame are kept.
    fn held_bytes(&self) -> usize;
    /// Forgets everything.
    fn discard(&mut self);
}

impl Splitter for EventSplitter {
    fn push(&mut self, bytes: &[u8]) {
        self.push(bytes);
    }

    fn next(&mut self) -> Option<Result<Event<'_>, WireFault>> {
        self.next()
    }

    fn rest(&mut self) -> Option<Result<Event<'_>, WireFault>> {
        self.rest().map(Ok)
    }

    fn held_bytes(&self) -> usize {
        self.held_bytes()
    }

    fn discard(&mut self) {
        self.discard();
    }
}

/// Reads a stream of frames.
pub(crate) struct StreamReader<S, G: Grammar> {
    splitter: S,
    grammar: G,
    queue: HoldQueue<G::Tag>,
    progress: Progress,
}

/// How far a reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Reading,
    /// The body ended and is complete.
    Ended,
    /// The body broke off or is invalid: nothing more goes out.
    Stopped,
}

impl<S: Splitter, G: Grammar> StreamReader<S, G> {
    pub(crate) fn new(splitter: S, grammar: G, limit: usize) -> Self {
        Self { splitter, grammar, queue: HoldQueue::new(limit), progress: Progress::Reading }
    }

    fn read(&mut self, out: &mut ReaderOutput) -> Result<(), WireFault> {
        while let Some(event) = self.splitter.next() {
            self.grammar.event(event?, &mut self.queue, out)?;
            put_out_ready(&mut self.grammar, &mut self.queue, out);
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut ReaderOutput) -> Result<(), WireFault> {
        if let Some(event) = self.splitter.rest() {
            let event = event?;
            // A client forgets an event that broke off before its data.
            if event.data.is_some() || !is_field_begun(event.raw) {
                self.grammar.event(event, &mut self.queue, out)?;
            }
        }
        self.grammar.finish(&mut self.queue, out)?;
        put_out_ready(&mut self.grammar, &mut self.queue, out);
        Ok(())
    }

    fn stop(&mut self) {
        self.progress = Progress::Stopped;
        self.queue.discard();
        self.splitter.discard();
    }

    fn stop_on_fault(&mut self, result: Result<(), WireFault>, out: &mut ReaderOutput) {
        if let Err(fault) = result {
            out.fault = Some(fault);
            self.stop();
        }
    }
}

impl<S: Splitter, G: Grammar> ReplyReader for StreamReader<S, G> {
    fn push(&mut self, bytes: &[u8], out: &mut ReaderOutput) {
        if self.progress == Progress::Reading {
            self.splitter.push(bytes);
            let result = self.read(out);
            self.stop_on_fault(result, out);
        }
    }

    fn end(&mut self, complete: bool, out: &mut ReaderOutput) {
        match self.progress {
            Progress::Reading if complete => {
                self.progress = Progress::Ended;
                let result = self.finish(out);
                self.stop_on_fault(result, out);
            }
            Progress::Reading => self.stop(),
            Progress::Ended | Progress::Stopped => {}
        }
    }

    fn answer(&mut self, call: CallNumber, answer: &Answer, out: &mut ReaderOutput) {
        if self.progress != Progress::Stopped {
            self.queue.answer(call, answer);
            put_out_ready(&mut self.grammar, &mut self.queue, out);
        }
    }

    fn is_drained(&self) -> bool {
        match self.progress {
            Progress::Reading => false,
            Progress::Ended => self.queue.is_empty(),
            Progress::Stopped => true,
        }
    }

    fn keep_alive(&self) -> &'static [u8] {
        if self.progress == Progress::Stopped { b"" } else { self.grammar.no_op() }
    }

    fn held_bytes(&self) -> usize {
        self.queue.held_bytes() + self.splitter.held_bytes()
    }

    fn summary(&self) -> ReplySummary {
        self.grammar.draft().summary()
    }
}

fn is_field_begun(raw: &[u8]) -> bool {
    !raw.is_empty()
        && [&b"event:"[..], b"data:"].iter().any(|field| raw.starts_with(field) || field.starts_with(raw))
}

fn put_out_ready<G: Grammar>(grammar: &mut G, queue: &mut HoldQueue<G::Tag>, out: &mut ReaderOutput) {
    while let Some(group) = queue.take_ready() {
        for (frame, tag) in group.frames() {
            match tag {
                None => out.bytes.extend_from_slice(frame),
                Some(tag) => grammar.render(frame, tag, queue, &mut out.bytes),
            }
        }
        let released = group.calls().filter(|&call| queue.answer_to(call) == Some(&Answer::Release));
        out.released.extend(released);
    }
}

/// A reader that waits for the first byte that is not white space, and then becomes the reader for what begins there.
pub(crate) struct FirstBytes {
    format: WireFormat,
    limit: usize,
    white: Vec<u8>,
    progress: Progress,
    reader: Option<Box<dyn ReplyReader>>,
}

impl FirstBytes {
    pub(crate) fn new(format: WireFormat, limit: usize) -> Self {
        Self { format, limit, white: Vec::new(), progress: Progress::Reading, reader: None }
    }
}

impl ReplyReader for FirstBytes {
    fn push(&mut self, bytes: &[u8], out: &mut ReaderOutput) {
        if let Some(reader) = &mut self.reader {
            return reader.push(bytes, out);
        }
        if self.progress != Progress::Reading {
            return;
        }
        self.white.extend_from_slice(bytes);
        let Some(first) = first_visible(&self.white) else {
            if self.white.len() > self.limit {
                self.progress = Progress::Stopped;
                self.white.clear();
                out.fault = Some(WireFault::TooLarge { limit: self.limit });
            }
            return;
        };
        let mut reader = super::open(self.format, first, self.limit);
        reader.push(&self.white, out);
        self.white = Vec::new();
        self.reader = Some(reader);
    }

    fn end(&mut self, complete: bool, out: &mut ReaderOutput) {
        if let Some(reader) = &mut self.reader {
            return reader.end(complete, out);
        }
        if self.progress == Progress::Reading {
            self.progress = if complete { Progress::Ended } else { Progress::Stopped };
            let white = std::mem::take(&mut self.white);
            if complete {
                out.bytes.extend_from_slice(&white);
            }
        }
    }

    fn answer(&mut self, call: CallNumber, answer: &Answer, out: &mut ReaderOutput) {
        if let Some(reader) = &mut self.reader {
            reader.answer(call, answer, out);
        }
    }

    fn is_drained(&self) -> bool {
        self.reader.as_ref().map_or(self.progress != Progress::Reading, |reader| reader.is_drained())
    }

    fn keep_alive(&self) -> &'static [u8] {
        self.reader.as_ref().map_or(b"", |reader| reader.keep_alive())
    }

    fn held_bytes(&self) -> usize {
        self.reader.as_ref().map_or(self.white.len(), |reader| reader.held_bytes())
    }

    fn summary(&self) -> ReplySummary {
        self.reader
            .as_ref()
            .map_or(ReplySummary { protocol: "unknown", ..ReplySummary::default() }, |reader| {
                reader.summary()
            })
    }
}

/// The first byte after white space and a byte order mark; nothing while there may still come one of them.
fn first_visible(bytes: &[u8]) -> Option<u8> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let rest = bytes.strip_prefix(MARK).unwrap_or(bytes);
    if MARK.starts_with(rest) {
        return None;
    }
    rest.iter().copied().find(|byte| !byte.is_ascii_whitespace())
}
