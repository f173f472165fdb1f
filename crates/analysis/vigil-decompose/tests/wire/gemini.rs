//! The grammar of Gemini.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::reply::{Call, Reply, events};

pub(crate) fn parse(body: &[u8], is_stream: bool) -> Reply {
    let mut reply = Reply::default();
    let mut open = BTreeMap::new();
    for chunk in chunks(body, is_stream, &mut reply) {
        for (at, candidate) in chunk["candidates"].as_array().into_iter().flatten().enumerate() {
            let name = format!("candidate {}", candidate["index"].as_u64().unwrap_or(at as u64));
            for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
                add_part(&name, part, &mut open, &mut reply);
            }
            if let Some(reason) = candidate["finishReason"].as_str() {
                reply.channel(&name).stop = Some(reason.to_owned());
                open.remove(&name);
            }
        }
        reply.open.push(without_calls(&chunk));
        reply.values.push(chunk);
    }
    if !open.is_empty() {
        reply.problem("a call is open at the end");
    }
    reply
}

fn chunks(body: &[u8], is_stream: bool, reply: &mut Reply) -> Vec<Value> {
    let is_array = body.trim_ascii_start().starts_with(b"[");
    if is_stream && is_array {
        // Element by element: the array may have been cut.
        let mut rest = &body.trim_ascii_start()[1..];
        let mut found = Vec::new();
        loop {
            let skip = rest.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b',').count();
            rest = &rest[skip..];
            let mut elements = serde_json::Deserializer::from_slice(rest).into_iter::<Value>();
            let Some(Ok(element)) = elements.next() else { break };
            found.push(element);
            rest = &rest[elements.byte_offset()..];
        }
        if rest.trim_ascii() != b"]" || serde_json::from_slice::<Value>(body).is_err() {
            reply.problem("unfinished array");
        }
        return found;
    }
    if !is_stream {
        return vec![serde_json::from_slice(body).expect("a reply is JSON")];
    }
    let (events, finished) = events(body);
    if !finished {
        reply.problem("unfinished event");
    }
    events.into_iter().map(|(_, data)| serde_json::from_str(&data).expect("event data is JSON")).collect()
}

fn without_calls(chunk: &Value) -> Value {
    let mut open = chunk.clone();
    for candidate in open.get_mut("candidates").and_then(|found| found.as_array_mut()).into_iter().flatten() {
        if let Some(parts) = candidate.pointer_mut("/content/parts").and_then(|parts| parts.as_array_mut()) {
            parts.retain(|part| part.get("functionCall").is_none());
        }
    }
    open
}

fn add_part(name: &str, part: &Value, open: &mut BTreeMap<String, Value>, reply: &mut Reply) {
    let Some(call) = part.get("functionCall") else {
        open.remove(name);
        let channel = reply.channel(name);
        match part["text"].as_str() {
            Some(text) if part["thought"] != true => channel.text.push_str(text),
            _ => channel.rest.push(part.to_string()),
        }
        return;
    };
    if part.as_object().is_some_and(|members| members.len() > 1 && members.contains_key("text")) {
        reply.problem("a part with two kinds of data");
    }
    if let Some(called) = call["name"].as_str() {
        let arguments = call.get("args").cloned().unwrap_or_else(|| Value::Object(Default::default()));
        reply.channel(name).calls.push(Call {
            name: called.to_owned(),
            arguments: arguments.to_string(),
            id: call["id"].as_str().map(str::to_owned),
        });
        open.insert(name.to_owned(), arguments);
    }
    let Some(arguments) = open.get_mut(name) else { return reply.problem("a piece of no call") };
    for piece in call["partialArgs"].as_array().into_iter().flatten() {
        place(arguments, piece["jsonPath"].as_str().expect("a piece has a path"), &piece["stringValue"]);
    }
    if let Some(last) = reply.channel(name).calls.last_mut() {
        last.arguments = arguments.to_string();
    }
    if call["willContinue"] != true {
        open.remove(name);
    }
}

/// The recordings have strings only, and no names with dots.
fn place(arguments: &mut Value, path: &str, text: &Value) {
    let mut node = arguments;
    let path = path.strip_prefix('$').expect("a path begins at the root").replace('[', ".").replace(']', "");
    for step in path.split('.').skip(1) {
        match step.parse::<usize>() {
            Ok(at) => {
                if !node.is_array() {
                    *node = Value::Array(Vec::new());
                }
                let items = node.as_array_mut().unwrap();
                items.resize(items.len().max(at + 1), Value::Null);
                node = &mut items[at];
            }
            Err(_) => {
                if !node.is_object() {
                    *node = Value::Object(Default::default());
                }
                node = node.as_object_mut().unwrap().entry(step).or_insert(Value::Null);
            }
        }
    }
    let before = node.as_str().unwrap_or_default();
    *node = Value::from(format!("{before}{}", text.as_str().expect("a piece is a string")));
}
