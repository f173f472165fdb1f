//! Texts that are replaced, as the clients' edit tools do it.

/// One text for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replacement {
    /// What goes; empty for a new file.
    pub(crate) old: String,
    /// What comes.
    pub(crate) new: String,
    /// Everywhere, not only at the first place.
    pub(crate) all: bool,
}

/// Lines behind a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Insertion {
    /// Behind this line; 0 is the top.
    pub(crate) line: usize,
    /// What comes.
    pub(crate) text: String,
}

/// Larger results are not made: a short text replaced by a long one in many places could be without end.
const MAX_RESULT_BYTES: usize = 32 << 20;

/// The text after all replacements; `None` when one of them does not fit, for then the tool writes nothing.
pub(super) fn apply(replacements: &[Replacement], text: &str) -> Option<String> {
    let mut text = text.to_owned();
    for replacement in replacements {
        text = replacement.apply(&text)?;
    }
    Some(text)
}

impl Replacement {
    fn apply(&self, text: &str) -> Option<String> {
        if self.old.is_empty() {
            return text.trim().is_empty().then(|| self.new.clone());
        }
        if !text.contains(&self.old) && text.contains('\r') {
            // The tools show a file with `\n` and write it back with `\r\n`; on which line something stands is the same.
            let (plain, old) = (text.replace("\r\n", "\n"), self.old.replace("\r\n", "\n"));
            return Self { old, ..self.clone() }.fitted(&plain);
        }
        self.fitted(text)
    }

    fn fitted(&self, text: &str) -> Option<String> {
        let places = text.matches(&self.old).count();
        let grown = text.len().checked_add(self.new.len().checked_mul(places)?)?;
        if places == 0 || grown > MAX_RESULT_BYTES {
            return None;
        }
        Some(match self.all {
            true => text.replace(&self.old, &self.new),
            false => text.replacen(&self.old, &self.new, 1),
        })
    }
}

impl Insertion {
    pub(super) fn apply(&self, text: &str) -> String {
        let end = match self.line {
            0 => 0,
            line => text.match_indices('\n').nth(line - 1).map_or(text.len(), |(at, _)| at + 1),
        };
        let (above, below) = text.split_at(end);
        let gap = |part: &str| if part.is_empty() || part.ends_with('\n') { "" } else { "\n" };
        format!("{above}{}{}{}{below}", gap(above), self.text, gap(&self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replacement(old: &str, new: &str, all: bool) -> Replacement {
        Replacement { old: old.into(), new: new.into(), all }
    }

    #[track_caller]
    fn check(replacements: &[Replacement], text: &str, expect: Option<&str>) {
        assert_eq!(apply(replacements, text).as_deref(), expect);
    }

    #[test]
    fn replaces_once_or_everywhere() {
        check(&[replacement("a", "b", false)], "a a", Some("b a"));
        check(&[replacement("a", "b", true)], "a a", Some("b b"));
        check(&[replacement("a", "b", false), replacement("b", "c", false)], "a", Some("c"));
    }

    #[test]
    fn what_does_not_fit_writes_nothing() {
        check(&[replacement("a", "b", false), replacement("x", "c", false)], "a", None);
        check(&[replacement("", "b", false)], "there is a text", None);
        check(&[replacement("a", &"b".repeat(1 << 20), true)], &"a".repeat(64), None);
    }

    #[test]
    fn an_empty_old_text_is_a_new_file() {
        check(&[replacement("", "b", false)], "", Some("b"));
    }

    #[test]
    fn lines_of_windows_are_found_by_plain_ones() {
        check(&[replacement("a\nb", "x", false)], "a\r\nb\r\n", Some("x\n"));
    }

    #[test]
    fn inserts_behind_a_line() {
        let insert = |line, text: &str| Insertion { line, text: text.into() }.apply("a\nb\n");
        assert_eq!(insert(0, "x"), "x\na\nb\n");
        assert_eq!(insert(1, "x\n"), "a\nx\nb\n");
        assert_eq!(insert(99, "x"), "a\nb\nx\n");
    }
}
