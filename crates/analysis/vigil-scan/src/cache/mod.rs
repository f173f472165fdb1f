//! What earlier scans said, so that a file that did not change is not read again.
//!
//! One file for each root. A file's result is used again when its size, its time and its number in the file system are
//! the same and it was written well before the earlier scan, or when its bytes have the same digest; in both cases only for
//! the same build, configuration and example environment files. A cache that cannot be read is no cache, and is told.

mod codec;
mod entry;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::config::{Config, Settings};
use crate::engine::{CachePlace, Judged};
use crate::files::{Found, Stamp};
use crate::finding::{Note, NoteKind};
use codec::{Reader, Writer};
use entry::Entry;

/// The digest of a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest(pub(crate) [u8; 16]);

impl Digest {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut digest = [0; 16];
        for (to, from) in digest.iter_mut().zip(Sha256::digest(bytes)) {
            *to = from;
        }
        Self(digest)
    }
}

/// First bytes of a cache file; the digit is the version of the format.
const MAGIC: &[u8] = b"vigil scan cache 2\n";

/// Larger caches are neither read nor written.
const MAX_CACHE_BYTES: u64 = 64 << 20;

/// Most roots that are remembered; the one that was not used for longest goes first.
const MAX_ROOTS: usize = 64;

/// A file that was written this short a time before a scan may have been written again within the same clock tick.
const RACY_NS: u64 = 2_000_000_000;

/// Results of an earlier scan of the same root.
#[derive(Debug)]
pub(crate) struct Cache {
    file: PathBuf,
    root: PathBuf,
    settings: Digest,
    context: Digest,
    scanned_ns: u64,
    entries: HashMap<PathBuf, Entry>,
    /// When the entries were written.
    written_ns: u64,
}

impl Cache {
    /// Opens the cache of a root. One that is broken is empty, and a note says so.
    pub(crate) fn open(
        place: &CachePlace,
        root: &Path,
        settings: &Settings,
        project: &Digest,
        now: Timestamp,
    ) -> (Self, Option<Note>) {
        let name =
            Digest::of(root.as_os_str().as_encoded_bytes()).0.map(|byte| format!("{byte:02x}")).concat();
        let file = place.directory.join(format!("{name}.cache"));
        let mut context = place.build.clone().into_bytes();
        context.extend_from_slice(&project.0);
        let mut cache = Self {
            file,
            root: root.to_owned(),
            settings: key_of(&settings.config),
            context: Digest::of(&context),
            scanned_ns: u64::try_from(now.as_nanosecond()).unwrap_or(0),
            entries: HashMap::new(),
            written_ns: 0,
        };
        let note = cache.load().err().map(|reason| Note {
            file: None,
            line: None,
            kind: NoteKind::Info,
            message: format!("the cache `{}` is not used: {reason}", cache.file.display()),
        });
        (cache, note)
    }

    fn load(&mut self) -> Result<(), String> {
        let size = match std::fs::metadata(&self.file) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        if size > MAX_CACHE_BYTES {
            return Err("it is too large".to_owned());
        }
        let bytes = std::fs::read(&self.file).map_err(|error| error.to_string())?;
        let broken = || "it is damaged; it is written anew".to_owned();
        let (body, sum) = bytes.split_last_chunk::<16>().ok_or_else(broken)?;
        let (body, sum) = (body, *sum);
        if !body.starts_with(MAGIC) {
            // Another version wrote it.
            return Ok(());
        }
        if Digest::of(body).0 != sum {
            return Err(broken());
        }
        let mut reader = Reader::new(body.get(MAGIC.len()..).unwrap_or_default());
        let context = reader.digest().ok_or_else(broken)?;
        if context != self.context {
            return Ok(());
        }
        self.written_ns = reader.number().ok_or_else(broken)?;
        let count = reader.number().ok_or_else(broken)?;
        for _ in 0..count {
            let (path, entry) = entry::read(&mut reader).ok_or_else(broken)?;
            self.entries.insert(path, entry);
        }
        Ok(())
    }

    /// What the settings for a file are called here; `own` for those that are not everybody's.
    pub(crate) fn settings_key(&self, config: &Config, own: bool) -> Digest {
        if own { key_of(config) } else { self.settings }
    }

