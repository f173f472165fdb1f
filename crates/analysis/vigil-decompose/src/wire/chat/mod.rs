//! OpenAI Chat Completions, and the many hosts that speak it.
//!
//! ```text
//! data: {"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1",
//!        "type":"function","function":{"name":"run","arguments":"{\"a\""}}]},"finish_reason":null}]}
//! data: {"id":"c1",…,"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}}]}
//! data: {"id":"c1",…,"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}
//! data: [DONE]
//! ```

mod piece;
mod rewrite;
mod stream;
mod whole;

use vigil_core::CallNumber;
use vigil_core::wire::{CallKind, ReplyReader, WireCall, WireFault};

use super::body::BodyReader;
use super::draft::Draft;
use super::reader::StreamReader;
use crate::json::Node;
use crate::sse::EventSplitter;

/// The reader of a stream of chunks.
pub(super) fn stream(limit: usize) -> Box<dyn ReplyReader> {
    Box::new(StreamReader::new(EventSplitter::new(limit), stream::Stream::new(), limit))
}

/// The reader of a completion that is one JSON value.
pub(super) fn whole(limit: usize) -> Box<dyn ReplyReader> {
    Box::new(BodyReader::new(whole::Completion::new(), limit))
}

const FORMAT: &str = "chat completion";

/// The choices of a chunk or completion. A value without them (an error, a list of models) asks for nothing.
fn choices(value: Node<'_>) -> Result<Option<Node<'_>>, WireFault> {
    match value.get("choices") {
        Some(choices) if choices.is_array() => {
            if choices.items().all(|choice| choice.is_object()) {
                Ok(Some(choices))
            } else {
                Err(invalid("a choice is not an object"))
            }
        }
        Some(choices) if !choices.is_null() => Err(invalid("choices are not a list")),
        _ => Ok(None),
    }
}

/// The objects of a choice that may hold text and calls. Some hosts send both, the one a mirror of the other.
fn holders(choice: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    [choice.get("delta"), choice.get("message")].into_iter().flatten().filter(Node::is_object)
}

/// The visible text of a `content` member: a string, or with some hosts a list of parts.
fn each_text(content: Node<'_>, mut hear: impl FnMut(&str)) {
    if let Some(text) = content.as_str() {
        hear(&text);
    }
    for part in content.items() {
        if let Some(text) = part.get("text").and_then(|text| text.as_str()) {
            hear(&text);
        }
    }
}

/// What a chunk or completion tells beside its choices.
fn describe(value: Node<'_>, draft: &mut Draft) {
    let text = |name: &str| value.get(name).and_then(|value| value.as_str()).filter(|text| !text.is_empty());
    if draft.model.is_none() {
        draft.model = text("model").map(Into::into);
    }
    if draft.response_id.is_none() {
        draft.response_id = text("id").map(Into::into);
    }
    draft.error |= value.get("error").is_some_and(|error| !error.is_null());
    // Groq's older streams have it in a member of their own.
    let usage =
        value.get("usage").filter(|usage| usage.is_object()).or_else(|| value.get("x_groq")?.get("usage"));
    if let Some(usage) = usage {
        let tokens = |name: &str| usage.get(name).and_then(|value| value.as_u64());
        draft.usage.input = tokens("prompt_tokens").or(draft.usage.input);
        draft.usage.output = tokens("completion_tokens").or(draft.usage.output);
    }
}

/// Tools that Groq ran on its side, as a list in the message. A stream names each of them more than once.
fn describe_executed(holder: Node<'_>, draft: &mut Draft) {
    for tool in holder.get("executed_tools").iter().flat_map(|tools| tools.items()) {
        let text = |name: &str| tool.get(name).and_then(|value| value.as_str()).map(|text| text.into_owned());
        let call = WireCall {
            number: CallNumber(0),
            id: tool.get("index").map(|index| index.raw_text().to_owned()),
            name: text("name").or_else(|| text("type")).unwrap_or_default(),
            arguments: text("arguments").unwrap_or_default(),
            kind: CallKind::Server,
            duplicate_members: tool.has_duplicates(),
        };
        match draft.server_calls.iter_mut().find(|known| known.id.is_some() && known.id == call.id) {
            Some(known) if known.arguments.is_empty() => *known = call,
            Some(_) => {}
            None => draft.server_calls.push(call),
        }
    }
}

fn invalid(what: &str) -> WireFault {
    WireFault::Invalid { format: FORMAT, what: what.to_owned() }
}
