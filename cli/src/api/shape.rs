//! What the local API says of holds, models, notices and the store, as JSON.

use serde_json::{Value, json};
use vigil_core::message::{HoldOpened, ModelsState, Notice, StoreState};
use vigil_core::{Effect, Resource, Timestamp};
use vigil_pipeline::{Latency, Stage};

pub(super) fn hold_json(hold: &HoldOpened) -> Value {
    let call = &hold.captured.call;
    let head = &hold.captured.head;
    let arguments: Value =
        serde_json::from_str(&call.arguments).unwrap_or_else(|_| Value::String(call.arguments.clone()));
    json!({
        "id": hold.id.to_string(),
        "exchange_id": head.exchange.to_string(),
        "session": head.session.0,
        "provider": head.provider,
        "model": hold.captured.model,
        "agent": head.agent,
        "client_ref": head.client_ref,
        "tool": call.name,
        "call_id": call.id,
        "arguments": arguments,
        "effects": hold.action.effects.iter().map(effect_json).collect::<Vec<_>>(),
        "remarks": hold.action.remarks,
        "tier": hold.classification.tier.token(),
        "agreement": hold.classification.agreement,
        "tier_reasons": hold.classification.reasons.iter().map(|reason| &reason.0).collect::<Vec<_>>(),
        "rule": hold.rule,
        "reason": hold.reason,
        "held_at": rfc3339(hold.at),
        "expires_at": rfc3339(hold.expires_at),
    })
}

fn effect_json(effect: &Effect) -> Value {
    let mut view = json!({
        "verb": effect.verb.token(),
        "resource": effect.resource.kind(),
        "of": resource_text(&effect.resource),
        "reversibility": effect.reversibility.token(),
        "provenance": effect.provenance.token(),
    });
    if let (Value::Object(members), false) = (&mut view, effect.command.is_empty()) {
        members.insert("command".to_owned(), Value::String(effect.command.join(" ")));
    }
    view
}

/// A resource as a person reads it.
pub(crate) fn resource_text(resource: &Resource) -> String {
    match resource {
        Resource::Path(text)
        | Resource::Host(text)
        | Resource::Url(text)
        | Resource::Credential(text)
        | Resource::DataStore(text)
        | Resource::Memory(text) => text.clone(),
        Resource::Command(words) => words.join(" "),
        Resource::Package { ecosystem, name } => format!("{ecosystem}:{name}"),
        Resource::Message { recipients } => recipients.join(", "),
        Resource::Money { amount, currency, payee } => format!("{amount} {currency} to {payee}"),
        Resource::Unknown => "unknown".to_owned(),
    }
}

pub(super) fn store_json(store: &StoreState) -> Value {
    json!({
        "state": store.state,
        "detail": store.detail,
        "writable": store.writable,
        "records": store.records,
        "unsealed": store.unsealed,
        "checkpoint": store.checkpoint,
    })
}

pub(super) fn latency_json(stage: Stage, known: &Latency) -> Value {
    let micros = |took: std::time::Duration| took.as_nanos().div_ceil(1000) as u64;
    json!({
        "stage": stage.token(),
        "count": known.count,
        "p50_us": micros(known.p50),
        "p99_us": micros(known.p99),
        "p999_us": micros(known.p999),
    })
}

/// The states of the models, without what they learned, and why that is not kept when it is not.
pub(crate) fn models_json(models: &ModelsState, unkept: Option<&str>) -> Value {
    let agents = models
        .agents
        .iter()
        .map(|agent| json!({"agent": agent.agent, "state": agent.state, "calls": agent.calls}))
        .collect::<Vec<_>>();
    json!({
        "population": (!models.population.is_empty()).then_some(&*models.population),
        "feature_version": models.feature_version,
        "agents": agents,
        "watchdog": models.watchdog,
        "unkept": unkept,
    })
}

pub(super) fn notice_json(notice: &Notice) -> Value {
    json!({
        "at": rfc3339(notice.at),
        "kind": notice.kind.token(),
        "host": notice.host,
        "client": notice.client,
        "text": notice.text,
    })
}

/// RFC 3339 in UTC with microseconds.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.micros)
        .map_or_else(|_| at.micros.to_string(), |moment| moment.to_string())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
