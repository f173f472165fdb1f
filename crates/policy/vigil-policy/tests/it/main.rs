//! The policy plane from outside.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests may fail like tests"
)]

mod closure;
mod finite_core;
mod plane;
mod promise;
mod spec;
mod world;
