//! The Analysis plane's reading half: provider wire formats to messages, calls and structured actions.
//!
//! The crate reads what AI providers and their clients say to each other. [`Formats`] is the port of `vigil_core::wire`:
//! readers that hold back the calls of a reply, byte for byte, until each is answered. They are state machines without
//! I/O, clock or threads. Nothing here knows rules, scores or sockets, and no body is kept longer than it is held back.
//!
//! [`Analysis`] is the plane: it hears requests, calls and endings, and says what each call would do ([`decompose`]), with
//! the provenance of its values ([`Conversation`]), and what each exchange was. How unusual that is says a [`Watch`], which
//! the composition root hands it.
//!
//! Start reading at [`Formats`] for bytes, at [`decompose`] for meaning.

mod action;
mod disguise;
#[doc(hidden)]
pub mod fuzzing;
mod intent;
mod json;
mod plane;
mod provenance;
mod request;
mod sse;
mod watch;
mod wire;

pub use action::decompose;
pub use disguise::{Alphabet, decode, readings};
pub use plane::{Analysis, AnalysisLimits};
pub use provenance::{Conversation, DeclaredTool};
pub use request::read_request;
pub use watch::{Speaker, Utterance, Watch};
pub use wire::Formats;
