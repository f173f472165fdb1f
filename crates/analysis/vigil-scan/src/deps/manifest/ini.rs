//! INI files as Python's tools read them, with the place of every line of every value.

/// One line of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) section: &'a str,
    pub(super) key: &'a str,
    pub(super) text: &'a str,
    /// Where `text` begins in the file.
    pub(super) at: usize,
}

/// All lines of all values, stripped, without comments and empty lines. A value goes on while lines are indented.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let (mut section, mut key) = ("", "");
    let mut lines = Vec::new();
    let mut begin = 0;
    for raw in text.split_inclusive('\n') {
        let start = begin;
        begin += raw.len();
        let trimmed = raw.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let indented = raw.starts_with([' ', '\t']);
        let at = |part: &str| start + (part.as_ptr() as usize).saturating_sub(raw.as_ptr() as usize);
        if let Some(name) =
            trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|_| !indented)
        {
            (section, key) = (name.trim(), "");
            continue;
        }
        let value = match trimmed.split_once(['=', ':']).filter(|_| !indented) {
            Some((name, value)) => {
                key = name.trim();
                value.trim()
            }
            None => trimmed,
        };
        let value = value.split(" #").next().unwrap_or(value).trim_end();
        if !value.is_empty() && !key.is_empty() {
            lines.push(Line { section, key, text: value, at: at(value) });
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_goes_on_while_lines_are_indented() {
        let text = "[a]\nk = x\n  y>=1\n# c\n[b]\nz: w # why\n";
        let found: Vec<_> = lines(text).into_iter().map(|line| (line.section, line.key, line.text)).collect();
        assert_eq!(found, [("a", "k", "x"), ("a", "k", "y>=1"), ("b", "z", "w")]);
        for line in lines(text) {
            assert!(text[line.at..].starts_with(line.text));
        }
    }
}
