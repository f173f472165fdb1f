//! Strings of strangers, made harmless.

/// A quoted ASCII JSON string of at most `most` characters of `bytes`, which are UTF-8 or WTF-8; dots behind it
/// say that it was cut.
pub(super) fn quoted(bytes: &[u8], most: usize) -> String {
    let mut out = String::from("\"");
    let mut rest = bytes;
    let mut left = most;
    while let Some((point, behind)) = next_point(rest) {
        if left == 0 {
            return out + "\"...";
        }
        left -= 1;
        rest = behind;
        escape(point, &mut out);
    }
    out + "\""
}

fn escape(point: u32, out: &mut String) {
    match char::from_u32(point) {
        Some('"') => out.push_str("\\\""),
        Some('\\') => out.push_str("\\\\"),
        Some('\n') => out.push_str("\\n"),
        Some('\r') => out.push_str("\\r"),
        Some('\t') => out.push_str("\\t"),
        Some(c @ ' '..='~') => out.push(c),
        Some(c) => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| *out += &format!("\\u{unit:04x}")),
        None => *out += &format!("\\u{point:04x}"),
    }
}

/// The first code point, surrogates included; `None` at the end or at a sequence that is cut off.
fn next_point(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let first = u32::from(*bytes.first()?);
    let (length, start) = match first {
        0..=0x7f => (1, first),
        0x80..=0xdf => (2, first & 0x1f),
        0xe0..=0xef => (3, first & 0x0f),
        _ => (4, first & 0x07),
    };
    let (sequence, behind) = bytes.split_at_checked(length)?;
    let point = sequence.iter().skip(1).fold(start, |point, byte| point << 6 | u32::from(byte & 0x3f));
    Some((point, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_printable_ascii_comes_out() {
        assert_eq!(
            quoted("a\u{1b}[31m\"é😀\u{7f}".as_bytes(), 160),
            r#""a\u001b[31m\"\u00e9\ud83d\ude00\u007f""#
        );
        assert_eq!(quoted(&[0xed, 0xa0, 0xbd], 160), r#""\ud83d""#);
    }

    #[test]
    fn long_strings_are_cut_before_they_are_escaped() {
        assert_eq!(quoted("éééé".as_bytes(), 3), r#""\u00e9\u00e9\u00e9"..."#);
        assert_eq!(quoted("ééé".as_bytes(), 3), r#""\u00e9\u00e9\u00e9""#);
    }
}
