//! A reply as a client reads it, by a strict grammar of its own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub name: String,
    pub arguments: String,
    pub id: Option<String>,
}

impl Call {
    pub fn value(&self) -> Value {
        if self.arguments.is_empty() {
            return Value::Object(serde_json::Map::new());
        }
        serde_json::from_str(&self.arguments).unwrap_or(Value::Null)
    }
}

/// Per channel (a choice), what it says and asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Channel {
    pub text: String,
    pub calls: Vec<Call>,
    pub stop: Option<String>,
    /// Reasoning, server tools, everything else that must stay as it is.
    pub rest: Vec<String>,
}

#[derive(Debug, Default)]
pub struct Reply {
    pub channels: BTreeMap<String, Channel>,
    pub problems: BTreeSet<String>,
    /// The JSON values without their calls.
    pub open: Vec<Value>,
    /// The JSON values.
    pub values: Vec<Value>,
}

impl Reply {
    pub fn calls(&self) -> Vec<Call> {
        self.channels.values().flat_map(|channel| channel.calls.clone()).collect()
    }

    pub fn problem(&mut self, what: impl Into<String>) {
        self.problems.insert(what.into());
    }

    pub fn channel(&mut self, name: &str) -> &mut Channel {
        self.channels.entry(name.to_owned()).or_default()
    }
}

/// An event with data, as the HTML standard dispatches it; what has no blank line is not dispatched.
pub fn events(body: &[u8]) -> (Vec<(Option<String>, String)>, bool) {
    let text = String::from_utf8(body.to_vec()).expect("a stream is UTF-8");
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut found = Vec::new();
    let (mut name, mut data): (Option<String>, Vec<String>) = (None, Vec::new());
    let mut lines: Vec<&str> = text.split('\n').collect();
    let rest = lines.pop().unwrap_or_default();
    for line in lines {
        if line.is_empty() {
            if !data.is_empty() {
                found.push((name.take(), data.join("\n")));
            }
            (name, data) = (None, Vec::new());
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => name = Some(value.to_owned()),
            "data" => data.push(value.to_owned()),
            "" | "id" | "retry" => {}
            other => panic!("unknown field {other:?}"),
        }
    }
    (found, rest.is_empty() && data.is_empty())
}

/// Every string in a value, members' names too; strings that are JSON are opened.
pub fn strings(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            into.push(text.clone());
            if text.starts_with(['{', '[', '"'])
                && let Ok(inner) = serde_json::from_str::<Value>(text)
                && inner != *value
            {
                strings(&inner, into);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, into)),
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            into.push(name.clone());
            strings(value, into);
        }),
        _ => {}
    }
}

/// What of calls that are gone can still be seen in a reply, and not in the part of the recording that may be seen.
pub fn leaks(delivered: &Reply, recorded: &Reply, gone: &[Call], kept: &[Call]) -> Vec<String> {
    let all = |values: &[Value], calls: &[Call]| {
        let mut found = Vec::new();
        values.iter().for_each(|value| strings(value, &mut found));
        for call in calls {
            found.extend([call.arguments.clone(), call.name.clone(), call.value().to_string()]);
            strings(&call.value(), &mut found);
        }
        found
    };
    let may = all(&recorded.open, kept);
    let seen = all(&delivered.values, &[]);
    let (may_text, seen_text) = (may.join("\0"), seen.join("\0") + &seen.concat());
    let mut found = Vec::new();
    for call in gone {
        let mut needles = vec![call.arguments.clone(), call.value().to_string()];
        strings(&call.value(), &mut needles);
        for needle in needles.into_iter().filter(|needle| needle.len() >= 8) {
            if seen_text.contains(&needle) && !may_text.contains(&needle) {
                found.push(needle);
            }
        }
        if seen.contains(&call.name) && !may.contains(&call.name) {
            found.push(call.name.clone());
        }
    }
    found
}
