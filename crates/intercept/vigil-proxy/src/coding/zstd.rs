//! `zstd` (RFC 8878): any number of frames, with a window of at most 8 MB (RFC 9659).

use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation as _, OutBuffer};

use super::{CodingError, PIECE, Sink};

const WINDOW_LOG: u32 = 23;

/// The coding `zstd`.
pub(super) struct Zstd {
    machine: Decoder<'static>,
    piece: Vec<u8>,
    /// Whether the bytes so far end where a frame ends.
    at_frame_end: bool,
}

impl Zstd {
    pub(super) fn new() -> Result<Self, CodingError> {
        let mut machine = Decoder::new().map_err(|_| CodingError::NoMemory)?;
        machine.set_parameter(DParameter::WindowLogMax(WINDOW_LOG)).map_err(|_| CodingError::NoMemory)?;
        Ok(Self { machine, piece: vec![0; PIECE], at_frame_end: true })
    }

    pub(super) fn push(&mut self, bytes: &[u8], sink: Sink<'_>) -> Result<(), CodingError> {
        let mut input = InBuffer::around(bytes);
        loop {
            let used_before = input.pos();
            let mut output = OutBuffer::around(self.piece.as_mut_slice());
            let hint = self
                .machine
                .run(&mut input, &mut output)
                .map_err(|error| CodingError::broken("zstd", error))?;
            let filled = output.pos();
            let moved = input.pos() > used_before || filled > 0;
            if moved {
                self.at_frame_end = hint == 0;
            }
            let piece = self.piece.get(..filled).unwrap_or_default();
            if !piece.is_empty() {
                sink(piece)?;
            }
            let full = filled == self.piece.len();
            if input.pos() == bytes.len() && !full || !moved {
                return Ok(());
            }
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.at_frame_end
    }
}
