//! What is known of one agent: counts, in which no action can make itself usual quickly.

use super::{NEW, volume};
use crate::bytes::{Bytes, put_floats, put_number};
use crate::maths::ln;
use crate::step::{Step, Token};

/// What is known of one agent of the user.
///
/// A step counts the less, the more often the same tool did the same kind of thing among the last 64 steps: the first time
/// 1, the second 1/2, the n-th 1/n. Whoever repeats one action teaches at most 4.75 in the first 64 steps and 1/65 with each
/// one after.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AgentModel {
    // INVARIANT: EVENTS long; all weights finite and not negative.
    events: Vec<f32>,
    pub(super) tools: Names,
    pub(super) hosts: Names,
    hours: [f32; 24],
    /// For each verb: steps that name no host, and that do.
    named: Vec<(f32, f32)>,
    /// How many steps, and the sum of their volumes.
    pub(super) volume: (f64, f64),
    recent: Vec<u32>,
    next: usize,
}

/// Over how many steps repetition counts less.
const RECENT: usize = 64;
/// How many tools and hosts are kept of one agent.
const MOST_NAMES: usize = 256;
/// As how many steps the even prior of hours counts, per hour.
const HOUR: f64 = 1.0;
/// What is learned is halved when an agent's steps weigh as much: habits change.
const FULL: f64 = 4000.0;

impl Default for AgentModel {
    fn default() -> Self {
        Self {
            events: vec![0.0; Token::EVENTS],
            tools: Names::default(),
            hosts: Names::default(),
            hours: [0.0; 24],
            named: vec![(0.0, 0.0); Token::VERBS],
            volume: (0.0, 0.0),
            recent: Vec::new(),
            next: 0,
        }
    }
}

impl AgentModel {
    /// How much all steps weigh.
    pub(crate) const fn weight(&self) -> f64 {
        self.volume.0
    }

    pub(crate) fn learn(&mut self, step: &Step) {
        let key = step.tool ^ (step.token.event() as u32).wrapping_mul(0x9e37_79b1);
        let times = self.recent.iter().filter(|known| **known == key).count();
        match self.recent.get_mut(self.next) {
            Some(slot) => *slot = key,
            None => self.recent.push(key),
        }
        self.next = (self.next + 1) % RECENT;
        let weight = 1.0 / (times + 1) as f32;
        if let Some(slot) = self.events.get_mut(step.token.event()) {
            *slot += weight;
        }
        self.tools.add(step.tool, weight);
        if let Some(host) = step.host {
            self.hosts.add(host, weight);
        }
        if let Some(slot) = step.hour.and_then(|hour| self.hours.get_mut(usize::from(hour))) {
            *slot += weight;
        }
        if let Some(slot) = self.named.get_mut(step.token.verb()) {
            *(if step.host.is_some() { &mut slot.1 } else { &mut slot.0 }) += weight;
        }
        self.volume.0 += f64::from(weight);
        self.volume.1 += f64::from(weight) * volume(step);
        if self.volume.0 > FULL {
            self.halve();
        }
    }

    fn halve(&mut self) {
        let names = self.tools.names.iter_mut().chain(&mut self.hosts.names).map(|(_, weight)| weight);
        let named = self.named.iter_mut().flat_map(|(without, with)| [without, with]);
        self.events
            .iter_mut()
            .chain(names)
            .chain(&mut self.hours)
            .chain(named)
            .for_each(|weight| *weight *= 0.5);
        self.volume = (self.volume.0 * 0.5, self.volume.1 * 0.5);
    }

    pub(super) fn event(&self, event: usize) -> f64 {
        self.events.get(event).copied().map_or(0.0, f64::from)
    }

    pub(super) fn named(&self, verb: usize) -> (f64, f64) {
        self.named.get(verb).map_or((0.0, 0.0), |(without, with)| (f64::from(*without), f64::from(*with)))
    }

