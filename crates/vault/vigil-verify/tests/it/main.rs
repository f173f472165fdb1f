//! The auditor from outside: documents in, reports out.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::unreachable,
    clippy::print_stdout,
    reason = "test helpers fail by panicking, and say when they skip"
)]

mod documents;
mod hostile;
mod mutation;
mod program;
#[cfg(feature = "store")]
mod store;
mod support;
