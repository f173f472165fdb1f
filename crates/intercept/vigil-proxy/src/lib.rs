//! The Intercept plane: local CA, TLS proxy, capture, hold and release.
//!
//! The plane stands between a client and the provider it addressed. It hears what the Vault recorded about calls
//! ([`vigil_core::message::InterceptInput`]) and says what was captured: requests, complete calls, the ends of
//! exchanges, and notices for the person at the machine.
//!
//! It never changes a request, never releases a byte of a call before its decision is recorded, and knows neither rules
//! nor models nor the chain. The providers' formats come in through the port [`vigil_core::wire::WireFormats`].
//!
//! Start reading at `accept` for the way of a connection, at `exchange` for the way of one request and its reply.

mod accept;
mod ca;
mod coding;
mod config;
mod exchange;
mod h1;
mod h2;
mod intercept;
mod link;
pub mod providers;
mod relay;
mod upstream;

pub use ca::AuthorityError;
pub use config::{Limits, ProxyConfig, UnknownFormat};
pub use exchange::{Clock, InterceptPort};
pub use intercept::{Intercept, Running, StartError, Stats};
pub use upstream::TrustError;

/// Entries for the fuzz targets, one per parser of hostile bytes.
#[doc(hidden)]
pub mod fuzzing;
