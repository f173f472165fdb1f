//! What is usual for one user's agents.

use super::file::{Kind, ModelError, open, seal};
use crate::bayes::AgentModel;
use crate::bytes::{Bytes, put_number, put_part};
use crate::step::Step;

/// What is usual for this user, agent by agent. It learns only from steps that somebody tells it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Personal {
    agents: Vec<Agent>,
}

/// How much is known of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warmth {
    /// Nothing to speak of: the population speaks for it.
    Cold,
    /// Something: both speak.
    Warming,
    /// Enough.
    Warm,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Agent {
    name: String,
    steps: u32,
    model: AgentModel,
}

/// How many agents are known at most; the one that did least is forgotten for another, so that names nobody uses push out
/// none that somebody does.
const MOST_AGENTS: usize = 64;

impl Personal {
    /// Of nobody.
    pub const fn new() -> Self {
        Self { agents: Vec::new() }
    }

    /// Learns a step of an agent, at no more than a stated rate when it repeats itself (`bayes/agent.rs`). To be called for what was allowed by the rules or approved by the user, for nothing else.
    pub fn learn(&mut self, agent: &str, step: &Step) {
        let at = self.agents.iter().position(|known| known.name == agent);
        let at = at.unwrap_or_else(|| {
            if self.agents.len() >= MOST_AGENTS
                && let Some((least, _)) = self.agents.iter().enumerate().min_by_key(|(_, agent)| agent.steps)
            {
                self.agents.remove(least);
            }
            self.agents.push(Agent { name: agent.to_owned(), ..Agent::default() });
            self.agents.len() - 1
        });
        if let Some(known) = self.agents.get_mut(at) {
            known.steps = known.steps.saturating_add(1);
            known.model.learn(step);
        }
    }

    /// How much is known of an agent.
    pub fn warmth(&self, agent: &str) -> Warmth {
        match self.agent(agent).map_or(0.0, AgentModel::weight) {
            weight if weight < 10.0 => Warmth::Cold,
            weight if weight < 100.0 => Warmth::Warming,
            _ => Warmth::Warm,
        }
    }

    pub(crate) fn agent(&self, name: &str) -> Option<&AgentModel> {
        self.agents.iter().find(|known| known.name == name).map(|known| &known.model)
    }

    /// The agents that something is known of, with the number of steps learned.
    pub fn agents(&self) -> impl Iterator<Item = (&str, u32)> {
        self.agents.iter().map(|agent| (agent.name.as_str(), agent.steps))
    }

    /// Forgets one agent, or all.
    pub fn reset(&mut self, agent: Option<&str>) {
        self.agents.retain(|known| agent.is_some_and(|agent| known.name != agent));
    }

    /// The model as bytes: the same model, the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_number(&mut out, self.agents.len());
        for agent in &self.agents {
            put_part(&mut out, agent.name.as_bytes());
            put_number(&mut out, agent.steps as usize);
            agent.model.write(&mut out);
        }
        seal(Kind::Personal, &out)
    }

    /// Reads what [`Self::to_bytes`] wrote.
    pub fn read(file: &[u8]) -> Result<Self, ModelError> {
        let mut bytes = Bytes(open(Kind::Personal, file)?);
        let read = |bytes: &mut Bytes<'_>| {
            let count = bytes.number().filter(|count| *count as usize <= MOST_AGENTS)?;
            let agent = |bytes: &mut Bytes<'_>| {
                let name = String::from_utf8(bytes.part()?.to_vec()).ok()?;
                Some(Agent { name, steps: bytes.number()?, model: AgentModel::read(bytes)? })
            };
            (0..count).map(|_| agent(bytes)).collect::<Option<Vec<_>>>()
        };
        let agents = read(&mut bytes).filter(|_| bytes.0.is_empty()).ok_or(ModelError::Impossible)?;
        Ok(Self { agents })
    }
}
