//! The order of operations.
//!
//! The pipeline gives each synchronous plane a thread and an inbox, passes on what each says to whoever hears it, tells
//! the time to those who wait for it, and ends everything in order. It knows how messages flow (`docs/spec/bus.md`) and
//! nothing of what a plane does with them. Intercept and the surfaces are not threads of the pipeline: they get their
//! ends of the queues ([`Ends`]).
//!
//! What fails, fails closed. A panic inside Analysis costs its state, and calls are decided by rules alone; a panic
//! inside Policy or the Vault ends that plane, after which no call is released.
//!
//! Start reading at [`Pipeline::start`].

mod lane;
mod pipeline;
mod stage;

pub use pipeline::{AnalysisMaker, Clock, Ends, Pipeline, Planes, ShutdownError, SpawnError};
pub use stage::{Latency, Stage, Stages};
