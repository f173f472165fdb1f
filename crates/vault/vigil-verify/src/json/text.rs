//! Strings as they stand in the document: raw bytes between two quotes, with or without escapes.

use std::borrow::Cow;

/// A string literal whose escapes the tokenizer has already checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    /// The bytes between the quotes.
    pub(crate) raw: &'a [u8],
    /// Whether a backslash occurs.
    pub(crate) escaped: bool,
}

impl<'a> Text<'a> {
    /// The UTF-8 form; `None` for a string with a lone surrogate, which has none.
    pub(crate) fn utf8(&self) -> Option<Cow<'a, [u8]>> {
        if !self.escaped {
            return Some(Cow::Borrowed(self.raw));
        }
        let mut out = Vec::with_capacity(self.raw.len());
        decode(self.raw, &mut out).then_some(Cow::Owned(out))
    }

    /// A form in which two strings are equal exactly when their UTF-16 code units are: UTF-8, with lone
    /// surrogates in the three bytes that UTF-8 would give them (WTF-8).
    pub(crate) fn units(&self) -> Cow<'a, [u8]> {
        if !self.escaped {
            return Cow::Borrowed(self.raw);
        }
        let mut out = Vec::with_capacity(self.raw.len());
        decode(self.raw, &mut out);
        Cow::Owned(out)
    }

    /// Whether this is exactly the ASCII text `name`.
    pub(crate) fn is(&self, name: &str) -> bool {
        if self.escaped { self.units().as_ref() == name.as_bytes() } else { self.raw == name.as_bytes() }
    }
}

/// Undoes the escapes of `raw` into `out`; false when a lone surrogate was among them.
fn decode(raw: &[u8], out: &mut Vec<u8>) -> bool {
    let mut rest = raw;
    let mut well_formed = true;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, escape) = rest.split_at(at);
        out.extend_from_slice(plain);
        let (unit, after) = match escape {
            [_, b'u', hex @ ..] => match hex.split_at_checked(4) {
                Some((digits, after)) => (hex4(digits), after),
                None => return false,
            },
            [_, short, after @ ..] => (u32::from(unescape(*short)), after),
            _ => return false,
        };
        rest = after;
        let low = match rest {
            [b'\\', b'u', hex @ ..] if (0xd800..0xdc00).contains(&unit) => hex
                .split_at_checked(4)
                .map(|(digits, after)| (hex4(digits), after))
                .filter(|(low, _)| (0xdc00..0xe000).contains(low)),
            _ => None,
        };
        match low {
            Some((low, after)) => {
                rest = after;
                push(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), out);
            }
            None => well_formed &= push(unit, out),
        }
    }
    out.extend_from_slice(rest);
    well_formed
}

/// Appends one code point; false for a surrogate.
fn push(point: u32, out: &mut Vec<u8>) -> bool {
    match char::from_u32(point) {
        Some(c) => {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            true
        }
        None => {
            let low6 = |shift: u32| 0x80 | (point >> shift & 0x3f) as u8;
            out.extend_from_slice(&[0xe0 | (point >> 12 & 0x0f) as u8, low6(6), low6(0)]);
            false
        }
    }
}

fn unescape(short: u8) -> u8 {
    match short {
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        same => same,
    }
}

fn hex4(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |n, d| n << 4 | char::from(*d).to_digit(16).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, units: &[u8], well_formed: bool) {
        let text = Text { raw: raw.as_bytes(), escaped: raw.contains('\\') };
        assert_eq!(text.units().as_ref(), units);
        assert_eq!(text.utf8().is_some(), well_formed);
    }

    #[test]
    fn escapes_become_the_characters_they_stand_for() {
        check(r"a\/b", b"a/b", true);
        check(r"\b\f\n\r\t\\\u0041", b"\x08\x0c\n\r\t\\A", true);
        check(r"\u20ac", "€".as_bytes(), true);
    }

    #[test]
    fn a_surrogate_pair_is_one_character_and_a_lone_one_is_ill_formed() {
        check(r"\ud83d\ude00", "😀".as_bytes(), true);
        check(r"\ud83d", &[0xed, 0xa0, 0xbd], false);
        check(r"\ude00\ud83d", &[0xed, 0xb8, 0x80, 0xed, 0xa0, 0xbd], false);
        check(r"\ud83d\ud83d\ude00", &[0xed, 0xa0, 0xbd, 0xf0, 0x9f, 0x98, 0x80], false);
    }
}
