//! The port between Intercept and the wire formats.
//!
//! Intercept moves bytes and knows no provider's format; `vigil-decompose` knows the formats and no socket. Neither may
//! import the other, and a queue between them would cost every text event two thread switches. So the formats are
//! handed to Intercept by the composition root as [`WireFormats`]: state machines without I/O, driven by bytes, that
//! run inside the task of the connection. What they find (a complete call) goes over the bus like everything else.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::CallNumber;

/// What a provider host speaks, as the provider table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProviderFormat {
    /// `anthropic`
    Anthropic,
    /// `openai-chat`: Chat Completions whatever the path.
    OpenAiChat,
    /// `openai-responses`: Responses whatever the path.
    OpenAiResponses,
    /// `openai`: Chat Completions or Responses, told by the path.
    OpenAi,
    /// `gemini`
    Gemini,
}

impl ProviderFormat {
    /// All formats.
    pub const ALL: [Self; 5] =
        [Self::Anthropic, Self::OpenAiChat, Self::OpenAiResponses, Self::OpenAi, Self::Gemini];

    /// The word of `vigil.toml`.
    pub const fn token(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic",
            Self::OpenAiChat => "openai-chat",
            Self::OpenAiResponses => "openai-responses",
            Self::OpenAi => "openai",
            Self::Gemini => "gemini",
        }
    }

    /// The format a word names.
    pub fn parse(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.token() == token)
    }
}

/// A wire format whose calls Vigil can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WireFormat {
    /// Anthropic Messages.
    AnthropicMessages,
    /// OpenAI Chat Completions and the many hosts that speak it.
    OpenAiChat,
    /// OpenAI Responses.
    OpenAiResponses,
    /// Gemini `generateContent` and `streamGenerateContent`.
    Gemini,
}

/// What an endpoint of a provider is to the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// Its replies may hold calls, in this format.
    Gated(WireFormat),
    /// Its replies cannot ask for an action: lists of models, embeddings, token counts, files.
    NoCalls,
    /// Nobody here knows its format.
    Unknown,
}

/// The wire formats, as Intercept sees them.
pub trait WireFormats: Send + Sync {
    /// What the endpoint is. `path` is the request target from the first `/` on, with the query.
    fn endpoint(&self, format: ProviderFormat, method: &str, path: &str) -> Endpoint;

    /// A scanner for the body of a request to a gated endpoint.
    fn request_scan(&self, format: WireFormat) -> Box<dyn RequestScan>;

    /// A reader for the body of a reply with a 2xx status from a gated endpoint.
    ///
    /// The reader finds out from the first bytes whether the body is a stream or one JSON value: what a client does
    /// with a body depends on what it asked for, not on the content type.
    fn reply_reader(&self, format: WireFormat) -> Box<dyn ReplyReader>;
}

/// Looks at a request's body while it passes, for the one thing that must be known before the reply begins.
pub trait RequestScan: Send {
    /// The next bytes of the body, after transfer coding and before content coding is undone.
    fn push(&mut self, bytes: &[u8]);

    /// Whether the reply may hold calls; `false` only when that is sure. A body that cannot be read, that refers to
    /// something the provider keeps (a stored prompt, an earlier response, a cached content), or that is empty may.
    fn may_carry_calls(&mut self) -> bool;
}

/// Reads one reply and holds back what belongs to calls.
///
/// The reader owns the bytes it holds back. It never loses and never reorders bytes of a reply in which every call is
/// released: what it wrote, joined, is then what was pushed, byte for byte.
///
/// Bytes pushed are the body after transfer and content coding. A reader allocates in proportion to what it holds back,
/// never by a number it read.
pub trait ReplyReader: Send {
    /// The next bytes of the body.
    fn push(&mut self, bytes: &[u8], out: &mut ReaderOutput);

    /// The body ended. `complete` is false when it broke off: then nothing that is held back is ever released.
    ///
    /// Calls may still be unanswered after the end of a complete body; their bytes come out of [`Self::answer`].
    fn end(&mut self, complete: bool, out: &mut ReaderOutput);

