//! A message as one JSON value.

use vigil_core::wire::{Answer, CallKind, WireCall, WireFault};

use super::{Block, FORMAT, block_of, call_of, describe, replace_blocks, stop_without_calls};
use crate::json::{Node, Splice};
use crate::wire::body::Whole;
use crate::wire::draft::Draft;

pub(super) struct Message {
    draft: Draft,
}

impl Message {
    pub(super) fn new() -> Self {
        Self { draft: Draft::new("anthropic-messages") }
    }
}

impl Whole for Message {
    const FORMAT: &'static str = FORMAT;

    fn read(&mut self, root: Node<'_>, calls: &mut Vec<WireCall>) -> Result<(), WireFault> {
        self.draft.error = root.get("type").is_some_and(|kind| kind.is_str("error"));
        describe(root, &mut self.draft);
        let Some(content) = root.get("content") else { return Ok(()) };
        for block in content.items() {
            match block_of(block) {
                Block::Call => {
                    let mut call = call_of(block, CallKind::Client);
                    call.duplicate_members |= root.repeats_a_member();
                    calls.push(call);
                }
                Block::ServerCall => self.draft.server_calls.push(call_of(block, CallKind::Server)),
                Block::Text => {
                    if let Some(text) = block.get("text").and_then(|text| text.as_str()) {
                        self.draft.text(&text);
                    }
                }
                Block::Other => {}
            }
        }
        Ok(())
    }

    fn rewrite(&self, root: Node<'_>, answers: &[Answer], splice: &mut Splice) {
        if let Some(content) = root.get("content") {
            let mut answers = answers.iter();
            replace_blocks(content, || answers.next(), splice);
        }
        if !answers.contains(&Answer::Release) {
            stop_without_calls(root, splice);
        }
    }

    fn draft(&self) -> &Draft {
        &self.draft
    }
}
