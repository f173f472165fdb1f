//! Bytes as they come in, in one buffer that is used again and again.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Large enough for four TLS records.
pub(crate) const BUFFER: usize = 64 * 1024;

/// One reading side.
pub(crate) struct Inflow<R> {
    io: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl<R: AsyncRead + Unpin> Inflow<R> {
    /// Begins with bytes that were read before.
    pub(crate) fn new(io: R, first: &[u8]) -> Self {
        let mut buffer = vec![0; BUFFER.max(first.len())];
        buffer.splice(..first.len(), first.iter().copied());
        Self { io, buffer, start: 0, end: first.len() }
    }

    pub(crate) fn into_io(self) -> R {
        self.io
    }

    /// What was read and not consumed.
    pub(crate) fn data(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    pub(crate) fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
    }

    /// Reads more; 0 means that the peer will send no more. Grows only for data that nobody consumes: a head, up to the
    /// limit its reader keeps. Safe to drop.
    pub(crate) async fn fill(&mut self) -> io::Result<usize> {
        if self.end == self.buffer.len() {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
            } else {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
        }
        let count = self.io.read(self.buffer.get_mut(self.end..).unwrap_or_default()).await?;
        self.end += count;
        Ok(count)
    }
}
