//! What the planes of Vigil say to each other.
//!
//! The crate holds the words of the product ([`Action`], [`Tier`], [`Ruling`], …), the messages that carry
//! them, filed by who says them ([`message`]), the two ports through which a plane is handed to another without an
//! import ([`wire`], [`SecretStore`]), and, with the feature `bus`, the bounded queues between the planes ([`bus`]).
//!
//! There is no business logic here, no clock, no randomness, no I/O and no shared state: messages are plain data.
//! Without the feature `bus` the crate needs `alloc` only, which is how the Policy plane uses it.
//!
//! Start reading at [`message`].

#![no_std]

extern crate alloc;
#[cfg(any(feature = "bus", test))]
extern crate std;

mod action;
pub mod budget;
#[cfg(feature = "bus")]
pub mod bus;
mod id;
pub mod message;
mod plane;
mod ruling;
mod secret;
mod tier;
mod time;
pub mod wire;

pub use action::{Action, Argument, Effect, Magnitude, Provenance, Resource, Reversibility, Verb};
pub use id::{CallNumber, ExchangeId, Generation, HoldId, IdError, SessionId};
pub use plane::Plane;
pub use ruling::{Outcome, Ruling};
pub use secret::{Secret, SecretError, SecretStore};
pub use tier::{Classification, Reason, Tier};
pub use time::{Millis, Timestamp};
