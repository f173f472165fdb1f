//! What is remembered of a request while it passes.

use std::sync::Arc;
use std::time::Instant;

use vigil_core::message::{CapturedBody, ExchangeHead, RequestCaptured};
use vigil_core::wire::RequestScan;

/// What a client announces is believed up to here; a longer body makes room as it comes.
const MOST_RESERVED: usize = 4 << 20;

/// Copy, scan and length of a request's body.
pub(super) struct RequestTally {
    length: u64,
    /// The body so far; given up when it grows over `keep`.
    body: Vec<u8>,
    keep: usize,
    /// Whether `body` is all that came.
    kept: bool,
    coding: Option<String>,
    scan: Option<Box<dyn RequestScan>>,
    may_carry_calls: Option<bool>,
    completed_at: Option<Instant>,
}

impl RequestTally {
    /// `announced` is the value of the header field `content-length`.
    pub(super) fn new(
        scan: Option<Box<dyn RequestScan>>,
        keep: usize,
        coding: Option<&[u8]>,
        announced: Option<&[u8]>,
    ) -> Self {
        let coding = coding
            .map(|value| String::from_utf8_lossy(value).trim().to_ascii_lowercase())
            .filter(|value| !value.is_empty() && value != "identity");
        let announced = announced.and_then(|value| std::str::from_utf8(value).ok()?.trim().parse().ok());
        let room = announced.filter(|&length| length <= keep).unwrap_or(0).min(MOST_RESERVED);
        Self {
            length: 0,
            body: Vec::with_capacity(room),
            keep,
            kept: true,
            coding,
            scan,
            may_carry_calls: None,
            completed_at: None,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        if let Some(scan) = &mut self.scan {
            scan.push(bytes);
        }
        if self.kept && self.body.len() + bytes.len() <= self.keep {
            self.body.extend_from_slice(bytes);
        } else {
            self.kept = false;
            self.body = Vec::new();
        }
    }

    pub(super) fn complete(&mut self, at: Instant) {
        self.completed_at.get_or_insert(at);
    }

    pub(super) fn completed_at(&self) -> Option<Instant> {
        self.completed_at
    }

    /// The length of the whole body.
    pub(super) fn whole_bytes(&self) -> Option<u64> {
        self.completed_at.map(|_| self.length)
    }

    /// Whether the reply may hold calls. A request that is not yet complete may say anything.
    pub(super) fn may_carry_calls(&mut self) -> bool {
        if self.completed_at.is_none() {
            return true;
        }
        let Self { scan, may_carry_calls, .. } = self;
        *may_carry_calls.get_or_insert_with(|| scan.as_mut().is_none_or(|scan| scan.may_carry_calls()))
    }

    /// How many bytes of it wait to be captured.
    pub(super) fn kept_bytes(&self) -> usize {
        self.body.len()
    }

    /// What Analysis hears, once. Nothing that still comes is kept: it has lost its beginning.
    pub(super) fn capture(&mut self, head: &Arc<ExchangeHead>) -> Arc<RequestCaptured> {
        let kept = std::mem::replace(&mut self.kept, false);
        let body = CapturedBody {
            bytes: std::mem::take(&mut self.body),
            length: self.length,
            complete: self.completed_at.is_some() && kept,
            coding: self.coding.take(),
        };
        Arc::new(RequestCaptured { head: head.clone(), body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigil_core::wire::Endpoint;
    use vigil_core::{ExchangeId, SessionId, Timestamp};

    fn head() -> Arc<ExchangeHead> {
        Arc::new(ExchangeHead {
            exchange: ExchangeId::new(0, 0),
            session: SessionId(String::new()),
            at: Timestamp::default(),
            provider: String::new(),
            host: String::new(),
            method: String::new(),
            path: String::new(),
            endpoint: Endpoint::Unknown,
            client_ref: String::new(),
            agent: String::new(),
            conversation_ref: None,
        })
    }

    #[track_caller]
    fn check(keep: usize, announced: &str, pieces: &[&[u8]], kept: bool) {
        let mut tally = RequestTally::new(None, keep, Some(b" GZIP "), Some(announced.as_bytes()));
        for piece in pieces {
            tally.push(piece);
        }
        assert_eq!(tally.whole_bytes(), None);
        tally.complete(Instant::now());
        let body = tally.capture(&head()).body.clone();
        let whole = pieces.concat();
        assert_eq!((body.length, body.complete), (whole.len() as u64, kept));
        assert_eq!(body.bytes, if kept { whole.clone() } else { Vec::new() });
        assert_eq!(body.coding.as_deref(), Some("gzip"));
        assert_eq!(tally.whole_bytes(), Some(whole.len() as u64));
    }

    #[test]
    fn a_body_is_kept_up_to_the_limit_whatever_was_announced() {
        check(4, "6", &[b"abc", b"de", b"f"], false);
        check(4, "99999999999999999999", &[b"abcde", b"f"], false);
        check(10, "5", &[b"abc", b"de"], true);
        check(10, "-1", &[b"abc", b"de"], true);
        check(1 << 20, "1", &[&[7; 100_000], &[8; 100_000]], true);
    }

    #[test]
    fn an_unfinished_request_has_no_length_and_may_ask_for_calls() {
        let mut tally = RequestTally::new(None, 4, Some(b"identity"), None);
        tally.push(b"ab");
        assert!(tally.may_carry_calls());
        assert_eq!(tally.kept_bytes(), 2);
        let body = tally.capture(&head()).body.clone();
        assert_eq!((body.bytes.as_slice(), body.complete, body.coding), (b"ab".as_slice(), false, None));
        assert_eq!(tally.whole_bytes(), None);
        tally.push(b"cd");
        assert_eq!(tally.kept_bytes(), 0);
    }
}
