//! Scores of ordinary steps of one class of agents.

use crate::Reference;
use crate::bytes::Bytes;

/// For each number that becomes a p-value or a residual, how it is spread over ordinary steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct References {
    pub(crate) models: [Reference; 4],
    pub(crate) provenance: Reference,
    pub(crate) encoding: Reference,
    /// What the forest of texts says of the texts before a step, whatever the step.
    pub(crate) texts: Reference,
    /// What the combination says of a step.
    pub(crate) combined: Reference,
    /// How unlike the ordinary the models find a step.
    pub(crate) unlike: Reference,
}

impl References {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let rest = [&self.provenance, &self.encoding, &self.texts, &self.combined, &self.unlike];
        self.models.iter().chain(rest).for_each(|reference| reference.write(out));
    }

    pub(crate) fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        let mut out = Self::default();
        let rest =
            [&mut out.provenance, &mut out.encoding, &mut out.texts, &mut out.combined, &mut out.unlike];
        for slot in out.models.iter_mut().chain(rest) {
            *slot = Reference::read(bytes)?;
        }
        Some(out)
    }
}