    /// The result for a file that looks untouched.
    pub(crate) fn by_stamp(&self, path: &Path, stamp: Stamp, settings: Digest) -> Option<Judged> {
        let entry = self.entries.get(path)?;
        let settled = stamp.modified_ns.saturating_add(RACY_NS) < self.written_ns;
        (settled && entry.stamp == stamp && entry.settings == settings).then(|| entry.judged())
    }

    /// The result for a file with the same bytes.
    pub(crate) fn by_digest(&self, path: &Path, digest: Digest, settings: Digest) -> Option<Judged> {
        let entry = self.entries.get(path)?;
        (entry.digest == digest && entry.settings == settings).then(|| entry.judged())
    }

    /// Keeps the results of this scan, and those of files that it did not look at and that are still there.
    pub(crate) fn save(&self, judged: &[(&Found, Digest, &Path, &Judged)]) -> Option<Note> {
        let mut fresh: Vec<Vec<u8>> = Vec::with_capacity(judged.len());
        let mut same = self.written_ns != 0;
        for (found, settings, path, judged) in judged {
            let Some(digest) = judged.digest else { continue };
            let known = self.entries.get(*path);
            same &= known.is_some_and(|entry| {
                entry.stamp == found.stamp && entry.digest == digest && entry.settings == *settings
            });
            let mut writer = Writer::default();
            if entry::write(&mut writer, path, found.stamp, *settings, digest, judged).is_some() {
                fresh.push(writer.bytes);
            }
        }
        let seen: std::collections::HashSet<&Path> = judged.iter().map(|(_, _, path, _)| *path).collect();
        let mut kept: Vec<_> =
            self.entries.iter().filter(|(path, _)| !seen.contains(path.as_path())).collect();
        kept.retain(|(path, _)| self.root.join(path).exists());
        kept.sort_unstable_by_key(|(path, _)| path.as_path());
        // An untouched tree whose cache was settled needs no new file.
        if same && kept.len() + fresh.len() == self.entries.len() && self.settled(judged) {
            return None;
        }
        let mut writer = Writer { bytes: MAGIC.to_vec() };
        writer.digest(self.context);
        writer.number(self.scanned_ns);
        writer.number((kept.len() + fresh.len()) as u64);
        for (_, entry) in &kept {
            writer.bytes.extend_from_slice(&entry.raw);
        }
        for bytes in &fresh {
            writer.bytes.extend_from_slice(bytes);
        }
        let sum = Digest::of(&writer.bytes);
        writer.bytes.extend_from_slice(&sum.0);
        if writer.bytes.len() as u64 > MAX_CACHE_BYTES {
            return Some(unwritten(&self.file, "it would be too large"));
        }
        self.replace(&writer.bytes).err().map(|error| unwritten(&self.file, &error.to_string()))
    }

    /// Whether every file was written well before the entries were.
    fn settled(&self, judged: &[(&Found, Digest, &Path, &Judged)]) -> bool {
        judged.iter().all(|(found, ..)| found.stamp.modified_ns.saturating_add(RACY_NS) < self.written_ns)
    }

    /// Writes the file whole, under another name first: a reader finds the old content or the new.
    fn replace(&self, bytes: &[u8]) -> std::io::Result<()> {
        let directory = self.file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(directory)?;
        forget_old(directory, &self.file);
        let fresh = self.file.with_extension(format!("{:x}.new", self.scanned_ns));
        std::fs::write(&fresh, bytes).and_then(|()| std::fs::rename(&fresh, &self.file)).inspect_err(|_| {
            // What stays behind is found and removed when there are too many.
            let _gone = std::fs::remove_file(&fresh);
        })
    }
}

/// Removes the caches that were not written for longest, when there are too many.
fn forget_old(directory: &Path, keep: &Path) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    let mut files: Vec<_> = entries
        .flatten()
        .filter(|entry| entry.path() != keep && entry.file_name().to_string_lossy().contains('.'))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    files.sort();
    let surplus = files.len().saturating_sub(MAX_ROOTS - 1);
    for (_, path) in files.into_iter().take(surplus) {
        // Another scan may have removed it.
        let _gone = std::fs::remove_file(path);
    }
}

fn unwritten(file: &Path, reason: &str) -> Note {
    Note {
        file: None,
        line: None,
        kind: NoteKind::Info,
        message: format!("the cache `{}` was not written: {reason}", file.display()),
    }
}

/// A configuration's key: what it says, spelled out.
fn key_of(config: &Config) -> Digest {
    Digest::of(format!("{config:?}").as_bytes())
}
