//! Recorded sessions of agents, told to the planes as a proxy would have told them.
//!
//! A session becomes the requests and calls of a client that sends its whole conversation on every turn, in the shape of
//! OpenAI Chat. What answers is the Analysis plane and the Policy plane of the daemon; there is no second path.

mod input;
mod line;
mod play;
mod request;
mod session;

pub(crate) use input::{Source, open};
pub(crate) use line::{SessionLine, lines};
pub(crate) use play::{Rules, play};
pub(crate) use session::{Session, ToolBox};
