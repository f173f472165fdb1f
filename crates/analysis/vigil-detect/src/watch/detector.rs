//! From what is read to what is unusual.

use std::collections::VecDeque;
use std::sync::Arc;

use sha2::Digest as _;
use vigil_core::message::{AgentModel, CallCaptured, CallEnded, ModelsState};
use vigil_core::{Action, CallNumber, Classification, ExchangeId, Ruling, SessionId, Timestamp};
use vigil_decompose::{Utterance, Watch};

use super::cache::Texts;
use super::recent::Recent;
use super::session::Session;
use super::spell;
use super::watchdog::Watchdog;
use crate::model::SHIPPED;
use crate::{Asked, FEATURE_VERSION, ModelError, Personal, Population, Step, Warmth};

/// The models that all sessions share: read once, at the start.
#[derive(Debug)]
pub struct Ensemble {
    population: Population,
    name: Arc<str>,
}

impl Ensemble {
    /// The models in this program.
    pub fn shipped() -> Result<Self, ModelError> {
        Population::shipped().map(|population| Self::named_after(population, SHIPPED))
    }

    /// These models, named after their digest.
    pub fn new(population: Population) -> Self {
        let file = population.to_bytes();
        Self::named_after(population, &file)
    }

    fn named_after(population: Population, file: &[u8]) -> Self {
        let digest: [u8; 32] = sha2::Sha256::digest(file).into();
        let digits: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Self { population, name: format!("population-{digits}").into() }
    }

    /// What records call them.
    pub const fn name(&self) -> &Arc<str> {
        &self.name
    }
}

/// Watches sessions with all models.
#[derive(Debug)]
pub struct Detector {
    ensemble: Arc<Ensemble>,
    personal: Personal,
    sessions: Recent<SessionId, Session>,
    texts: Texts,
    watchdog: Watchdog,
    /// Steps whose decision is not known yet, oldest first.
    waiting: VecDeque<Waiting>,
}

/// A step that is learned when it is allowed.
#[derive(Debug)]
struct Waiting {
    exchange: ExchangeId,
    call: CallNumber,
    agent: String,
    step: Step,
}

/// How many sessions are watched at a time; each takes up to 60 KB.
const MOST_SESSIONS: usize = 96;
/// How many calls may wait for their decision.
const MOST_WAITING: usize = 512;
/// How much of an agent's name counts: a client may send any.
const MOST_NAME_BYTES: usize = 64;

impl Detector {
    /// Watches with these models.
    pub fn new(ensemble: Arc<Ensemble>, personal: Personal) -> Self {
        Self {
            ensemble,
            personal,
            sessions: Recent::new(MOST_SESSIONS),
            texts: Texts::default(),
            watchdog: Watchdog::new(),
            waiting: VecDeque::new(),
        }
    }

    /// What the models were told of a call that is not decided yet.
    pub fn step(&self, exchange: ExchangeId, call: CallNumber) -> Option<&Step> {
        let waiting =
            self.waiting.iter().rev().find(|waiting| waiting.exchange == exchange && waiting.call == call);
        waiting.map(|waiting| &waiting.step)
    }

    /// What was learned of each agent.
    pub const fn personal(&self) -> &Personal {
        &self.personal
    }

    /// How many sessions are watched.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }
}

impl Watch for Detector {
    fn heard(&mut self, session: &SessionId, texts: &[Utterance]) -> Option<Classification> {
        let session = self.sessions.touch(session, Session::default);
        let worst = session.hear(texts, &mut self.texts)?;
        let reading = self.ensemble.population.read_text(session.track.class_so_far(), &worst);
        Some(spell::reading(&reading, &worst, self.ensemble.name()))
    }

    fn call(&mut self, captured: &CallCaptured, action: &Action) -> Classification {
        let head = &captured.head;
        let agent = short(&head.agent);
        let session = self.sessions.touch(&head.session, Session::default);
        let arguments = &captured.call.arguments;
        let step = session.step(&Asked { action, arguments, hour: hour(captured.at) });
        let mut assessment =
            self.ensemble.population.assess(&self.personal, agent, &mut session.track, &step);
        let watchful = self.watchdog.see(&head.session, agent, session, step.token, &mut assessment);
        let mut classification = spell::classification(&assessment, &step, self.ensemble.name());
        classification.reasons.extend(watchful);
        if self.waiting.len() >= MOST_WAITING {
            self.waiting.pop_front();
        }
        let (exchange, call) = (head.exchange, captured.call.number);
        self.waiting.push_back(Waiting { exchange, call, agent: agent.to_owned(), step });
        classification
    }

    fn ended(&mut self, ended: &CallEnded) {
        let of_call = |waiting: &Waiting| waiting.exchange == ended.exchange && waiting.call == ended.call;
        let Some(waiting) = self.waiting.iter().rposition(of_call).and_then(|at| self.waiting.remove(at))
        else {
            return;
        };
        if teaches(ended.ruling) {
            self.personal.learn(&waiting.agent, &waiting.step);
        }
    }

    fn models(&self) -> ModelsState {
        let agents = self.personal.agents().map(|(agent, calls)| AgentModel {
            agent: agent.to_owned(),
            state: match self.personal.warmth(agent) {
                Warmth::Cold => "cold",
                Warmth::Warming => "warming",
                Warmth::Warm => "warm",
            },
            calls: calls.into(),
        });
        ModelsState {
            population: Arc::clone(self.ensemble.name()),
            feature_version: FEATURE_VERSION,
            agents: agents.collect(),
            watchdog: self.watchdog.looked(),
            personal: self.personal.to_bytes().into(),
        }
    }

    fn forget(&mut self, agent: Option<&str>) {
        self.personal.reset(agent);
        self.waiting.retain(|waiting| agent.is_some_and(|agent| waiting.agent != agent));
    }
}

/// Whether a call that ended so shows what the user wants: a rule allowed it or a person did. What was only observed was
/// neither.
const fn teaches(ruling: Ruling) -> bool {
    matches!(ruling, Ruling::Allow | Ruling::UserApprove | Ruling::AlwaysAllow)
}

/// The hour of the day, in UTC: always the same distance from the user's own, but for the change of summer time.
const fn hour(at: Timestamp) -> Option<u8> {
    const HOUR: i64 = 3_600_000_000;
    // Before that no clock was ever set: a recording has none.
    const FIRST: i64 = 24 * 365 * HOUR;
    if at.micros < FIRST { None } else { Some((at.micros / HOUR % 24) as u8) }
}

fn short(name: &str) -> &str {
    let mut end = name.len().min(MOST_NAME_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or_default()
}