    /// How much less likely an hour is than the likeliest. Hours beside it count half: nobody works by the clock.
    pub(super) fn hour(&self, hour: u8) -> f64 {
        let at = |hour: usize| self.hours.get(hour % 24).copied().map_or(0.0, f64::from);
        let smooth = |hour: usize| HOUR + at(hour) + 0.5 * (at(hour + 1) + at(hour + 23));
        super::below(smooth(usize::from(hour)), (0..24).map(smooth))
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        put_floats(out, &self.events);
        self.tools.write(out);
        self.hosts.write(out);
        put_floats(out, &self.hours);
        self.named.iter().for_each(|(without, with)| put_floats(out, &[*without, *with]));
        put_floats(out, &[self.volume.0 as f32, self.volume.1 as f32]);
        put_number(out, self.recent.len());
        // From the oldest on: how they lie in the ring is nobody's business.
        let (newer, older) = self.recent.split_at(self.next.min(self.recent.len()));
        older.iter().chain(newer).for_each(|key| put_number(out, *key as usize));
    }

    pub(crate) fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        let weights = |bytes: &mut Bytes<'_>, count| {
            let sound = |weight: &f32| *weight >= 0.0 && *weight < 1e7;
            bytes.floats(count).filter(|weights| weights.iter().all(sound))
        };
        let events = weights(bytes, Token::EVENTS)?;
        let (tools, hosts) = (Names::read(bytes)?, Names::read(bytes)?);
        let hours = weights(bytes, 24)?.try_into().ok()?;
        let named = weights(bytes, 2 * Token::VERBS)?;
        let named = named.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?))).collect();
        let volume = weights(bytes, 2)?;
        let volume = (f64::from(*volume.first()?), f64::from(*volume.get(1)?));
        let count = bytes.number().filter(|count| *count as usize <= RECENT)?;
        let recent: Vec<u32> = (0..count).map(|_| bytes.number()).collect::<Option<_>>()?;
        let next = recent.len() % RECENT;
        Some(Self { events, tools, hosts, hours, named, volume, recent, next })
    }
}

/// How often names were met, by hash.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Names {
    // INVARIANT: sorted by name, at most MOST_NAMES.
    names: Vec<(u32, f32)>,
}

impl Names {
    fn add(&mut self, name: u32, weight: f32) {
        match self.names.binary_search_by_key(&name, |known| known.0) {
            Ok(at) => {
                if let Some(known) = self.names.get_mut(at) {
                    known.1 += weight;
                }
            }
            Err(at) => {
                self.names.insert(at, (name, weight));
                if self.names.len() > MOST_NAMES {
                    let rarest = self.names.iter().enumerate().min_by(|a, b| a.1.1.total_cmp(&b.1.1));
                    if let Some((rarest, _)) = rarest {
                        self.names.remove(rarest);
                    }
                }
            }
        }
    }

    /// How much less likely a name is than the likeliest. Nothing known: nothing said.
    pub(super) fn surprise(&self, name: u32) -> f64 {
        let most = self.names.iter().map(|known| f64::from(known.1)).fold(NEW, f64::max);
        let found = self.names.binary_search_by_key(&name, |known| known.0).ok();
        let weight = found.and_then(|at| self.names.get(at)).map_or(0.0, |known| f64::from(known.1));
        // One that was met is never less likely than a new one.
        ln(most / weight.max(NEW).min(most)).max(0.0)
            + if weight > 0.0 || self.names.is_empty() { 0.0 } else { ln(2.0) }
    }

    fn write(&self, out: &mut Vec<u8>) {
        put_number(out, self.names.len());
        for (name, weight) in &self.names {
            put_number(out, *name as usize);
            put_floats(out, &[*weight]);
        }
    }

    fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        let count = bytes.number().filter(|count| *count as usize <= MOST_NAMES)?;
        let name = |bytes: &mut Bytes<'_>| Some((bytes.number()?, *bytes.floats(1)?.first()?));
        let names: Vec<(u32, f32)> = (0..count).map(|_| name(bytes)).collect::<Option<_>>()?;
        let sound = names.is_sorted_by(|a, b| a.0 < b.0)
            && names.iter().all(|(_, weight)| (0.0..1e7).contains(weight));
        sound.then_some(Self { names })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bayes::{Prior, surprise};
    use crate::{Asked, Heard};
    use proptest::prelude::*;
    use vigil_core::{Action, Verb};

