//! HTTP/1.1 messages, read strictly while their own bytes pass.
//!
//! Nothing here writes a message. A head is read from the bytes that will be forwarded ([`head`]), a body's framing is
//! followed over the bytes that are being forwarded ([`body`]). Where two readers could disagree about where a message
//! ends, the message is an error and goes nowhere: a second reader is how requests are smuggled.

pub(crate) mod body;
pub(crate) mod head;

/// Why bytes are not an HTTP/1.1 message that may pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("the head is not valid HTTP: {0}")]
    Head(&'static str),
    #[error("where the body ends is ambiguous: {0}")]
    Framing(&'static str),
    #[error("the chunked coding is broken: {0}")]
    Chunk(&'static str),
    #[error("the head or the trailers are larger than `limits.header_bytes`, {0} bytes")]
    TooLarge(usize),
}
