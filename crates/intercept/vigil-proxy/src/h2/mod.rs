//! HTTP/2: one connection of a client and one of the upstream, relayed frame by frame.
//!
//! - [`forward`] is the way of a request. Frames go on as they came; a decoder looks on.
//! - [`reply`] is the way of a reply. It is read, put through the gate, and written anew under the client's windows.
//! - [`relay`] is the state both share, [`delivery`] decides what goes to the client when.
//! - [`connection`] moves bytes between the sockets and the relay, in one task.
//!
//! Stream numbers are the same on both sides, so GOAWAY, RST_STREAM and PING mean on one side what they meant on the
//! other. What is not forwarded is written in [`forward`] and [`backward`].

mod backward;
mod connection;
mod delivery;
mod fault;
mod forward;
mod frame;
pub(crate) mod fuzzing;
mod head;
mod hpack;
mod limits;
mod output;
mod relay;
mod reply;
mod settings;
mod stream;

pub(crate) use connection::serve;

#[cfg(test)]
mod tests;
