//! What the surfaces know: built from messages alone, read by the routes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use vigil_core::message::{HoldOpened, ModelsState, Notice, PolicyInForce, StoreState, SurfaceInput};
use vigil_core::{HoldId, Timestamp};
use vigil_pipeline::{Stage, Stages};

use super::shape::{hex, hold_json, latency_json, models_json, notice_json, rfc3339, store_json};
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
    models: Option<Models>,
}

/// What the models said last.
#[derive(Clone, Debug)]
pub(crate) struct Models {
    pub(crate) state: Arc<ModelsState>,
    /// How many times they have spoken.
    pub(crate) number: u64,
    /// Why what they learned could not be kept.
    pub(crate) unkept: Option<Arc<str>>,
}

impl Models {
    pub(crate) fn json(&self) -> Value {
        models_json(&self.state, self.unkept.as_deref())
    }
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

    /// Waits until `pick` finds what it looks for, in an event or in what the view knows by then. It is handed every event of
    /// a subscription, and nothing where some were missed.
    pub(crate) async fn wait_for<T>(
        mut events: broadcast::Receiver<Arc<Event>>,
        patience: Duration,
        mut pick: impl FnMut(Option<&Event>) -> Option<T>,
    ) -> Option<T> {
        let picked = async {
            loop {
                let event = match events.recv().await {
                    Ok(event) => Some(event),
                    Err(RecvError::Lagged(_)) => None,
                    Err(RecvError::Closed) => return None,
                };
                if let Some(picked) = pick(event.as_deref()) {
                    return Some(picked);
                }
            }
        };
        tokio::time::timeout(patience, picked).await.ok().flatten()
    }

    /// Takes in one message and tells those who listen. `unkept` says why what it carries could not be kept.
    pub(crate) fn hear(&self, message: &SurfaceInput, unkept: Option<String>) {
        let event = self.lock().hear(message, unkept);
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
    pub(crate) fn models(&self) -> Option<Models> {
        self.lock().models.clone()
    }

    /// How the models are, once they have said so again.
    pub(crate) fn models_since(&self, before: Option<&Models>) -> Option<Models> {
        let number = before.map_or(0, |models| models.number);
        self.models().filter(|models| models.number > number)
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
            "models": inner.models.as_ref().map(Models::json),
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
    fn hear(&mut self, message: &SurfaceInput, unkept: Option<String>) -> Event {
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
                let number = self.models.as_ref().map_or(0, |models| models.number) + 1;
                let models = Models { state: Arc::clone(models), number, unkept: unkept.map(Arc::from) };
                let told = models.json();
                self.models = Some(models);
                ("models", told)
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
