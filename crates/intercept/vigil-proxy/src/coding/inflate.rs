//! `deflate`: zlib (RFC 1950) as the standard says, or the bare stream (RFC 1951) that some servers send.

use flate2::{Decompress, FlushDecompress, Status};

use super::{CodingError, PIECE, Sink};

/// A bare deflate stream.
pub(super) struct Inflate {
    machine: Decompress,
    piece: Vec<u8>,
}

impl Inflate {
    pub(super) fn new(zlib: bool) -> Self {
        Self { machine: Decompress::new(zlib), piece: Vec::with_capacity(PIECE) }
    }

    pub(super) fn reset(&mut self) {
        self.machine.reset(false);
    }

    /// Decodes until the bytes or the stream end. Gives how many bytes were used, and whether the stream ended.
    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        coding: &'static str,
        sink: Sink<'_>,
    ) -> Result<(usize, bool), CodingError> {
        let mut used = 0;
        loop {
            self.piece.clear();
            let rest = bytes.get(used..).unwrap_or_default();
            let before = self.machine.total_in();
            let status = self
                .machine
                .decompress_vec(rest, &mut self.piece, FlushDecompress::None)
                .map_err(|error| CodingError::broken(coding, error))?;
            let step = usize::try_from(self.machine.total_in() - before).unwrap_or(usize::MAX);
            used = used.saturating_add(step);
            if !self.piece.is_empty() {
                sink(&self.piece)?;
            }
            if status == Status::StreamEnd {
                return Ok((used, true));
            }
            // A full piece may hide more output; otherwise the machine waits for more bytes.
            if self.piece.len() < self.piece.capacity() && used >= bytes.len() {
                return Ok((used, false));
            }
            if step == 0 && self.piece.is_empty() {
                return Ok((used, false));
            }
        }
    }
}

/// The coding `deflate`.
#[derive(Default)]
pub(super) struct Deflate {
    stream: Option<Inflate>,
    ended: bool,
}

impl Deflate {
    pub(super) fn push(&mut self, bytes: &[u8], sink: Sink<'_>) -> Result<(), CodingError> {
        if self.ended {
            return Err(CodingError::broken("deflate", "bytes after its end"));
        }
        // The first byte tells: zlib begins with method 8 and a window of at most 32 KB, `0x.8` with `.` below 8. A bare
        // stream that begins so would begin with a stored block whose padding is not zero, which no encoder writes.
        let first = bytes.first().copied().unwrap_or_default();
        let stream = self.stream.get_or_insert_with(|| Inflate::new(first & 0x8f == 0x08));
        let (used, ended) = stream.push(bytes, "deflate", sink)?;
        self.ended = ended;
        if ended && used < bytes.len() {
            return Err(CodingError::broken("deflate", "bytes after its end"));
        }
        Ok(())
    }

    pub(super) fn is_complete(&self) -> bool {
        self.ended
    }
}
