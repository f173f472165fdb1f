//! The bytes a record's hash is taken over (`voaf.md` §2).
//!
//! ```text
//! 00                          NULL
//! 01 u32be length  bytes      string, UTF-8
//! 02 u32be length  decimal    integer
//! 03 00000001      31 | 30    bool
//! 04 u32be count   elements   array, each element a field
//! ```

use super::{MAX_ELEMENTS, MAX_PREIMAGE_BYTES, MAX_TEXT_BYTES};

const NULL: u8 = 0;
const TEXT: u8 = 1;
const INTEGER: u8 = 2;
const BOOL: u8 = 3;
const ARRAY: u8 = 4;

/// A preimage being written. The first violation of a limit is kept and told at the end.
#[derive(Debug, Default)]
pub(crate) struct Preimage {
    bytes: Vec<u8>,
    fault: Option<RecordError>,
}

impl Preimage {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), fault: None }
    }

    pub(crate) fn finish(mut self) -> Result<Vec<u8>, RecordError> {
        if self.bytes.len() > MAX_PREIMAGE_BYTES {
            self.fault.get_or_insert(RecordError::TooLarge { what: "record", limit: MAX_PREIMAGE_BYTES });
        }
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok(self.bytes),
        }
    }

    pub(crate) fn null(&mut self) {
        self.bytes.push(NULL);
    }

    pub(crate) fn text(&mut self, text: &str) {
        if self.header(TEXT, text.len(), MAX_TEXT_BYTES, "string") {
            self.bytes.extend_from_slice(text.as_bytes());
        }
    }

    pub(crate) fn integer(&mut self, value: i64) {
        decimal(value, |digits| {
            if self.header(INTEGER, digits.len(), MAX_TEXT_BYTES, "integer") {
                self.bytes.extend_from_slice(digits);
            }
        });
    }

    pub(crate) fn bool(&mut self, value: bool) {
        self.bytes.extend_from_slice(&[BOOL, 0, 0, 0, 1, if value { b'1' } else { b'0' }]);
    }

    /// Opens an array of `count` elements, which must follow. Says whether they may.
    pub(crate) fn array(&mut self, count: usize) -> bool {
        self.header(ARRAY, count, MAX_ELEMENTS, "array")
    }

    /// A length above its limit is never cut down to 32 bits: the content could run on as further fields.
    fn header(&mut self, marker: u8, length: usize, limit: usize, what: &'static str) -> bool {
        match u32::try_from(length) {
            Ok(header) if length <= limit => {
                self.bytes.push(marker);
                self.bytes.extend_from_slice(&header.to_be_bytes());
                true
            }
            _ => {
                self.fault.get_or_insert(RecordError::TooLarge { what, limit });
                false
            }
        }
    }
}

/// Shows a number's digits, without a place on the heap for them.
pub(crate) fn decimal<T>(value: i64, show: impl FnOnce(&[u8]) -> T) -> T {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    for slot in digits.iter_mut().rev() {
        // The remainder is below 10.
        *slot = b'0' + (rest % 10) as u8;
        rest /= 10;
        at -= 1;
        if rest == 0 {
            break;
        }
    }
    if value < 0
        && let Some(sign) = at.checked_sub(1)
        && let Some(slot) = digits.get_mut(sign)
    {
        *slot = b'-';
        at = sign;
    }
    show(digits.get(at..).unwrap_or_default())
}

/// A preimage being read back. It accepts exactly what [`Preimage`] writes.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(crate) fn new(preimage: &'a [u8]) -> Self {
        Self { rest: preimage }
    }

    pub(crate) fn end(&self) -> Result<(), RecordError> {
        if self.rest.is_empty() { Ok(()) } else { Err(RecordError::Malformed("bytes after the last field")) }
    }

    /// Takes a NULL, if one is next.
    pub(crate) fn take_null(&mut self) -> bool {
        match self.rest.split_first() {
            Some((&NULL, rest)) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, RecordError> {
        let length = self.header(TEXT, MAX_TEXT_BYTES)?;
        core::str::from_utf8(self.take(length)?).map_err(|_| RecordError::Malformed("a string is not UTF-8"))
    }

    pub(crate) fn integer(&mut self) -> Result<i64, RecordError> {
        let length = self.header(INTEGER, MAX_TEXT_BYTES)?;
        let text = self.take(length)?;
        let value: i64 = core::str::from_utf8(text)
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or(RecordError::Malformed("an integer is not a 64-bit number"))?;
        if decimal(value, |digits| digits == text) {
            Ok(value)
        } else {
            Err(RecordError::Malformed("an integer is not in its one spelling"))
        }
    }

    pub(crate) fn bool(&mut self) -> Result<bool, RecordError> {
        let length = self.header(BOOL, 1)?;
        match self.take(length)? {
            b"1" => Ok(true),
            b"0" => Ok(false),
            _ => Err(RecordError::Malformed("a bool is neither 1 nor 0")),
        }
    }

    pub(crate) fn array(&mut self) -> Result<usize, RecordError> {
        self.header(ARRAY, MAX_ELEMENTS)
    }

    fn header(&mut self, marker: u8, limit: usize) -> Result<usize, RecordError> {
        match self.rest.split_first() {
            Some((&found, rest)) if found == marker => self.rest = rest,
            Some((&NULL, _)) => return Err(RecordError::Null),
            Some(_) => return Err(RecordError::Malformed("a field is not of its type")),
            None => return Err(RecordError::Malformed("the record ends before its last field")),
        }
        let bytes: [u8; 4] =
            self.take(4)?.try_into().map_err(|_| RecordError::Malformed("a length is cut off"))?;
        let length = u32::from_be_bytes(bytes) as usize;
        if length > limit { Err(RecordError::TooLarge { what: "field", limit }) } else { Ok(length) }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], RecordError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(RecordError::Malformed("a field is longer than the record"))?;
        self.rest = rest;
        Ok(taken)
    }
}

/// Why a record cannot be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The stored bytes are not a record.
    #[error("the stored bytes are not a record: {0}")]
    Malformed(&'static str),
    /// NULL in a field that may not be NULL.
    #[error("a field that must have a value is NULL")]
    Null,
    /// A kind the format does not have.
    #[error("`{0}` is not a kind of record")]
    Kind(String),
    /// A limit of the format (`voaf.md` §2.2).
    #[error("a {what} is over the format's limit of {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit, in bytes or elements.
        limit: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_spelled_as_the_standard_library_spells_it() {
        for value in [0, 1, 9, 10, -1, -10, 1_000_000, i64::MAX, i64::MIN, i64::MIN + 1] {
            decimal(value, |digits| assert_eq!(digits, value.to_string().as_bytes()));
        }
    }

    #[test]
    fn only_the_one_spelling_of_a_number_is_read() {
        let read = |text: &str| {
            let mut out = Preimage::default();
            assert!(out.header(INTEGER, text.len(), MAX_TEXT_BYTES, "integer"));
            out.bytes.extend_from_slice(text.as_bytes());
            Fields::new(&out.bytes).integer()
        };
        assert_eq!((read("0"), read("-7"), read("9223372036854775807")), (Ok(0), Ok(-7), Ok(i64::MAX)));
        for wrong in ["", "-0", "+1", "01", " 1", "1.0", "9223372036854775808"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
