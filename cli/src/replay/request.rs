//! The requests of a session: the body that grows by what each turn adds.

use serde_json::{Value, json};

use super::session::RecordedCall;

/// The body of an OpenAI Chat request. It only ever grows at its end, as the bodies of coding agents do.
#[derive(Debug)]
pub(crate) struct Conversation {
    // INVARIANT: JSON up to the last message, without what closes the list.
    text: String,
    messages: usize,
    /// Calls of the last assistant message that no tool has answered yet.
    open_calls: Vec<String>,
    calls: usize,
}

impl Conversation {
    /// A conversation in which nothing was said. `tools` is JSON.
    pub(crate) fn new(model: &str, tools: &str, workdir: Option<&str>) -> Self {
        let text = format!("{{\"model\":{},\"stream\":true,\"tools\":{tools},\"messages\":[", json!(model));
        let mut new = Self { text, messages: 0, open_calls: Vec::new(), calls: 0 };
        if let Some(workdir) = workdir {
            new.push(&json!({"role": "system", "content": format!("Working directory: {workdir}\n")}));
        }
        new
    }

    pub(crate) fn user(&mut self, text: &str) {
        self.push(&json!({"role": "user", "content": text}));
    }

    pub(crate) fn assistant(&mut self, text: &str, calls: &[RecordedCall]) {
        self.open_calls.clear();
        let mut message = json!({"role": "assistant", "content": text});
        let calls: Vec<Value> = calls
            .iter()
            .map(|call| {
                self.calls += 1;
                let id = format!("call_{}", self.calls);
                self.open_calls.push(id.clone());
                json!({"id": id, "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments_text()}})
            })
            .collect();
        if let (false, Some(members)) = (calls.is_empty(), message.as_object_mut()) {
            members.insert("tool_calls".to_owned(), Value::Array(calls));
        }
        self.push(&message);
    }

    pub(crate) fn tool(&mut self, name: &str, output: &str) {
        let id = match self.open_calls.is_empty() {
            false => self.open_calls.remove(0),
            true => format!("call_{}", self.calls),
        };
        self.push(&json!({"role": "tool", "tool_call_id": id, "name": name, "content": output}));
    }

    /// The body of the next request.
    pub(crate) fn body(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.text.len() + 2);
        body.extend_from_slice(self.text.as_bytes());
        body.extend_from_slice(b"]}");
        body
    }

    fn push(&mut self, message: &Value) {
        if self.messages > 0 {
            self.text.push(',');
        }
        self.messages += 1;
        self.text += &message.to_string();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_body_begins_with_the_earlier_one() {
        let call = |name: &str| RecordedCall { name: name.to_owned(), arguments: json!({"a": "ü\n\""}) };
        let mut conversation = Conversation::new("m", "[]", Some("/w"));
        conversation.user("do \"it\"");
        let first = conversation.body();
        conversation.assistant("", &[call("one"), call("two")]);
        conversation.tool("one", "1");
        conversation.tool("two", "2");
        conversation.tool("nobody asked", "3");
        let second = conversation.body();
        assert!(second.starts_with(&first[..first.len() - 2]));
        let value: Value = serde_json::from_slice(&second).unwrap();
        let ids: Vec<_> =
            value["messages"].as_array().unwrap().iter().map(|m| m["tool_call_id"].as_str()).collect();
        assert_eq!(ids, [None, None, None, Some("call_1"), Some("call_2"), Some("call_2")]);
        assert_eq!(value["messages"][2]["tool_calls"][1]["function"]["name"], "two");
    }
}
