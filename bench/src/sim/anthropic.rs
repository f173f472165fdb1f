//! Anthropic Messages.

use serde_json::{Value, json};

use super::{Piece, Reply, event, pieces};

const ID: &str = "msg_01SimulatedVigil0000000";

fn stop_reason(reply: &Reply) -> &'static str {
    if reply.calls.is_empty() { "end_turn" } else { "tool_use" }
}

fn usage(reply: &Reply) -> Value {
    json!({"input_tokens": 42, "output_tokens": reply.words.len() + 12 * reply.calls.len(), "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0})
}

pub(crate) fn whole(reply: &Reply, model: &str) -> Value {
    let mut content = Vec::new();
    if !reply.words.is_empty() {
        content.push(json!({"type": "text", "text": reply.words.concat()}));
    }
    for (at, call) in reply.calls.iter().enumerate() {
        content.push(json!({"type": "tool_use", "id": call.id("toolu_", at), "name": call.name, "input": call.arguments}));
    }
    json!({
        "id": ID, "type": "message", "role": "assistant", "model": model, "content": content,
        "stop_reason": stop_reason(reply), "stop_sequence": null, "usage": usage(reply),
    })
}

pub(crate) fn stream(reply: &Reply, model: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut say = |value: Value| out.push(event(value.get("type").and_then(Value::as_str), &value));
    say(json!({"type": "message_start", "message": {
        "id": ID, "type": "message", "role": "assistant", "model": model, "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": {"input_tokens": 42, "output_tokens": 1},
    }}));
    say(json!({"type": "ping"}));
    let mut index = 0;
    if !reply.words.is_empty() {
        say(
            json!({"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}}),
        );
        for word in &reply.words {
            say(
                json!({"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": word}}),
            );
        }
        say(json!({"type": "content_block_stop", "index": index}));
        index += 1;
    }
    for (at, call) in reply.calls.iter().enumerate() {
        say(json!({"type": "content_block_start", "index": index, "content_block": {
            "type": "tool_use", "id": call.id("toolu_", at), "name": call.name, "input": {},
        }}));
        for piece in pieces(&call.arguments.to_string(), 9) {
            say(
                json!({"type": "content_block_delta", "index": index, "delta": {"type": "input_json_delta", "partial_json": piece}}),
            );
        }
        say(json!({"type": "content_block_stop", "index": index}));
        index += 1;
    }
    say(
        json!({"type": "message_delta", "delta": {"stop_reason": stop_reason(reply), "stop_sequence": null}, "usage": usage(reply)}),
    );
    say(json!({"type": "message_stop"}));
    out
}
