//! What is usual for all users: the models that are shipped.

use super::assessment::{Assessment, MODELS};
use super::file::{Kind, ModelError, open, seal};
use super::personal::Personal;
use super::track::{AgentClass, STREAMS, Track};
use crate::bytes::{Bytes, put_part};
use crate::step::Step;
use crate::{Forest, Reference, TextFeatures};
use vigil_core::Tier;

/// The models of the population and the references that make their scores p-values.
#[derive(Clone, Debug, PartialEq)]
pub struct Population {
    pub(crate) forest: Forest,
    pub(crate) classes: [References; 2],
}

/// Scores of ordinary steps of one class of agents.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct References {
    pub(crate) models: [Reference; 4],
    pub(crate) provenance: Reference,
    pub(crate) encoding: Reference,
    pub(crate) combined: Reference,
}

impl Population {
    /// The models in this program.
    pub fn shipped() -> Result<Self, ModelError> {
        Self::read(include_bytes!("../../models/population.model"))
    }

    /// Reads a file. What is cut short, changed, newer or impossible is refused.
    pub fn read(file: &[u8]) -> Result<Self, ModelError> {
        let mut bytes = Bytes(open(Kind::Population, file)?);
        let forest = bytes.part().ok_or(ModelError::Impossible)?;
        let forest = Forest::from_bytes(forest).map_err(|_| ModelError::Impossible)?;
        let mut classes = <[References; 2]>::default();
        for class in &mut classes {
            *class = References::read(&mut bytes).ok_or(ModelError::Impossible)?;
        }
        if bytes.0.is_empty() { Ok(Self { forest, classes }) } else { Err(ModelError::Impossible) }
    }

    /// The models as bytes: the same models, the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_part(&mut out, &self.forest.to_bytes());
        self.classes.iter().for_each(|class| class.write(&mut out));
        seal(Kind::Population, &out)
    }

    /// What all models make of a step, which the session then remembers.
    pub fn assess(&self, _personal: &Personal, _agent: &str, track: &mut Track, step: &Step) -> Assessment {
        let class = track.class(step);
        let raw = self.raw(track, step);
        track.count(step);
        let references = self.references(class);
        let p = self.p_values(class, &raw);
        let risk = combined(&p);
        let combined_p = references.combined.p_value(risk as f32);
        let agreement = p.iter().filter(|p| **p <= 0.02).count() as u32;
        let tier = match combined_p {
            p if p <= 0.0005 && agreement >= 2 => Tier::Held,
            p if p <= 0.005 => Tier::Flagged,
            p if p <= 0.05 => Tier::Noted,
            _ => Tier::Routine,
        };
        let named = |values: [f64; 4]| {
            let mut out = MODELS.map(|name| (name, 0.0));
            out.iter_mut().zip(values).for_each(|(slot, value)| slot.1 = value);
            out
        };
        let reasons = MODELS.iter().zip(p).filter(|(_, p)| *p <= 0.02 && tier > Tier::Routine);
        Assessment {
            tier,
            scores: named(raw.map(f64::from)),
            p: named(p),
            combined_p,
            risk,
            agreement,
            reasons: reasons.map(|(model, _)| format!("unusual to {model}")).collect(),
        }
    }

    /// The scores of the models.
    pub(crate) fn raw(&self, track: &mut Track, step: &Step) -> [f32; 4] {
        let references = self.references(track.class(step));
        let forest = self.forest.score(step.call.values());
        let normal = [
            references.forest().normal(forest),
            0.0,
            0.0,
            references.provenance.normal(provenance(step)),
            references.encoding.normal(encoding(&step.text)),
        ];
        let mut level = 0.0_f64;
        for (stream, residual) in track.streams.iter_mut().zip(normal) {
            level = level.max(if stream.see(residual).is_some() { 1.0 } else { stream.level() });
        }
        [forest, 0.0, 0.0, level as f32]
    }

    pub(crate) fn p_values(&self, class: AgentClass, raw: &[f32; 4]) -> [f64; 4] {
        let mut p = [1.0; 4];
        for ((p, reference), score) in p.iter_mut().zip(&self.references(class).models).zip(raw) {
            *p = reference.p_value(*score);
        }
        p
    }

    const fn references(&self, class: AgentClass) -> &References {
        let [coding, assistant] = &self.classes;
        match class {
            AgentClass::Coding => coding,
            AgentClass::Assistant => assistant,
        }
    }
}

const _: () = assert!(STREAMS == 5);

/// How much of a call is the word of other content.
pub(crate) fn provenance(step: &Step) -> f32 {
    ["of_untrusted", "told", "bid_words", "name_bids"]
        .into_iter()
        .map(|name| step.call.named(name).unwrap_or(0.0))
        .sum()
}

/// How much of a text is encoded or hidden.
pub(crate) fn encoding(text: &TextFeatures) -> f32 {
    let of = |name| text.named(name).unwrap_or(0.0);
    of("base64")
        + of("hex")
        + of("percent")
        + of("escapes")
        + of("nesting")
        + of("invisible").min(1.0)
        + of("comments")
}

/// All p-values as one number: the lower any, the higher it is.
pub(crate) fn combined(p: &[f64; 4]) -> f64 {
    p.iter().map(|p| -crate::maths::ln(*p)).sum()
}

impl References {
    const fn forest(&self) -> &Reference {
        let [forest, ..] = &self.models;
        forest
    }

    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Reference> {
        let Self { models, provenance, encoding, combined } = self;
        models.iter_mut().chain([provenance, encoding, combined])
    }

    fn all(&self) -> impl Iterator<Item = &Reference> {
        self.models.iter().chain([&self.provenance, &self.encoding, &self.combined])
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.all().for_each(|reference| reference.write(out));
    }

    fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        let mut out = Self::default();
        for slot in out.all_mut() {
            *slot = Reference::read(bytes)?;
        }
        Some(out)
    }
}
