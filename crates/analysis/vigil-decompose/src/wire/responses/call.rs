//! A call of a stream, from its first event to its last.

use vigil_core::CallNumber;
use vigil_core::wire::CallKind;

use super::item::{Content, ItemKind, is_same_value, kind_of, text};
use super::message::message_id;
use crate::json::Node;

/// What is known of a call.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) number: CallNumber,
    pub(super) output_index: Option<u64>,
    pub(super) item_id: Option<String>,
    /// How many events belong to it.
    pub(super) events: usize,
    pub(super) duplicate_members: bool,
    /// What it says, once it is complete.
    pub(super) content: Option<Content>,
    /// Whether its `added` event was read.
    pub(super) added: bool,
    /// The call will not be completed any more.
    pub(super) abandoned: bool,
    name: Option<String>,
    deltas: String,
    whole: Option<String>,
}

impl Call {
    pub(super) fn new(number: CallNumber, event: Node<'_>) -> Self {
        Self {
            number,
            output_index: event.get("output_index").and_then(|index| index.as_u64()),
            item_id: text(event, "item_id"),
            events: 0,
            duplicate_members: false,
            content: None,
            added: false,
            abandoned: false,
            name: None,
            deltas: String::new(),
            whole: None,
        }
    }

    /// Whether more of it may come.
    pub(super) fn is_open(&self) -> bool {
        self.content.is_none() && !self.abandoned
    }

    /// One of its events, before its `done`.
    pub(super) fn read(&mut self, kind: &str, event: Node<'_>) {
        self.duplicate_members |= event.has_duplicates();
        if let Some(item) = event.get("item") {
            self.item_id = text(item, "id").or(self.item_id.take());
            self.name = self.name.take().or_else(|| text(item, "name"));
        }
        let delta = || event.get("delta").and_then(|delta| delta.as_str()).unwrap_or_default();
        match kind {
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                self.deltas.push_str(&delta());
            }
            "response.function_call_arguments.done" => {
                self.whole = text(event, "arguments").or(self.whole.take())
            }
            "response.custom_tool_call_input.done" => self.whole = text(event, "input").or(self.whole.take()),
            _ => {}
        }
    }

    /// Its complete item. A client may act on any of the places where a call says its name and arguments, so they must
    /// agree.
    pub(super) fn complete(&mut self, item: Node<'_>) -> Result<(Content, CallKind), &'static str> {
        let ItemKind::Call(kind) = kind_of(item) else {
            return Err("a call ends as an item of another kind");
        };
        let mut content = Content::of(item);
        self.item_id = text(item, "id").or(self.item_id.take());
        self.duplicate_members |= item.has_duplicates();
        if self.name.as_ref().is_some_and(|name| *name != content.name && text(item, "name").is_some()) {
            return Err("a call changes its name");
        }
        let streamed = [Some(std::mem::take(&mut self.deltas)), self.whole.take()];
        for streamed in streamed.into_iter().flatten().filter(|streamed| !streamed.is_empty()) {
            if content.arguments.is_empty() {
                content.arguments = streamed;
            } else if !is_same_value(&streamed, &content.arguments) {
                return Err("the pieces of a call differ from the whole");
            }
        }
        self.content = Some(content.clone());
        Ok((content, kind))
    }

    /// The id of the message that stands in its place.
    pub(super) fn message_id(&self, response_id: Option<&str>) -> String {
        message_id(
            response_id.unwrap_or_default(),
            self.item_id.as_deref().unwrap_or_default(),
            self.number.0,
        )
    }
}
