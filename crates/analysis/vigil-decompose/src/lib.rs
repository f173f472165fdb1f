//! The Analysis plane's reading half: provider wire formats to messages, calls and structured actions.
//!
//! The crate reads what AI providers and their clients say to each other. [`Formats`] is the port of `vigil_core::wire`:
//! readers that hold back the calls of a reply, byte for byte, until each is answered. They are state machines without
//! I/O, clock or threads. Nothing here knows rules, scores or sockets, and no body is kept longer than it is held back.
//!
//! Start reading at [`Formats`].

mod json;
mod sse;
mod wire;

pub use wire::Formats;
