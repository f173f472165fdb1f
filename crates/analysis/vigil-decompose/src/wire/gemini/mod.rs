//! Gemini `generateContent` and `streamGenerateContent`, as events (`alt=sse`) and as a JSON array that grows.
//!
//! ```text
//! data: {"candidates":[{"content":{"parts":[{"text":"Let me see."}],"role":"model"}}],…}
//!
//! data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"ls","args":{"path":"/"}}}]},"finishReason":"STOP"}],…}
//! ```
//!
//! Every chunk is an object of the same shape. A call is a part, or several parts with the arguments in pieces
//! ([`partial`]). A call that is replaced becomes a `text` part in the same chunk; its further pieces are taken out.

mod array;
mod body;
mod chunk;
mod partial;
mod stream;
#[cfg(test)]
mod tests;

use vigil_core::wire::{ReplyReader, WireFault};

use self::array::ArraySplitter;
use self::body::GeminiBody;
use self::stream::{Framing, GeminiStream};
use super::body::BodyReader;
use super::reader::StreamReader;
use crate::sse::EventSplitter;

/// A reader of server-sent events.
pub(super) fn stream(limit: usize) -> Box<dyn ReplyReader> {
    Box::new(StreamReader::new(EventSplitter::new(limit), GeminiStream::new(Framing::Events), limit))
}

/// A reader of an array that grows.
pub(super) fn array(limit: usize) -> Box<dyn ReplyReader> {
    Box::new(StreamReader::new(ArraySplitter::new(limit), GeminiStream::new(Framing::Array), limit))
}

/// A reader of a plain reply.
pub(super) fn whole(limit: usize) -> Box<dyn ReplyReader> {
    Box::new(BodyReader::new(GeminiBody::new(), limit))
}

/// The name of the format in faults.
const FORMAT: &str = "gemini";

fn invalid(what: &str) -> WireFault {
    WireFault::Invalid { format: FORMAT, what: what.to_owned() }
}
