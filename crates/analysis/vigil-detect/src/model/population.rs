//! What is usual for all users: the models that are shipped.

use vigil_core::Tier;

use super::assessment::{Assessment, MODELS, MOST_FEATURES, Reading, reasons};
use super::file::{Kind, ModelError, open, seal};
use super::personal::Personal;
use super::references::References;
use super::track::{AgentClass, Track};
use super::usual::Usual;
use crate::bayes::{Prior, Surprise, surprise};
use crate::bytes::{Bytes, put_part};
use crate::combine::{Boosted, COMBINATION, inputs, together, unlike};
use crate::lstm::Lstm;
use crate::step::Step;
use crate::{FEATURES, Forest, TextFeatures};

/// The models of the population and the references that make their scores p-values.
#[derive(Clone, Debug, PartialEq)]
pub struct Population {
    /// Over the features of calls.
    pub(crate) calls: Forest,
    /// Over those features of texts that hiding and encoding change.
    pub(crate) texts: Forest,
    pub(crate) lstm: Lstm,
    pub(crate) combination: Boosted,
    pub(crate) classes: [Class; 2],
    /// Models that are not heard, by their place in `MODELS`: to see what each is for. No file has that.
    pub(crate) without: [bool; 4],
}

/// The file of the models in this program.
pub(crate) const SHIPPED: &[u8] = include_bytes!("../../models/population.model");

/// What is usual for one class of agents.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Class {
    pub(crate) prior: Prior,
    pub(crate) usual: Usual,
    pub(crate) references: References,
}

/// The scores of the models for a step, and what they say more.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) scores: [f32; 4],
    pub(crate) surprise: Surprise,
    /// The stream that is furthest from its mean, by its place.
    pub(crate) shifted: usize,
}

/// A model finds a step unusual at this p-value.
pub(crate) const UNUSUAL: f64 = 0.05;
/// Combined p-values up to which a step is noted, flagged, held (docs/design/detection.md tells where they come from).
pub(crate) const NOTED: f64 = 0.05;
pub(crate) const FLAGGED: f64 = 0.001;
pub(crate) const HELD: f64 = 0.0005;
/// The p-value up to which texts that no call followed are noted.
pub(crate) const NOTED_TEXT: f64 = 0.005;
/// How many models have to agree before a step is held.
pub(crate) const AGREE: u32 = 2;

/// The features of texts that hiding and encoding change.
const HIDING: [&str; 15] = [
    "entropy",
    "repetition",
    "foreign",
    "longest_word",
    "role_marks",
    "comments",
    "invisible",
    "mixed_words",
    "base64",
    "hex",
    "percent",
    "escapes",
    "data_addresses",
    "nesting",
    "surprisal",
];

impl Population {
    /// The models in this program.
    pub fn shipped() -> Result<Self, ModelError> {
        Self::read(SHIPPED)
    }

    /// Reads a file. What is cut short, changed, newer or impossible is refused.
    pub fn read(file: &[u8]) -> Result<Self, ModelError> {
        let mut bytes = Bytes(open(Kind::Population, file)?);
        let version = bytes.number().ok_or(ModelError::Impossible)?;
        if version != COMBINATION {
            return Err(ModelError::Newer(version));
        }
        Self::parts(&mut bytes).filter(|_| bytes.0.is_empty()).ok_or(ModelError::Impossible)
    }

    fn parts(bytes: &mut Bytes<'_>) -> Option<Self> {
        let calls = Forest::from_bytes(bytes.part()?).ok()?;
        let texts = Forest::from_bytes(bytes.part()?).ok()?;
        let lstm = Lstm::read(bytes)?;
        let combination = Boosted::read(bytes)?;
        let classes = [Class::read(bytes)?, Class::read(bytes)?];
        Some(Self { calls, texts, lstm, combination, classes, without: [false; 4] })
    }

