//! From a file's bytes to its text, within bounds.

use std::io::Read as _;
use std::path::Path;

use crate::config::FilesConfig;

/// A text, and how its bytes were read.
#[derive(Debug)]
pub(crate) struct Text {
    /// Without a byte order mark.
    pub(crate) text: String,
    /// How the bytes were written.
    pub(crate) encoding: Encoding,
}

/// How a text was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Offsets in the text are offsets in the file.
    Utf8,
    /// Offsets in the file are three more.
    Utf8Mark,
    /// With byte order mark.
    Utf16,
    /// Invalid bytes were replaced.
    Lossy,
}

/// Why a file has no text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unread {
    #[error("it cannot be read: {0}")]
    System(String),
    #[error("it has {size} bytes, more than the {limit} of `files.max_bytes`")]
    Large { size: u64, limit: u64 },
    #[error("it holds NUL bytes and is taken for binary")]
    Binary,
    #[error("line {line} has more than {limit} bytes (`files.max_line_bytes`); it is taken for generated")]
    LongLine { line: usize, limit: usize },
    #[error("its UTF-16 is cut or malformed")]
    Utf16,
}

/// Reads a file's bytes, and no more than the limit even when it grows meanwhile.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Unread> {
    let system = |error: std::io::Error| Unread::System(error.to_string());
    let file = std::fs::File::open(path).map_err(system)?;
    let size = file.metadata().map_err(system)?.len();
    if size > limit {
        return Err(Unread::Large { size, limit });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0).saturating_add(1));
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(system)?;
    if bytes.len() as u64 > limit {
        return Err(Unread::Large { size: bytes.len() as u64, limit });
    }
    Ok(bytes)
}

impl Text {
    /// Reads bytes as text.
    pub(crate) fn of(bytes: Vec<u8>, files: &FilesConfig) -> Result<Self, Unread> {
        if bytes.len() as u64 > files.max_bytes {
            return Err(Unread::Large { size: bytes.len() as u64, limit: files.max_bytes });
        }
        let read = match bytes.as_slice() {
            [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
            [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
            [0xef, 0xbb, 0xbf, rest @ ..] => match std::str::from_utf8(rest) {
                Ok(text) => Self { text: text.to_owned(), encoding: Encoding::Utf8Mark },
                Err(_) => lossy(rest),
            },
            _ => match String::from_utf8(bytes) {
                Ok(text) => Self { text, encoding: Encoding::Utf8 },
                Err(error) => lossy(error.as_bytes()),
            },
        };
        if memchr::memchr(0, read.text.as_bytes()).is_some() {
            return Err(Unread::Binary);
        }
        let limit = files.max_line_bytes;
        if read.text.len() > limit {
            let mut start = 0;
            for (index, end) in memchr::memchr2_iter(b'\n', b'\r', read.text.as_bytes())
                .chain(std::iter::once(read.text.len()))
                .enumerate()
            {
                if end - start > limit {
                    return Err(Unread::LongLine { line: index + 1, limit });
                }
                start = end;
            }
        }
        Ok(read)
    }
}

fn lossy(bytes: &[u8]) -> Text {
    Text { text: String::from_utf8_lossy(bytes).into_owned(), encoding: Encoding::Lossy }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Text, Unread> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Unread::Utf16);
    }
    let units = pairs.iter().map(|pair| unit(*pair));
    let text = char::decode_utf16(units).collect::<Result<String, _>>().map_err(|_| Unread::Utf16)?;
    Ok(Text { text, encoding: Encoding::Utf16 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: Result<(&str, Encoding), Unread>) {
        let files = FilesConfig { max_bytes: 40, max_line_bytes: 10, gitignore: true };
        let read = Text::of(bytes.to_vec(), &files);
        assert_eq!(
            read.as_ref().map(|read| (read.text.as_str(), read.encoding)).map_err(ToString::to_string),
            expected.map_err(|error| error.to_string())
        );
    }

    #[test]
    fn reads_what_editors_write() {
        check(b"a = 1\n", Ok(("a = 1\n", Encoding::Utf8)));
        check(b"\xef\xbb\xbfa", Ok(("a", Encoding::Utf8Mark)));
        check(b"\xff\xfea\0\xe4\0", Ok(("aä", Encoding::Utf16)));
        check(b"\xfe\xff\0a", Ok(("a", Encoding::Utf16)));
        check(b"caf\xe9", Ok(("caf\u{fffd}", Encoding::Lossy)));
    }

    #[test]
    fn refuses_what_is_no_source() {
        check(b"a\0b", Err(Unread::Binary));
        check(b"\xff\xfea", Err(Unread::Utf16));
        check(&[b'a'; 41], Err(Unread::Large { size: 41, limit: 40 }));
        check(b"a\nbbbbbbbbbbbbbbb\n", Err(Unread::LongLine { line: 2, limit: 10 }));
    }
}
