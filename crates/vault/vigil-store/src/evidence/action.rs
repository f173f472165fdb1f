//! The evidence behind a `gate_decision`.

use vigil_core::message::Decision;
use vigil_core::{Argument, Effect, Resource};

use super::Evidence;
use super::object::{Object, omitted};
use super::strict::is_strict_json;
use crate::record::{MAX_TEXT_BYTES, json_text};

/// From this many bytes on arguments are told by digest and length: an object has at most 2^20 bytes.
const MAX_ARGUMENT_BYTES: usize = 768 << 10;

/// How much of a decision is written out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Full,
    /// Arguments by digest, and no commands.
    NoArguments,
    /// Lists by their lengths too.
    Counts,
}

/// Makes the object for a decision. `remark` says what its record does not show.
pub(crate) fn action_evidence(decision: &Decision, salt: &[u8; 16], remark: Option<&str>) -> Evidence {
    let fits = |bytes: &Vec<u8>| bytes.len() <= MAX_TEXT_BYTES;
    let first = if decision.captured.call.arguments.len() > MAX_ARGUMENT_BYTES {
        Detail::NoArguments
    } else {
        Detail::Full
    };
    let mut bytes = spell(decision, salt, remark, first);
    if !fits(&bytes) {
        bytes = spell(decision, salt, remark, Detail::NoArguments);
    }
    if !fits(&bytes) {
        bytes = spell(decision, salt, remark, Detail::Counts);
    }
    Evidence::new(bytes)
}

fn spell(decision: &Decision, salt: &[u8; 16], remark: Option<&str>, detail: Detail) -> Vec<u8> {
    let captured = &decision.captured;
    let counts = detail == Detail::Counts;
    let mut object = Object::evidence("action", salt);
    object.raw("action", &action(decision, detail));
    object.nullable("model", short(captured.model.as_deref(), counts));
    object.text("session", if counts { "" } else { &captured.head.session.0 });
    object.text("agent", if counts { "" } else { &captured.head.agent });
    object.text("reason", if counts { "" } else { &decision.reason });
    object.nullable("told", short(decision.told.as_deref(), counts));
    object.nullable("remark", remark);
    if counts {
        object.number("rule_ids_count", decision.rule_ids.len() as u64);
        let classification = vigil_core::Classification {
            tier: decision.classification.tier,
            ..vigil_core::Classification::default()
        };
        object.judgement(&classification, &decision.policy.digest, decision.capability_digest.as_ref());
    } else {
        object.texts("rule_ids", &decision.rule_ids);
        object.judgement(
            &decision.classification,
            &decision.policy.digest,
            decision.capability_digest.as_ref(),
        );
    }
    object.finish()
}

fn action(decision: &Decision, detail: Detail) -> Vec<u8> {
    let (call, taken_apart) = (&decision.captured.call, &decision.action);
    let mut object = Object::new();
    if detail == Detail::Counts {
        object.raw("tool", &omitted(call.name.as_bytes()));
        object.raw("arguments", &omitted(call.arguments.as_bytes()));
        object.raw("effects", b"[]");
        object.number("effects_count", taken_apart.effects.len() as u64);
        return object.finish();
    }
    object.text("tool", &call.name);
    object.nullable("call_id", call.id.as_deref());
    object.bool("duplicate_members", call.duplicate_members);
    if detail == Detail::NoArguments {
        object.raw("arguments", &omitted(call.arguments.as_bytes()));
    } else if is_strict_json(&call.arguments) {
        object.raw("arguments", call.arguments.trim().as_bytes());
    } else {
        object.text("arguments", &call.arguments);
    }
    object.list("effects", &taken_apart.effects, |one, out| effect(one, detail, out));
    if detail == Detail::Full {
        object.list("provenance", &taken_apart.arguments, |argument: &Argument, out| {
            let mut entry = Object::new();
            entry.text("pointer", &argument.pointer);
            entry.text("provenance", argument.provenance.token());
            out.extend_from_slice(&entry.finish());
        });
    }
    object.texts("remarks", &taken_apart.remarks);
    object.finish()
}

fn effect(effect: &Effect, detail: Detail, out: &mut Vec<u8>) {
    let mut object = Object::new();
    object.text("verb", effect.verb.token());
    object.raw("resource", &resource(&effect.resource));
    object.text("reversibility", effect.reversibility.token());
    let mut magnitude = Object::new();
    magnitude.number("count", effect.magnitude.count);
    magnitude.bool("recursive", effect.magnitude.recursive);
    magnitude.bool("outward", effect.magnitude.outward);
    object.raw("magnitude", &magnitude.finish());
    object.text("provenance", effect.provenance.token());
    // The words of a command are arguments.
    if detail == Detail::Full && !effect.command.is_empty() {
        object.list("command", &effect.command, |word, out| json_text(word, out));
    }
    out.extend_from_slice(&object.finish());
}

fn resource(resource: &Resource) -> Vec<u8> {
    let mut object = Object::new();
    object.text("kind", resource.kind());
    match resource {
        Resource::Path(name)
        | Resource::Host(name)
        | Resource::Url(name)
        | Resource::Credential(name)
        | Resource::DataStore(name)
        | Resource::Memory(name) => object.text("name", name),
        Resource::Command(argv) => object.list("argv", argv, |word, out| json_text(word, out)),
        Resource::Package { ecosystem, name } => {
            object.text("ecosystem", ecosystem);
            object.text("name", name);
        }
        Resource::Message { recipients } => object.texts("recipients", recipients),
        Resource::Money { amount, currency, payee } => {
            object.text("amount", amount);
            object.text("currency", currency);
            object.text("payee", payee);
        }
        Resource::Unknown => {}
    }
    object.finish()
}

fn short(value: Option<&str>, counts: bool) -> Option<&str> {
    value.filter(|_| !counts)
}
