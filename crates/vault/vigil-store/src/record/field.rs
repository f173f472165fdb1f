//! What each type of field looks like in a preimage and in a document.

use super::preimage::{Fields, Preimage, RecordError};

/// A value of a declared type. NULL is `None`.
pub(crate) trait Field: Sized {
    fn encode(&self, out: &mut Preimage);
    fn decode(fields: &mut Fields<'_>) -> Result<Self, RecordError>;
    fn json(&self, out: &mut Vec<u8>);
}

impl Field for String {
    fn encode(&self, out: &mut Preimage) {
        out.text(self);
    }
    fn decode(fields: &mut Fields<'_>) -> Result<Self, RecordError> {
        fields.text().map(str::to_owned)
    }
    fn json(&self, out: &mut Vec<u8>) {
        json_text(self, out);
    }
}

impl Field for i64 {
    fn encode(&self, out: &mut Preimage) {
        out.integer(*self);
    }
    fn decode(fields: &mut Fields<'_>) -> Result<Self, RecordError> {
        fields.integer()
    }
    fn json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.to_string().as_bytes());
    }
}

impl Field for bool {
    fn encode(&self, out: &mut Preimage) {
        out.bool(*self);
    }
    fn decode(fields: &mut Fields<'_>) -> Result<Self, RecordError> {
        fields.bool()
    }
    fn json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl<T: Field> Field for Option<T> {
    fn encode(&self, out: &mut Preimage) {
        match self {
            Some(value) => value.encode(out),
            None => out.null(),
        }
    }
    fn decode(fields: &mut Fields<'_>) -> Result<Self, RecordError> {
        if fields.take_null() { Ok(None) } else { T::decode(fields).map(Some) }
    }
    fn json(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.json(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

impl<T: Field> Field for Vec<T> {
    fn encode(&self, out: &mut Preimage) {
        if out.array(self.len()) {
            for element in self {
                element.encode(out);
            }
        }
    }
    fn decode(fields: &mut Fields<'_>) -> Result<Self, RecordError> {
        let count = fields.array()?;
        // The count is bounded by the format, the elements by the bytes at hand.
        (0..count).map(|_| T::decode(fields)).collect()
    }
    fn json(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (at, element) in self.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            element.json(out);
        }
        out.push(b']');
    }
}

/// Writes a JSON string; only what JSON requires is escaped.
pub(crate) fn json_text(text: &str, out: &mut Vec<u8>) {
    // Writing to a Vec cannot fail, and a string is always representable.
    let _ = serde_json::to_writer(out, text);
}
