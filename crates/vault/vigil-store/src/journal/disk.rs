//! The file under the journal, as far as the journal needs it: the seam where tests let it fail.

use std::fs::File;
use std::io::{self, Write as _};

/// A file that grows at its end.
pub(crate) trait Disk: Send {
    /// One `write(2)`. Says how many bytes were taken.
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize>;
    /// Waits until the data is on the device.
    fn sync(&mut self) -> io::Result<()>;
    /// Cuts the file to `length` bytes.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

/// The file must be open for appending.
impl Disk for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write(bytes)
    }
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}
