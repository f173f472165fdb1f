//! The personal model on the disk: `DIR/personal.model`.
//!
//! ```text
//! vigil-personal/1 LF   nonce (12 bytes)   AES-256-GCM of the model, tag behind it; the first line is authenticated too
//! ```
//!
//! The key is in the key store, with those of the record. The file has mode 0600 and is written whole or not at all. One that
//! was cut short, changed, or made by a newer program is moved aside: the population's models serve without it.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use vigil_core::{Secret, SecretStore};
use vigil_detect::Personal;

const FILE: &str = "personal.model";
const KEY: &str = "personal-model-key";
const HEADER: &[u8] = b"vigil-personal/1\n";
/// Much more than 64 agents take.
const MOST_BYTES: u64 = 16 << 20;

/// Where the personal model is kept, and the key it is sealed with.
pub(crate) struct Keeper {
    path: PathBuf,
    key: LessSafeKey,
}

/// Opens the place, and reads what is kept there. A file that cannot be used is moved aside; the log tells why.
pub(crate) fn open(state_dir: &Path, secrets: &dyn SecretStore) -> anyhow::Result<(Keeper, Personal)> {
    let keeper = Keeper::open(state_dir, secrets)?;
    let personal = match keeper.read() {
        Ok(personal) => personal,
        Err(refused) => {
            let aside = refused_file(state_dir);
            let moved = fs::rename(&keeper.path, &aside);
            tracing::warn!(
                "the personal model `{}` is refused and what it learned is not used: {refused:#}; {}",
                keeper.path.display(),
                match moved {
                    Ok(()) => format!("it lies in `{}` now", aside.display()),
                    Err(error) => format!("it could not be moved aside: {error}"),
                }
            );
            Personal::new()
        }
    };
    Ok((keeper, personal))
}

fn refused_file(state_dir: &Path) -> PathBuf {
    state_dir.join(FILE).with_extension("model.refused")
}

/// Removes a model that was refused once, if there is one: who wants all forgotten means it too.
pub(crate) fn remove_refused(state_dir: &Path) -> anyhow::Result<()> {
    let path = refused_file(state_dir);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing `{}`", path.display()))
        }
        _ => Ok(()),
    }
}

/// Whether anything was ever kept.
pub(crate) fn is_there(state_dir: &Path) -> bool {
    state_dir.join(FILE).exists()
}

impl Keeper {
    /// Opens the place. The key is made when there is none.
    pub(crate) fn open(state_dir: &Path, secrets: &dyn SecretStore) -> anyhow::Result<Self> {
        let secret = match secrets.load(KEY)? {
            Some(secret) => secret,
            None => {
                let mut fresh = zeroize::Zeroizing::new([0_u8; 32]);
                getrandom::fill(&mut *fresh).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
                let secret = Secret::new(fresh.to_vec());
                secrets.save(KEY, &secret)?;
                secret
            }
        };
        let key = UnboundKey::new(&AES_256_GCM, secret.expose()).map_err(|_| {
            anyhow::anyhow!("the key `{KEY}` of the key store is not 32 bytes long; remove it")
        })?;
        Ok(Self { path: state_dir.join(FILE), key: LessSafeKey::new(key) })
    }

