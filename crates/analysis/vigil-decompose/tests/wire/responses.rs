//! The grammar of OpenAI Responses.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::reply::{Call, Reply, events};

const CHANNEL: &str = "output";
const CALL_EVENTS: [&str; 6] = [
    "response.function_call_arguments.",
    "response.custom_tool_call_input.",
    "response.shell_call_command.",
    "response.apply_patch_call_operation_diff.",
    "response.local_shell_call.",
    "response.computer_call.",
];

pub(crate) fn parse(body: &[u8], is_stream: bool) -> Reply {
    let mut reply = Reply::default();
    if is_stream {
        Stream::default().read(body, &mut reply);
        return reply;
    }
    let value: Value = serde_json::from_slice(body).expect("a response is JSON");
    for item in value["output"].as_array().into_iter().flatten() {
        add_item(item, &mut reply);
    }
    if let Some(status) = value["status"].as_str() {
        reply.channel(CHANNEL).stop = Some(status.to_owned());
    }
    reply.open.push(without_calls(&value));
    reply.values.push(value);
    reply
}

fn is_call(item: &Value) -> bool {
    match item["type"].as_str().unwrap_or_default() {
        "tool_search_call" => item["execution"] == "client",
        "function_call"
        | "custom_tool_call"
        | "local_shell_call"
        | "shell_call"
        | "apply_patch_call"
        | "computer_call"
        | "mcp_approval_request" => true,
        _ => false,
    }
}

fn without_calls(value: &Value) -> Value {
    let kind = value["type"].as_str().unwrap_or_default();
    if is_call(&value["item"]) || CALL_EVENTS.iter().any(|beginning| kind.starts_with(beginning)) {
        return Value::Null;
    }
    let mut open = value.clone();
    if let Some(output) = open.get_mut("output").and_then(|output| output.as_array_mut()) {
        output.retain(|item| !is_call(item));
    }
    if let Some(response) = open.get_mut("response").filter(|response| response.is_object()) {
        *response = without_calls(response);
    }
    open
}

fn add_item(item: &Value, reply: &mut Reply) {
    let channel = reply.channel(CHANNEL);
    let kind = item["type"].as_str().expect("an item has a type");
    if is_call(item) {
        let (name, arguments) = match kind {
            "local_shell_call" | "shell_call" | "computer_call" => {
                (kind.strip_suffix("_call"), &item["action"])
            }
            "apply_patch_call" => (Some("apply_patch"), &item["operation"]),
            "tool_search_call" => (Some("tool_search"), &item["arguments"]),
            "custom_tool_call" => (item["name"].as_str(), &item["input"]),
            _ => (item["name"].as_str(), &item["arguments"]),
        };
        channel.calls.push(Call {
            name: name.expect("a call has a name").to_owned(),
            arguments: arguments.as_str().map_or_else(|| arguments.to_string(), str::to_owned),
            id: item["call_id"].as_str().or(item["id"].as_str()).map(str::to_owned),
        });
    } else if kind == "message" {
        assert_eq!(item["role"], "assistant");
        texts(item).iter().for_each(|text| channel.text.push_str(text));
    } else {
        channel.rest.push(item.to_string());
    }
}

fn texts(message: &Value) -> Vec<String> {
    let parts = message["content"].as_array().expect("a message has content");
    let text =
        |part: &Value| part["text"].as_str().or(part["refusal"].as_str()).unwrap_or_default().to_owned();
    parts.iter().map(text).collect()
}

/// What must be the same in an item when it is sent and when it is repeated at the end.
fn essence(item: &Value) -> Value {
    match item["type"].as_str() {
        Some("message") => Value::from(vec![item["id"].clone(), Value::from(texts(item))]),
        _ => ["id", "type", "call_id", "name", "arguments", "input"]
            .iter()
            .map(|name| item[*name].clone())
            .collect(),
    }
}

#[derive(Default)]
struct Stream {
    open: BTreeMap<u64, Open>,
    added: u64,
    closed: Vec<Value>,
    number: u64,
    ended: bool,
}

struct Open {
    item: Value,
    parts: BTreeMap<u64, String>,
    arguments: Option<String>,
}

