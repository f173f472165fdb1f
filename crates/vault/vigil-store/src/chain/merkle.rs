//! The tree over all record hashes (RFC 6962), kept as its right edge: one root costs as many hashes as the count has
//! digits in base 2.

use sha2::{Digest as _, Sha256};

use crate::record::{Hash, sha256};

/// The roots of the full subtrees, largest first: one for each bit of the size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frontier {
    size: u64,
    nodes: Vec<Hash>,
}

impl Frontier {
    /// Reads what [`Self::to_bytes`] wrote.
    pub(crate) fn from_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let (nodes, rest) = bytes.as_chunks::<32>();
        let fits = rest.is_empty() && nodes.len() == size.count_ones() as usize;
        fits.then(|| Self { size, nodes: nodes.to_vec() })
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.nodes.concat()
    }

    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// Appends the leaf of one record: the 32 bytes that its hash stands for.
    pub(crate) fn push(&mut self, record: &Hash) {
        let mut node = digest(&[&[0], record]);
        // Each trailing one bit of the old size is a full subtree that the new leaf completes.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.nodes.pop() {
                node = digest(&[&[1], &left, &node]);
            }
        }
        self.nodes.push(node);
        self.size += 1;
    }

    pub(crate) fn root(&self) -> Hash {
        let mut nodes = self.nodes.iter().rev();
        let Some(&last) = nodes.next() else { return sha256(b"") };
        nodes.fold(last, |right, left| digest(&[&[1], left, &right]))
    }
}

fn digest(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition: split at the largest power of two below the size.
    fn root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => sha256(b""),
            [leaf] => digest(&[&[0], leaf]),
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                digest(&[&[1], &root(left), &root(right)])
            }
        }
    }

    proptest! {
        #[test]
        fn the_edge_has_the_root_of_the_definition(count in 0usize..200) {
            let leaves: Vec<Hash> = (0..count).map(|n| sha256(&n.to_be_bytes())).collect();
            let mut frontier = Frontier::default();
            leaves.iter().for_each(|leaf| frontier.push(leaf));
            prop_assert_eq!(frontier.root(), root(&leaves));
            let bytes = frontier.to_bytes();
            prop_assert_eq!(Frontier::from_bytes(count as u64, &bytes), Some(frontier));
            prop_assert_eq!(Frontier::from_bytes(count as u64 * 2 + 1, &bytes), None);
        }
    }
}
