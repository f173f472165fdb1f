//! One file's text, and where things stand in it.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// A byte range in a source's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
}

impl Span {
    /// From `start` up to, and without, `end`.
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The range of indices.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place as people count: line and column from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode scalar values, from 1.
    pub column: u32,
}

/// What a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// `.py`, `.pyi`, and code cells of notebooks.
    Python,
    /// JavaScript and TypeScript, with and without JSX.
    JavaScript,
}

impl Language {
    /// All.
    pub const ALL: [Self; 2] = [Self::Python, Self::JavaScript];

    /// The language that the file's name tells, if it is one that the rules read.
    pub fn of_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "py" | "pyi" | "ipynb" => Some(Self::Python),
            "js" | "jsx" | "ts" | "tsx" | "mjs" | "cjs" | "mts" | "cts" => Some(Self::JavaScript),
            _ => None,
        }
    }

    /// The name used in configuration: `python` or `javascript`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::JavaScript => "javascript",
        }
    }

    /// Reads the name back.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.name() == name)
    }
}

/// A text file and its line starts.
///
/// Lines end at `\n`, `\r\n` and `\r`, as editors and both parsers count them.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as it is reported: relative to the scan's root where it lies below it, with `/`.
    pub path: PathBuf,
    /// The text, without a byte order mark.
    pub text: String,
    line_starts: Vec<u32>,
}

impl Source {
    /// Takes a text and finds its lines.
    pub fn new(path: impl Into<PathBuf>, text: String) -> Self {
        let bytes = text.as_bytes();
        let mut line_starts = vec![0];
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            let crlf = bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n');
            if !crlf {
                line_starts.push(u32::try_from(at + 1).unwrap_or(u32::MAX));
            }
        }
        Self { path: path.into(), text, line_starts }
    }

    /// Line and column of a byte offset. An offset behind the end is the end.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0) as usize;
        let end = (offset as usize).clamp(start, self.text.len());
        let before = self.text.get(start..end).map_or(0, |text| text.chars().count());
        Position {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(before + 1).unwrap_or(u32::MAX),
        }
    }

    /// The number of the line (from 1) in which the byte stands.
    pub fn line_of(&self, offset: u32) -> u32 {
        u32::try_from(self.line_starts.partition_point(|start| *start <= offset).max(1)).unwrap_or(u32::MAX)
    }

    /// The text of a line (from 1), without its end; empty when there is no such line.
    pub fn line(&self, number: u32) -> &str {
        let index = (number as usize).saturating_sub(1);
        let Some(start) = self.line_starts.get(index) else { return "" };
        let end = self.line_starts.get(index + 1).map_or(self.text.len(), |next| *next as usize);
        self.text.get(*start as usize..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }

    /// How many lines there are; an empty file has one.
    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    /// The text of a span; empty when it does not lie on character borders within the text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_as_editors_do() {
        let source = Source::new("a.py", "a\r\nbä\rc\u{2028}d\n".to_owned());
        assert_eq!(source.line_count(), 4);
        assert_eq!(source.line(2), "bä");
        assert_eq!(source.line(3), "c\u{2028}d");
        assert_eq!(source.position(6), Position { line: 2, column: 3 });
        assert_eq!(source.line(9), "");
    }
}
