//! The Vault plane.
mod chain;
mod dir;
mod hex;
mod journal;
mod record;
#[cfg(test)]
mod test_secrets;