impl Stream {
    fn read(mut self, body: &[u8], reply: &mut Reply) {
        let (events, finished) = events(body);
        if !finished {
            reply.problem("unfinished event");
        }
        for (name, data) in events.into_iter().filter(|(_, data)| data != "[DONE]") {
            let value: Value = serde_json::from_str(&data).expect("event data is JSON");
            let kind = value["type"].as_str().unwrap_or_default().to_owned();
            if name.is_some_and(|name| name != kind) {
                reply.problem("an event's name is not its type");
            }
            if self.ended {
                reply.problem("something after the end");
            }
            match value["sequence_number"].as_u64() {
                Some(number) if number < self.number => reply.problem("sequence_number falls"),
                Some(number) => self.number = number,
                None => reply.problem("no sequence_number"),
            }
            self.event(&kind, &value, reply);
            reply.open.push(without_calls(&value));
            reply.values.push(value);
        }
        if !self.open.is_empty() || !self.ended {
            reply.problem("not finished");
        }
    }

    fn event(&mut self, kind: &str, value: &Value, reply: &mut Reply) {
        match kind {
            "response.completed" | "response.incomplete" | "response.failed" => {
                self.ended = true;
                let response = &value["response"];
                reply.channel(CHANNEL).stop = response["status"].as_str().map(str::to_owned);
                let output = response["output"].as_array().cloned().unwrap_or_default();
                let same = output.iter().map(essence).eq(self.closed.iter().map(essence));
                if !output.is_empty() && !same {
                    reply.problem("the closing object differs from the stream");
                }
            }
            "error" => self.ended = true,
            "response.output_item.added" => {
                if value["output_index"].as_u64() != Some(self.added) {
                    reply.problem("an item is added at the wrong place");
                }
                self.added += 1;
                let open = Open { item: value["item"].clone(), parts: BTreeMap::new(), arguments: None };
                self.open.insert(value["output_index"].as_u64().expect("an item has a place"), open);
            }
            _ => self.inside(kind, value, reply),
        }
    }

    fn inside(&mut self, kind: &str, value: &Value, reply: &mut Reply) {
        let Some(index) = value["output_index"].as_u64() else { return };
        let Some(open) = self.open.get_mut(&index) else {
            return reply.problem(format!("{kind} for no open item"));
        };
        let item_id = &value["item_id"];
        if !item_id.is_null() && !open.item["id"].is_null() && *item_id != open.item["id"] {
            reply.problem("item_id of another item");
        }
        if kind == "response.output_item.done" {
            let item = &value["item"];
            let texts_differ = || texts(item) != open.parts.values().cloned().collect::<Vec<_>>();
            if item["type"] != open.item["type"] {
                reply.problem("an item changes its type");
            } else if item["type"] == "message" && !open.parts.is_empty() && texts_differ() {
                reply.problem("a message differs from its parts");
            }
            let arguments = item["arguments"].as_str().or(item["input"].as_str());
            if open.arguments.is_some() && open.arguments.as_deref() != arguments {
                reply.problem("a call differs from its pieces");
            }
            add_item(item, reply);
            self.closed.push(item.clone());
            self.open.remove(&index);
            return;
        }
        match kind.strip_prefix("response.").unwrap_or_default() {
            "function_call_arguments.delta" | "custom_tool_call_input.delta" => {
                let delta = value["delta"].as_str().expect("a delta is a text");
                open.arguments.get_or_insert_default().push_str(delta);
            }
            "content_part.added" => {
                open.parts
                    .insert(value["content_index"].as_u64().expect("a part has a place"), String::new());
            }
            "output_text.delta" | "refusal.delta" | "reasoning_text.delta" => {
                match value["content_index"].as_u64().and_then(|at| open.parts.get_mut(&at)) {
                    Some(part) => part.push_str(value["delta"].as_str().expect("a delta is a text")),
                    None => reply.problem("a delta for no open part"),
                }
            }
            "output_text.done" | "refusal.done" | "reasoning_text.done" | "content_part.done" => {
                let of_part = &value["part"];
                let text = [&value["text"], &value["refusal"], &of_part["text"], &of_part["refusal"]];
                let text = text.iter().find_map(|text| text.as_str());
                let part = value["content_index"].as_u64().and_then(|at| open.parts.get(&at));
                if part.map(String::as_str) != text {
                    reply.problem("a part differs from its deltas");
                }
            }
            _ => {}
        }
    }
}
