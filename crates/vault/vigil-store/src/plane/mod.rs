//! The Vault as the other planes meet it: what it hears becomes records.

mod bodies;
mod pending;
mod vault;

pub use vault::{RotateError, Vault, VaultConfig};
