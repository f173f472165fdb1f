//! What is remembered of a request while it passes.

use std::sync::Arc;
use std::time::Instant;

use sha2::{Digest as _, Sha256};
use tokio::task::{JoinHandle, spawn_blocking};
use vigil_core::message::{CapturedBody, ExchangeHead, RequestCaptured};
use vigil_core::wire::{Digest, RequestScan};

/// A larger body is hashed beside the connection's task: the provider must not wait for it.
const HASHED_AT_ONCE: usize = 32 * 1024;

/// Copy, scan and digest of a request's body.
pub(super) struct RequestTally {
    length: u64,
    /// The body so far; given up when it grows over `keep`.
    body: Vec<u8>,
    keep: usize,
    /// Follows a body that is not kept. One that is kept is hashed when it is whole.
    running: Option<Sha256>,
    coding: Option<String>,
    scan: Option<Box<dyn RequestScan>>,
    may_carry_calls: Option<bool>,
    completed_at: Option<Instant>,
    digest: Digesting,
}

/// The digest of a whole body, or the task that makes it.
#[derive(Default)]
pub(super) enum Digesting {
    /// The body is not whole.
    #[default]
    Unknown,
    Known(Digest),
    Task(JoinHandle<Digest>),
}

impl Digesting {
    pub(super) async fn wait(self) -> Option<Digest> {
        match self {
            Self::Unknown => None,
            Self::Known(digest) => Some(digest),
            // A task that was cancelled belongs to a runtime that is gone.
            Self::Task(task) => task.await.ok(),
        }
    }
}

impl RequestTally {
    pub(super) fn new(scan: Option<Box<dyn RequestScan>>, keep: usize, coding: Option<&[u8]>) -> Self {
        let coding = coding
            .map(|value| String::from_utf8_lossy(value).trim().to_ascii_lowercase())
            .filter(|value| !value.is_empty() && value != "identity");
        Self {
            length: 0,
            body: Vec::new(),
            keep,
            running: None,
            coding,
            scan,
            may_carry_calls: None,
            completed_at: None,
            digest: Digesting::Unknown,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        if let Some(scan) = &mut self.scan {
            scan.push(bytes);
        }
        match &mut self.running {
            Some(running) => running.update(bytes),
            None if self.body.len() + bytes.len() > self.keep => {
                let kept = std::mem::take(&mut self.body);
                self.running = Some(Sha256::new().chain_update(kept).chain_update(bytes));
            }
            None => self.body.extend_from_slice(bytes),
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
        let Self { scan, may_carry_calls, .. } = self;
        *may_carry_calls.get_or_insert_with(|| scan.as_mut().is_none_or(|scan| scan.may_carry_calls()))
    }

    /// What Analysis hears, once. Begins to hash the body when it is whole.
    pub(super) fn capture(&mut self, head: &Arc<ExchangeHead>) -> Arc<RequestCaptured> {
        let whole = self.completed_at.is_some();
        let kept = self.running.is_none();
        let body = CapturedBody {
            bytes: std::mem::take(&mut self.body),
            length: self.length,
            complete: whole && kept,
            coding: self.coding.take(),
        };
        let captured = Arc::new(RequestCaptured { head: head.clone(), body });
        self.digest = match self.running.take() {
            // What still comes has lost its beginning: such a request has no digest, and nothing more of it is kept.
            _ if !whole => {
                self.running = Some(Sha256::new());
                Digesting::Unknown
            }
            Some(running) => Digesting::Known(digest(running, self.length)),
            None if captured.body.bytes.len() <= HASHED_AT_ONCE => Digesting::Known(of_body(&captured)),
            None => {
                let captured = captured.clone();
                Digesting::Task(spawn_blocking(move || of_body(&captured)))
            }
        };
        captured
    }

    /// The digest of the whole body, once.
    pub(super) fn take_digest(&mut self) -> Digesting {
        std::mem::take(&mut self.digest)
    }
}

fn of_body(captured: &RequestCaptured) -> Digest {
    digest(Sha256::new().chain_update(&captured.body.bytes), captured.body.length)
}

fn digest(sha256: Sha256, length: u64) -> Digest {
    Digest { sha256: sha256.finalize().into(), length }
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

    async fn check(keep: usize, pieces: &[&[u8]], kept: bool) {
        let mut tally = RequestTally::new(None, keep, Some(b" GZIP "));
        for piece in pieces {
            tally.push(piece);
        }
        tally.complete(Instant::now());
        let body = tally.capture(&head()).body.clone();
        let whole = pieces.concat();
        assert_eq!((body.length, body.complete, body.bytes.is_empty()), (whole.len() as u64, kept, !kept));
        assert_eq!(body.coding.as_deref(), Some("gzip"));
        let expected = Digest { sha256: Sha256::digest(&whole).into(), length: whole.len() as u64 };
        assert_eq!(tally.take_digest().wait().await, Some(expected));
    }

    #[tokio::test]
    async fn a_body_has_its_digest_whether_it_is_kept_or_not() {
        check(4, &[b"abc", b"de", b"f"], false).await;
        check(10, &[b"abc", b"de"], true).await;
        check(1 << 20, &[&[7; 100_000], &[8; 100_000]], true).await;
    }

    #[tokio::test]
    async fn an_unfinished_request_has_no_digest_and_may_ask_for_calls() {
        let mut tally = RequestTally::new(None, 4, Some(b"identity"));
        tally.push(b"ab");
        assert!(tally.may_carry_calls());
        let body = tally.capture(&head()).body.clone();
        assert_eq!((body.bytes.as_slice(), body.complete, body.coding), (b"ab".as_slice(), false, None));
        tally.push(b"cd");
        tally.complete(Instant::now());
        assert_eq!(tally.take_digest().wait().await, None);
    }
}
