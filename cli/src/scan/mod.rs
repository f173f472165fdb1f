//! What the scanner cannot do itself: git, the network, the environment, the clock, the terminal.

mod apply;
mod environment;
mod fetch;

mod files;
mod git;
mod progress;
mod run;

use apply::apply;
pub(crate) use files::replace;
pub(crate) use run::{Fixing, Plan, What, run};
