//! The policy plane from outside.

mod closure;
mod finite_core;
mod plane;
mod promise;
mod spec;
mod world;
