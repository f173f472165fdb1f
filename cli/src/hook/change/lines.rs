//! Which lines of a text are new.

use std::collections::BTreeSet;

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// Lines of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    /// All of them.
    All,
    /// First and last line of each run, from 1.
    Ranges(Vec<(u32, u32)>),
}

/// Longer parts are not compared line by line; they count as new as a whole.
const MAX_COMPARED_LINES: usize = 4_000;
/// Most places where one fragment is looked for.
const MAX_PLACES: usize = 1_000;
/// Fragments are looked for until this many bytes were read; then all lines count.
const MAX_READ_BYTES: usize = 512 << 20;

impl Lines {
    /// The lines of `new` that are not in `old`. Where lines only went away, the lines around count.
    pub(crate) fn between(old: &str, new: &str) -> Self {
        let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
        let head = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
        let (old, rest) = (old.get(head..).unwrap_or_default(), new.get(head..).unwrap_or_default());
        let tail = old.iter().rev().zip(rest.iter().rev()).take_while(|(one, other)| one == other).count();
        let old = old.get(..old.len() - tail).unwrap_or_default();
        let middle = rest.get(..rest.len() - tail).unwrap_or_default();
        if old.is_empty() && middle.is_empty() {
            return Self::Ranges(Vec::new());
        }
        if old.len().max(middle.len()) > MAX_COMPARED_LINES {
            return Self::Ranges(vec![range(head, middle.len())]);
        }
        let differences = capture_diff_slices(Algorithm::Myers, old, middle);
        let changed = differences.iter().filter(|part| part.tag() != DiffTag::Equal);
        Self::Ranges(
            changed.map(|part| range(head + part.new_range().start, part.new_range().len())).collect(),
        )
    }

    /// The lines on which fragments stand. When none of them is there, something rewrote the text: all lines count.
    pub(crate) fn of_fragments<'f>(text: &str, fragments: impl IntoIterator<Item = &'f str>) -> Self {
        let starts: Vec<usize> =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let line =
            |at: usize| u32::try_from(starts.partition_point(|&start| start <= at)).unwrap_or(u32::MAX);
        let mut ranges = BTreeSet::new();
        let mut read = 0_usize;
        for fragment in fragments.into_iter().filter(|fragment| !fragment.trim().is_empty()) {
            read = read.saturating_add(text.len());
            if read > MAX_READ_BYTES {
                return Self::All;
            }
            let crlf = fragment.replace('\n', "\r\n");
            let fragment = if text.contains("\r\n") && !text.contains(fragment) { &crlf } else { fragment };
            for (at, found) in text.match_indices(fragment).take(MAX_PLACES) {
                let last = at + found.trim_end().len().saturating_sub(1);
                ranges.insert((line(at), line(last)));
            }
        }
        if ranges.is_empty() { Self::All } else { Self::Ranges(ranges.into_iter().collect()) }
    }

    /// Whether one of the lines from `first` to `last` is among them.
    pub(crate) fn touch(&self, first: u32, last: u32) -> bool {
        match self {
            Self::All => true,
            Self::Ranges(ranges) => ranges.iter().any(|(from, to)| *from <= last && first <= *to),
        }
    }
}

/// `count` lines behind the first `before`; for none, the two lines around the place.
fn range(before: usize, count: usize) -> (u32, u32) {
    let line = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    match count {
        0 => (line(before).max(1), line(before + 1)),
        count => (line(before + 1), line(before + count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn between(old: &str, new: &str, ranges: &[(u32, u32)]) {
        assert_eq!(Lines::between(old, new), Lines::Ranges(ranges.to_vec()));
    }

    #[test]
    fn finds_what_is_new() {
        between("a\nb\nc\n", "a\nx\nc\n", &[(2, 2)]);
        between("a\nb\nc\nd\ne\n", "x\nb\nc\nd\ny\nz\n", &[(1, 1), (5, 6)]);
        between("", "a\nb\n", &[(1, 2)]);
        between("a\n", "a\n", &[]);
        between("a\r\nb\r\n", "a\nb\n", &[]);
    }

    #[test]
    fn counts_the_lines_around_what_went_away() {
        between("a\nguard\nb\n", "a\nb\n", &[(1, 2)]);
        between("guard\nb\n", "b\n", &[(1, 1)]);
    }

    #[test]
    fn takes_a_long_part_as_a_whole() {
        let old: String = (0..9_000).map(|n| format!("old {n}\n")).collect();
        let new: String = (0..9_000).map(|n| format!("new {n}\n")).collect();
        between(&format!("a\n{old}z\n"), &format!("a\n{new}z\n"), &[(2, 9_001)]);
    }

    #[test]
    fn finds_fragments_again() {
        let text = "a\nkey = 1\nb\nkey = 1\n";
        assert_eq!(Lines::of_fragments(text, ["key = 1\n"]), Lines::Ranges(vec![(2, 2), (4, 4)]));
        assert_eq!(Lines::of_fragments("a\r\nx\r\ny\r\n", ["x\ny"]), Lines::Ranges(vec![(2, 3)]));
        assert_eq!(Lines::of_fragments(text, ["gone"]), Lines::All);
        assert_eq!(Lines::of_fragments(text, [""]), Lines::All);
    }
}
