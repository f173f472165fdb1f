//! The state directory: who may read it, and which process has it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file that the daemon keeps locked; its process id stands in it.
pub(crate) const LOCK: &str = "vigil.pid";

/// How often the lock is tried before another daemon is taken to run, and the pause between.
const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(30);

/// The state directory, held by this process until the value is dropped.
#[derive(Debug)]
pub struct StateDir {
    path: PathBuf,
    _lock: File,
}

impl StateDir {
    /// Makes the directory if there is none, checks its mode and takes its lock.
    pub fn claim(path: &Path) -> Result<Self, DirError> {
        make(path)?;
        let pid_file = path.join(LOCK);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut lock = private(&mut options).open(&pid_file).map_err(|error| DirError::of(path, error))?;
        match patient_lock(&lock) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // Only for the message; a daemon that is just starting has not written it yet.
                let _ = lock.read_to_string(&mut pid);
                let pid = if pid.trim().is_empty() { "unknown".to_owned() } else { pid.trim().to_owned() };
                return Err(DirError::Busy { pid_file, pid });
            }
            Err(TryLockError::Error(error)) => return Err(DirError::of(path, error)),
        }
        let named = lock
            .set_len(0)
            .and_then(|()| lock.rewind())
            .and_then(|()| writeln!(lock, "{}", std::process::id()));
        named.map_err(|error| DirError::of(path, error))?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// A folder in it, made if there is none.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, DirError> {
        let path = self.path.join(name);
        make(&path)?;
        Ok(path)
    }
}

/// A daemon that is just ending, or a process that is between being forked and becoming another program, holds the lock
/// for a moment longer.
fn patient_lock(lock: &File) -> Result<(), TryLockError> {
    for _ in 0..LOCK_TRIES {
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            other => return other,
        }
    }
    lock.try_lock()
}

/// Refuses a file that others than its owner may read.
pub(crate) fn check_private(path: &Path, wanted: u32) -> Result<(), DirError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode =
            fs::metadata(path).map_err(|error| DirError::of(path, error))?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(DirError::Exposed { path: path.to_owned(), mode, wanted });
        }
    }
    #[cfg(not(unix))]
    let _ = (path, wanted);
    Ok(())
}

/// New files are readable by their owner only.
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

/// Waits until the names in a directory are on the device.
pub(crate) fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// `<stem>-<number><extension>` with the first number that is free.
pub(crate) fn free_name(folder: &Path, stem: &str, extension: &str) -> PathBuf {
    let name = |number: u32| folder.join(format!("{stem}-{number}{extension}"));
    (1..u32::MAX).map(name).find(|path| !path.exists()).unwrap_or_else(|| name(u32::MAX))
}

fn make(path: &Path) -> Result<(), DirError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path).map_err(|error| DirError::of(path, error))?;
    check_private(path, 0o700)
}

/// Why a state directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirError {
    /// Others than the owner may read it.
    #[error("`{path}` has mode {mode:04o} and others could read it; run: chmod {wanted:o} '{path}'", path = .path.display())]
    Exposed {
        /// The directory or file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
        /// The mode it should have.
        wanted: u32,
    },
    /// Another process has it.
    #[error("another Vigil (process {pid}) uses this state directory; stop it or choose another --state-dir (lock: `{}`)", .pid_file.display())]
    Busy {
        /// The locked file.
        pid_file: PathBuf,
        /// What stands in it.
        pid: String,
    },
    /// Nothing can be written there.
    #[error("`{}` cannot be written: {error}; make it writable or choose another --state-dir", .path.display())]
    Io {
        /// The directory or file.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: io::Error,
    },
}

impl DirError {
    pub(crate) fn of(path: &Path, error: io::Error) -> Self {
        Self::Io { path: path.to_owned(), error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time_has_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state");
        let first = StateDir::claim(&path).unwrap();
        let message = StateDir::claim(&path).unwrap_err().to_string();
        assert!(message.contains(&std::process::id().to_string()) && message.contains(LOCK), "{message}");
        drop(first);
        StateDir::claim(&path).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_that_others_can_read_is_refused_with_the_command() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let message = StateDir::claim(dir.path()).unwrap_err().to_string();
        assert!(message.contains(&format!("chmod 700 '{}'", dir.path().display())), "{message}");
    }
}
