//! From a preimage (spec 2.1) back to the members of a record: strict, so that what is decoded encodes to the same
//! bytes and nothing else does.

use crate::record::table::{ENVELOPE, FieldType, Kind};

/// Writes the members of fields 4 and up to `out`, each behind a comma; `seq` is the caller's. False, with `out` in
/// any state, when the bytes are not the preimage of a record: then the record has no members to show.
pub(crate) fn members(preimage: &[u8], out: &mut Vec<u8>) -> bool {
    read(preimage, out).is_some()
}

fn read(preimage: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut fields = Fields(preimage);
    let (Value::String("voaf-2.0"), Value::Integer(count)) = (fields.next()?, fields.next()?) else {
        return None;
    };
    let mut kind = None;
    for field in ENVELOPE {
        let value = fields.next()?;
        match (field.name, value) {
            ("seq", Value::Integer(_)) => continue,
            ("event_kind", Value::String(token)) => kind = Kind::of(token.as_bytes()),
            _ => {}
        }
        fields.member(field.name, field.declared, value, out)?;
    }
    let kind = kind.filter(|kind| kind.field_count() == count)?;
    for field in kind.fields() {
        let value = fields.next()?;
        fields.member(field.name, field.declared, value, out)?;
    }
    fields.0.is_empty().then_some(())
}

#[derive(Clone, Copy)]
enum Value<'a> {
    Null,
    String(&'a str),
    Integer(&'a str),
    Bool(bool),
    /// The elements follow as fields.
    Array(u32),
}

/// The fields that are left.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn next(&mut self) -> Option<Value<'a>> {
        let (&marker, rest) = self.0.split_first()?;
        self.0 = rest;
        if marker == 0 {
            return Some(Value::Null);
        }
        let (header, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        let length = u32::from_be_bytes(*header);
        if marker == 4 {
            return Some(Value::Array(length));
        }
        let (payload, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(match (marker, payload) {
            (1, text) => Value::String(std::str::from_utf8(text).ok()?),
            (2, digits) if is_integer(digits) => Value::Integer(std::str::from_utf8(digits).ok()?),
            (3, b"1") => Value::Bool(true),
            (3, b"0") => Value::Bool(false),
            _ => return None,
        })
    }

    /// Writes one member. An array's elements are read on the way: a count that is too large ends with the bytes.
    fn member(&mut self, name: &str, declared: FieldType, value: Value<'a>, out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(b",\"");
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
        match (declared, value) {
            (_, Value::Null) => out.extend_from_slice(b"null"),
            (FieldType::String, Value::String(text)) => string(text, out),
            (FieldType::Integer, Value::Integer(digits)) => out.extend_from_slice(digits.as_bytes()),
            (FieldType::Bool, Value::Bool(value)) => {
                out.extend_from_slice(if value { b"true" } else { b"false" });
            }
            (FieldType::Integers | FieldType::Strings, Value::Array(count)) => {
                out.push(b'[');
                for at in 0..count {
                    if at > 0 {
                        out.push(b',');
                    }
                    match (declared, self.next()?) {
                        (FieldType::Strings, Value::String(text)) => string(text, out),
                        (FieldType::Integers, Value::Integer(digits)) => {
                            out.extend_from_slice(digits.as_bytes());
                        }
                        _ => return None,
                    }
                }
                out.push(b']');
            }
            _ => return None,
        }
        Some(())
    }
}

/// A JSON string, escaped where JSON requires it.
pub(super) fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in text.as_bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// `0|-?[1-9][0-9]*`
fn is_integer(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    text == b"0" || (digits.iter().all(u8::is_ascii_digit) && !matches!(digits, [] | [b'0', ..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of spec 2.3 with its `prev_hash` cut short.
    fn shutdown() -> Vec<u8> {
        let mut preimage = Vec::new();
        for (marker, text) in [
            (1, "voaf-2.0"),
            (2, "10"),
            (2, "11"),
            (1, "b718"),
            (1, "lifecycle"),
            (1, "01JQ"),
            (2, "-5"),
            (1, "shut\n\"down\""),
            (1, "2.3.0"),
        ] {
            preimage.push(marker);
            preimage.extend_from_slice(&(text.len() as u32).to_be_bytes());
            preimage.extend_from_slice(text.as_bytes());
        }
        preimage.push(0);
        preimage
    }

    fn decoded(preimage: &[u8]) -> Option<String> {
        let mut out = Vec::new();
        members(preimage, &mut out).then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_preimage_gives_the_members_of_its_record() {
        let expected = r#","prev_hash":"b718","event_kind":"lifecycle","id":"01JQ","timestamp_us":-5,"event":"shut\u000a\"down\"","app_version":"2.3.0","reason":null"#;
        assert_eq!(decoded(&shutdown()).as_deref(), Some(expected));
    }

    #[test]
    fn bytes_that_are_cut_or_continued_are_no_preimage() {
        let whole = shutdown();
        for length in 0..whole.len() {
            assert_eq!(decoded(&whole[..length]), None, "{length}");
        }
        assert_eq!(decoded(&[&whole[..], &[0]].concat()), None);
    }

    #[test]
    fn an_integer_has_one_spelling() {
        for text in ["", "-", "-0", "00", "01", "+1", "1.0", "1e1", "٣"] {
            assert!(!is_integer(text.as_bytes()), "{text}");
        }
        for text in ["0", "-1", "10", "123456789012345678901234567890"] {
            assert!(is_integer(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_length_above_the_bytes_at_hand_is_refused_without_an_allocation() {
        let mut preimage = shutdown();
        preimage.truncate(13);
        preimage.extend_from_slice(b"\x04\xff\xff\xff\xff");
        assert_eq!(decoded(&preimage), None);
    }
}
