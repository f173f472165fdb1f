//! The other side of the wire, for the demo, the bench and the end-to-end tests.
//!
//! [`sim`] is a provider simulator: an HTTPS server that speaks Anthropic Messages, OpenAI Chat Completions, OpenAI
//! Responses and Gemini, streaming and not, and asks for the tool calls that the request's text tells it to ask for.
//! [`relay`] is the baseline, [`measure`] and [`quick`] turn samples into tables.
//! [`wire`] is a plain HTTP/1.1 client that goes through a proxy and tells when each byte came.
//!
//! [`suite`] is `vigil bench`: the same three ways with each server in a process of its own ([`serve`]), against an
//! [`upstream`] that does as little as possible.
//!
//! Nothing here is part of what protects a user; no plane imports it.

mod clock;
mod conversation;
mod local_api;
mod machine;
pub mod measure;
mod probe;
mod process;
pub mod quick;
pub mod relay;
pub mod serve;
pub mod sim;
pub mod suite;
pub mod upstream;
pub mod wire;
