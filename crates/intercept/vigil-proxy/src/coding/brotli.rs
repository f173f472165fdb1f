//! `br` (RFC 7932).

use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};

use super::{CodingError, PIECE, Sink};

type State = BrotliState<brotli::enc::StandardAlloc, brotli::enc::StandardAlloc, brotli::enc::StandardAlloc>;

/// The coding `br`.
pub(super) struct Brotli {
    state: State,
    piece: Vec<u8>,
    ended: bool,
}

impl Default for Brotli {
    fn default() -> Self {
        let memory = brotli::enc::StandardAlloc::default;
        Self { state: State::new(memory(), memory(), memory()), piece: vec![0; PIECE], ended: false }
    }
}

impl Brotli {
    pub(super) fn push(&mut self, bytes: &[u8], sink: Sink<'_>) -> Result<(), CodingError> {
        if self.ended {
            return Err(CodingError::broken("br", "bytes after its end"));
        }
        let (mut left, mut at, mut total) = (bytes.len(), 0, 0);
        loop {
            let (mut room, mut filled) = (self.piece.len(), 0);
            let result = BrotliDecompressStream(
                &mut left,
                &mut at,
                bytes,
                &mut room,
                &mut filled,
                &mut self.piece,
                &mut total,
                &mut self.state,
            );
            let piece = self.piece.get(..filled).unwrap_or_default();
            if !piece.is_empty() {
                sink(piece)?;
            }
            match result {
                BrotliResult::NeedsMoreOutput => {}
                BrotliResult::NeedsMoreInput => return Ok(()),
                BrotliResult::ResultSuccess if left == 0 => {
                    self.ended = true;
                    return Ok(());
                }
                BrotliResult::ResultSuccess => return Err(CodingError::broken("br", "bytes after its end")),
                BrotliResult::ResultFailure => return Err(CodingError::broken("br", "invalid data")),
            }
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.ended
    }
}
