//! The evidence behind an `interaction`: the structured form of both sides, without message text.

use vigil_core::message::{Ending, ExchangeDecided};
use vigil_core::wire::WireCall;

use super::Evidence;
use super::object::{Object, omitted};
use super::strict::is_strict_json;
use crate::record::MAX_TEXT_BYTES;

/// Makes the object for an exchange.
pub(crate) fn exchange_evidence(exchange: &ExchangeDecided, salt: &[u8; 16]) -> Evidence {
    let mut bytes = spell(exchange, salt, false);
    if bytes.len() > MAX_TEXT_BYTES {
        bytes = spell(exchange, salt, true);
    }
    Evidence::new(bytes)
}

fn spell(exchange: &ExchangeDecided, salt: &[u8; 16], brief: bool) -> Vec<u8> {
    let mut object = Object::evidence("interaction", salt);
    object.raw("request", &request(exchange, brief));
    object.raw("response", &response(exchange, brief));
    if brief {
        let classification = vigil_core::Classification {
            tier: exchange.classification.tier,
            ..vigil_core::Classification::default()
        };
        object.judgement(&classification, &exchange.policy.digest, None);
    } else {
        object.judgement(&exchange.classification, &exchange.policy.digest, None);
    }
    object.finish()
}

fn request(exchange: &ExchangeDecided, brief: bool) -> Vec<u8> {
    let (finished, classified) = (&exchange.finished, exchange.classified.as_deref());
    let head = &finished.head;
    let mut object = Object::new();
    if brief {
        object.raw("path", &omitted(head.path.as_bytes()));
    } else {
        object.text("method", &head.method);
        object.text("host", &head.host);
        object.text("path", &head.path);
        object.text("agent", &head.agent);
        object.text("session", &head.session.0);
        object.text("client_ref", &head.client_ref);
        let conversation = classified.and_then(|classified| classified.conversation_ref.as_deref());
        object.nullable("conversation_ref", head.conversation_ref.as_deref().or(conversation));
        object.nullable("model", classified.and_then(|classified| classified.model.as_deref()));
    }
    object.number("at_us", head.at.micros);
    object.count("body_bytes", finished.request_bytes);
    object.count("messages", classified.map(|classified| classified.messages.into()));
    object.count("tools", classified.map(|classified| classified.tools.into()));
    object.finish()
}

fn response(exchange: &ExchangeDecided, brief: bool) -> Vec<u8> {
    let finished = &exchange.finished;
    let mut object = Object::new();
    object.count("status", finished.status.map(u64::from));
    object.text("ending", ending(&finished.ending));
    object.nullable(
        "refused",
        match &finished.ending {
            Ending::Refused(why) if !brief => Some(why),
            _ => None,
        },
    );
    object.number("at_us", finished.at.micros);
    object.count("first_byte_us", finished.first_byte_micros);
    object.number("actions", finished.calls);
    let Some(reply) = &finished.reply else {
        return object.finish();
    };
    object.text("protocol", reply.protocol);
    object.bool("error", reply.error);
    object.digest("text", reply.text.as_ref());
    let mut usage = Object::new();
    usage.count("input", reply.usage.input);
    usage.count("output", reply.usage.output);
    object.raw("usage", &usage.finish());
    if brief {
        object.number("server_calls_count", reply.server_calls.len() as u64);
        return object.finish();
    }
    object.nullable("model", reply.model.as_deref());
    object.texts("stop_reasons", &reply.stop_reasons);
    object.nullable("response_id", reply.response_id.as_deref());
    object.list("server_calls", &reply.server_calls, |call, out| {
        out.extend_from_slice(&server_call(call));
    });
    object.finish()
}

fn server_call(call: &WireCall) -> Vec<u8> {
    let mut object = Object::new();
    object.text("tool", &call.name);
    object.nullable("call_id", call.id.as_deref());
    if is_strict_json(&call.arguments) {
        object.raw("arguments", call.arguments.trim().as_bytes());
    } else {
        object.text("arguments", &call.arguments);
    }
    object.finish()
}

const fn ending(ending: &Ending) -> &'static str {
    match ending {
        Ending::Complete => "complete",
        Ending::UpstreamCut => "upstream_cut",
        Ending::ClientGone => "client_gone",
        Ending::Refused(_) => "refused",
    }
}
