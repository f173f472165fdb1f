//! What is remembered of a request while it passes.

use std::time::Instant;

use sha2::{Digest as _, Sha256};
use vigil_core::message::CapturedBody;
use vigil_core::wire::{Digest, RequestScan};

/// Digest, copy and scan of a request's body.
pub(super) struct RequestTally {
    sha256: Sha256,
    length: u64,
    /// The body so far; given up when it grows over `keep`.
    body: Vec<u8>,
    keep: usize,
    given_up: bool,
    coding: Option<String>,
    scan: Option<Box<dyn RequestScan>>,
    completed_at: Option<Instant>,
}

impl RequestTally {
    pub(super) fn new(scan: Option<Box<dyn RequestScan>>, keep: usize, coding: Option<&[u8]>) -> Self {
        let coding = coding
            .map(|value| String::from_utf8_lossy(value).trim().to_ascii_lowercase())
            .filter(|value| !value.is_empty() && value != "identity");
        Self {
            sha256: Sha256::new(),
            length: 0,
            body: Vec::new(),
            keep,
            given_up: false,
            coding,
            scan,
            completed_at: None,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.length += bytes.len() as u64;
        if let Some(scan) = &mut self.scan {
            scan.push(bytes);
        }
        if self.given_up {
            return;
        }
        if self.body.len() + bytes.len() > self.keep {
            self.given_up = true;
            self.body = Vec::new();
        } else {
            self.body.extend_from_slice(bytes);
        }
    }

    pub(super) fn complete(&mut self, at: Instant) {
        self.completed_at.get_or_insert(at);
    }

    pub(super) fn completed_at(&self) -> Option<Instant> {
        self.completed_at
    }

    /// Whether the reply may hold calls. A request that is not yet complete may say anything.
    pub(super) fn may_carry_calls(&mut self) -> bool {
        if self.completed_at.is_none() {
            return true;
        }
        self.scan.as_mut().is_none_or(|scan| scan.may_carry_calls())
    }

    /// The copy of the body, once.
    pub(super) fn take_body(&mut self) -> CapturedBody {
        let complete = self.completed_at.is_some() && !self.given_up;
        self.given_up = true;
        let bytes = std::mem::take(&mut self.body);
        CapturedBody { bytes, length: self.length, complete, coding: self.coding.take() }
    }

    /// The digest of the whole body; `None` while it is not complete.
    pub(super) fn digest(&self) -> Option<Digest> {
        self.completed_at?;
        Some(Digest { sha256: self.sha256.clone().finalize().into(), length: self.length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_over_the_limit_is_counted_and_not_kept() {
        let mut tally = RequestTally::new(None, 4, Some(b" GZIP "));
        tally.push(b"abc");
        tally.push(b"de");
        tally.complete(Instant::now());
        let body = tally.take_body();
        assert_eq!((body.bytes.len(), body.length, body.complete), (0, 5, false));
        assert_eq!(body.coding.as_deref(), Some("gzip"));
        assert_eq!(tally.digest().map(|digest| digest.length), Some(5));
    }

    #[test]
    fn an_unfinished_request_has_no_digest_and_may_ask_for_calls() {
        let mut tally = RequestTally::new(None, 4, Some(b"identity"));
        tally.push(b"ab");
        assert!(tally.digest().is_none() && tally.may_carry_calls());
        let body = tally.take_body();
        assert_eq!((body.bytes.as_slice(), body.complete, body.coding), (b"ab".as_slice(), false, None));
    }
}
