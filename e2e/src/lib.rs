//! What the end-to-end tests stand on: the real command, a simulated provider, agents that keep every byte they get.
//!
//! [`Home`] is an installation in a temporary directory, [`Daemon`] a running `vigil up` of it, [`Agent`] a client behind
//! it, [`Api`] the local API, [`Document`] an exported record. Nothing here knows a crate of a plane: what is tested is
//! what a stranger can see. The tests are in `cli/tests/`, where Cargo knows the binary; `vigil-kill` is the campaign of
//! kills.

mod agent;
mod api;
mod certificate;
mod daemon;
mod document;
mod home;
mod providers;
mod random;

pub use agent::{Agent, Ask, Dialect, Heard, HeardCall};
pub use api::{Answer, Api};
pub use certificate::{Defect, Site};
pub use daemon::{Daemon, Ended};
pub use document::{Decided, Document};
pub use home::{Home, Settings, Told};
pub use providers::{HOSTS, Providers};
pub use random::Random;
