//! OpenAI Chat Completions.

use serde_json::{Value, json};

use super::{Piece, Reply, event, pieces};

const ID: &str = "chatcmpl-SimulatedVigil";

fn finish_reason(reply: &Reply) -> &'static str {
    if reply.calls.is_empty() { "stop" } else { "tool_calls" }
}

fn usage(reply: &Reply) -> Value {
    let output = reply.words.len() + 12 * reply.calls.len();
    json!({"prompt_tokens": 42, "completion_tokens": output, "total_tokens": 42 + output})
}

pub(crate) fn whole(reply: &Reply, model: &str) -> Value {
    let text = if reply.words.is_empty() { Value::Null } else { Value::String(reply.words.concat()) };
    let mut message = json!({"role": "assistant", "content": text, "refusal": null});
    let calls: Vec<Value> = reply
        .calls
        .iter()
        .enumerate()
        .map(|(at, call)| {
            json!({
                "id": call.id("call_", at), "type": "function",
                "function": {"name": call.name, "arguments": call.arguments.to_string()},
            })
        })
        .collect();
    if let (false, Some(message)) = (calls.is_empty(), message.as_object_mut()) {
        message.insert("tool_calls".to_owned(), Value::Array(calls));
    }
    json!({
        "id": ID, "object": "chat.completion", "created": 1_780_000_000, "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish_reason(reply)}],
        "usage": usage(reply),
    })
}

pub(crate) fn stream(reply: &Reply, model: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut say = |delta: Value, finish: Value| {
        out.push(event(
            None,
            &json!({
                "id": ID, "object": "chat.completion.chunk", "created": 1_780_000_000, "model": model,
                "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}],
            }),
        ));
    };
    say(json!({"role": "assistant", "content": ""}), Value::Null);
    for word in &reply.words {
        say(json!({"content": word}), Value::Null);
    }
    for (at, call) in reply.calls.iter().enumerate() {
        say(
            json!({"tool_calls": [{"index": at, "id": call.id("call_", at), "type": "function",
                "function": {"name": call.name, "arguments": ""}}]}),
            Value::Null,
        );
        for piece in pieces(&call.arguments.to_string(), 9) {
            say(json!({"tool_calls": [{"index": at, "function": {"arguments": piece}}]}), Value::Null);
        }
    }
    say(json!({}), json!(finish_reason(reply)));
    out.push("data: [DONE]\n\n".to_owned());
    out
}
