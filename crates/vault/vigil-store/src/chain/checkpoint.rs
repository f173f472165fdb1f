//! Checkpoints: signed notes over the tree (`voaf.md` §13.4).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Frontier, RecordKey};
use crate::record::{Hash, sha256};

/// One signed tree head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) size: u64,
    pub(crate) root: Hash,
    /// The whole note.
    pub(crate) note: String,
}

impl Checkpoint {
    /// Signs the tree as it is.
    ///
    /// ```text
    /// vigil/<first 16 hex of genesis> LF
    /// <size, decimal> LF
    /// <root, base64> LF
    /// LF
    /// — <origin> <base64( 4-byte key id ‖ 64-byte signature )> LF
    /// ```
    pub(crate) fn sign(genesis: &str, tree: &Frontier, keys: &[&RecordKey]) -> Self {
        let (size, root) = (tree.size(), tree.root());
        let origin = origin(genesis);
        let text = format!("{origin}\n{size}\n{}\n", BASE64.encode(root));
        let mut note = text.clone();
        note.push('\n');
        for key in keys {
            let mut line = note_key_id(&origin, &key.public()).to_vec();
            line.extend_from_slice(&key.sign(text.as_bytes()));
            note.push_str(&format!("\u{2014} {origin} {}\n", BASE64.encode(line)));
        }
        Self { size, root, note }
    }
}

/// The first line of a chain's checkpoints.
pub(crate) fn origin(genesis: &str) -> String {
    format!("vigil/{}", genesis.get(..16).unwrap_or(genesis))
}

fn note_key_id(name: &str, public: &Hash) -> [u8; 4] {
    let mut bytes = name.as_bytes().to_vec();
    bytes.extend_from_slice(b"\n\x01");
    bytes.extend_from_slice(public);
    let [a, b, c, d, ..] = sha256(&bytes);
    [a, b, c, d]
}
