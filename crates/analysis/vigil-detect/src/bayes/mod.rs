//! What is usual for the population and for one user's agent: conjugate posteriors, so that learning is counting.
//!
//! | Aspect | Posterior | Prior |
//! | --- | --- | --- |
//! | effect: the verb | Dirichlet | shares of the population, as strong as 20 steps |
//! | resource: kind and provenance, given the verb | Dirichlet | shares of the population, as strong as 20 steps |
//! | tool | Dirichlet process | a new tool is as likely as one seen 4 times |
//! | host, where a call names one | Dirichlet process | a new host is as likely as one seen 4 times |
//! | whether a call names a host, given the verb | Beta | the population's share, as strong as 20 steps |
//! | hour | Dirichlet | even, as strong as 24 steps |
//! | volume: log2 of bytes of arguments | Gamma, of the rate of a Gamma | the population's, as strong as 20 steps |
//!
//! Each aspect says how much less likely a step is than the likeliest, in nats, so an aspect of which nothing is known says
//! nothing: a user of whom nothing is known is judged by the population.

mod agent;
mod prior;

pub(crate) use agent::AgentModel;
pub(crate) use prior::Prior;

use crate::maths::{ln, ln_gamma, log2};
use crate::step::{Step, Token};

/// As how many steps a prior counts.
const STRENGTH: f64 = 20.0;
/// As how many steps of one tool or host the next new one counts.
const NEW: f64 = 4.0;

/// How unlike what is usual a step is, aspect by aspect, in nats.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Surprise {
    pub(crate) verb: f64,
    pub(crate) resource: f64,
    pub(crate) tool: f64,
    pub(crate) host: f64,
    pub(crate) hour: f64,
    pub(crate) volume: f64,
}

impl Surprise {
    pub(crate) fn total(&self) -> f64 {
        self.verb + self.resource + self.tool + self.host + self.hour + self.volume
    }

    /// The aspect that says most, in plain words.
    pub(crate) fn most(&self) -> &'static str {
        let all = [
            (self.tool, "a tool this agent has not used before"),
            (self.host, "a host this agent has not named before"),
            (self.hour, "an hour at which this agent is not used"),
            (self.volume, "an unusual size of arguments"),
            (self.resource, "an unusual target for what is done, or on an unusual word"),
            (self.verb, "an unusual kind of action"),
        ];
        all.iter().max_by(|a, b| a.0.total_cmp(&b.0)).map_or("", |(_, words)| words)
    }
}

/// How surprising a step is to the prior and what is known of the agent.
pub(crate) fn surprise(prior: &Prior, agent: Option<&AgentModel>, step: &Step) -> Surprise {
    let known = |events: &mut dyn Iterator<Item = usize>| -> f64 {
        events.map(|event| agent.map_or(0.0, |agent| agent.event(event))).sum()
    };
    let of_verb = |verb: usize| verb * RESOURCES..(verb + 1) * RESOURCES;
    let verb = |verb: usize| STRENGTH * prior.verb(verb) + known(&mut of_verb(verb));
    let of_event = |event: usize| STRENGTH * prior.resource(event) + known(&mut core::iter::once(event));
    let event = step.token.event();
    let named = |verb: usize, names: bool| {
        let share = prior.names_host(verb);
        let seen = agent.map_or((0.0, 0.0), |agent| agent.named(verb));
        if names { STRENGTH * share + seen.1 } else { STRENGTH * (1.0 - share) + seen.0 }
    };
    let names = step.host.is_some();
    let (does, does_not) = (named(step.token.verb(), names), named(step.token.verb(), !names));
    let mut host = ln(does.max(does_not) / does);
    if let (Some(host_name), Some(agent)) = (step.host, agent) {
        host += agent.hosts.surprise(host_name);
    }
    Surprise {
        verb: below(verb(step.token.verb()), (0..Token::VERBS).map(verb)),
        resource: below(of_event(event), of_verb(step.token.verb()).map(of_event)),
        tool: agent.map_or(0.0, |agent| agent.tools.surprise(step.tool)),
        host,
        hour: agent.zip(step.hour).map_or(0.0, |(agent, hour)| agent.hour(hour)),
        volume: prior.volume.surprise(agent.map_or((0.0, 0.0), |agent| agent.volume), volume(step)),
    }
}

/// Kinds of resources times provenances.
const RESOURCES: usize = Token::EVENTS / Token::VERBS;

/// How much less likely one of several weights is than the greatest.
fn below(weight: f64, all: impl Iterator<Item = f64>) -> f64 {
    ln(all.fold(weight, f64::max) / weight)
}

/// What stands for the volume of a step: above 0.
fn volume(step: &Step) -> f64 {
    log2(f64::from(step.bytes) + 2.0)
}

/// A Gamma over the rate of a Gamma whose shape is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Volume {
    pub(crate) shape: f64,
    pub(crate) rate: f64,
}

impl Volume {
    /// How much less likely a value is than the likeliest, after as many values and their sum as `seen`.
    fn surprise(&self, seen: (f64, f64), value: f64) -> f64 {
        let (a, b) = (self.shape * (STRENGTH + seen.0), self.shape / self.rate * STRENGTH + seen.1);
        let density = |x: f64| {
            ln_gamma(self.shape + a) - ln_gamma(self.shape) - ln_gamma(a)
                + a * ln(b)
                + (self.shape - 1.0) * ln(x)
                - (self.shape + a) * ln(b + x)
        };
        let likeliest = b * (self.shape - 1.0).max(0.01) / (a + 1.0);
        (density(likeliest) - density(value)).max(0.0)
    }
}
