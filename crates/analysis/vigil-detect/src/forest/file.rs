//! A forest as bytes.
//!
//! ```text
//! 0   8  "vigil-if"
//! 8   4  version of this format, little endian like all that follows: 1
//! 12  2  number of features
//! 14  4  usual depth, f32
//! 18  4  number of trees, 4 number of nodes
//! 26     for each tree the number of its root, 4 bytes
//!        for each node feature 2, value 4 (f32), left child 4
//! end 32 SHA-256 over everything before
//! ```

use sha2::{Digest as _, Sha256};

use super::{Forest, LEAF, Node};
use crate::bytes::Bytes;

/// Why bytes are not a forest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForestError {
    /// Not the first bytes of one.
    #[error("this is no model file")]
    Foreign,
    /// A later program wrote it.
    #[error("the model file has format {0}, this program reads 1; update vigil")]
    Newer(u32),
    /// It ends too early, or its digest is another one.
    #[error("the model file is cut short or was changed")]
    Damaged,
    /// What it says about its trees cannot be.
    #[error("the model file holds no forest")]
    Impossible,
}

const MAGIC: &[u8; 8] = b"vigil-if";
const VERSION: u32 = 1;
const DIGEST: usize = 32;

impl Forest {
    /// The forest as bytes: the same forest, the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
        let mut out = Vec::with_capacity(64 + self.roots.len() * 4 + self.nodes.len() * 10);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&self.features.to_le_bytes());
        out.extend_from_slice(&self.usual_depth.to_le_bytes());
        out.extend_from_slice(&count(self.roots.len()));
        out.extend_from_slice(&count(self.nodes.len()));
        self.roots.iter().for_each(|root| out.extend_from_slice(&root.to_le_bytes()));
        for node in &self.nodes {
            out.extend_from_slice(&node.feature.to_le_bytes());
            out.extend_from_slice(&node.value.to_le_bytes());
            out.extend_from_slice(&node.left.to_le_bytes());
        }
        let digest = Sha256::digest(&out);
        out.extend_from_slice(&digest);
        out
    }

    /// Reads a forest. What is cut short, changed, newer or impossible is refused.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ForestError> {
        let mut head = Bytes(bytes);
        if head.take::<8>() != Some(*MAGIC) {
            return Err(ForestError::Foreign);
        }
        let version = head.number().ok_or(ForestError::Damaged)?;
        if version != VERSION {
            return Err(ForestError::Newer(version));
        }
        let (body, digest) =
            head.0.split_at_checked(head.0.len().wrapping_sub(DIGEST)).ok_or(ForestError::Damaged)?;
        let whole = bytes.get(..bytes.len() - DIGEST).ok_or(ForestError::Damaged)?;
        if Sha256::digest(whole).as_slice() != digest {
            return Err(ForestError::Damaged);
        }
        let forest = Self::read(Bytes(body)).ok_or(ForestError::Impossible)?;
        if forest.holds() { Ok(forest) } else { Err(ForestError::Impossible) }
    }

    fn read(mut bytes: Bytes<'_>) -> Option<Self> {
        let features = u16::from_le_bytes(bytes.take()?);
        let usual_depth = f32::from_le_bytes(bytes.take()?);
        let (trees, nodes) = (bytes.number()? as usize, bytes.number()? as usize);
        if bytes.0.len() != trees.checked_mul(4)?.checked_add(nodes.checked_mul(10)?)? {
            return None;
        }
        let roots = (0..trees).map(|_| bytes.number()).collect::<Option<_>>()?;
        let node = |bytes: &mut Bytes<'_>| {
            Some(Node {
                feature: u16::from_le_bytes(bytes.take()?),
                value: f32::from_le_bytes(bytes.take()?),
                left: bytes.number()?,
            })
        };
        let nodes = (0..nodes).map(|_| node(&mut bytes)).collect::<Option<_>>()?;
        Some(Self { features, usual_depth, roots, nodes })
    }

    /// Whether the invariants hold.
    fn holds(&self) -> bool {
        let inside = |at: u32| (at as usize) < self.nodes.len();
        let sound = |(at, node): (usize, &Node)| {
            node.value.is_finite()
                && (node.feature == LEAF
                    || node.feature < self.features
                        && node.left as usize > at
                        && inside(node.left.saturating_add(1)))
        };
        self.features > 0
            && self.usual_depth.is_finite()
            && self.usual_depth > 0.0
            && !self.roots.is_empty()
            && self.roots.iter().all(|root| inside(*root))
            && self.nodes.iter().enumerate().all(sound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Growth;

    fn file() -> Vec<u8> {
        let rows: Vec<Vec<f32>> = (0..64).map(|at| vec![at as f32, (at * 7 % 13) as f32]).collect();
        Growth { trees: 3, sample: 16, seed: 1 }.grow(&rows).unwrap().to_bytes()
    }

    /// With its digest made right again.
    fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.truncate(bytes.len() - DIGEST);
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        bytes
    }

    #[test]
    fn reads_what_it_wrote() {
        let bytes = file();
        assert_eq!(Forest::from_bytes(&bytes).unwrap().to_bytes(), bytes);
    }

    #[test]
    fn refuses_what_is_cut_short_or_changed() {
        let bytes = file();
        for end in 0..bytes.len() {
            assert!(Forest::from_bytes(&bytes[..end]).is_err(), "{end}");
        }
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(Forest::from_bytes(&changed).is_err(), "{at}");
        }
    }

    #[test]
    fn refuses_what_is_newer_or_foreign() {
        let mut newer = file();
        newer[8] = 2;
        assert_eq!(Forest::from_bytes(&newer), Err(ForestError::Newer(2)));
        assert_eq!(Forest::from_bytes(b"something else"), Err(ForestError::Foreign));
    }

    #[test]
    fn a_sealed_file_that_makes_no_sense_is_refused() {
        let bytes = file();
        let mut endless = bytes.clone();
        let nodes = 26 + 3 * 4;
        endless[nodes + 6..nodes + 10].copy_from_slice(&0_u32.to_le_bytes());
        assert_eq!(
            Forest::from_bytes(&sealed(endless)),
            Err(ForestError::Impossible),
            "a child before its parent"
        );
        let mut outside = bytes.clone();
        outside[26..30].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Forest::from_bytes(&sealed(outside)), Err(ForestError::Impossible), "no such root");
        let mut many = bytes;
        many[22..26].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Forest::from_bytes(&sealed(many)), Err(ForestError::Impossible), "more nodes than bytes");
    }
}
