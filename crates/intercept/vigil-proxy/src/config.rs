//! What the proxy is told at start: values only, nothing optional, nothing left to check.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::providers::Providers;

/// The resolved configuration of the Intercept plane.
#[derive(Clone, Debug)]
pub struct ProxyConfig {
    /// Where clients connect. Port 0 picks a free one.
    pub listen: SocketAddr,
    /// Which hosts are AI providers, and what they speak.
    pub providers: Providers,
    /// Connect to this address instead of asking the resolver, per host and port, as curl's `--resolve`.
    pub resolve: BTreeMap<(String, u16), SocketAddr>,
    /// Whether the platform's roots are trusted for upstreams.
    pub platform_roots: bool,
    /// PEM files with more roots for upstreams.
    pub extra_ca_files: Vec<PathBuf>,
    /// Certificate revocation lists for upstreams, PEM or DER.
    pub crl_files: Vec<PathBuf>,
    /// The folder where `ca.pem` and the intermediate's certificate lie.
    pub state_dir: PathBuf,
    /// What happens to a reply in a format nobody here knows.
    pub unknown_format: UnknownFormat,
    /// How often a client that waits for a call is sent a no-op.
    pub keep_alive: Duration,
    /// How long a call waits for its answer before the exchange is cut: the hold window and some seconds.
    pub decision_patience: Duration,
    /// Every limit, with its unit.
    pub limits: Limits,
}

impl ProxyConfig {
    /// The defaults for a proxy that keeps its files in `state_dir`.
    pub fn new(state_dir: PathBuf) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            providers: Providers::built_in(),
            resolve: BTreeMap::new(),
            platform_roots: true,
            extra_ca_files: Vec::new(),
            crl_files: Vec::new(),
            state_dir,
            unknown_format: UnknownFormat::Pass,
            keep_alive: Duration::from_secs(5),
            decision_patience: Duration::from_secs(40),
            limits: Limits::default(),
        }
    }
}

/// What happens to a successful reply in a format nobody here knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownFormat {
    /// It passes as it is.
    Pass,
    /// It is not delivered; the client gets an error in its place.
    Refuse,
}

/// What a peer may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The head of a request or a reply, or the trailers of one, in bytes.
    pub header_bytes: usize,
    /// How much of a request's body is kept for Analysis; a larger one passes and is flagged. In bytes.
    pub body_capture_bytes: usize,
    /// How much of a reply may be held back for its calls, in bytes.
    pub held_bytes: usize,
    /// A decoded reply, in bytes.
    pub decoded_bytes: u64,
    /// Decoded bytes per coded byte of a reply, once it is larger than a megabyte.
    pub decompression_ratio: u64,
    /// Connections of clients at the same time.
    pub connections: usize,
    /// From the connection to the first complete request head, the TLS handshake included.
    pub handshake: Duration,
    /// To reach a provider: resolver, TCP and TLS together.
    pub connect: Duration,
    /// A connection on which no request is under way.
    pub idle: Duration,
    /// A request or a reply on which nothing moves, in either direction.
    pub stall: Duration,
    /// A blind tunnel on which nothing moves.
    pub tunnel_idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes: 256 * 1024,
            body_capture_bytes: 32 * 1024 * 1024,
            held_bytes: 16 * 1024 * 1024,
            decoded_bytes: 1024 * 1024 * 1024,
            decompression_ratio: 200,
            connections: 1024,
            handshake: Duration::from_secs(30),
            connect: Duration::from_secs(30),
            idle: Duration::from_secs(600),
            stall: Duration::from_secs(900),
            tunnel_idle: Duration::from_secs(3600),
        }
    }
}
