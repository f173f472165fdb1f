//! The grammar of Anthropic Messages.

use serde_json::Value;

use crate::reply::{Call, Reply, events};

const CHANNEL: &str = "message";

pub fn parse(body: &[u8], is_stream: bool) -> Reply {
    let mut reply = Reply::default();
    if is_stream {
        stream(body, &mut reply);
    } else {
        let message: Value = serde_json::from_slice(body).expect("a message is JSON");
        whole(&message, &mut reply);
    }
    if let Some(channel) = reply.channels.get(CHANNEL).cloned() {
        let stopped_for_calls = channel.stop.as_deref() == Some("tool_use");
        if stopped_for_calls && channel.calls.is_empty() {
            reply.problem("tool_use and no call");
        }
        if channel.stop.as_deref() == Some("end_turn") && !channel.calls.is_empty() {
            reply.problem("end_turn and a call");
        }
    }
    reply
}

fn whole(message: &Value, reply: &mut Reply) {
    for block in message["content"].as_array().into_iter().flatten() {
        add_block(block, None, reply);
    }
    if let Some(stop) = message["stop_reason"].as_str() {
        reply.channel(CHANNEL).stop = Some(stop.to_owned());
    }
    reply.values.push(message.clone());
    reply.open.push(without_calls(message));
}

fn without_calls(message: &Value) -> Value {
    let mut open = message.clone();
    if let Some(content) = open["content"].as_array_mut() {
        content.retain(|block| block["type"] != "tool_use");
    }
    open
}

fn add_block(block: &Value, streamed: Option<&str>, reply: &mut Reply) {
    let channel = reply.channel(CHANNEL);
    match block["type"].as_str().expect("a block has a type") {
        "text" => channel.text.push_str(block["text"].as_str().expect("a text block has a text")),
        "tool_use" => channel.calls.push(Call {
            name: block["name"].as_str().expect("a call has a name").to_owned(),
            arguments: streamed.map_or_else(|| block["input"].to_string(), str::to_owned),
            id: block["id"].as_str().map(str::to_owned),
        }),
        _ => channel.rest.push(format!("{block}{}", streamed.unwrap_or_default())),
    }
}

fn stream(body: &[u8], reply: &mut Reply) {
    let (events, finished) = events(body);
    if !finished {
        reply.problem("unfinished event");
    }
    let mut open: Option<(u64, Value, String)> = None;
    let (mut next, mut ended) = (0, false);
    for (name, data) in events {
        let value: Value = serde_json::from_str(&data).expect("event data is JSON");
        let kind = value["type"].as_str().unwrap_or_default().to_owned();
        if name.as_deref() != Some(&kind) {
            reply.problem(format!("event {name:?} of type {kind}"));
        }
        if ended && kind != "ping" {
            reply.problem(format!("{kind} after the end"));
        }
        let index = value["index"].as_u64();
        let mut is_call = false;
        match kind.as_str() {
            "message_start" => {
                let message = &value["message"];
                whole(message, reply);
                reply.values.pop();
                next = message["content"].as_array().map_or(0, |content| content.len() as u64);
            }
            "content_block_start" => {
                if open.is_some() || index != Some(next) {
                    reply.problem("block out of order");
                }
                is_call = value["content_block"]["type"] == "tool_use";
                open = Some((next, value["content_block"].clone(), String::new()));
                next += 1;
            }
            "content_block_delta" => match &mut open {
                Some((at, block, streamed)) if index == Some(*at) => {
                    is_call = block["type"] == "tool_use";
                    let delta = &value["delta"];
                    match delta["type"].as_str().unwrap_or_default() {
                        "text_delta" if block["type"] == "text" => {
                            let text = format!(
                                "{}{}",
                                block["text"].as_str().unwrap(),
                                delta["text"].as_str().unwrap()
                            );
                            block["text"] = Value::from(text);
                        }
                        "input_json_delta" => streamed.push_str(delta["partial_json"].as_str().unwrap()),
                        _ => streamed.push_str(&delta.to_string()),
                    }
                }
                _ => reply.problem("delta outside of its block"),
            },
            "content_block_stop" => match open.take() {
                Some((at, block, streamed)) if index == Some(at) => {
                    is_call = block["type"] == "tool_use";
                    add_block(&block, Some(streamed.as_str()).filter(|text| !text.is_empty()), reply);
                }
                _ => reply.problem("stop outside of its block"),
            },
            "message_delta" => {
                if let Some(stop) = value["delta"]["stop_reason"].as_str() {
                    reply.channel(CHANNEL).stop = Some(stop.to_owned());
                }
            }
            "message_stop" | "error" => ended = true,
            "ping" => {}
            other => reply.problem(format!("unknown event {other}")),
        }
        if !is_call && kind != "message_start" {
            reply.open.push(value.clone());
        }
        reply.values.push(value);
    }
    if open.is_some() {
        reply.problem("open block at the end");
    }
    if !ended {
        reply.problem("no end");
    }
}
