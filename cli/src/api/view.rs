//! What the surfaces know: built from messages alone, read by the routes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::sync::broadcast;
use vigil_core::message::{HoldOpened, ModelsState, Notice, PolicyInForce, StoreState, SurfaceInput};
use vigil_core::{Effect, HoldId, Resource, Timestamp};
use vigil_pipeline::{Latency, Stage, Stages};

use super::{EVENT_BACKLOG, Events};

const NOTICES_KEPT: usize = 100;

/// What does not change while the daemon runs.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) version: &'static str,
    pub(crate) pid: u32,
    pub(crate) started: Timestamp,
    pub(crate) proxy: String,
    pub(crate) ca: String,
    /// The wire formats whose calls are held.
    pub(crate) formats: &'static [&'static str],
}

/// One line of `/v1/events`.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) kind: &'static str,
    pub(crate) data: String,
}

/// The state of the surfaces.
pub(crate) struct View {
    events: Events,
    stages: Arc<Stages>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    facts: Option<Facts>,
    holds: BTreeMap<HoldId, Arc<HoldOpened>>,
    decisions: BTreeMap<(&'static str, &'static str), u64>,
    tiers: BTreeMap<&'static str, u64>,
    unrecorded: u64,
    notices: VecDeque<Notice>,
    notice_counts: BTreeMap<(&'static str, Option<String>), u64>,
    policy: Option<PolicyInForce>,
    store: Option<StoreState>,
    models: Option<Arc<ModelsState>>,
}

impl View {
    pub(crate) fn new(stages: Arc<Stages>) -> Self {
        Self { events: broadcast::channel(EVENT_BACKLOG).0, stages, inner: Mutex::default() }
    }

    pub(crate) fn set_facts(&self, facts: Facts) {
        self.lock().facts = Some(facts);
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        self.events.subscribe()
    }

    /// Takes in one message and tells those who listen.
    pub(crate) fn hear(&self, message: &SurfaceInput) {
        let event = self.lock().hear(message);
        // Nobody may be listening.
        let _nobody = self.events.send(Arc::new(event));
    }

    pub(crate) fn holds(&self) -> Vec<Value> {
        self.lock().holds.values().map(|hold| hold_json(hold)).collect()
    }

    pub(crate) fn has_hold(&self, id: HoldId) -> bool {
        self.lock().holds.contains_key(&id)
    }

    pub(crate) fn store(&self) -> Option<StoreState> {
        self.lock().store.clone()
    }

    /// How the models are, once they said so.
    pub(crate) fn models(&self) -> Option<Arc<ModelsState>> {
        self.lock().models.clone()
    }

