//! What Intercept says.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::wire::{Endpoint, ReplySummary, WireCall};
use crate::{CallNumber, ExchangeId, SessionId, Timestamp};

/// What is known of an exchange when the head of its request has been read. Shared by all its messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeHead {
    /// The exchange, and the `id` of its `interaction` record.
    pub exchange: ExchangeId,
    /// The session it belongs to.
    pub session: SessionId,
    /// When the head of the request was complete.
    pub at: Timestamp,
    /// The provider's token of the provider table: `anthropic`, `openai`, `google`, … (`voaf.md` §5).
    pub provider: String,
    /// The host the client addressed, lower case, without port.
    pub host: String,
    /// The request's method.
    pub method: String,
    /// The request's path without the query.
    pub path: String,
    /// What the endpoint is to the gate.
    pub endpoint: Endpoint,
    /// `client_ref` of the record: the header `x-agent-id`, else the first 16 hex digits of
    /// SHA-256(User-Agent ‖ endpoint), the endpoint being host and path.
    pub client_ref: String,
    /// The product of the User-Agent header before the first `/` or space, lower case: `claude-cli`, `python-httpx`.
    pub agent: String,
    /// The conversation id that a header of the request carries.
    pub conversation_ref: Option<String>,
}

/// A request has been forwarded whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestCaptured {
    /// The exchange.
    pub head: Arc<ExchangeHead>,
    /// What the client sent, after transfer coding.
    pub body: CapturedBody,
}

/// A body as far as it was kept.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CapturedBody {
    /// The bytes, content coding not undone. Empty when the body was larger than the limit.
    pub bytes: Vec<u8>,
    /// The length of the body on the wire, after transfer coding.
    pub length: u64,
    /// Whether `bytes` is the whole body.
    pub complete: bool,
    /// The content coding, when it is not `identity`.
    pub coding: Option<String>,
}

impl core::fmt::Debug for CapturedBody {
    /// Prints no content.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("CapturedBody")
            .field("length", &self.length)
            .field("complete", &self.complete)
            .field("coding", &self.coding)
            .finish_non_exhaustive()
    }
}

/// A call of a reply is complete and waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallCaptured {
    /// The exchange.
    pub head: Arc<ExchangeHead>,
    /// The call as the provider wrote it.
    pub call: WireCall,
    /// When it was complete.
    pub at: Timestamp,
    /// The wire protocol: `anthropic-messages-stream`, ….
    pub protocol: &'static str,
    /// The model as the reply names it.
    pub model: Option<String>,
    /// SHA-256 of the reply's body as received so far, after transfer coding.
    pub response_hash_upstream: [u8; 32],
    /// SHA-256 of the reply's body as delivered so far, before transfer coding.
    pub response_hash_delivered: [u8; 32],
}

/// An exchange is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeFinished {
    /// The exchange.
    pub head: Arc<ExchangeHead>,
    /// When it was over.
    pub at: Timestamp,
    /// How.
    pub ending: Ending,
    /// The status of the reply, when one came.
    pub status: Option<u16>,
    /// The length of the request's body on the wire, after transfer coding; `None` when it was not forwarded whole.
    pub request_bytes: Option<u64>,
    /// What the reply was, when it was read.
    pub reply: Option<ReplySummary>,
    /// How many calls of the reply were put to the gate.
    pub calls: u32,
    /// From the last byte of the request to the first byte of the reply, in microseconds.
    pub first_byte_micros: Option<u64>,
}

/// An exchange that is over, as Analysis hears of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// What the client sent, when Analysis has not heard it.
    pub captured: Option<Arc<RequestCaptured>>,
    /// How it ended.
    pub finished: Arc<ExchangeFinished>,
}

/// How an exchange ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The client has the whole reply.
    Complete,
    /// The provider broke off.
    UpstreamCut,
    /// The client left.
    ClientGone,
    /// Vigil ended it, for this reason.
    Refused(String),
}

/// Nobody is there any more to get the calls of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientGone {
    /// The exchange.
    pub exchange: ExchangeId,
    /// When it was noticed.
    pub at: Timestamp,
    /// How.
    pub how: GoneHow,
}

/// Why nobody is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoneHow {
    /// The client closed the connection or the stream.
    Disconnected,
    /// The task that served the connection failed.
    Panicked,
    /// The reply broke off or could not be read on, so that its calls can no longer be delivered.
    ReplyFailed,
}

/// A recorded release failed before the client's connection accepted its first byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseFailed {
    /// The exchange.
    pub exchange: ExchangeId,
    /// Which call.
    pub call: CallNumber,
    /// The `id` of its `gate_decision` record.
    pub record: String,
}

/// Something a person should know, beside holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// When.
    pub at: Timestamp,
    /// What kind.
    pub kind: NoticeKind,
    /// The host it is about, when it is about one.
    pub host: Option<String>,
    /// The client it is about: its `client_ref`, or its address when no request was read.
    pub client: Option<String>,
    /// One line in plain words, with what to do next where we know it.
    pub text: String,
}

/// Kinds of notices. The token is the small code that a surface reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// The provider's certificate was refused: expired, wrong host, unknown authority, revoked, ….
    UpstreamCertificate,
    /// The provider could not be reached.
    UpstreamUnreachable,
    /// A client does not trust the local CA.
    ClientDistrust,
    /// A client or a provider sent something that is not HTTP, TLS or the format it claims.
    Malformed,
    /// A limit of the configuration was met.
    Limit,
    /// A reply in a format nobody here knows.
    UnknownFormat,
    /// A request was refused: a WebSocket upgrade, a TLS name other than the CONNECT host, ….
    Refused,
}

impl NoticeKind {
    /// The small code.
    pub const fn token(self) -> &'static str {
        match self {
            Self::UpstreamCertificate => "upstream_certificate",
            Self::UpstreamUnreachable => "upstream_unreachable",
            Self::ClientDistrust => "client_distrust",
            Self::Malformed => "malformed",
            Self::Limit => "limit",
            Self::UnknownFormat => "unknown_format",
            Self::Refused => "refused",
        }
    }
}
