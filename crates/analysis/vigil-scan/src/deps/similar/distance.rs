//! How many edits lie between two names.

/// Restricted Damerau-Levenshtein distance (optimal string alignment): insertions, deletions, substitutions and swaps of
/// neighbours cost 1, and nothing is edited twice. `None` when it is more than `limit`.
pub(crate) fn edits(left: &[u8], right: &[u8], limit: usize) -> Option<usize> {
    if left.len().abs_diff(right.len()) > limit {
        return None;
    }
    // Rows of the table: before the last, last, current.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, letter) in left.iter().enumerate() {
        let mut current = Vec::with_capacity(right.len() + 1);
        current.push(row + 1);
        let mut least = row + 1;
        for (column, other) in right.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX / 2);
            let substituted = at(&last, column) + usize::from(letter != other);
            let mut cost = substituted.min(at(&last, column + 1) + 1).min(at(&current, column) + 1);
            let swapped = row > 0
                && column > 0
                && left.get(row - 1) == Some(other)
                && right.get(column - 1) == Some(letter);
            if swapped {
                cost = cost.min(at(&before, column - 1) + 1);
            }
            least = least.min(cost);
            current.push(cost);
        }
        // A swap reaches back one row more, so two rows must be over the limit; the last row's least is a lower bound of
        // both minus one.
        if least > limit + 1 {
            return None;
        }
        before = std::mem::replace(&mut last, current);
    }
    last.last().copied().filter(|cost| *cost <= limit)
}

/// Which letters and digits a name has; two names that are `k` edits apart differ in at most `2k` of them.
pub(crate) fn letters(name: &[u8]) -> u64 {
    name.iter().fold(0, |set, byte| {
        let bit = match byte {
            b'a'..=b'z' => byte - b'a',
            b'0'..=b'9' => byte - b'0' + 26,
            _ => 36,
        };
        set | (1_u64 << bit)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, written down as it stands in books.
    fn model(a: &[u8], b: &[u8]) -> usize {
        match (a, b) {
            ([], rest) | (rest, []) => rest.len(),
            ([x @ .., p], [y @ .., q]) => {
                let mut cost = (model(x, y) + usize::from(p != q)).min(model(x, b) + 1).min(model(a, y) + 1);
                if let ([x @ .., r, p], [y @ .., s, q]) = (a, b)
                    && (p, r) == (s, q)
                {
                    cost = cost.min(model(x, y) + 1);
                }
                cost
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(a in "[abc]{0,6}", b in "[abc]{0,6}", limit in 0_usize..7) {
            let expect = Some(model(a.as_bytes(), b.as_bytes())).filter(|cost| *cost <= limit);
            prop_assert_eq!(edits(a.as_bytes(), b.as_bytes(), limit), expect);
        }

        #[test]
        fn letters_never_hide_a_close_name(a in "[a-z0-9-]{1,12}", b in "[a-z0-9-]{1,12}") {
            let apart = (letters(a.as_bytes()) ^ letters(b.as_bytes())).count_ones() as usize;
            let cost = edits(a.as_bytes(), b.as_bytes(), 12).unwrap_or(12);
            prop_assert!(apart <= 2 * cost);
        }
    }

    #[test]
    fn a_swap_of_neighbours_is_one_edit() {
        assert_eq!(edits(b"reqeusts", b"requests", 2), Some(1));
        assert_eq!(edits(b"rekwests", b"requests", 2), Some(2));
        assert_eq!(edits(b"", b"abc", 2), None);
    }
}
