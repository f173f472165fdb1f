//! Where the values of a call come from: the user, untrusted content, or the model.
//!
//! [`Conversation`] is what a request tells about everything said so far. A value is `user` when it appears in what the
//! user typed; `untrusted` when it appears in a tool result, page, file or mail and not in what the user typed; else
//! `model`. A value that the model wrote *before* it appeared in any untrusted content stays the model's: the echo of
//! a command in its own output taints nothing. What content says counts also where look-alike letters, hidden characters or
//! encodings keep it from being seen (`disguise`); what the user typed counts as it was typed and in no other way. When the conversation is unknown, everything is untrusted.
//!
//! What a person typed and what a program put into the user's message are told apart by the tags and headings that
//! the common agents use (`request::harness`).

mod conversation;
mod find;
mod lookup;
mod part;

#[cfg(test)]
pub(crate) use conversation::digest;
pub use conversation::{Conversation, DeclaredTool};

#[cfg(test)]
mod tests;