    /// The file, whether it is there or not.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What is kept: nothing learned when nothing is.
    pub(crate) fn read(&self) -> anyhow::Result<Personal> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Personal::new()),
            Err(error) => return Err(error).context("reading it"),
        };
        let mut bytes = Vec::new();
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes).context("reading it")?;
        if bytes.len() as u64 > MOST_BYTES {
            bail!("it is larger than {} MB", MOST_BYTES >> 20);
        }
        let opened = self.unseal(&mut bytes)?;
        Ok(Personal::read(opened)?)
    }

    /// Keeps a model in place of the one before.
    pub(crate) fn keep(&self, model: &[u8]) -> anyhow::Result<()> {
        crate::paths::write_private(&self.path, &self.seal(model)?)
    }

    /// Forgets what is kept. Says whether anything was.
    pub(crate) fn forget(&self) -> anyhow::Result<bool> {
        match fs::remove_file(&self.path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error).with_context(|| format!("removing `{}`", self.path.display())),
        }
    }

    fn seal(&self, model: &[u8]) -> anyhow::Result<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        let mut sealed = model.to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(HEADER), &mut sealed)
            .map_err(|_| anyhow::anyhow!("the model could not be sealed"))?;
        Ok([HEADER, &nonce, &sealed].concat())
    }

    fn unseal<'b>(&self, bytes: &'b mut [u8]) -> anyhow::Result<&'b [u8]> {
        let Some((header, rest)) = bytes.split_at_mut_checked(HEADER.len()) else { bail!("it is cut short") };
        if header != HEADER {
            bail!("it is no personal model of this version of Vigil");
        }
        let Some((nonce, sealed)) = rest.split_first_chunk_mut::<NONCE_LEN>() else {
            bail!("it is cut short")
        };
        let opened = self.key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(HEADER), sealed);
        Ok(opened.map_err(|_| anyhow::anyhow!("it was changed, or sealed with another key"))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Files;
    use std::os::unix::fs::PermissionsExt as _;

    fn place() -> (tempfile::TempDir, Files) {
        let home = tempfile::tempdir().unwrap();
        let files = Files::open(&home.path().join("keys")).unwrap();
        (home, files)
    }

    #[test]
    fn gives_back_what_was_kept_and_shows_it_to_nobody() {
        let (home, files) = place();
        let (keeper, personal) = open(home.path(), &files).unwrap();
        assert_eq!(personal, Personal::new());
        let model = Personal::new().to_bytes();
        keeper.keep(&model).unwrap();
        let file = fs::read(keeper.path()).unwrap();
        assert!(file.starts_with(HEADER) && !file.windows(model.len()).any(|window| window == model));
        assert_eq!(fs::metadata(keeper.path()).unwrap().permissions().mode() & 0o777, 0o600);
        let (again, personal) = open(home.path(), &files).unwrap();
        assert_eq!(personal.to_bytes(), model);
        assert_eq!((again.forget().unwrap(), again.forget().unwrap()), (true, false));
    }

    #[track_caller]
    fn check_refused(spoil: impl FnOnce(&mut Vec<u8>), why: &str) {
        let (home, files) = place();
        let (keeper, _) = open(home.path(), &files).unwrap();
        keeper.keep(&Personal::new().to_bytes()).unwrap();
        let mut bytes = fs::read(keeper.path()).unwrap();
        spoil(&mut bytes);
        fs::write(keeper.path(), &bytes).unwrap();
        let told = format!("{:#}", keeper.read().unwrap_err());
        assert!(told.contains(why), "{told}");
        let (keeper, personal) = open(home.path(), &files).unwrap();
        assert_eq!(personal, Personal::new());
        assert!(!keeper.path().exists());
        assert_eq!(fs::read(refused_file(home.path())).unwrap(), bytes);
        remove_refused(home.path()).unwrap();
        assert!(!refused_file(home.path()).exists());
        remove_refused(home.path()).unwrap();
    }

    #[test]
    fn a_file_that_is_not_as_it_was_written_is_moved_aside() {
        check_refused(|bytes| bytes.truncate(5), "cut short");
        check_refused(|bytes| bytes.truncate(HEADER.len() + 4), "cut short");
        check_refused(|bytes| bytes.truncate(bytes.len() - 1), "changed");
        check_refused(|bytes| *bytes.last_mut().unwrap() ^= 1, "changed");
        check_refused(|bytes| bytes[15] = b'9', "no personal model of this version");
        check_refused(|bytes| bytes.clear(), "cut short");
    }

    #[test]
    fn a_model_that_is_none_is_refused_though_its_seal_is_good() {
        let (home, files) = place();
        let keeper = Keeper::open(home.path(), &files).unwrap();
        keeper.keep(b"anything").unwrap();
        assert!(keeper.read().is_err());
    }

    #[test]
    fn another_key_opens_nothing() {
        let (home, files) = place();
        let (keeper, _) = open(home.path(), &files).unwrap();
        keeper.keep(&Personal::new().to_bytes()).unwrap();
        files.save(KEY, &Secret::new(vec![7; 32])).unwrap();
        assert!(Keeper::open(home.path(), &files).unwrap().read().is_err());
        files.save(KEY, &Secret::new(vec![7; 3])).unwrap();
        assert!(Keeper::open(home.path(), &files).is_err());
    }
}
