//! What is usual for the population.

use super::{RESOURCES, Volume, volume};
use crate::bytes::{Bytes, put_floats};
use crate::step::{Step, Token};

/// Shares of the population's steps of one class of agents.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Prior {
    // INVARIANT: VERBS, EVENTS and VERBS long, each above 0.
    verbs: Vec<f32>,
    /// Of each event among those of its verb.
    resources: Vec<f32>,
    names_host: Vec<f32>,
    pub(super) volume: Volume,
}

/// As how many steps counts what never came.
const RARE: f64 = 0.05;

impl Prior {
    /// Of these steps. What never came is as likely as a twentieth of a step.
    pub(crate) fn of<'s>(steps: impl Iterator<Item = &'s Step>) -> Self {
        let mut events = vec![RARE; Token::EVENTS];
        let mut names = [(RARE, 2.0 * RARE); Token::VERBS];
        let (mut count, mut sum, mut square) = (0.0, 0.0, 0.0);
        for step in steps {
            if let Some(slot) = events.get_mut(step.token.event()) {
                *slot += 1.0;
            }
            if let Some((names, all)) = names.get_mut(step.token.verb()) {
                *names += if step.host.is_some() { 1.0 } else { 0.0 };
                *all += 1.0;
            }
            let volume = volume(step);
            (count, sum, square) = (count + 1.0, sum + volume, square + volume * volume);
        }
        let of_verb: Vec<f64> = events.chunks(RESOURCES).map(|part| part.iter().sum()).collect();
        let all: f64 = of_verb.iter().sum();
        let shares = events.chunks(RESOURCES).zip(&of_verb);
        let resources = shares.flat_map(|(part, all)| part.iter().map(move |count| (count / all) as f32));
        let mean = if count > 0.0 { sum / count } else { 6.0 };
        let variance = if count > 1.0 { (square / count - mean * mean).max(0.1) } else { 4.0 };
        Self {
            verbs: of_verb.iter().map(|count| (count / all) as f32).collect(),
            resources: resources.collect(),
            names_host: names.iter().map(|(names, all)| (names / all) as f32).collect(),
            volume: Volume {
                shape: f64::from((mean * mean / variance).clamp(1.01, 1e4) as f32),
                rate: f64::from((mean / variance) as f32),
            },
        }
    }

    pub(super) fn verb(&self, verb: usize) -> f64 {
        self.verbs.get(verb).copied().map_or(0.0, f64::from)
    }

    pub(super) fn resource(&self, event: usize) -> f64 {
        self.resources.get(event).copied().map_or(0.0, f64::from)
    }

    pub(super) fn names_host(&self, verb: usize) -> f64 {
        self.names_host.get(verb).copied().map_or(0.5, f64::from)
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        put_floats(out, &self.verbs);
        put_floats(out, &self.resources);
        put_floats(out, &self.names_host);
        put_floats(out, &[self.volume.shape as f32, self.volume.rate as f32]);
    }

    pub(crate) fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        let mut shares = |count| {
            bytes.floats(count).filter(|shares| shares.iter().all(|share| *share > 0.0 && *share <= 1.0))
        };
        let (verbs, resources) = (shares(Token::VERBS)?, shares(Token::EVENTS)?);
        let names_host = shares(Token::VERBS)?;
        let volume = bytes.floats(2)?;
        let [shape, rate] = volume.as_slice() else { return None };
        let volume = Volume { shape: f64::from(*shape), rate: f64::from(*rate) };
        let sound = volume.shape > 1.0 && volume.shape <= 1e4 && volume.rate > 1e-6 && volume.rate < 1e6;
        sound.then_some(Self { verbs, resources, names_host, volume })
    }
}
