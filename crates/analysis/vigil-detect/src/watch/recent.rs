//! A map that forgets what was not touched lately.

use std::collections::HashMap;
use std::hash::Hash;

/// At most so many values by key. Two halves: when the newer is full the older is dropped, so that what is in use stays and
/// no touch costs more than another.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    newer: HashMap<K, V>,
    older: HashMap<K, V>,
    half: usize,
}

impl<K: Clone + Eq + Hash, V> Recent<K, V> {
    /// Half of `most` are always the ones that were touched last.
    pub(super) fn new(most: usize) -> Self {
        Self { newer: HashMap::new(), older: HashMap::new(), half: (most / 2).max(1) }
    }

    /// The value of a key, made when it is not there.
    pub(super) fn touch(&mut self, key: &K, make: impl FnOnce() -> V) -> &mut V {
        if !self.newer.contains_key(key) {
            let value = self.older.remove(key).unwrap_or_else(make);
            if self.newer.len() >= self.half {
                self.older = std::mem::take(&mut self.newer);
            }
            return self.newer.entry(key.clone()).or_insert(value);
        }
        self.newer.entry(key.clone()).or_insert_with(make)
    }

    pub(super) fn len(&self) -> usize {
        self.newer.len() + self.older.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_what_was_not_touched_lately() {
        let mut recent = Recent::new(4);
        for key in [1, 2, 1, 3, 1, 4] {
            recent.touch(&key, || key * 10);
            assert!(recent.len() <= 4);
        }
        assert_eq!((*recent.touch(&1, || 0), *recent.touch(&4, || 0)), (10, 40));
        for key in 5..9 {
            recent.touch(&key, || 0);
        }
        assert_eq!(*recent.touch(&1, || 0), 0);
    }
}
