//! OpenAI Responses.

use serde_json::{Value, json};

use super::{Piece, Reply, event, pieces};

const ID: &str = "resp_SimulatedVigil";
const MESSAGE: &str = "msg_SimulatedVigil";

fn message(reply: &Reply, status: &str) -> Value {
    json!({
        "id": MESSAGE, "type": "message", "role": "assistant", "status": status,
        "content": [{"type": "output_text", "text": reply.words.concat(), "annotations": [], "logprobs": []}],
    })
}

fn calls(reply: &Reply) -> Vec<Value> {
    let item = |(at, call): (usize, &super::Call)| {
        json!({
            "id": call.id("fc_", at), "type": "function_call", "status": "completed",
            "call_id": call.id("call_", at), "name": call.name, "arguments": call.arguments.to_string(),
        })
    };
    reply.calls.iter().enumerate().map(item).collect()
}

fn envelope(model: &str, status: &str, output: &[Value], usage: &Value) -> Value {
    json!({
        "id": ID, "object": "response", "created_at": 1_780_000_000, "status": status, "model": model, "output": output,
        "error": null, "incomplete_details": null, "instructions": null, "metadata": {}, "parallel_tool_calls": true,
        "temperature": 1.0, "tool_choice": "auto", "tools": [], "top_p": 1.0, "usage": usage,
    })
}

fn usage(reply: &Reply) -> Value {
    let output = reply.words.len() + 12 * reply.calls.len();
    json!({
        "input_tokens": 42, "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": output, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 42 + output,
    })
}

fn items(reply: &Reply) -> Vec<Value> {
    let mut output = Vec::new();
    if !reply.words.is_empty() {
        output.push(message(reply, "completed"));
    }
    output.extend(calls(reply));
    output
}

pub(crate) fn whole(reply: &Reply, model: &str) -> Value {
    envelope(model, "completed", &items(reply), &usage(reply))
}

pub(crate) fn stream(reply: &Reply, model: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut number = 0_u64;
    let mut say = |mut value: Value| {
        if let Some(members) = value.as_object_mut() {
            members.insert("sequence_number".to_owned(), json!(number));
        }
        number += 1;
        out.push(event(value.get("type").and_then(Value::as_str), &value));
    };
    let empty = envelope(model, "in_progress", &[], &Value::Null);
    say(json!({"type": "response.created", "response": empty}));
    say(json!({"type": "response.in_progress", "response": empty}));
    let mut index = 0;
    if !reply.words.is_empty() {
        let mut opened = message(reply, "in_progress");
        if let Some(members) = opened.as_object_mut() {
            members.insert("content".to_owned(), json!([]));
        }
        let part =
            |text: &str| json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []});
        say(json!({"type": "response.output_item.added", "output_index": index, "item": opened}));
        say(
            json!({"type": "response.content_part.added", "item_id": MESSAGE, "output_index": index, "content_index": 0, "part": part("")}),
        );
        for word in &reply.words {
            say(
                json!({"type": "response.output_text.delta", "item_id": MESSAGE, "output_index": index, "content_index": 0, "delta": word, "logprobs": []}),
            );
        }
        let text = reply.words.concat();
        say(
            json!({"type": "response.output_text.done", "item_id": MESSAGE, "output_index": index, "content_index": 0, "text": text, "logprobs": []}),
        );
        say(
            json!({"type": "response.content_part.done", "item_id": MESSAGE, "output_index": index, "content_index": 0, "part": part(&text)}),
        );
        say(
            json!({"type": "response.output_item.done", "output_index": index, "item": message(reply, "completed")}),
        );
        index += 1;
    }
    for item in calls(reply) {
        let mut opened = item.clone();
        if let Some(members) = opened.as_object_mut() {
            members.insert("status".to_owned(), json!("in_progress"));
            members.insert("arguments".to_owned(), json!(""));
        }
        let id = item.get("id").cloned().unwrap_or_default();
        let arguments = item.get("arguments").and_then(Value::as_str).unwrap_or_default().to_owned();
        say(json!({"type": "response.output_item.added", "output_index": index, "item": opened}));
        for piece in pieces(&arguments, 9) {
            say(
                json!({"type": "response.function_call_arguments.delta", "item_id": id, "output_index": index, "delta": piece}),
            );
        }
        say(
            json!({"type": "response.function_call_arguments.done", "item_id": id, "output_index": index, "name": item.get("name"), "arguments": arguments}),
        );
        say(json!({"type": "response.output_item.done", "output_index": index, "item": item}));
        index += 1;
    }
    say(json!({"type": "response.completed", "response": whole(reply, model)}));
    out
}