    pub(crate) fn status(&self, now: Timestamp) -> Value {
        let latency: Vec<Value> =
            Stage::ALL.into_iter().map(|stage| latency_json(stage, &self.stages.latency(stage))).collect();
        let inner = self.lock();
        let decisions: Vec<Value> = inner
            .decisions
            .iter()
            .map(|((verdict, decision), count)| json!({"verdict": verdict, "decision": decision, "count": count}))
            .collect();
        let notices: Vec<Value> = inner.notices.iter().rev().take(20).map(notice_json).collect();
        let distrust: Vec<Value> = inner
            .notice_counts
            .iter()
            .filter(|((kind, _), _)| *kind == "client_distrust")
            .map(|((_, client), count)| json!({"client": client, "count": count}))
            .collect();
        json!({
            "version": inner.facts.as_ref().map(|facts| facts.version),
            "pid": inner.facts.as_ref().map(|facts| facts.pid),
            "started_at": inner.facts.as_ref().map(|facts| rfc3339(facts.started)),
            "now": rfc3339(now),
            "proxy": inner.facts.as_ref().map(|facts| &facts.proxy),
            "ca": inner.facts.as_ref().map(|facts| &facts.ca),
            "formats": inner.facts.as_ref().map(|facts| facts.formats),
            "policy": inner.policy.as_ref().map(|policy| json!({
                "version": &*policy.version,
                "digest": hex(&policy.digest),
                "generation": policy.generation.policy,
            })),
            "store": inner.store.as_ref().map(store_json),
            "holds": inner.holds.len(),
            "decisions": decisions,
            "tiers": inner.tiers,
            "models": inner.models.as_deref().map(models_json),
            "latency": latency,
            "unrecorded": inner.unrecorded,
            "distrusting_clients": distrust,
            "notices": notices,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // The view holds counters and lists: a reader that panicked left nothing half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn hear(&mut self, message: &SurfaceInput) -> Event {
        let (kind, data) = match message {
            SurfaceInput::HoldOpened(hold) => {
                self.holds.insert(hold.id, Arc::clone(hold));
                ("hold_opened", hold_json(hold))
            }
            SurfaceInput::HoldClosed(closed) => {
                let id = HoldId { exchange: closed.exchange, call: closed.call };
                self.holds.remove(&id);
                ("hold_closed", json!({"id": id.to_string(), "decision": closed.ruling.decision()}))
            }
            SurfaceInput::Granted(grant) => {
                ("granted", json!({"agent": grant.agent, "tool": grant.tool, "effects": grant.effects}))
            }
            SurfaceInput::InForce(policy) => {
                self.policy = Some(policy.clone());
                ("policy", json!({"version": &*policy.version, "digest": hex(&policy.digest)}))
            }
            SurfaceInput::Models(models) => {
                self.models = Some(Arc::clone(models));
                ("models", models_json(models))
            }
            SurfaceInput::Recorded(recorded) => {
                let decision = &recorded.decision;
                *self
                    .decisions
                    .entry((decision.ruling.verdict(), decision.ruling.decision()))
                    .or_default() += 1;
                *self.tiers.entry(decision.classification.tier.token()).or_default() += 1;
                (
                    "action",
                    json!({
                        "record": recorded.record,
                        "seq": recorded.seq,
                        "exchange_id": decision.captured.head.exchange.to_string(),
                        "provider": decision.captured.head.provider,
                        "agent": decision.captured.head.agent,
                        "tool": decision.captured.call.name,
                        "call_id": decision.captured.call.id,
                        "class": decision.class,
                        "verdict": decision.ruling.verdict(),
                        "decision": decision.ruling.decision(),
                        "rule_ids": decision.rule_ids,
                        "reason": decision.reason,
                        "held_ms": decision.held.0,
                        "tier": decision.classification.tier.token(),
                        "agreement": decision.classification.agreement,
                    }),
                )
            }
            SurfaceInput::Unrecorded(unrecorded) => {
                self.unrecorded += 1;
                (
                    "unrecorded",
                    json!({
                        "exchange_id": unrecorded.decision.captured.head.exchange.to_string(),
                        "tool": unrecorded.decision.captured.call.name,
                        "reason": unrecorded.reason,
                    }),
                )
            }
            SurfaceInput::Store(store) => {
                self.store = Some(store.clone());
                ("store", store_json(store))
            }
            SurfaceInput::Notice(notice) => {
                if self.notices.len() == NOTICES_KEPT {
                    self.notices.pop_front();
                }
                self.notices.push_back(notice.clone());
                // Clients of one machine are few; a peer that invents names must not fill the memory.
                if self.notice_counts.len() < 1000 {
                    let client = notice.client.as_deref().map(without_port);
                    *self.notice_counts.entry((notice.kind.token(), client)).or_default() += 1;
                }
                ("notice", notice_json(notice))
            }
        };
        Event { kind, data: data.to_string() }
    }
}

/// A client that was told by its address is the same one on its next connection, which has another port.
fn without_port(client: &str) -> String {
    client
        .parse::<std::net::SocketAddr>()
        .map_or_else(|_| client.to_owned(), |address| address.ip().to_string())
}

fn hold_json(hold: &HoldOpened) -> Value {
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

fn store_json(store: &StoreState) -> Value {
    json!({
        "state": store.state,
        "detail": store.detail,
        "writable": store.writable,
        "records": store.records,
        "unsealed": store.unsealed,
        "checkpoint": store.checkpoint,
    })
}

fn latency_json(stage: Stage, known: &Latency) -> Value {
    let micros = |took: std::time::Duration| took.as_nanos().div_ceil(1000) as u64;
    json!({
        "stage": stage.token(),
        "count": known.count,
        "p50_us": micros(known.p50),
        "p99_us": micros(known.p99),
        "p999_us": micros(known.p999),
    })
}

/// The states of the models, without what they learned.
pub(crate) fn models_json(models: &ModelsState) -> Value {
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
    })
}

fn notice_json(notice: &Notice) -> Value {
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