    /// The answer to one call that was put out before. Answers may come in any order.
    fn answer(&mut self, call: CallNumber, answer: &Answer, out: &mut ReaderOutput);

    /// Whether everything pushed has been put out or replaced, and the body has ended.
    fn is_drained(&self) -> bool;

    /// What to write to keep a waiting client alive: a no-op of the format that is legal at this point of the stream,
    /// or nothing where there is none.
    fn keep_alive(&self) -> &'static [u8];

    /// How many bytes are held back.
    fn held_bytes(&self) -> usize;

    /// What the reply was, as far as it was read.
    fn summary(&self) -> ReplySummary;
}

/// What a reader puts out. The caller empties it after each call; the buffers are used again.
#[derive(Debug, Default)]
pub struct ReaderOutput {
    /// Bytes for the client, now.
    pub bytes: Vec<u8>,
    /// Calls that became complete and wait for an answer, in the order of the reply.
    pub calls: Vec<WireCall>,
    /// Calls whose own bytes stand in `bytes`.
    pub released: Vec<CallNumber>,
    /// Set when the reply cannot be read on: nothing more of it may be delivered.
    pub fault: Option<WireFault>,
}

impl ReaderOutput {
    /// Empties it and keeps the buffers.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.calls.clear();
        self.released.clear();
        self.fault = None;
    }
}

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Its original bytes go out.
    Release,
    /// Its bytes are dropped, and this text stands in their place as the assistant's own words, in the format's own
    /// shape; stop reasons and later mirrors of the call are made to agree.
    Replace(String),
}

/// A call as the provider wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireCall {
    /// Its place among the calls of the reply that wait for an answer.
    pub number: CallNumber,
    /// The call id on the wire.
    pub id: Option<String>,
    /// The tool's name on the wire. Provider-defined tools without one have the name of their type without `_call`:
    /// `shell`, `local_shell`, `apply_patch`, `computer`, `tool_search`.
    pub name: String,
    /// The arguments as text: the exact string where the format carries a string, else the JSON of the value. Joined
    /// over all deltas. Not necessarily JSON.
    pub arguments: String,
    /// Who runs it.
    pub kind: CallKind,
    /// An object that belongs to the call repeats a member. The last one counts, as for the official SDKs.
    pub duplicate_members: bool,
}

/// Who runs a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallKind {
    /// The client must run it.
    Client,
    /// The provider asks whether it may run it.
    Approval,
    /// The provider runs it on its side: recorded, not gated. Only in [`ReplySummary::server_calls`].
    Server,
}

/// What a reply was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplySummary {
    /// `anthropic-messages-stream`, `anthropic-messages`, `openai-chat-stream`, …; `unknown` before the first bytes.
    pub protocol: &'static str,
    /// The model as the reply names it.
    pub model: Option<String>,
    /// SHA-256 and length in bytes of the visible text of all choices, without reasoning, as the provider wrote it;
    /// `None` when there was no text.
    pub text: Option<Digest>,
    /// The provider's own words for why it stopped, one per choice.
    pub stop_reasons: Vec<String>,
    /// Tokens in and out, where the reply tells.
    pub usage: Usage,
    /// Whether the reply is an error or ends in one.
    pub error: bool,
    /// The id by which a later request may refer to this reply.
    pub response_id: Option<String>,
    /// Calls that the provider ran itself.
    pub server_calls: Vec<WireCall>,
}

/// A SHA-256 digest of a content and its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest {
    /// The digest.
    pub sha256: [u8; 32],
    /// The length of the content in bytes.
    pub length: u64,
}

/// Tokens, in the provider's own counting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Usage {
    /// Tokens of the request.
    pub input: Option<u64>,
    /// Tokens of the reply.
    pub output: Option<u64>,
}

/// Why a reply cannot be read on. The exchange ends; nothing that is held back is released.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireFault {
    /// An event or the body is not what the format says; the text names the place and the fault, not the content.
    #[error("invalid {format}: {what}")]
    Invalid {
        /// The format's name.
        format: &'static str,
        /// The place and the fault.
        what: String,
    },
    /// More is held back than the limit allows.
    #[error("a call of the reply is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
}
