//! A reply in chunks.

use vigil_core::CallNumber;
use vigil_core::wire::{ReaderOutput, WireFault};

use super::FORMAT;
use super::array::separators;
use super::chunk::{Assembler, Piece, Step};
use crate::json::{Node, Splice, Tape};
use crate::sse::Event;
use crate::wire::draft::Draft;
use crate::wire::frame;
use crate::wire::queue::HoldQueue;
use crate::wire::reader::Grammar;

/// How chunks are put into the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Server-sent events.
    Events,
    /// Elements of a JSON array.
    Array,
}

/// Reads the chunks of a reply.
pub(crate) struct GeminiStream {
    framing: Framing,
    tape: Tape,
    assembler: Assembler,
}

impl GeminiStream {
    pub(crate) fn new(framing: Framing) -> Self {
        let assembler = Assembler::new("gemini-stream-generate-content");
        Self { framing, tape: Tape::default(), assembler }
    }

    fn read(
        &mut self,
        event: Event<'_>,
        data: &[u8],
        queue: &mut HoldQueue<Vec<Piece>>,
        out: &mut ReaderOutput,
    ) -> Result<(), WireFault> {
        self.tape
            .read(data)
            .map_err(|error| WireFault::Invalid { format: FORMAT, what: format!("chunk: {error}") })?;
        let change = self.assembler.read(self.tape.root(data))?;
        // A call whose last piece came earlier is complete before this chunk; the others are complete with it.
        let mut complete_here = Vec::new();
        for step in change.steps {
            match step {
                Step::Begin => {
                    queue.begin();
                }
                Step::Complete(call) if change.pieces.iter().any(|piece| piece.call == call.number) => {
                    complete_here.push(call);
                }
                Step::Complete(call) => queue.complete(call.number, call, out),
            }
        }
        if change.pieces.is_empty() && !change.has_mirror {
            queue.pass(event.raw, out)?;
        } else {
            queue.hold(event.raw, change.pieces)?;
        }
        for call in complete_here {
            queue.complete(call.number, call, out);
        }
        Ok(())
    }
}

impl Grammar for GeminiStream {
    type Tag = Vec<Piece>;

    fn event(
        &mut self,
        event: Event<'_>,
        queue: &mut HoldQueue<Vec<Piece>>,
        out: &mut ReaderOutput,
    ) -> Result<(), WireFault> {
        match event.data.filter(|data| data.trim_ascii() != b"[DONE]") {
            None => queue.pass(event.raw, out),
            Some(data) => self.read(event, data, queue, out),
        }
    }

    fn finish(
        &mut self,
        _queue: &mut HoldQueue<Vec<Piece>>,
        _out: &mut ReaderOutput,
    ) -> Result<(), WireFault> {
        self.assembler.finish()
    }

    fn render(
        &mut self,
        frame: &[u8],
        pieces: &Vec<Piece>,
        queue: &HoldQueue<Vec<Piece>>,
        out: &mut Vec<u8>,
    ) {
        let answer_to = |call: CallNumber| queue.answer_to(call);
        if !self.assembler.has_replaced(answer_to) {
            return out.extend_from_slice(frame);
        }
        let change = |root: Node<'_>, splice: &mut Splice| {
            self.assembler.rewrite(root, pieces, answer_to, splice);
        };
        match self.framing {
            Framing::Events => frame::rewrite(frame, change, out),
            Framing::Array => {
                let (before, element) = frame.split_at(separators(frame));
                out.extend_from_slice(before);
                frame::rewrite_json(element, change, out);
            }
        }
    }

    fn draft(&self) -> &Draft {
        &self.assembler.draft
    }

    fn no_op(&self) -> &'static [u8] {
        match self.framing {
            // Google's SDK for Python takes a comment for JSON, the one for Go for an unknown field. All skip an event
            // without lines, if it ends as the others do.
            Framing::Events => b"\r\n\r\n",
            // White space between elements would be one, but it would stay in what the client received.
            Framing::Array => b"",
        }
    }
}
