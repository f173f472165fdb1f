//! A map that forgets what was not touched for longest.

use std::collections::HashMap;
use std::hash::Hash;

/// At most so many values by key.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    entries: HashMap<K, (u64, V)>,
    touches: u64,
    most: usize,
}

impl<K: Clone + Eq + Hash, V> Recent<K, V> {
    pub(super) fn new(most: usize) -> Self {
        Self { entries: HashMap::new(), touches: 0, most: most.max(1) }
    }

    /// The value of a key, made when it is not there.
    pub(super) fn touch(&mut self, key: &K, make: impl FnOnce() -> V) -> &mut V {
        self.touches += 1;
        if !self.entries.contains_key(key) && self.entries.len() >= self.most {
            let oldest = self.entries.iter().min_by_key(|(_, (touch, _))| *touch).map(|(key, _)| key.clone());
            oldest.and_then(|key| self.entries.remove(&key));
        }
        let (touch, value) = self.entries.entry(key.clone()).or_insert_with(|| (0, make()));
        *touch = self.touches;
        value
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_what_was_not_touched_for_longest() {
        let mut recent = Recent::new(2);
        recent.touch(&1, || 10);
        recent.touch(&2, || 20);
        recent.touch(&1, || 0);
        recent.touch(&3, || 30);
        assert_eq!(recent.len(), 2);
        assert_eq!((*recent.touch(&1, || 0), *recent.touch(&2, || 0)), (10, 0));
    }
}
