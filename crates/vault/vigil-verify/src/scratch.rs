//! Files that nobody else sees and that are gone when they are closed.

use std::fs::{File, OpenOptions};
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};

/// An empty temporary file, open for reading and writing.
pub(crate) fn file() -> io::Result<File> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::custom_flags(&mut options, DELETE_ON_CLOSE);
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("vigil-verify-{}-{number}", std::process::id()));
        match options.open(&path) {
            // Left behind by a process of the same id that was killed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(file) => {
                #[cfg(unix)]
                std::fs::remove_file(&path)?;
                return Ok(file);
            }
        }
    }
}

#[cfg(windows)]
const DELETE_ON_CLOSE: u32 = 0x0400_0000;
