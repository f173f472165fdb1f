//! A response that is one JSON object.

use vigil_core::wire::{Answer, WireCall, WireFault};

use super::FORMAT;
use super::item::{Content, ItemKind, kind_of, text};
use super::message::{Message, message_id};
use super::mirror;
use crate::json::{Node, Splice};
use crate::wire::body::Whole;
use crate::wire::draft::Draft;

/// A plain response, or one fetched by its id.
pub(crate) struct ResponsesBody {
    draft: Draft,
}

impl ResponsesBody {
    pub(crate) fn new() -> Self {
        Self { draft: Draft::new("openai-responses") }
    }
}

impl Whole for ResponsesBody {
    const FORMAT: &'static str = FORMAT;

    fn read(&mut self, root: Node<'_>, calls: &mut Vec<WireCall>) -> Result<(), WireFault> {
        let repeats = mirror::responses(root).any(|response| response.repeats_a_member());
        for call in mirror::calls(root) {
            if let ItemKind::Call(kind) = kind_of(call) {
                let item_id = text(call, "id");
                calls.push(Content::of(call).to_wire(
                    item_id.as_deref(),
                    kind,
                    repeats || call.has_duplicates(),
                ));
            }
        }
        for response in mirror::responses(root) {
            mirror::note(response, true, &mut self.draft);
            for item in response.get("output").into_iter().flat_map(|output| output.items()) {
                mirror::note_text(item, &mut self.draft);
                mirror::note_server_call(item, &mut self.draft);
            }
        }
        Ok(())
    }

    fn rewrite(&self, root: Node<'_>, answers: &[Answer], splice: &mut Splice) {
        let response_id = self.draft.response_id.as_deref().unwrap_or_default();
        for (number, (call, answer)) in (0..).zip(mirror::calls(root).zip(answers)) {
            if let Answer::Replace(deny_text) = answer {
                let item_id = text(call, "id").unwrap_or_default();
                let id = message_id(response_id, &item_id, number);
                splice.replace(call.span(), Message { id: &id, text: deny_text }.item());
            }
        }
    }

    fn draft(&self) -> &Draft {
        &self.draft
    }
}