    fn step(tool: &str, verb: Verb) -> Step {
        let mut action = Action::unknown(tool.to_owned());
        action.effects[0].verb = verb;
        Heard::default().step(&Asked { action: &action, arguments: "{\"a\":1}", hour: Some(10) })
    }

    fn prior() -> Prior {
        let steps: Vec<Step> =
            (0..40).map(|_| step("x", Verb::Read)).chain([step("x", Verb::Send)]).collect();
        Prior::of(steps.iter())
    }

    #[test]
    fn nobody_known_is_judged_by_the_population() {
        let (read, send) = (step("a", Verb::Read), step("b", Verb::Send));
        let (cold, prior) = (AgentModel::default(), prior());
        assert_eq!(surprise(&prior, None, &read).total(), surprise(&prior, Some(&cold), &read).total());
        assert!(surprise(&prior, None, &read).total() < 1.0);
        assert!(surprise(&prior, None, &send).verb > 1.5);
        assert_eq!(surprise(&prior, None, &send).tool, 0.0);
    }

    #[test]
    fn what_a_user_does_becomes_usual_for_the_user() {
        let (prior, mut agent) = (prior(), AgentModel::default());
        for tool in 0..200 {
            agent.learn(&step(&format!("t{}", tool % 8), Verb::Send));
        }
        let send = step("t1", Verb::Send);
        let before = surprise(&prior, None, &send);
        let after = surprise(&prior, Some(&agent), &send);
        assert!(after.verb < 0.5 && before.verb > 1.5, "{before:?} {after:?}");
        assert!(surprise(&prior, Some(&agent), &step("new", Verb::Send)).tool > 0.6);
        let night = Step { hour: Some(3), ..send };
        assert!(surprise(&prior, Some(&agent), &night).hour > 2.0);
    }

    #[test]
    fn an_action_that_is_repeated_teaches_no_faster_than_stated() {
        let mut agent = AgentModel::default();
        let send = step("t", Verb::Send);
        for times in 1..=1000_u32 {
            agent.learn(&send);
            let most = 4.75 + f64::from(times.saturating_sub(64)) / 65.0;
            assert!(agent.weight() <= most, "{times}: {}", agent.weight());
        }
        assert!((agent.weight() - agent.event(send.token.event())).abs() < 1e-3);
        // Against a population in which one step of forty sends, a thousand repetitions do not make sending the usual.
        assert!(surprise(&prior(), Some(&agent), &send).verb > 0.1 || agent.weight() < 20.0);
    }

    #[test]
    fn names_are_bounded_and_the_rarest_goes() {
        let mut names = Names::default();
        (0..2000).for_each(|name| names.add(name, if name % 7 == 0 { 2.0 } else { 1.0 }));
        assert_eq!(names.names.len(), MOST_NAMES);
        assert!(names.names.is_sorted());
    }

    proptest! {
        #[test]
        fn reads_what_it_wrote_and_goes_on_the_same(tools in proptest::collection::vec(0..40_u8, 0..150)) {
            let mut agent = AgentModel::default();
            for tool in &tools {
                agent.learn(&step(&format!("t{tool}"), Verb::ALL[usize::from(*tool) % 11]));
            }
            let mut bytes = Vec::new();
            agent.write(&mut bytes);
            let mut read = AgentModel::read(&mut Bytes(&bytes)).unwrap();
            agent.learn(&step("next", Verb::Pay));
            read.learn(&step("next", Verb::Pay));
            prop_assert!((agent.weight() - read.weight()).abs() < 1e-3);
            prop_assert_eq!(&agent.events, &read.events);
            prop_assert_eq!(&agent.tools, &read.tools);
        }
    }
}
