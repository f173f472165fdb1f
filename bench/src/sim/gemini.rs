//! Gemini `generateContent` and `streamGenerateContent`.

use serde_json::{Value, json};

use super::{Piece, Reply};

fn chunk(parts: &[Value], finish: Option<&str>, model: &str) -> Value {
    let mut candidate = json!({"content": {"role": "model", "parts": parts}, "index": 0});
    if let (Some(finish), Some(members)) = (finish, candidate.as_object_mut()) {
        members.insert("finishReason".to_owned(), json!(finish));
    }
    json!({
        "candidates": [candidate], "modelVersion": model, "responseId": "SimulatedVigil",
        "usageMetadata": {"promptTokenCount": 42, "candidatesTokenCount": 12, "totalTokenCount": 54},
    })
}

fn calls(reply: &Reply) -> impl Iterator<Item = Value> + '_ {
    reply.calls.iter().map(|call| json!({"functionCall": {"name": call.name, "args": call.arguments}}))
}

pub(crate) fn whole(reply: &Reply, model: &str) -> Value {
    let mut parts = Vec::new();
    if !reply.words.is_empty() {
        parts.push(json!({"text": reply.words.concat()}));
    }
    parts.extend(calls(reply));
    chunk(&parts, Some("STOP"), model)
}

/// The stream as server-sent events with CRLF, as Google writes them, or as one JSON array.
pub(crate) fn stream(reply: &Reply, model: &str, sse: bool) -> Vec<Piece> {
    let mut chunks: Vec<Value> =
        reply.words.iter().map(|word| chunk(&[json!({"text": word})], None, model)).collect();
    chunks.extend(calls(reply).map(|call| chunk(&[call], None, model)));
    chunks.push(chunk(&[json!({"text": ""})], Some("STOP"), model));
    if sse {
        return chunks.iter().map(|chunk| format!("data: {chunk}\r\n\r\n")).collect();
    }
    let mut out: Vec<Piece> = chunks
        .iter()
        .enumerate()
        .map(|(at, chunk)| format!("{}{chunk}", if at == 0 { "[" } else { "\n,\r\n" }))
        .collect();
    out.push("\n]\n".to_owned());
    out
}
