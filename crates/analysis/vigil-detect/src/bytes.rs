//! Numbers out of and into the bytes of model files: little endian, no more than is there.

/// What is left to read.
pub(crate) struct Bytes<'b>(pub(crate) &'b [u8]);

impl<'b> Bytes<'b> {
    pub(crate) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    pub(crate) fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    /// The next `count` bytes.
    pub(crate) fn slice(&mut self, count: usize) -> Option<&'b [u8]> {
        let (first, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(first)
    }

    /// A length and as many bytes.
    pub(crate) fn part(&mut self) -> Option<&'b [u8]> {
        let length = self.number()? as usize;
        self.slice(length)
    }

    /// Exactly `count` finite numbers.
    pub(crate) fn floats(&mut self, count: usize) -> Option<Vec<f32>> {
        let bytes = self.slice(count.checked_mul(4)?)?;
        let read = |four: &[u8]| four.first_chunk().map(|four| f32::from_le_bytes(*four));
        bytes.chunks_exact(4).map(|four| read(four).filter(|value| value.is_finite())).collect()
    }
}

/// Writes a length and as many bytes.
pub(crate) fn put_part(out: &mut Vec<u8>, part: &[u8]) {
    put_number(out, part.len());
    out.extend_from_slice(part);
}

/// Writes a count. What is too large for it does not occur: no model has so many parts.
pub(crate) fn put_number(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
}

pub(crate) fn put_floats(out: &mut Vec<u8>, values: &[f32]) {
    values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
}
