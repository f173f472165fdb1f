//! Answers of the registries on disk: one small file for each package, never a failure.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::package::Package;

/// Bump it when the entries change; others are asked again.
const FORMAT: u32 = 1;
/// Larger entries are not read.
const MAX_ENTRY_BYTES: u64 = 4 * 1024 * 1024;
/// When there are more entries, the oldest go.
const MAX_ENTRIES: usize = 5_000;
/// "There is no such package" is believed for a shorter time: the name may be registered any minute.
const ABSENT_SECONDS: i64 = 3_600;

/// The directory of answers.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
    ttl_seconds: i64,
    now: Timestamp,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    format: u32,
    /// The address that was asked; the file's name is only its digest.
    url: String,
    /// When, in seconds since 1970.
    asked: i64,
    pub(crate) etag: Option<String>,
    /// `None`: there is no such package.
    pub(crate) package: Option<Package>,
    /// Downloads in a week, in entries about those.
    pub(crate) downloads: Option<u64>,
}

impl Cache {
    pub(crate) fn new(folder: &Path, ttl_hours: u32, now: Timestamp) -> Self {
        Self { folder: folder.join("registry"), ttl_seconds: i64::from(ttl_hours) * 3_600, now }
    }

    /// The entry for an address, and whether it is fresh enough to be believed without asking.
    pub(crate) fn look_up(&self, url: &str) -> Option<(Entry, bool)> {
        let path = self.path(url);
        if fs::metadata(&path).ok()?.len() > MAX_ENTRY_BYTES {
            return None;
        }
        let entry: Entry = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
        if entry.format != FORMAT || entry.url != url {
            return None;
        }
        let age = self.now.as_second().saturating_sub(entry.asked);
        let known = entry.package.is_some() || entry.downloads.is_some();
        let ttl = if known { self.ttl_seconds } else { self.ttl_seconds.min(ABSENT_SECONDS) };
        // A clock that was set back makes no entry live for ever.
        Some((entry, (0..ttl).contains(&age)))
    }

    /// Keeps an answer. A disk that does not take it is no error: it is asked again next time.
    pub(crate) fn keep(
        &self,
        url: &str,
        etag: Option<String>,
        package: Option<Package>,
        downloads: Option<u64>,
    ) {
        let entry = Entry {
            format: FORMAT,
            url: url.to_owned(),
            asked: self.now.as_second(),
            etag,
            package,
            downloads,
        };
        let Ok(bytes) = serde_json::to_vec(&entry) else { return };
        if bytes.len() as u64 > MAX_ENTRY_BYTES {
            return;
        }
        drop(self.write(url, &bytes));
    }

    /// Removes the oldest entries when there are too many.
    pub(crate) fn trim(&self) {
        let Ok(folder) = fs::read_dir(&self.folder) else { return };
        let mut files: Vec<_> = folder
            .flatten()
            .filter_map(|file| Some((file.metadata().ok()?.modified().ok()?, file.path())))
            .collect();
        if files.len() <= MAX_ENTRIES {
            return;
        }
        files.sort();
        for (_, path) in files.iter().take(files.len() - MAX_ENTRIES) {
            drop(fs::remove_file(path));
        }
    }

    fn write(&self, url: &str, bytes: &[u8]) -> std::io::Result<()> {
        make_folder(&self.folder)?;
        let path = self.path(url);
        // Two scans at once write different files and rename them; the later one wins, both are whole.
        for attempt in 0..8_u32 {
            let draft = path.with_extension(format!("{}.{attempt}.new", self.now.as_nanosecond()));
            match open_new(&draft) {
                Ok(mut file) => {
                    file.write_all(bytes)?;
                    drop(file);
                    return fs::rename(&draft, &path).inspect_err(|_| drop(fs::remove_file(&draft)));
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn path(&self, url: &str) -> PathBuf {
        let digest = Sha256::digest(url.as_bytes());
        let name: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(name + ".json")
    }
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(unix)]
fn open_new(path: &Path) -> std::io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn open_new(path: &Path) -> std::io::Result<fs::File> {
    fs::OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://pypi.invalid/pypi/a/json";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn fresh(folder: &Path, seconds: i64) -> Option<bool> {
        Cache::new(folder, 24, at(seconds)).look_up(URL).map(|(_, fresh)| fresh)
    }

    #[test]
    fn an_answer_is_believed_for_its_time() {
        let folder = tempfile::tempdir().unwrap();
        Cache::new(folder.path(), 24, at(1_000)).keep(
            URL,
            Some("e".to_owned()),
            Some(Package::default()),
            None,
        );
        assert_eq!(fresh(folder.path(), 1_000), Some(true));
        assert_eq!(fresh(folder.path(), 1_000 + 86_399), Some(true));
        assert_eq!(fresh(folder.path(), 1_000 + 86_400), Some(false));
        assert_eq!(fresh(folder.path(), 999), Some(false));
        assert_eq!(Cache::new(folder.path(), 0, at(1_000)).look_up(URL).map(|(_, fresh)| fresh), Some(false));
    }

    #[test]
    fn absence_is_believed_for_an_hour() {
        let folder = tempfile::tempdir().unwrap();
        Cache::new(folder.path(), 24, at(0)).keep(URL, None, None, None);
        assert_eq!(fresh(folder.path(), 3_599), Some(true));
        assert_eq!(fresh(folder.path(), 3_600), Some(false));
    }

    #[test]
    fn a_broken_entry_is_asked_again() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path(), 24, at(0));
        cache.keep(URL, None, None, None);
        fs::write(cache.path(URL), "{\"format\":1").unwrap();
        assert!(cache.look_up(URL).is_none());
        let other = cache.path(URL);
        cache.keep("https://other.invalid", None, None, None);
        fs::copy(cache.path("https://other.invalid"), other).unwrap();
        assert!(cache.look_up(URL).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn entries_are_the_users_own() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path(), 24, at(0));
        cache.keep(URL, None, None, None);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&cache.path(URL)), 0o600);
        assert_eq!(mode(&cache.folder), 0o700);
        assert_eq!(fs::read_dir(&cache.folder).unwrap().count(), 1);
    }
}
