//! The Analysis plane's reading half: provider wire formats to messages, calls and structured actions.
//!
//! The crate reads what AI providers and their clients say to each other. [`Formats`] is the port of `vigil_core::wire`:
//! readers that hold back the calls of a reply, byte for byte, until each is answered. They are state machines without
//! I/O, clock or threads. Nothing here knows rules, scores or sockets, and no body is kept longer than it is held back.
//!
//! Start reading at [`Formats`].

mod action;
#[doc(hidden)]
pub mod fuzzing;
mod json;
mod plane;
mod provenance;
mod request;
mod sse;
mod wire;

pub use action::decompose;
pub use plane::{Analysis, AnalysisLimits};
pub use provenance::{Conversation, DeclaredTool};
pub use wire::Formats;
