//! What is learned of a reply while it passes.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};
use vigil_core::wire::{Digest, ReplySummary, Usage, WireCall};

/// A [`ReplySummary`] in the making.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    protocol: &'static str,
    hash: Sha256,
    text_bytes: u64,
    stops: BTreeMap<u64, String>,
    pub(crate) model: Option<String>,
    pub(crate) response_id: Option<String>,
    pub(crate) usage: Usage,
    pub(crate) error: bool,
    pub(crate) server_calls: Vec<WireCall>,
}

impl Draft {
    pub(crate) fn new(protocol: &'static str) -> Self {
        Self {
            protocol,
            hash: Sha256::new(),
            text_bytes: 0,
            stops: BTreeMap::new(),
            model: None,
            response_id: None,
            usage: Usage::default(),
            error: false,
            server_calls: Vec::new(),
        }
    }

    /// Visible text, in the order in which it came.
    pub(crate) fn text(&mut self, text: &str) {
        self.hash.update(text);
        self.text_bytes += text.len() as u64;
    }

    /// Why a choice stopped, in the provider's words; the last word counts.
    pub(crate) fn stop(&mut self, choice: u64, reason: &str) {
        self.stops.insert(choice, reason.to_owned());
    }

    /// What is known so far.
    pub(crate) fn summary(&self) -> ReplySummary {
        let text = (self.text_bytes > 0)
            .then(|| Digest { sha256: self.hash.clone().finalize().into(), length: self.text_bytes });
        ReplySummary {
            protocol: self.protocol,
            model: self.model.clone(),
            text,
            stop_reasons: self.stops.values().cloned().collect(),
            usage: self.usage,
            error: self.error,
            response_id: self.response_id.clone(),
            server_calls: self.server_calls.clone(),
        }
    }
}
