//! A document's text, and places in it as the protocol counts them: lines and UTF-16 code units.

use tower_lsp_server::ls_types::{Position, Range};
use vigil_scan::Position as Place;

/// A text and the starts of its lines. Lines end at `\n`, `\r\n` and `\r`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    text: String,
    starts: Vec<usize>,
}

impl Text {
    pub(super) fn new(text: String) -> Self {
        let mut starts = vec![0];
        let bytes = text.as_bytes();
        for (at, &byte) in bytes.iter().enumerate() {
            if byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                starts.push(at + 1);
            }
        }
        Self { text, starts }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Replaces a range, or everything when there is none.
    pub(super) fn change(&mut self, range: Option<Range>, new: &str) {
        let changed = match range {
            None => new.to_owned(),
            Some(range) => {
                let start = self.offset(range.start);
                let end = self.offset(range.end).max(start);
                let mut text = String::with_capacity(self.text.len() + new.len());
                text.push_str(self.text.get(..start).unwrap_or_default());
                text.push_str(new);
                text.push_str(self.text.get(end..).unwrap_or_default());
                text
            }
        };
        *self = Self::new(changed);
    }

    /// The line without its end; empty when there is none.
    pub(super) fn line(&self, number: usize) -> &str {
        let start = self.starts.get(number).copied().unwrap_or(self.text.len());
        let end = self.starts.get(number + 1).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r'])
    }

    /// The byte at a position. What lies behind the end of a line is its end; within a character it is its start.
    pub(super) fn offset(&self, position: Position) -> usize {
        let Some(&start) = self.starts.get(position.line as usize) else { return self.text.len() };
        let line = self.line(position.line as usize);
        let mut units = 0;
        for (at, c) in line.char_indices() {
            units += c.len_utf16();
            if units > position.character as usize {
                return start + at;
            }
        }
        start + line.len()
    }

    /// The position of a byte.
    pub(super) fn position(&self, offset: usize) -> Position {
        let line = self.starts.partition_point(|&start| start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let before = self.text.get(start..offset.min(self.text.len())).unwrap_or_default();
        Position::new(number(line), number(before.encode_utf16().count()))
    }

    /// The range between two places as the scanner counts them: lines and characters from 1.
    pub(super) fn range(&self, start: Place, end: Place) -> Range {
        let start = self.place(start);
        let end = self.place(end);
        Range::new(start, end.max(start))
    }

    fn place(&self, place: Place) -> Position {
        let index = (place.line as usize).saturating_sub(1);
        if index >= self.starts.len() {
            return self.position(self.text.len());
        }
        let line = self.line(index);
        // The scanner does not count a byte order mark.
        let mark = usize::from(index == 0 && line.starts_with('\u{feff}'));
        let before = line.chars().take((place.column as usize).saturating_sub(1) + mark);
        Position::new(number(index), number(before.map(char::len_utf16).sum()))
    }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Text {
        Text::new(text.to_owned())
    }

    #[track_caller]
    fn check(content: &str, offset: usize, line: u32, character: u32) {
        let text = text(content);
        assert_eq!(text.position(offset), Position::new(line, character), "{content:?}");
        assert_eq!(text.offset(Position::new(line, character)), offset, "{content:?}");
    }

    #[test]
    fn counts_utf_16_units() {
        check("a𝒳b", 0, 0, 0);
        check("a𝒳b", 1, 0, 1);
        check("a𝒳b", 5, 0, 3);
        check("ä\nö", 5, 1, 1);
        check("a\r\n𝒳\r\nb", 9, 2, 0);
        check("a\rb", 2, 1, 0);
        check("a\n", 2, 1, 0);
    }

    #[test]
    fn what_lies_outside_is_moved_inside() {
        let text = text("ab\r\n𝒳\n");
        assert_eq!(text.offset(Position::new(0, 99)), 2);
        assert_eq!(text.offset(Position::new(99, 0)), 9);
        // Within a surrogate pair.
        assert_eq!(text.offset(Position::new(1, 1)), 4);
    }

    #[test]
    fn a_change_replaces_its_range() {
        let change = |range: (u32, u32, u32, u32), new: &str| {
            let mut text = text("a𝒳b\r\nc\r\n");
            let (a, b, c, d) = range;
            text.change(Some(Range::new(Position::new(a, b), Position::new(c, d))), new);
            assert_eq!(text, Text::new(text.as_str().to_owned()));
            text.as_str().to_owned()
        };
        assert_eq!(change((0, 1, 0, 3), "x"), "axb\r\nc\r\n");
        assert_eq!(change((0, 4, 1, 0), ""), "a𝒳bc\r\n");
        assert_eq!(change((2, 0, 2, 0), "d"), "a𝒳b\r\nc\r\nd");
        assert_eq!(change((1, 0, 0, 0), "q"), "a𝒳b\r\nqc\r\n");
    }

    #[test]
    fn places_of_the_scanner_become_ranges() {
        let at = |line, column| Place { line, column };
        let whole = text("x = '𝒳'\ny\n");
        assert_eq!(whole.range(at(1, 5), at(1, 8)), Range::new(Position::new(0, 4), Position::new(0, 8)));
        assert_eq!(whole.range(at(9, 1), at(9, 1)), Range::new(Position::new(2, 0), Position::new(2, 0)));
        let marked = text("\u{feff}x\n");
        assert_eq!(marked.range(at(1, 1), at(1, 2)), Range::new(Position::new(0, 1), Position::new(0, 2)));
    }
}
