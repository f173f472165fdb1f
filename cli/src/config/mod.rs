//! `vigil.toml`: what was written (module `file`), and what is meant ([`Config`]).

mod file;
mod resolve;

pub(crate) use file::{ConfigFile, parse};
pub(crate) use resolve::{Config, KeyStore, PolicyChoice};

/// A complete `vigil.toml` with every key at its default, as `vigil config show --default` prints it.
pub(crate) const DEFAULT: &str = include_str!("default.toml");
