//! A provider simulator.
//!
//! What it answers is told by the request: each line `!call NAME {json}` of the last user message becomes a tool call,
//! `!say TEXT` becomes text; the same lines in the header field `x-sim-script` (one JSON string) go before them; a message that carries tool results is answered with a closing sentence. So a test or a
//! demo reads as what it does, and the same request gets the same reply.

mod anthropic;
mod authority;
mod chat;
mod gemini;
mod request;
mod responses;
mod server;

pub use authority::{Authority, Leaf};
pub use server::{Simulator, SimulatorOptions};

use serde_json::Value;

/// What a reply holds, before it takes the form of a format.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    /// What is said before the calls, cut where a stream cuts it.
    pub(crate) words: Vec<String>,
    /// The calls, in order.
    pub(crate) calls: Vec<Call>,
}

/// One call that a reply asks for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) arguments: Value,
}

impl Call {
    /// The id of the call at a place of a reply.
    pub(crate) fn id(&self, prefix: &str, at: usize) -> String {
        format!("{prefix}{:08x}{at:04x}", checksum(&format!("{}{}", self.name, self.arguments)))
    }
}

/// One piece of a streamed reply.
pub(crate) type Piece = String;

/// A small number that tells texts apart; nothing depends on it being hard to forge.
fn checksum(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Cuts a text into pieces as models stream it, keeping every byte.
pub(crate) fn pieces(text: &str, longest: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut piece = String::new();
    for c in text.chars() {
        piece.push(c);
        if piece.len() >= longest {
            found.push(std::mem::take(&mut piece));
        }
    }
    if !piece.is_empty() {
        found.push(piece);
    }
    found
}

/// One server-sent event.
pub(crate) fn event(name: Option<&str>, data: &Value) -> Piece {
    match name {
        Some(name) => format!("event: {name}\ndata: {data}\n\n"),
        None => format!("data: {data}\n\n"),
    }
}
