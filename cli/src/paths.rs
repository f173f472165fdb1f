//! Where things lie, and who may look at them.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tempfile::NamedTempFile;

/// The part of the environment that says where things lie. Read once, in `main`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    pub(crate) home: Option<PathBuf>,
    pub(crate) xdg_config_home: Option<PathBuf>,
    pub(crate) xdg_state_home: Option<PathBuf>,
}

impl Places {
    /// `~/.local/state/vigil`, or where the platform keeps such things.
    pub(crate) fn state_dir(&self) -> anyhow::Result<PathBuf> {
        if let Some(state) = self.xdg_state_home.as_ref().filter(|path| path.is_absolute()) {
            return Ok(state.join("vigil"));
        }
        let home = self.home.as_ref().context("HOME is not set; name a directory with --state-dir")?;
        Ok(home.join(if cfg!(target_os = "macos") {
            "Library/Application Support/vigil"
        } else {
            ".local/state/vigil"
        }))
    }

    /// `~/.config/vigil/vigil.toml`: used when it is there and no --config was given.
    pub(crate) fn config_file(&self) -> Option<PathBuf> {
        let base = match self.xdg_config_home.as_ref().filter(|path| path.is_absolute()) {
            Some(config) => config.clone(),
            None => self.home.as_ref()?.join(".config"),
        };
        Some(base.join("vigil/vigil.toml"))
    }
}

/// Opens a directory for the owner alone, and makes it when it is not there. Refuses one that others can enter.
pub(crate) fn private_directory(path: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("making the directory `{}`", path.display()))?;
    let metadata = fs::metadata(path).with_context(|| format!("looking at `{}`", path.display()))?;
    refuse_exposed(path, &metadata)
}

/// Refuses what others can read, write or enter, or what is another user's, and says how to mend it.
pub(crate) fn refuse_exposed(path: &Path, metadata: &Metadata) -> anyhow::Result<()> {
    let (owner, we) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner != we {
        bail!(
            "`{}` belongs to the user {owner} and this is the user {we}; run vigil as its owner, or name another directory \
             with --state-dir",
            path.display()
        );
    }
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let wanted = if metadata.is_dir() { 700 } else { 600 };
        bail!(
            "`{0}` has mode {mode:o}, so that others can get at it; run: chmod {wanted} '{0}'",
            path.display()
        );
    }
    Ok(())
}

/// Opens a file of mode 0600 for writing, empty.
pub(crate) fn private_file(path: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    // An older file keeps its mode when it is opened.
    if file.metadata()?.mode() & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// Writes a file of mode 0600 whole: a reader finds the old content or the new, never a part, however many write.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let written = fresh(path, bytes).and_then(|file| file.persist(path).map_err(|failed| failed.error));
    written.map(drop).with_context(|| format!("writing `{}`", path.display()))
}

/// As [`write_private`], but a file that is there stays: the first of several processes decides. Says whether it was this.
pub(crate) fn write_private_once(path: &Path, bytes: &[u8]) -> anyhow::Result<bool> {
    match fresh(path, bytes).and_then(|file| file.persist_noclobber(path).map_err(|failed| failed.error)) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error).with_context(|| format!("writing `{}`", path.display())),
    }
}

/// A file of mode 0600 with a name of its own, beside the one it will become.
fn fresh(path: &Path, bytes: &[u8]) -> std::io::Result<NamedTempFile> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(directory)?;
    file.write_all(bytes)?;
    // On the disk before it takes another's place: a power cut leaves the old file or the new one.
    file.as_file().sync_all()?;
    Ok(file)
}
