//! Calls to actions: what a call would do if it were run.

mod command;
mod draft;
mod patch;
mod place;
mod shell;
mod sql;
mod tool;

use serde_json::Value;
use vigil_core::wire::WireCall;
use vigil_core::{Action, Argument, Effect};

use crate::provenance::Conversation;
use draft::Drafts;
pub(crate) use place::Surroundings;

/// How many values of one call are looked up. More are as untrusted as the conversation can make them.
const MAX_ARGUMENTS: usize = 128;

/// Takes a call apart, seen in its conversation. A pure function: same call and conversation, same action.
pub fn decompose(call: &WireCall, conversation: &Conversation) -> Action {
    let mut drafts = Drafts::default();
    if call.duplicate_members {
        drafts.remark("duplicate_members");
    }
    if !conversation.is_readable() {
        drafts.remark("conversation_unknown");
    }
    let place = Surroundings::new(conversation.working_directory());
    let text = call.arguments.trim();
    let arguments = serde_json::from_str::<Value>(if text.is_empty() { "{}" } else { text }).ok();
    let declared = conversation.tool(&call.name);
    tool::decompose(&call.name, arguments.as_ref(), &call.arguments, declared, &place, &mut drafts);
    if drafts.effects.is_empty() {
        drafts.add(draft::Draft::unknown(&call.arguments));
    }
    let mut found = Vec::new();
    match &arguments {
        Some(value) => collect(value, String::new(), &mut found, 0),
        None => found.push((String::new(), call.arguments.clone())),
    }
    if found.len() > MAX_ARGUMENTS {
        drafts.remark("too_many_arguments");
        found.truncate(MAX_ARGUMENTS);
    }
    let mut lookup = conversation.lookup(&place);
    let arguments = found
        .into_iter()
        .map(|(pointer, value)| Argument { pointer, provenance: lookup.of(&value) })
        .collect();
    let effects = drafts
        .effects
        .into_iter()
        .map(|draft| Effect {
            provenance: draft.sources.iter().map(|source| lookup.of(source)).max().unwrap_or(lookup.floor()),
            verb: draft.verb,
            resource: draft.resource,
            reversibility: draft.reversibility,
            magnitude: draft.magnitude,
            command: draft.command,
        })
        .collect();
    Action { tool: call.name.clone(), effects, arguments, remarks: drafts.remarks }
}

/// Every string and number of the arguments with its JSON pointer.
fn collect(value: &Value, pointer: String, found: &mut Vec<(String, String)>, depth: usize) {
    if found.len() > MAX_ARGUMENTS || depth > 64 {
        return;
    }
    match value {
        Value::String(text) => found.push((pointer, text.clone())),
        Value::Number(number) => found.push((pointer, number.to_string())),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                collect(item, format!("{pointer}/{at}"), found, depth + 1);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                collect(member, format!("{pointer}/{name}"), found, depth + 1);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

pub(crate) use command::host_of;

/// Takes a shell text apart in no conversation. For fuzzing.
pub(crate) fn shell_effects(
    text: &str,
) -> (Vec<(vigil_core::Verb, vigil_core::Resource)>, Vec<&'static str>) {
    let mut drafts = Drafts::default();
    shell::decompose(text, None, &Surroundings::default(), &mut drafts);
    (drafts.effects.into_iter().map(|draft| (draft.verb, draft.resource)).collect(), drafts.remarks)
}

#[cfg(test)]
mod tests;
