//! The Vault as a whole: messages in, records on disk, documents out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the functions beside the tests fail as the tests do"
)]
#![allow(unreachable_pub, reason = "the fixture is shared by the modules of one test")]

mod crash;
mod fixture;
mod model;
mod recording;
mod states;
