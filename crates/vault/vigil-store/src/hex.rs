//! Lowercase base 16, the one spelling of a digest in records.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Two digits per byte.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let digit = |at: u8| DIGITS.get(usize::from(at)).copied().unwrap_or(b'0');
    let mut text = vec![0; 2 * bytes.len()];
    for (pair, &byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    // Digits are ASCII.
    String::from_utf8(text).unwrap_or_default()
}

/// Parses exactly `N` bytes, lowercase only.
pub(crate) fn parse<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.as_bytes();
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *byte = digit(high)? << 4 | digit(low)?;
    }
    Some(bytes)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_has_one_spelling() {
        assert_eq!(parse::<2>("0aff"), Some([10, 255]));
        assert_eq!(encode(&[10, 255]), "0aff");
        assert_eq!(parse::<2>("0AFF"), None);
        assert_eq!(parse::<2>("0aff0"), None);
    }
}
