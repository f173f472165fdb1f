//! YAML files line by line, with the place of each line: a parser of values would lose it.

/// A line that says something: neither empty nor a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Where `raw` begins in the file.
    pub(super) start: usize,
    /// The line with its indentation and its end.
    pub(super) raw: &'a str,
    /// How far it is indented, in bytes.
    pub(super) indent: usize,
    /// The line without both.
    pub(super) text: &'a str,
}

/// All lines that say something.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut begin = 0;
    text.split_inclusive('\n')
        .map(move |raw| {
            let start = begin;
            begin += raw.len();
            Line { start, raw, indent: raw.len() - raw.trim_start().len(), text: raw.trim() }
        })
        .filter(|line| !line.text.is_empty() && !line.text.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_say_where_they_stand() {
        let text = "a:\r\n\n  # why\n  - b # c\n";
        let found: Vec<_> = lines(text).map(|line| (line.start, line.indent, line.text)).collect();
        assert_eq!(found, [(0, 0, "a:"), (13, 2, "- b # c")]);
        for line in lines(text) {
            assert!(text[line.start..].starts_with(line.raw));
        }
    }
}
