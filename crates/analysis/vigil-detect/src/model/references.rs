//! Scores of ordinary steps of one class of agents.

use crate::Reference;
use crate::bytes::Bytes;

/// For each number that becomes a p-value or a residual, how it is spread over ordinary steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct References {
    pub(crate) models: [Reference; 4],
    pub(crate) provenance: Reference,
    pub(crate) encoding: Reference,
    pub(crate) combined: Reference,
}

impl References {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let all = self.models.iter().chain([&self.provenance, &self.encoding, &self.combined]);
        all.for_each(|reference| reference.write(out));
    }

    pub(crate) fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        let mut out = Self::default();
        for slot in out.models.iter_mut().chain([&mut out.provenance, &mut out.encoding, &mut out.combined]) {
            *slot = Reference::read(bytes)?;
        }
        Some(out)
    }
}
