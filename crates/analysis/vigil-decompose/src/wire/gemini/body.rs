//! A reply that is one JSON object.

use vigil_core::wire::{Answer, WireCall, WireFault};

use super::FORMAT;
use super::chunk::{Assembler, Piece, Step};
use crate::json::{Node, Splice};
use crate::wire::body::Whole;
use crate::wire::draft::Draft;

/// A plain reply.
pub(crate) struct GeminiBody {
    assembler: Assembler,
    pieces: Vec<Piece>,
}

impl GeminiBody {
    pub(crate) fn new() -> Self {
        Self { assembler: Assembler::new("gemini-generate-content"), pieces: Vec::new() }
    }
}

impl Whole for GeminiBody {
    const FORMAT: &'static str = FORMAT;

    fn read(&mut self, root: Node<'_>, calls: &mut Vec<WireCall>) -> Result<(), WireFault> {
        let change = self.assembler.read(root)?;
        self.assembler.finish()?;
        self.pieces = change.pieces;
        calls.extend(change.steps.into_iter().filter_map(|step| match step {
            Step::Begin => None,
            Step::Complete(call) => Some(call),
        }));
        calls.sort_by_key(|call| call.number);
        Ok(())
    }

    fn rewrite(&self, root: Node<'_>, answers: &[Answer], splice: &mut Splice) {
        self.assembler.rewrite(root, &self.pieces, |call| answers.get(call.0 as usize), splice);
    }

    fn draft(&self) -> &Draft {
        &self.assembler.draft
    }
}
