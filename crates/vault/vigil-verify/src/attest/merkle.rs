//! The tree of RFC 6962, grown one leaf at a time.

use sha2::{Digest, Sha256};

/// The roots of the complete subtrees of the leaves so far, largest first.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    size: u64,
    peaks: Vec<[u8; 32]>,
}

impl Tree {
    /// How many leaves.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf whose data are 32 bytes.
    pub(crate) fn push(&mut self, data: [u8; 32]) {
        let mut hash: [u8; 32] = Sha256::new_with_prefix([0]).chain_update(data).finalize().into();
        let mut merges = self.size.trailing_ones();
        while merges > 0
            && let Some(left) = self.peaks.pop()
        {
            hash = node(left, hash);
            merges -= 1;
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root of all leaves so far.
    pub(crate) fn root(&self) -> [u8; 32] {
        let mut peaks = self.peaks.iter().rev().copied();
        let Some(last) = peaks.next() else { return Sha256::digest([]).into() };
        peaks.fold(last, |right, left| node(left, right))
    }
}

fn node(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
    Sha256::new_with_prefix([1]).chain_update(left).chain_update(right).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of RFC 6962, word for word.
    fn by_definition(leaves: &[[u8; 32]]) -> [u8; 32] {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => Sha256::new_with_prefix([0]).chain_update(leaf).finalize().into(),
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                let (left, right) = leaves.split_at(split);
                node(by_definition(left), by_definition(right))
            }
        }
    }

    #[test]
    fn the_grown_tree_is_the_defined_one() {
        let leaves: Vec<[u8; 32]> = (0..70_u8).map(|i| Sha256::digest([i]).into()).collect();
        let mut tree = Tree::default();
        for (size, leaf) in leaves.iter().enumerate() {
            assert_eq!(tree.root(), by_definition(&leaves[..size]), "{size}");
            tree.push(*leaf);
        }
    }
}
