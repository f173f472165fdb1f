//! What an agent heard, and what it would make of it.

use std::collections::BTreeSet;

use serde_json::Value;

/// A reply, as far as it came.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// The status, once the reply was whole; with HTTP/2 once its head came.
    pub status: Option<u16>,
    /// Every byte of the body that came, transfer coding undone.
    pub body: Vec<u8>,
    /// Why there is no more of it; nothing when the reply is whole.
    pub broke: Option<String>,
}

/// A call that the agent would run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeardCall {
    /// The tool.
    pub name: String,
    /// The arguments, as far as they came.
    pub arguments: String,
}

/// Ids of calls as the simulator makes them: one of these, then twelve hexadecimal digits.
const ID_PREFIXES: [&str; 3] = ["toolu_", "call_", "fc_"];
const ID_DIGITS: usize = 12;

impl Heard {
    /// Whether the whole reply came.
    pub const fn is_whole(&self) -> bool {
        self.broke.is_none()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The digits of every id of a call that stands anywhere in what came, complete or not.
    pub fn call_ids(&self) -> BTreeSet<String> {
        let text = self.text();
        let mut found = BTreeSet::new();
        for prefix in ID_PREFIXES {
            for (at, _) in text.match_indices(prefix) {
                let rest = text.get(at + prefix.len()..).unwrap_or_default();
                let digits: String =
                    rest.chars().take_while(char::is_ascii_hexdigit).take(ID_DIGITS).collect();
                if digits.len() == ID_DIGITS {
                    found.insert(digits);
                }
            }
        }
        found
    }

    /// The calls that an SDK would hand to its program.
    pub fn calls(&self) -> Vec<HeardCall> {
        let mut calls = Vec::new();
        for event in self.events() {
            call_of(&event, &mut calls);
        }
        calls
    }

    /// All text that stands in the reply.
    pub fn said(&self) -> String {
        let mut said = String::new();
        for event in self.events() {
            for pointer in TEXTS {
                said.push_str(event.pointer(pointer).and_then(Value::as_str).unwrap_or_default());
            }
            for list in ["/content", "/candidates/0/content/parts"] {
                for part in event.pointer(list).and_then(Value::as_array).into_iter().flatten() {
                    said.push_str(part.get("text").and_then(Value::as_str).unwrap_or_default());
                }
            }
            for item in event.get("output").and_then(Value::as_array).into_iter().flatten() {
                for part in item.get("content").and_then(Value::as_array).into_iter().flatten() {
                    said.push_str(part.get("text").and_then(Value::as_str).unwrap_or_default());
                }
            }
        }
        said
    }

    /// The events of a stream, or the one value of a whole reply.
    fn events(&self) -> Vec<Value> {
        if let Ok(whole) = serde_json::from_slice(&self.body) {
            return vec![whole];
        }
        let text = self.text();
        let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
        data.filter_map(|data| serde_json::from_str(data.trim()).ok()).collect()
    }
}

/// Where the four dialects say text in an event or a whole reply. Responses repeats text in its later events; the deltas
/// are what a program shows.
const TEXTS: [&str; 3] = ["/delta/text", "/choices/0/delta/content", "/choices/0/message/content"];

fn call_of(event: &Value, calls: &mut Vec<HeardCall>) {
    let text =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let is = |value: &Value, kind: &str| value.get("type").and_then(Value::as_str) == Some(kind);
    // Anthropic.
    if let Some(block) = event.get("content_block").filter(|block| is(block, "tool_use")) {
        calls.push(HeardCall { name: text(block, "name"), arguments: String::new() });
    }
    if let (Some(piece), Some(call)) = (event.pointer("/delta/partial_json"), calls.last_mut()) {
        call.arguments.push_str(piece.as_str().unwrap_or_default());
    }
    for block in event.get("content").and_then(Value::as_array).into_iter().flatten() {
        if is(block, "tool_use") {
            let arguments = block.get("input").map(Value::to_string).unwrap_or_default();
            calls.push(HeardCall { name: text(block, "name"), arguments });
        }
    }
    // OpenAI Chat Completions.
    for call in event.pointer("/choices/0/delta/tool_calls").and_then(Value::as_array).into_iter().flatten() {
        let function = call.get("function").unwrap_or(&Value::Null);
        if function.get("name").is_some() {
            calls.push(HeardCall { name: text(function, "name"), arguments: String::new() });
        }
        if let Some(known) = calls.last_mut() {
            known.arguments.push_str(&text(function, "arguments"));
        }
    }
    for call in event.pointer("/choices/0/message/tool_calls").and_then(Value::as_array).into_iter().flatten()
    {
        let function = call.get("function").unwrap_or(&Value::Null);
        calls.push(HeardCall { name: text(function, "name"), arguments: text(function, "arguments") });
    }
    // OpenAI Responses: the item when it is done, or the items of a whole reply.
    let done = event.get("item").filter(|_| is(event, "response.output_item.done"));
    for item in done.into_iter().chain(event.get("output").and_then(Value::as_array).into_iter().flatten()) {
        if is(item, "function_call") {
            calls.push(HeardCall { name: text(item, "name"), arguments: text(item, "arguments") });
        }
    }
    // Gemini.
    for part in event.pointer("/candidates/0/content/parts").and_then(Value::as_array).into_iter().flatten() {
        if let Some(call) = part.get("functionCall") {
            let arguments = call.get("args").map(Value::to_string).unwrap_or_default();
            calls.push(HeardCall { name: text(call, "name"), arguments });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_in_a_cut_reply_is_seen() {
        let heard = Heard { body: b"data: {\"id\":\"toolu_0123456789ab\",\"na".to_vec(), ..Heard::default() };
        assert_eq!(heard.call_ids().into_iter().collect::<Vec<_>>(), ["0123456789ab"]);
        assert!(heard.calls().is_empty());
    }
}
