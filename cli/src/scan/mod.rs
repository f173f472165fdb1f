//! What the scanner cannot do itself: git, the network, the environment, the clock, the terminal.

mod apply;
mod environment;
mod fetch;
mod files;
mod git;
mod judge;
mod packages;
mod progress;
mod run;
mod watch;
mod way;

use apply::apply;
pub(crate) use environment::Addresses;
pub(crate) use files::replace;
pub(crate) use judge::{Judge, RULE_PAGES};
pub(crate) use packages::Packages;
pub(crate) use run::{Fixing, Plan, What, run};
pub(crate) use watch::watch;
pub(crate) use way::Way;
