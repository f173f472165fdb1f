//! What a document says about its version (spec 12.3).

use crate::json::text::Text;

/// The versions that are recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Major {
    One,
    Two,
}

/// The version a string declares: digit runs joined by single dots, the first being exactly `1` or `2`.
pub(crate) fn major(text: Text<'_>) -> Option<Major> {
    let units = text.units();
    let mut runs = units.split(|byte| *byte == b'.');
    let first = match runs.next() {
        Some(b"1") => Major::One,
        Some(b"2") => Major::Two,
        _ => return None,
    };
    runs.all(|run| !run.is_empty() && run.iter().all(u8::is_ascii_digit)).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_runs_of_digits_with_single_dots_are_versions() {
        let read = |raw: &str| major(Text { raw: raw.as_bytes(), escaped: raw.contains('\\') });
        for (raw, wanted) in
            [("2", Major::Two), ("2.1.0", Major::Two), ("2.007", Major::Two), ("1.0", Major::One)]
        {
            assert_eq!(read(raw), Some(wanted), "{raw}");
        }
        assert_eq!(read(r"\u0032.0"), Some(Major::Two));
        for raw in ["", "01", "2.", "2..0", ".2", "2.0 ", "20", "3.0", "２", "2.x", "v2"] {
            assert_eq!(read(raw), None, "{raw}");
        }
    }
}
