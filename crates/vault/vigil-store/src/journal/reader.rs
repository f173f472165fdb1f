//! The reading end of the journal.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::entry::{MAX_ENTRY_BYTES, any_within};
use super::mark::{Beginning, mark};
use super::{Entry, Parsed, Position, parse, segment_path};

const CHUNK_BYTES: usize = 1 << 20;

/// Reads entry after entry, from segment to segment, in flat memory.
pub(crate) struct Reader {
    folder: PathBuf,
    at: Position,
    file: Option<File>,
    /// Bytes of the file from `at` on.
    chunk: Vec<u8>,
    taken: usize,
}

/// What ends a segment behind its last whole entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// Nothing.
    Clean,
    /// The beginning of an entry, from a write that a power cut or a full disk broke off.
    Torn(u64),
    /// Bytes that are no entry, with whole entries behind them.
    Damaged,
    /// A segment that has neither a mark nor an entry: no write of this program ends like that.
    Foreign,
}

impl Reader {
    pub(crate) fn new(folder: &Path, at: Position) -> Self {
        Self { folder: folder.to_owned(), at, file: None, chunk: Vec::new(), taken: 0 }
    }

    /// Behind the last entry read.
    pub(crate) const fn position(&self) -> Position {
        self.at
    }

    /// Goes to another place, where an entry begins.
    pub(crate) fn seek(&mut self, at: Position) {
        *self = Self::new(&self.folder, at);
    }

    /// The next entry that lies whole before `limit` bytes of the segment; `None` when there is none.
    pub(crate) fn next(&mut self, limit: u64) -> io::Result<Option<Entry>> {
        if self.at.offset == 0 && !self.pass_mark(limit)? {
            return Ok(None);
        }
        loop {
            let waiting = self.chunk.get(self.taken..).unwrap_or_default();
            let needed = match parse(waiting) {
                Parsed::Entry(entry, length) => {
                    self.taken += length;
                    self.at.offset += length as u64;
                    return Ok(Some(entry));
                }
                Parsed::Damaged => return Ok(None),
                Parsed::Short(needed) => needed,
            };
            if self.at.offset.saturating_add(needed as u64) > limit || !self.fill(needed, limit)? {
                return Ok(None);
            }
        }
    }

    /// What stands behind the last entry read, to the end of the segment.
    pub(crate) fn tail(&mut self) -> io::Result<Tail> {
        let mut file = File::open(segment_path(&self.folder, self.at.segment))?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(self.at.offset))?;
        let mut rest = Vec::new();
        // One torn entry fits in here, and the whole one behind it that would tell damage.
        file.take(2 * MAX_ENTRY_BYTES as u64).read_to_end(&mut rest)?;
        let beginning = (self.at.offset == 0).then(|| Beginning::of(&rest));
        Ok(if rest.is_empty() {
            Tail::Clean
        } else if any_within(&rest) {
            Tail::Damaged
        } else if matches!(beginning, Some(Beginning::Unmarked | Beginning::Other(_))) {
            Tail::Foreign
        } else {
            Tail::Torn(length.saturating_sub(self.at.offset))
        })
    }

    /// Goes past the mark at the beginning of the segment. Says whether entries may follow.
    fn pass_mark(&mut self, limit: u64) -> io::Result<bool> {
        let needed = mark().len();
        if limit < needed as u64 || !self.fill(needed, limit)? {
            return Ok(false);
        }
        match Beginning::of(&self.chunk) {
            Beginning::Ours(bytes) => {
                self.taken = bytes;
                self.at.offset = bytes as u64;
                Ok(true)
            }
            Beginning::Unmarked => Ok(true),
            Beginning::Torn | Beginning::Other(_) => Ok(false),
        }
    }

    /// Brings at least `needed` bytes into the chunk. Says whether the file had them.
    fn fill(&mut self, needed: usize, limit: u64) -> io::Result<bool> {
        let file = match &mut self.file {
            Some(file) => file,
            empty => empty.insert(File::open(segment_path(&self.folder, self.at.segment))?),
        };
        self.chunk.drain(..self.taken);
        self.taken = 0;
        let have = self.chunk.len();
        let room = usize::try_from(limit.saturating_sub(self.at.offset)).unwrap_or(usize::MAX);
        let want = needed.max(CHUNK_BYTES).min(room).saturating_sub(have);
        file.seek(SeekFrom::Start(self.at.offset + have as u64))?;
        file.take(want as u64).read_to_end(&mut self.chunk)?;
        Ok(self.chunk.len() >= needed)
    }
}
