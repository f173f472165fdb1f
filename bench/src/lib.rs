//! The other side of the wire, for the demo, the bench and the end-to-end tests.
//!
//! [`sim`] is a provider simulator: an HTTPS server that speaks Anthropic Messages, OpenAI Chat Completions, OpenAI
//! Responses and Gemini, streaming and not, and asks for the tool calls that the request's text tells it to ask for.
//! [`relay`] is the baseline, [`measure`] and [`quick`] turn samples into tables.
//! [`wire`] is a plain HTTP/1.1 client that goes through a proxy and tells when each byte came.
//!
//! Nothing here is part of what protects a user; no plane imports it.

pub mod measure;
pub mod quick;
pub mod relay;
pub mod sim;
pub mod wire;
