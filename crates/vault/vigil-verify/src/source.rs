//! Where the document's bytes come from. They are read front to back, parts of them twice.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::VerifyError;
use crate::scratch;

/// A document that can be read more than once.
#[derive(Debug)]
pub struct Source<'a>(Inner<'a>);

#[derive(Debug)]
enum Inner<'a> {
    File(File),
    Bytes(&'a [u8]),
}

impl<'a> Source<'a> {
    /// The document in a file. A pipe is copied to a temporary file first.
    ///
    /// # Errors
    /// When the file cannot be opened or copied.
    pub fn open(path: &Path) -> Result<Self, VerifyError> {
        let file = File::open(path).map_err(VerifyError::Read)?;
        if file.metadata().map_err(VerifyError::Read)?.is_file() {
            return Ok(Self(Inner::File(file)));
        }
        Self::spool(file)
    }

    /// A document that can be read only once; it is copied to a temporary file.
    ///
    /// # Errors
    /// When it cannot be read or copied.
    pub fn spool(mut input: impl Read) -> Result<Self, VerifyError> {
        let mut file = scratch::file().map_err(VerifyError::Scratch)?;
        io::copy(&mut input, &mut file).map_err(VerifyError::Read)?;
        Ok(Self(Inner::File(file)))
    }

    /// A file of this program's own.
    #[cfg_attr(not(feature = "store"), expect(dead_code, reason = "only a store is copied to a file"))]
    pub(crate) fn file(file: File) -> Self {
        Self(Inner::File(file))
    }

    /// A document in memory.
    #[must_use]
    pub fn bytes(bytes: &'a [u8]) -> Self {
        Self(Inner::Bytes(bytes))
    }

    /// Its length in bytes.
    pub(crate) fn size(&self) -> Result<u64, VerifyError> {
        match &self.0 {
            Inner::File(file) => file.metadata().map(|data| data.len()).map_err(VerifyError::Read),
            Inner::Bytes(bytes) => Ok(bytes.len() as u64),
        }
    }

    /// Reads from byte `at` on. One reader at a time: they share the file's position.
    pub(crate) fn reader(&self, at: u64) -> io::Result<Box<dyn Read + '_>> {
        Ok(match &self.0 {
            Inner::File(file) => {
                let mut file = file;
                file.seek(SeekFrom::Start(at))?;
                Box::new(file)
            }
            Inner::Bytes(bytes) => {
                let mut cursor = Cursor::new(bytes);
                cursor.set_position(at);
                Box::new(cursor)
            }
        })
    }
}
