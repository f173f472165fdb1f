//! A text that is rewritten in places, and where.

use core::ops::Range;

/// Rewrites a text from its beginning to its end, and keeps in view what was rewritten before.
pub(super) struct Edit<'t> {
    source: &'t str,
    /// Places of `source` that an earlier edit made.
    earlier: &'t [Range<usize>],
    /// How much of `source` is in `text`.
    taken: usize,
    text: String,
    // INVARIANT: in order, and none overlaps another.
    changed: Vec<Range<usize>>,
    edited: bool,
}

impl<'t> Edit<'t> {
    pub(super) fn of(source: &'t str, earlier: &'t [Range<usize>]) -> Self {
        Self { source, earlier, taken: 0, text: String::new(), changed: Vec::new(), edited: false }
    }

    /// Puts something else in a place behind all that were replaced so far.
    pub(super) fn replace(&mut self, place: Range<usize>, with: &str) {
        if !self.edited {
            self.edited = true;
            self.text.reserve(self.source.len());
        }
        self.copy(place.start);
        let start = self.text.len();
        self.text.push_str(with);
        self.mark(start..self.text.len());
        self.taken = self.taken.max(place.end);
    }

    /// The text and the places that this edit or an earlier one made; `None` when this one made none.
    pub(super) fn finish(mut self) -> Option<(String, Vec<Range<usize>>)> {
        if !self.edited {
            return None;
        }
        self.copy(self.source.len());
        Some((self.text, self.changed))
    }

    /// Takes what comes before `end` as it is.
    fn copy(&mut self, end: usize) {
        let here = self.text.len();
        self.text.push_str(self.source.get(self.taken..end).unwrap_or_default());
        while let [first, rest @ ..] = self.earlier {
            if first.start > end {
                break;
            }
            let (from, to) = (first.start.max(self.taken), first.end.min(end));
            if from <= to {
                self.mark(here + (from - self.taken)..here + (to - self.taken));
            }
            if first.end > end {
                break;
            }
            self.earlier = rest;
        }
        self.taken = self.taken.max(end);
    }

    fn mark(&mut self, place: Range<usize>) {
        match self.changed.last_mut() {
            Some(last) if last.end >= place.start => last.end = last.end.max(place.end),
            _ => self.changed.push(place),
        }
    }
}

/// The text after one way of rewriting it.
#[cfg(test)]
pub(super) fn edited(text: &str, undo: fn(&str, &mut Edit<'_>)) -> String {
    let mut edit = Edit::of(text, &[]);
    undo(text, &mut edit);
    edit.finish().map_or_else(|| text.to_owned(), |(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_places_of_an_earlier_edit() {
        let earlier = [1..3, 6..8];
        let mut edit = Edit::of("0123456789", &earlier);
        edit.replace(4..5, "four");
        edit.replace(7..8, "");
        let (text, places) = edit.finish().unwrap();
        assert_eq!(text, "0123four5689");
        let made: Vec<&str> = places.iter().map(|place| &text[place.clone()]).collect();
        assert_eq!(made, ["12", "four", "6"]);
    }

    #[test]
    fn without_an_edit_there_is_nothing() {
        let earlier = [0..1, 2..3];
        assert_eq!(Edit::of("text", &earlier).finish(), None);
    }
}
