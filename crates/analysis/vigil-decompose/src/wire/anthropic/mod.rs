//! Anthropic Messages.
//!
//! ```text
//! event: content_block_start
//! data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"Bash","input":{}}}
//! ```

mod stream;
mod whole;

use vigil_core::CallNumber;
use vigil_core::wire::{Answer, CallKind, ReplyReader, WireCall};

use super::body::BodyReader;
use super::draft::Draft;
use super::reader::StreamReader;
use crate::json::{Node, Splice, quote};
use crate::sse::EventSplitter;

/// The reader of an event stream.
pub(super) fn stream(limit: usize) -> Box<dyn ReplyReader> {
    Box::new(StreamReader::new(EventSplitter::new(limit), stream::Stream::new(), limit))
}

/// The reader of a message that is one JSON value.
pub(super) fn whole(limit: usize) -> Box<dyn ReplyReader> {
    Box::new(BodyReader::new(whole::Message::new(), limit))
}

const FORMAT: &str = "Anthropic message";

/// What a content block is to the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    /// The client must run it. A type nobody here knows counts when its name says `tool_use`.
    Call,
    /// The provider runs it.
    ServerCall,
    Text,
    Other,
}

fn block_of(block: Node<'_>) -> Block {
    match block.get("type").and_then(|kind| kind.as_str()).as_deref() {
        Some("text") => Block::Text,
        Some("server_tool_use" | "mcp_tool_use") => Block::ServerCall,
        Some(kind) if kind.ends_with("tool_use") => Block::Call,
        _ => Block::Other,
    }
}

/// The call of a block that is complete in itself, or that has its arguments in later events.
fn call_of(block: Node<'_>, kind: CallKind) -> WireCall {
    let text = |name: &str| block.get(name).and_then(|value| value.as_str());
    WireCall {
        number: CallNumber(0),
        id: text("id").map(Into::into),
        name: text("name").unwrap_or_default().into_owned(),
        arguments: block.get("input").map_or("", |input| input.raw_text()).to_owned(),
        kind,
        duplicate_members: block.has_duplicates(),
    }
}

/// Puts text blocks where calls stand that were replaced. `answer` tells what became of each call, in order.
fn replace_blocks<'a>(
    content: Node<'_>,
    mut answer: impl FnMut() -> Option<&'a Answer>,
    splice: &mut Splice,
) {
    for block in content.items().filter(|&block| block_of(block) == Block::Call) {
        if let Some(Answer::Replace(text)) = answer() {
            splice.replace(block.span(), format!(r#"{{"type":"text","text":{}}}"#, quote(text)));
        }
    }
}

/// Sets the reason to stop to what it is without any call. `holder` is the object that has the member.
fn stop_without_calls(holder: Node<'_>, splice: &mut Splice) {
    if let Some(reason) = holder.get("stop_reason").filter(|reason| reason.is_str("tool_use")) {
        splice.replace(reason.span(), r#""end_turn""#);
    }
}

/// What the members of a message tell.
fn describe(message: Node<'_>, draft: &mut Draft) {
    if let Some(model) = message.get("model").and_then(|model| model.as_str()) {
        draft.model = Some(model.into_owned());
    }
    if let Some(id) = message.get("id").and_then(|id| id.as_str()) {
        draft.response_id = Some(id.into_owned());
    }
    describe_stop(message, draft);
    describe_usage(message, draft);
}

fn describe_stop(holder: Node<'_>, draft: &mut Draft) {
    if let Some(reason) = holder.get("stop_reason").and_then(|reason| reason.as_str()) {
        draft.stop(0, &reason);
    }
}

fn describe_usage(holder: Node<'_>, draft: &mut Draft) {
    let Some(usage) = holder.get("usage") else { return };
    let tokens = |name: &str| usage.get(name).and_then(|value| value.as_u64());
    draft.usage.input = tokens("input_tokens").or(draft.usage.input);
    draft.usage.output = tokens("output_tokens").or(draft.usage.output);
}
