//! The readers of replies on recorded exchanges and on hand-made traps.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    unreachable_pub,
    reason = "tests: what is missing fails the test, and the modules beside this one are not a library"
)]

mod anthropic;
mod anthropic_traps;
mod chat;
mod chat_traps;
mod corpus;
mod drive;
mod endpoints;
mod gemini;
mod replay;
mod reply;
mod responses;
mod spelling;
