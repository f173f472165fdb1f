//! What a segment begins with: eight bytes that tell a journal of another version from a damaged one.
//!
//! ```text
//! 6       `vigilj`
//! u16be   the version of what follows
//! ```
//!
//! The mark is part of the segment's first write, so that a segment has it or holds nothing. Segments from before there
//! was a mark begin with an entry.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::{DirError, segment_path, segments};

/// The version that this program writes and reads.
const VERSION: u16 = 1;
const NAME: [u8; 6] = *b"vigilj";
const MARK_BYTES: usize = NAME.len() + size_of::<u16>();

/// The mark that this program writes.
pub(super) const fn mark() -> [u8; MARK_BYTES] {
    let [a, b, c, d, e, f] = NAME;
    let [high, low] = VERSION.to_be_bytes();
    [a, b, c, d, e, f, high, low]
}

/// How a segment begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// With this program's mark, of so many bytes.
    Ours(usize),
    /// With the mark of another version.
    Other(u16),
    /// With a part of a mark, or with nothing but the zeros that a file has where a power cut left no data.
    Torn,
    /// With something else: an entry, if it is from before there was a mark.
    Unmarked,
}

impl Beginning {
    /// Looks at a segment's first bytes: eight of them, or as many as it has.
    pub(super) fn of(bytes: &[u8]) -> Self {
        match bytes.split_first_chunk::<MARK_BYTES>() {
            None if mark().starts_with(bytes) => Self::Torn,
            Some((first, _)) if *first == [0; MARK_BYTES] => Self::Torn,
            Some((&[a, b, c, d, e, f, high, low], _)) if [a, b, c, d, e, f] == NAME => {
                match u16::from_be_bytes([high, low]) {
                    VERSION => Self::Ours(MARK_BYTES),
                    other => Self::Other(other),
                }
            }
            _ => Self::Unmarked,
        }
    }
}

/// Refuses a journal that another version of Vigil has to seal. Nothing was changed then.
pub(crate) fn check_versions(folder: &Path) -> Result<(), VersionError> {
    let unreadable = |error| VersionError::Unreadable(DirError::of(folder, error));
    for segment in segments(folder).map_err(unreadable)? {
        let path = segment_path(folder, segment);
        if let Beginning::Other(version) = beginning(&path).map_err(unreadable)? {
            return Err(VersionError::Other { path, version });
        }
    }
    Ok(())
}

fn beginning(path: &Path) -> io::Result<Beginning> {
    let mut bytes = Vec::with_capacity(MARK_BYTES);
    File::open(path)?.take(MARK_BYTES as u64).read_to_end(&mut bytes)?;
    Ok(Beginning::of(&bytes))
}

/// Why this program leaves a journal alone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VersionError {
    /// Its records are in a form that this program does not read.
    #[error("the journal `{}` has version {version} and this Vigil reads version {VERSION}; start the Vigil that wrote it once more, which seals what it holds, or choose another --state-dir", .path.display())]
    Other {
        /// The segment.
        path: PathBuf,
        /// Its version.
        version: u16,
    },
    /// It cannot be looked at.
    #[error(transparent)]
    Unreadable(DirError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_tells_its_version_and_a_part_of_one_is_torn() {
        assert_eq!(Beginning::of(&mark()), Beginning::Ours(MARK_BYTES));
        assert_eq!(Beginning::of(b"vigilj\x00\x02and more"), Beginning::Other(2));
        for length in 0..MARK_BYTES {
            assert_eq!(Beginning::of(&mark()[..length]), Beginning::Torn, "{length} bytes");
        }
        assert_eq!(Beginning::of(&[0; 4096]), Beginning::Torn);
    }

    #[test]
    fn what_begins_otherwise_has_no_mark() {
        for bytes in [b"VIGILJ\x00\x01".as_slice(), b"vigil", b"\x00\x00\x01\x02........", b"noise"] {
            let is_part = mark().starts_with(bytes);
            assert_eq!(Beginning::of(bytes) == Beginning::Unmarked, !is_part, "{bytes:?}");
        }
    }
}
