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
    let chosen = match choice(&choice_file)? {
        Some(chosen) => chosen,
        None => choose(&choice_file, wanted)?,
    };
    match (chosen.as_str(), wanted) {
        ("system", KeyStore::File) | ("file", KeyStore::System) => bail!(
            "the keys of `{}` are in the other key store; set `[vault] key_store` back, or use a fresh --state-dir",
            state_dir.display()
        ),
        ("system", _) => Ok(Arc::new(System::open(state_dir)?)),
        ("file", _) => Ok(Arc::new(Files::open(&state_dir.join("keys"))?)),
        (other, _) => bail!("`{}` says `{other}`; expected `system` or `file`", choice_file.display()),
    }
}

fn choice(file: &Path) -> anyhow::Result<Option<String>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading `{}`", file.display())),
    }
}

/// Makes the choice, once: of several processes that start together, the first decides for all.
fn choose(file: &Path, wanted: KeyStore) -> anyhow::Result<String> {
    let system = match wanted {
        KeyStore::System => true,
        KeyStore::File => false,
        KeyStore::Auto => System::answers(),
    };
    let chosen = if system { "system" } else { "file" };
    if crate::paths::write_private_once(file, format!("{chosen}\n").as_bytes())? {
        return Ok(chosen.to_owned());
    }
    choice(file)?.with_context(|| format!("`{}` was there and is gone; start again", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_that_start_together_make_one_choice() {
        let state = tempfile::tempdir().expect("a directory");
        let file = &state.path().join(CHOICE_FILE);
        let choices: Vec<String> = std::thread::scope(|scope| {
            let start = |index: u32| {
                let wanted = if index.is_multiple_of(2) { KeyStore::File } else { KeyStore::System };
                scope.spawn(move || choose(file, wanted).expect("a choice"))
            };
            let started: Vec<_> = (0..16).map(start).collect();
            started.into_iter().map(|one| one.join().expect("no panic")).collect()
        });
        let kept = choice(file).expect("readable").expect("made");
        assert!(choices.iter().all(|one| *one == kept), "{choices:?}, kept {kept}");
        assert_eq!(std::fs::read_dir(state.path()).expect("readable").count(), 1);
    }
}
