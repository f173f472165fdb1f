//! The bytes whose SHA-256 is a record's hash (spec 2).

use sha2::{Digest, Sha256};

/// The longest string, integer text or array element.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// The most elements of an array.
pub(crate) const MAX_ELEMENTS: usize = 1 << 16;
/// The longest preimage.
const MAX_PREIMAGE: usize = 1 << 24;

/// Takes the fields of one record in table order. The buffer is used again for the next record.
///
/// ```text
/// 00                         NULL
/// 01 u32be length, bytes     string
/// 02 u32be length, digits    integer
/// 03 00000001 31 | 30        bool
/// 04 u32be count, elements   array
/// ```
#[derive(Debug, Default)]
pub(crate) struct Preimage {
    bytes: Vec<u8>,
    over_limit: bool,
}

impl Preimage {
    /// Begins a record.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.over_limit = false;
    }

    pub(crate) fn null(&mut self) {
        self.push(&[0]);
    }

    pub(crate) fn string(&mut self, text: &[u8]) {
        self.header(1, text.len());
        self.push(text);
    }

    pub(crate) fn integer(&mut self, digits: &[u8]) {
        self.header(2, digits.len());
        self.push(digits);
    }

    pub(crate) fn bool(&mut self, value: bool) {
        self.header(3, 1);
        self.push(if value { b"1" } else { b"0" });
    }

    /// The elements follow as fields.
    pub(crate) fn array(&mut self, count: usize) {
        self.header(4, count);
    }

    /// The record's hash, `None` when the preimage is longer than the format allows.
    pub(crate) fn hash(&self) -> Option<[u8; 32]> {
        (!self.over_limit).then(|| Sha256::digest(&self.bytes).into())
    }

    /// Lengths are checked before they come here, so that none is cut to 32 bits.
    fn header(&mut self, marker: u8, length: usize) {
        match u32::try_from(length) {
            Ok(length) => {
                self.push(&[marker]);
                self.push(&length.to_be_bytes());
            }
            Err(_) => self.over_limit = true,
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.bytes.len() + bytes.len() > MAX_PREIMAGE {
            self.over_limit = true;
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_encoded_as_the_table_of_markers_says() {
        let mut preimage = Preimage::default();
        preimage.null();
        preimage.string("é".as_bytes());
        preimage.integer(b"-7");
        preimage.bool(true);
        preimage.array(1);
        preimage.bool(false);
        let wanted = b"\0\x01\0\0\0\x02\xc3\xa9\x02\0\0\0\x02-7\x03\0\0\0\x011\x04\0\0\0\x01\x03\0\0\0\x010";
        assert_eq!(preimage.bytes, wanted);
    }

    #[test]
    fn a_preimage_may_be_as_long_as_the_limit_and_no_longer() {
        let mut preimage = Preimage::default();
        for _ in 0..15 {
            preimage.string(&[b'a'; MAX_BYTES]);
        }
        preimage.string(&vec![b'a'; MAX_BYTES - 16 * 5]);
        assert_eq!(preimage.bytes.len(), MAX_PREIMAGE);
        assert!(preimage.hash().is_some());
        preimage.null();
        assert!(preimage.hash().is_none());
    }
}
