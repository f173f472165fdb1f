//! Files that a scan writes.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use tempfile::NamedTempFile;

/// Writes a file whole: a reader finds the old content or the new. Directories above it are made; what is there keeps its
/// permissions.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let write = || -> std::io::Result<()> {
        // Pipes and devices are written to, not replaced: `-o /dev/stdout`.
        let known = std::fs::metadata(path).ok();
        if known.as_ref().is_some_and(|known| !known.is_file()) {
            return std::fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
        }
        // A link stays a link.
        let path = if known.is_some() { path.canonicalize()? } else { path.to_owned() };
        let directory = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(directory)?;
        let mut fresh = NamedTempFile::new_in(directory)?;
        fresh.write_all(bytes)?;
        match known {
            Some(known) => fresh.as_file().set_permissions(known.permissions())?,
            None => open_to_readers(fresh.as_file())?,
        }
        fresh.persist(&path).map(drop).map_err(|failed| failed.error)
    };
    write().with_context(|| format!("writing `{}`", path.display()))
}

/// A temporary file is the owner's alone; a report is for everybody who may enter the directory.
fn open_to_readers(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}
