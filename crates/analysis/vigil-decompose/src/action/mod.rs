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
use vigil_core::{Action, Argument, Effect, Provenance, Verb};

use crate::intent::{ASKED_FOR, FOUND_AS_DATA, TOLD_BY_CONTENT, Wishes, told_by_name};
use crate::provenance::Conversation;
use draft::Drafts;
pub(crate) use place::Surroundings;
pub(crate) use tool::words;

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
    let mut told = false;
    let by_shell = drafts.effects.iter().any(|draft| !draft.command.is_empty());
    let arguments: Vec<Argument> = found
        .into_iter()
        .map(|(pointer, value)| {
            let provenance = lookup.of(&value);
            told = told || !by_shell && provenance == Provenance::Untrusted && lookup.told(&value);
            Argument { pointer, provenance }
        })
        .collect();
    let effects: Vec<Effect> = drafts
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
    let mut remarks = drafts.remarks;
    if !by_shell && conversation.is_readable() {
        remarks.extend(wanted(&call.name, &effects, &arguments, told, conversation));
    }
    Action { tool: call.name.clone(), effects, arguments, remarks }
}

/// The remarks on who wants the action.
///
/// Commands of a shell have none: their words are not those in which people ask.
fn wanted(
    tool: &str,
    effects: &[Effect],
    arguments: &[Argument],
    told: bool,
    conversation: &Conversation,
) -> Vec<&'static str> {
    let acts = effects.iter().any(|effect| effect.verb != Verb::Read);
    let wishes = Wishes::of(conversation.user_text());
    let mut remarks = Vec::new();
    let told = if acts {
        told
    } else {
        // A look at something is of note only when content demands it and the user does not speak of it.
        // What it looks for tells more than its name: only one that looks for nothing in particular.
        let own = arguments.iter().all(|argument| argument.provenance == Provenance::Model);
        let texts = [conversation.untrusted_text(), conversation.readings_text()];
        own && !wishes.name(tool) && texts.iter().any(|text| told_by_name(text, tool))
    };
    if told {
        remarks.push(TOLD_BY_CONTENT);
    }
    if acts && wishes.ask_for(tool, effects) {
        remarks.push(ASKED_FOR);
    } else if acts && !told {
        remarks.push(FOUND_AS_DATA);
    }
    remarks
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
