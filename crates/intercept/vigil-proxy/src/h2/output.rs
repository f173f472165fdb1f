//! Bytes on their way to a socket.

/// Whole frames, in the order in which they are written.
#[derive(Debug, Default)]
pub(super) struct Output {
    bytes: Vec<u8>,
    start: usize,
    /// How many bytes the socket took since the connection began.
    accepted: u64,
}

impl Output {
    /// Where frames are added.
    pub(super) fn frames(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// What the socket has not taken yet.
    pub(super) fn unwritten(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The socket took this many bytes.
    pub(super) fn advance(&mut self, count: usize) {
        let count = count.min(self.len());
        self.accepted += count as u64;
        self.start += count;
        if self.is_empty() {
            self.bytes.clear();
            self.start = 0;
        } else if self.start >= self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
    }

    /// How many bytes the socket took.
    pub(super) fn accepted(&self) -> u64 {
        self.accepted
    }

    /// What [`Self::accepted`] will be when all that was added up to now is written.
    pub(super) fn end(&self) -> u64 {
        self.accepted + self.len() as u64
    }

    /// Forgets what was not written: nobody is there to take it.
    pub(super) fn discard(&mut self) {
        self.advance(self.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_counted_and_forgotten() {
        let mut output = Output::default();
        output.frames().extend_from_slice(b"abcdef");
        output.advance(2);
        assert_eq!((output.unwritten(), output.accepted(), output.end()), (b"cdef".as_slice(), 2, 6));
        output.frames().extend_from_slice(b"gh");
        output.advance(5);
        assert_eq!((output.unwritten(), output.accepted(), output.end()), (b"h".as_slice(), 7, 8));
        output.advance(9);
        assert_eq!((output.is_empty(), output.accepted()), (true, 8));
    }
}
