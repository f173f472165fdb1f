//! Where keys, the chain nonce and the head anchor are kept: the system key store where one answers, else files.
//!
//! The choice is made once, at the first start, and written down beside the state. A later start that finds the chosen
//! place closed says so; it never looks in the other place, where it would find no keys and begin a new chain.

mod files;
mod system;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use vigil_core::SecretStore;

pub(crate) use files::Files;
use system::System;

use crate::config::KeyStore;

const CHOICE_FILE: &str = "key-store";

/// Opens the place for the keys of the installation in `state_dir`.
pub(crate) fn open(state_dir: &Path, wanted: KeyStore) -> anyhow::Result<Arc<dyn SecretStore>> {
    let choice_file = state_dir.join(CHOICE_FILE);
    let chosen = match std::fs::read_to_string(&choice_file) {
        Ok(text) => Some(text.trim().to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("reading `{}`", choice_file.display())),
    };
    let system = match (chosen.as_deref(), wanted) {
        (Some("system"), KeyStore::File) | (Some("file"), KeyStore::System) => bail!(
            "the keys of `{}` are in the other key store; set `[vault] key_store` back, or use a fresh --state-dir",
            state_dir.display()
        ),
        (Some("system"), _) | (None, KeyStore::System) => true,
        (Some("file"), _) | (None, KeyStore::File) => false,
        (None, KeyStore::Auto) => System::answers(),
        (Some(other), _) => {
            bail!("`{}` says `{other}`; expected `system` or `file`", choice_file.display())
        }
    };
    if chosen.is_none() {
        crate::paths::write_private(&choice_file, if system { b"system\n" } else { b"file\n" })?;
    }
    if system {
        Ok(Arc::new(System::open(state_dir)?))
    } else {
        Ok(Arc::new(Files::open(&state_dir.join("keys"))?))
    }
}
