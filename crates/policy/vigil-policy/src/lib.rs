//! The Policy plane: the rule language and the Execution Gate.
//!
//! The plane hears calls from Intercept, their actions and tiers from Analysis, and answers of the user. It says one
//! [`Decision`](vigil_core::message::Decision) for each call and one
//! [`ExchangeDecided`](vigil_core::message::ExchangeDecided) for each exchange. A decision is a function of the action, the
//! tier, the authority and the policy; there is no clock, no randomness, no network, no file and nothing statistical here,
//! so a recorded run replays to the same decisions, bit for bit. What the crate reaches is listed in `closure.txt`.
//!
//! The language is specified in `docs/spec/policy.md`. Start reading at [`decide`].

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod class;
mod due;
mod error;
mod exchange;
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod glob;
mod grant;
mod judge;
mod parse;
mod plane;
mod policy;
mod profile;
mod rule;
mod session;
mod table;
mod told;
mod wish;

pub use class::Class;
pub use error::{
    Fault, MAX_PATTERNS, MAX_REASON, MAX_RULES, MAX_TEXT, Oddity, PolicyError, Position, Warning,
};
pub use gate::{Authority, Capability, Path, Question, Step, Verdict, decide};
pub use glob::GlobError;
pub use grant::{GrantError, MAX_GRANTS, format_grants, parse_grants};
pub use plane::{Policy, PolicySettings};
pub use policy::{CompiledPolicy, PolicySource};
pub use profile::Profile;
pub use wish::Wish;
