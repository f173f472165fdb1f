//! Response objects: where they repeat calls, and what they tell of the reply.

use crate::json::Node;
use crate::wire::draft::Draft;

use super::item::{self, is_call, text};

/// The response objects in a value: the value itself and what it carries as `response`, also where that is repeated.
pub(super) fn responses(root: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    std::iter::once(root)
        .chain(root.members().filter(|member| member.key.is_str("response")).map(|member| member.value))
}

/// The calls in the `output` of all response objects, in the order of the text.
pub(super) fn calls(root: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    responses(root)
        .flat_map(|response| response.members().filter(|member| member.key.is_str("output")))
        .flat_map(|member| member.value.items())
        .filter(|item| is_call(*item))
}

/// Takes down what a response object tells of the reply.
pub(super) fn note(response: Node<'_>, ends: bool, draft: &mut Draft) {
    if let Some(model) = text(response, "model") {
        draft.model = Some(model);
    }
    if let Some(id) = text(response, "id") {
        draft.response_id = Some(id);
    }
    if let Some(usage) = response.get("usage") {
        let tokens = |name: &str| usage.get(name).and_then(|tokens| tokens.as_u64());
        draft.usage.input = tokens("input_tokens").or(draft.usage.input);
        draft.usage.output = tokens("output_tokens").or(draft.usage.output);
    }
    if ends && let Some(status) = text(response, "status") {
        draft.error |= status == "failed";
        draft.stop(0, &status);
    }
    draft.error |= response.get("error").is_some_and(|error| !error.is_null());
}

/// Takes down the visible text of a message item.
pub(super) fn note_text(message: Node<'_>, draft: &mut Draft) {
    if !message.get("type").is_some_and(|kind| kind.is_str("message")) {
        return;
    }
    for part in message.get("content").into_iter().flat_map(|content| content.items()) {
        for name in ["text", "refusal"] {
            if let Some(text) = part.get(name).and_then(|text| text.as_str()) {
                draft.text(&text);
            }
        }
    }
}

/// Takes down a call that the provider ran.
pub(super) fn note_server_call(item: Node<'_>, draft: &mut Draft) {
    if item::kind_of(item) == item::ItemKind::Server {
        draft.server_calls.push(item::server_call(item));
    }
}
