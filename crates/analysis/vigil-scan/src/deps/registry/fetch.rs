//! The port to the network, and how often a question is repeated.

use std::time::Duration;

/// Who can ask a registry. The crate opens no socket itself.
pub trait Fetch: Sync {
    /// Sends a GET request, follows redirects, and hands back whatever status came.
    fn get(&self, request: &FetchRequest) -> Result<FetchResponse, FetchError>;

    /// Waits before a question is repeated.
    fn pause(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchRequest {
    /// Where.
    pub url: String,
    /// What is wanted: the `Accept` header.
    pub accept: &'static str,
    /// The tag of the answer that is already known: the `If-None-Match` header.
    pub etag: Option<String>,
    /// Larger bodies are refused with [`FetchError::TooLarge`].
    pub max_bytes: usize,
}

/// One answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchResponse {
    /// The status.
    pub status: u16,
    /// The `ETag` header.
    pub etag: Option<String>,
    /// The `Retry-After` header in seconds, when it is a number.
    pub retry_after: Option<u64>,
    /// The `Last-Modified` header, in seconds since 1970.
    pub last_modified: Option<i64>,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// Nothing came in time.
    #[error("no answer in time")]
    Timeout,
    /// The host could not be reached, or the connection broke.
    #[error("{0}")]
    Connection(String),
    /// The body is larger than the request allows.
    #[error("the answer is too large")]
    TooLarge,
}

/// How often a question is asked before the registry counts as silent.
const ATTEMPTS: u32 = 3;
/// The first wait; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// A registry may ask for a longer wait than this, but it is not granted.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Asks, and asks again when the answer says "later".
pub(crate) fn patient(fetch: &dyn Fetch, request: &FetchRequest) -> Result<FetchResponse, String> {
    let mut pause = FIRST_PAUSE;
    let mut attempt = 1;
    loop {
        let (reason, wish) = match fetch.get(request) {
            Ok(response) if response.status == 429 || response.status >= 500 => {
                (format!("status {}", response.status), response.retry_after)
            }
            Ok(response) => return Ok(response),
            Err(FetchError::TooLarge) => return Err(FetchError::TooLarge.to_string()),
            Err(error) => (error.to_string(), None),
        };
        if attempt == ATTEMPTS {
            return Err(reason);
        }
        attempt += 1;
        fetch.pause(wish.map_or(pause, Duration::from_secs).min(LONGEST_PAUSE));
        pause *= 2;
    }
}
