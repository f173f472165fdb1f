//! Spellings that attestations demand.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::json::text::Text;

/// Bytes written as canonical base64: standard alphabet, padded, unused bits zero, nothing else.
pub(crate) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// As [`base64`], for exactly `N` bytes.
pub(crate) fn base64_array<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    base64(text)?.try_into().ok()
}

/// An attestation integer: `0|[1-9][0-9]*` below 2^63.
pub(crate) fn integer(literal: &[u8]) -> Option<u64> {
    let plain = literal == b"0" || literal.first().is_some_and(|digit| (b'1'..=b'9').contains(digit));
    let digits = plain && literal.iter().all(u8::is_ascii_digit);
    let value: u64 = std::str::from_utf8(literal).ok().filter(|_| digits)?.parse().ok()?;
    (value < 1 << 63).then_some(value)
}

/// A string of exactly the attestation kind: well-formed.
pub(crate) fn string(text: Text<'_>) -> Option<Vec<u8>> {
    text.utf8().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_has_one_spelling() {
        assert_eq!(base64(b"AAE=").as_deref(), Some(&[0, 1][..]));
        for text in ["AAE", "AAF=", "AA E=", "AAE=\n", "AAE==", "A_E="] {
            assert_eq!(base64(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn integers_have_one_spelling_and_63_bits() {
        assert_eq!(integer(b"9223372036854775807"), Some(i64::MAX as u64));
        for literal in ["9223372036854775808", "-0", "1.0", "1e1", "99999999999999999999", ""] {
            assert_eq!(integer(literal.as_bytes()), None, "{literal}");
        }
    }
}
