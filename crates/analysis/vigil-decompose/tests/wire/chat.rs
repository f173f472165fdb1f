//! The grammar of Chat Completions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::reply::{Call, Reply, events};

pub fn parse(body: &[u8], is_stream: bool) -> Reply {
    let mut reply = Reply::default();
    if is_stream {
        stream(body, &mut reply);
    } else {
        let value: Value = serde_json::from_slice(body).expect("a completion is JSON");
        whole(&value, &mut reply);
    }
    for (name, channel) in reply.channels.clone() {
        let for_calls = matches!(channel.stop.as_deref(), Some("tool_calls" | "function_call"));
        if for_calls && channel.calls.is_empty() {
            reply.problem(format!("{name} stops for a call and has none"));
        }
        if channel.stop.as_deref() == Some("stop") && !channel.calls.is_empty() {
            reply.problem(format!("{name} has a call and `stop`"));
        }
    }
    reply
}

fn without_calls(value: &Value) -> Value {
    let mut open = value.clone();
    for choice in open["choices"].as_array_mut().into_iter().flatten() {
        for holder in ["delta", "message"] {
            if let Some(members) = choice.get_mut(holder).and_then(Value::as_object_mut) {
                members.retain(|name, _| name != "tool_calls" && name != "function_call");
            }
        }
    }
    open
}

fn text_of(content: &Value) -> String {
    match content {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        other => panic!("content is {other}"),
    }
}

fn call_of(entry: &Value) -> Call {
    let custom = &entry["custom"];
    let (part, arguments) = if custom["name"].as_str().is_some_and(|name| !name.is_empty()) {
        (custom, "input")
    } else {
        (&entry["function"], "arguments")
    };
    Call {
        name: part["name"].as_str().unwrap_or_default().to_owned(),
        arguments: part[arguments].as_str().unwrap_or_default().to_owned(),
        id: entry["id"].as_str().map(str::to_owned),
    }
}

fn legacy_of(holder: &Value) -> Option<Call> {
    let function = holder.get("function_call").filter(|function| !function.is_null())?;
    let text = |name: &str| function[name].as_str().unwrap_or_default().to_owned();
    Some(Call { name: text("name"), arguments: text("arguments"), id: None })
}

fn rest_of(holder: &Value) -> Vec<String> {
    let kept =
        ["reasoning", "reasoning_content", "reasoning_details", "refusal", "executed_tools", "annotations"];
    kept.iter().filter_map(|name| holder.get(*name)).filter(|v| !v.is_null()).map(Value::to_string).collect()
}

fn whole(value: &Value, reply: &mut Reply) {
    for (place, choice) in value["choices"].as_array().into_iter().flatten().enumerate() {
        let message = &choice["message"];
        let channel = reply.channel(&format!("choice {place}"));
        channel.text = text_of(&message["content"]);
        channel.calls = message["tool_calls"].as_array().into_iter().flatten().map(call_of).collect();
        channel.calls.extend(legacy_of(message).filter(|call| !call.name.is_empty()));
        channel.stop = choice["finish_reason"].as_str().map(str::to_owned);
        channel.rest = rest_of(message);
    }
    reply.values.push(value.clone());
    reply.open.push(without_calls(value));
}

fn stream(body: &[u8], reply: &mut Reply) {
    let (events, finished) = events(body);
    if !finished {
        reply.problem("unfinished event");
    }
    let mut done = false;
    let mut ended = BTreeSet::new();
    let mut ids = BTreeSet::new();
    let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (_, data) in events {
        if done {
            reply.problem("event after [DONE]");
        }
        if data == "[DONE]" {
            done = true;
            continue;
        }
        let value: Value = serde_json::from_str(&data).expect("event data is JSON");
        ids.extend(value["id"].as_str().filter(|id| !id.is_empty()).map(str::to_owned));
        if value["object"] != "chat.completion.chunk" {
            reply.problem(format!("object is {}", value["object"]));
        }
        for choice in value["choices"].as_array().into_iter().flatten() {
            let name = format!("choice {}", choice["index"].as_u64().unwrap_or(0));
            let delta = if choice["delta"].is_object() { &choice["delta"] } else { &choice["message"] };
            let text = text_of(&delta["content"]);
            let entries: Vec<_> = delta["tool_calls"].as_array().into_iter().flatten().cloned().collect();
            if ended.contains(&name) && !(text.is_empty() && entries.is_empty()) {
                reply.problem(format!("{name} goes on after its end"));
            }
            let channel = reply.channels.entry(name.clone()).or_default();
            channel.text.push_str(&text);
            channel.rest.extend(rest_of(delta));
            let legacy = legacy_of(delta).map(|call| ("legacy".to_owned(), call));
            let before = places.keys().filter(|(of, _)| *of == name).count();
            let pieces = entries.iter().enumerate().map(|(at, entry)| {
                let index =
                    entry["index"].as_u64().map_or(format!("{}", before + at), |index| index.to_string());
                (index, call_of(entry))
            });
            for (index, piece) in pieces.chain(legacy).collect::<Vec<_>>() {
                let key = (name.clone(), index.clone());
                if let Some(&place) = places.get(&key) {
                    let call = &mut channel.calls[place];
                    call.arguments.push_str(&piece.arguments);
                    if call.name.is_empty() {
                        call.name = piece.name;
                    }
                } else if index != "legacy" || !piece.name.is_empty() {
                    if index != "legacy" && index != channel.calls.len().to_string() {
                        reply.problems.insert(format!("call index {index} out of order"));
                    }
                    if piece.name.is_empty() {
                        reply.problems.insert("a call begins without a name".to_owned());
                    }
                    places.insert(key, channel.calls.len());
                    channel.calls.push(piece);
                }
            }
            if let Some(stop) = choice["finish_reason"].as_str().filter(|stop| !stop.is_empty()) {
                channel.stop = Some(stop.to_owned());
                ended.insert(name);
            }
        }
        reply.open.push(without_calls(&value));
        reply.values.push(value);
    }
    if ids.len() > 1 {
        reply.problem("more than one id");
    }
    if !done {
        reply.problem("no [DONE]");
    }
}
