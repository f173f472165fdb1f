//! The journal: where a record is before it is anywhere else (`voaf.md` §14.1).
//!
//! It is a row of numbered segment files. One writer appends to the last; the sealer reads behind it up to where the
//! writer has published, and removes segments whose entries are sealed and anchored. What is recorded together is one
//! `write(2)`: the kernel owns it when the call returns, so it survives the end of this process.

mod disk;
mod entry;
mod mark;
mod reader;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::dir::{self, DirError};

pub(crate) use disk::Disk;
pub(crate) use entry::{Entry, Parsed, parse};
pub use mark::VersionError;
pub(crate) use mark::check_versions;
pub(crate) use reader::{Reader, Tail};

/// After this many bytes the writer begins a new segment.
const SEGMENT_BYTES: u64 = 8 << 20;

/// So much memory is kept for what is written next.
const BUFFER_BYTES: usize = 1 << 20;

/// A place in the journal: a segment and a byte in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) segment: u64,
    pub(crate) offset: u64,
}

/// The writing end.
pub(crate) struct Journal {
    folder: PathBuf,
    disk: Box<dyn Disk>,
    /// The end of the last entry that counts. INVARIANT: all bytes before it are the mark and whole entries; a segment
    /// without an entry has no mark yet.
    end: Position,
    /// Bytes may stand behind `end`, from a write that failed. Nothing is appended before they are cut off.
    torn: bool,
    /// The segment's name may not be on the device yet.
    unnamed: bool,
    buffer: Vec<u8>,
}

impl Journal {
    /// Begins a new segment behind all that are there.
    pub(crate) fn begin(folder: &Path, segment: u64) -> io::Result<Self> {
        let disk = Box::new(create(folder, segment)?);
        let end = Position { segment, offset: 0 };
        Ok(Self { folder: folder.to_owned(), disk, end, torn: false, unnamed: true, buffer: Vec::new() })
    }

    #[cfg(test)]
    pub(crate) fn replace_disk(&mut self, with: impl FnOnce(Box<dyn Disk>) -> Box<dyn Disk>) {
        let placeholder: Box<dyn Disk> = Box::new(tempfile::tempfile().expect("a file"));
        let disk = std::mem::replace(&mut self.disk, placeholder);
        self.disk = with(disk);
    }

    /// The end of the last entry that counts.
    pub(crate) const fn end(&self) -> Position {
        self.end
    }

    /// Appends entries with one write, and waits for the device when `durable`. After an error nothing was appended.
    pub(crate) fn append(&mut self, entries: &[Entry], durable: bool) -> io::Result<Position> {
        self.mend()?;
        if self.end.offset >= SEGMENT_BYTES {
            self.rotate()?;
        }
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER_BYTES);
        if self.end.offset == 0 {
            self.buffer.extend_from_slice(&mark::mark());
        }
        entries.iter().for_each(|entry| entry.spell(&mut self.buffer));
        let written = match self.disk.append(&self.buffer) {
            Ok(taken) if taken == self.buffer.len() => self.made_durable(durable),
            Ok(_) => Err(io::Error::new(
                io::ErrorKind::StorageFull,
                "the disk took only a part of what was written",
            )),
            Err(error) => Err(error),
        };
        match written {
            Ok(()) => {
                self.end.offset += self.buffer.len() as u64;
                Ok(self.end)
            }
            Err(error) => {
                self.torn = true;
                // When this fails too, the next append tries again before it writes anything.
                let _ = self.mend();
                Err(error)
            }
        }
    }

    /// Begins a new segment, unless this one is empty. What is sealed of the old one can then be removed.
    pub(crate) fn rotate(&mut self) -> io::Result<()> {
        self.mend()?;
        if self.end.offset > 0 {
            // A later entry that waits for the device must not get there before the entries it continues.
            self.disk.sync()?;
            let segment = self.end.segment + 1;
            self.disk = Box::new(create(&self.folder, segment)?);
            self.end = Position { segment, offset: 0 };
            self.unnamed = true;
        }
        Ok(())
    }

    fn made_durable(&mut self, durable: bool) -> io::Result<()> {
        if durable {
            self.disk.sync()?;
            if self.unnamed {
                dir::sync(&self.folder)?;
                self.unnamed = false;
            }
        }
        Ok(())
    }

    /// Cuts off what a failed write left.
    fn mend(&mut self) -> io::Result<()> {
        if self.torn {
            self.disk.cut(self.end.offset)?;
            self.torn = false;
        }
        Ok(())
    }
}

/// The numbers of the segments in `folder`, in order.
pub(crate) fn segments(folder: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for file in fs::read_dir(folder)? {
        let name = file?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".journal")?.parse::<u64>().ok());
        numbers.extend(number);
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Where a segment is.
pub(crate) fn segment_path(folder: &Path, segment: u64) -> PathBuf {
    folder.join(format!("{segment:08}.journal"))
}

/// Renames a segment out of the row and gives its new name.
pub(crate) fn set_aside(folder: &Path, segment: u64, why: &str) -> io::Result<PathBuf> {
    let aside = dir::free_name(folder, &format!("{segment:08}.{why}"), "");
    fs::rename(segment_path(folder, segment), &aside)?;
    Ok(aside)
}

fn create(folder: &Path, segment: u64) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    dir::private(&mut options).open(segment_path(folder, segment))
}

#[cfg(test)]
mod tests;