    /// The models as bytes: the same models, the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = COMBINATION.to_le_bytes().to_vec();
        put_part(&mut out, &self.calls.to_bytes());
        put_part(&mut out, &self.texts.to_bytes());
        self.lstm.write(&mut out);
        self.combination.write(&mut out);
        self.classes.iter().for_each(|class| class.write(&mut out));
        seal(Kind::Population, &out)
    }

    /// How many bytes the models take in memory, about.
    pub fn bytes(&self) -> usize {
        self.calls.bytes() + self.texts.bytes() + self.to_bytes().len()
    }

    /// What all models make of a step, which the session then remembers.
    pub fn assess(&self, personal: &Personal, agent: &str, track: &mut Track, step: &Step) -> Assessment {
        let class = track.class(step);
        let before = track.last;
        let raw = self.raw(personal, agent, track, step);
        let p = self.p_values(class, &raw.scores);
        let risk = self.combination.score(&inputs(step, &p));
        let references = &self.class(class).references;
        let combined_p = together(references.combined.p_value(risk), references.unlike.p_value(unlike(&p)));
        let (agreement, tier) = tier(&p, combined_p);
        let named = |values: [f64; 4]| {
            let mut out = MODELS.map(|name| (name, 0.0));
            out.iter_mut().zip(values).for_each(|(slot, value)| slot.1 = value);
            out
        };
        let reasons = match tier {
            Tier::Routine => Vec::new(),
            _ => reasons(&raw, &p, before, step, &self.class(class).usual),
        };
        Assessment {
            tier,
            scores: named(raw.scores.map(f64::from)),
            p: named(p),
            combined_p,
            risk: f64::from(risk),
            agreement,
            reasons,
        }
    }

    /// What the new texts of a request say by themselves, when no call is there to be judged. Content alone does nothing, so it
    /// is never more than noted.
    pub(crate) fn read_text(&self, class: AgentClass, text: &TextFeatures) -> Reading {
        let Class { usual, references, .. } = self.class(class);
        let score = self.texts.score(&hiding(text));
        let p = references.texts.p_value(score);
        let tier = if p <= NOTED_TEXT { Tier::Noted } else { Tier::Routine };
        let reasons = match tier {
            Tier::Routine => Vec::new(),
            _ => usual.far_of_text(text, MOST_FEATURES),
        };
        Reading { tier, score: f64::from(score), p, reasons }
    }

    /// The scores of the models for a step, which the session then remembers.
    pub(crate) fn raw(&self, personal: &Personal, agent: &str, track: &mut Track, step: &Step) -> Raw {
        let Class { prior, references, .. } = self.class(track.class(step));
        let forest = self.calls.score(step.call.values()).max(self.texts.score(&hiding(&step.text)));
        let lstm = scaled(self.lstm.surprisal(&mut track.memory, step), 3.0);
        let surprise = surprise(prior, personal.agent(agent), step);
        let bayes = scaled(surprise.total(), 8.0);
        let [of_forest, of_lstm, of_bayes, _] = &references.models;
        let residuals = [
            of_forest.normal(forest),
            of_lstm.normal(lstm),
            of_bayes.normal(bayes),
            references.provenance.normal(provenance(step)),
            references.encoding.normal(encoding(&step.text)),
        ];
        let (mut level, mut shifted) = (0.0_f64, 0);
        for (at, (stream, residual)) in track.streams.iter_mut().zip(residuals).enumerate() {
            let own = if stream.see(residual).is_some() { 1.0 } else { stream.level() };
            if own > level {
                (level, shifted) = (own, at);
            }
        }
        track.count(step);
        Raw { scores: [forest, lstm, bayes, level as f32], surprise, shifted }
    }

    pub(crate) fn p_values(&self, class: AgentClass, scores: &[f32; 4]) -> [f64; 4] {
        let mut p = [1.0; 4];
        for ((p, reference), score) in p.iter_mut().zip(&self.class(class).references.models).zip(scores) {
            *p = reference.p_value(*score);
        }
        p.iter_mut().zip(self.without).filter(|(_, without)| *without).for_each(|(p, _)| *p = 1.0);
        p
    }

    pub(crate) const fn class(&self, class: AgentClass) -> &Class {
        let [coding, assistant] = &self.classes;
        match class {
            AgentClass::Coding => coding,
            AgentClass::Assistant => assistant,
        }
    }
}

/// How many models agree, and the tier. Lower p-values never give a lower tier.
pub(crate) fn tier(p: &[f64; 4], combined_p: f64) -> (u32, Tier) {
    let agreement = p.iter().filter(|p| **p <= UNUSUAL).count() as u32;
    let tier = match combined_p {
        p if p <= HELD && agreement >= AGREE => Tier::Held,
        p if p <= FLAGGED => Tier::Flagged,
        p if p <= NOTED => Tier::Noted,
        _ => Tier::Routine,
    };
    (agreement, tier)
}

/// A surprise from 0 up on a scale from 0 to 1.
fn scaled(surprise: f64, half: f64) -> f32 {
    let surprise = surprise.max(0.0);
    (surprise / (surprise + half)) as f32
}

/// The features of a text that the forest of texts knows.
pub(crate) fn hiding(text: &TextFeatures) -> [f32; HIDING.len()] {
    let mut out = [0.0; HIDING.len()];
    let known = text.values().iter().zip(FEATURES).filter(|(_, feature)| HIDING.contains(&feature.name));
    out.iter_mut().zip(known).for_each(|(slot, (value, _))| *slot = *value);
    out
}

/// How much of a call is the word of other content.
pub(crate) fn provenance(step: &Step) -> f32 {
    let of = |name| step.call.named(name).unwrap_or(0.0);
    of("of_untrusted") + of("told") + of("bid_words") + of("name_bids")
}

/// How much of a text is encoded or hidden.
pub(crate) fn encoding(text: &TextFeatures) -> f32 {
    let of = |name| text.named(name).unwrap_or(0.0);
    let shares = of("base64") + of("hex") + of("percent") + of("escapes") + of("comments");
    shares + of("nesting") + of("invisible").min(1.0) + of("mixed_words").min(1.0)
}

impl Class {
    fn write(&self, out: &mut Vec<u8>) {
        self.prior.write(out);
        self.usual.write(out);
        self.references.write(out);
    }

    fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        Some(Self {
            prior: Prior::read(bytes)?,
            usual: Usual::read(bytes)?,
            references: References::read(bytes)?,
        })
    }
}
