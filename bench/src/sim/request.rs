//! What a request asks the simulator for.

use serde_json::Value;

use super::{Call, Reply, pieces};

/// The formats that the simulator plays, told by the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Anthropic,
    Chat,
    Responses,
    Gemini { stream: bool, sse: bool },
}

impl Format {
    pub(crate) fn of(path: &str, query: &str) -> Option<Self> {
        if path.ends_with("/messages") {
            Some(Self::Anthropic)
        } else if path.ends_with("/chat/completions") {
            Some(Self::Chat)
        } else if path.ends_with("/responses") {
            Some(Self::Responses)
        } else if path.ends_with(":generateContent") {
            Some(Self::Gemini { stream: false, sse: false })
        } else if path.ends_with(":streamGenerateContent") {
            Some(Self::Gemini { stream: true, sse: query.contains("alt=sse") })
        } else {
            None
        }
    }
}

/// The reply that a request's last message asks for; a script beside the request comes before what the message says.
pub(crate) fn reply_to(format: Format, request: &Value, script: Option<&str>) -> Reply {
    let (typed, has_result) = last_message(format, request);
    let text = script.unwrap_or(&typed);
    if has_result {
        return said("Thank you, that is all I needed. The work is done.");
    }
    let mut reply = Reply { words: Vec::new(), calls: Vec::new() };
    for line in text.lines() {
        let line = line.trim();
        if let Some(call) = line.strip_prefix("!call ") {
            let (name, arguments) = call.split_once(' ').unwrap_or((call, "{}"));
            let arguments =
                serde_json::from_str(arguments).unwrap_or_else(|_| Value::Object(serde_json::Map::new()));
            reply.calls.push(Call { name: name.to_owned(), arguments });
        } else if let Some(text) = line.strip_prefix("!say ") {
            reply.words.extend(pieces(text, 6));
        }
    }
    if reply.words.is_empty() && reply.calls.is_empty() {
        return said("Hello! I am a simulated model, and I have nothing to do.");
    }
    reply
}

fn said(text: &str) -> Reply {
    Reply { words: pieces(text, 6), calls: Vec::new() }
}

fn last_message(format: Format, request: &Value) -> (String, bool) {
    let list = match format {
        Format::Anthropic | Format::Chat => request.get("messages"),
        Format::Responses => request.get("input"),
        Format::Gemini { .. } => request.get("contents"),
    };
    let Some(last) = list.and_then(Value::as_array).and_then(|messages| messages.last()) else {
        return (list.and_then(Value::as_str).unwrap_or_default().to_owned(), false);
    };
    let role = last.get("role").and_then(Value::as_str).unwrap_or_default();
    let kind = last.get("type").and_then(Value::as_str).unwrap_or_default();
    let mut has_result = role == "tool" || kind.ends_with("_output");
    let parts = last.get("content").or_else(|| last.get("parts"));
    let mut text = parts.and_then(Value::as_str).unwrap_or_default().to_owned();
    for part in parts.and_then(Value::as_array).into_iter().flatten() {
        has_result |= part.get("type").and_then(Value::as_str) == Some("tool_result");
        has_result |= part.get("functionResponse").is_some();
        if let Some(more) = part.get("text").and_then(Value::as_str) {
            text.push_str(more);
            text.push('\n');
        }
    }
    (text, has_result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_becomes_a_call() {
        let request = json!({"messages": [{"role": "user", "content": "!say Let me look.\n!call Bash {\"command\":\"ls\"}"}]});
        let reply = reply_to(Format::Anthropic, &request, None);
        assert_eq!(reply.words.concat(), "Let me look.");
        assert_eq!(reply.calls, [Call { name: "Bash".to_owned(), arguments: json!({"command": "ls"}) }]);
    }

    #[test]
    fn a_tool_result_ends_the_work() {
        let request = json!({"input": [{"type": "function_call_output", "call_id": "c", "output": "x"}]});
        assert!(reply_to(Format::Responses, &request, None).calls.is_empty());
    }

    #[test]
    fn gemini_parts_are_read() {
        let request = json!({"contents": [{"role": "user", "parts": [{"text": "!call now {}"}]}]});
        assert_eq!(
            reply_to(Format::Gemini { stream: false, sse: false }, &request, None).calls[0].name,
            "now"
        );
    }
}
