//! The plane over real sockets: a client, a provider, and a pipeline that answers over the bus.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on ends"
)]

mod certificates;
mod chain;
mod client;
mod connect;
mod direct;
mod end;
mod formats;
mod gate;
mod h2;
mod limits;
mod pipeline;
mod reply;
mod request;
mod stage;
mod upstream;
