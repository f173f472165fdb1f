//! The files that models are kept in.
//!
//! ```text
//! 0   8  "vigil-md"
//! 8   4  version of this format, little endian like all that follows: 1
//! 12  4  version of the features that the model was trained on
//! 16  4  what kind of model it is
//! 20  n  the model
//! end 32 SHA-256 over everything before
//! ```

use sha2::{Digest as _, Sha256};

use crate::bytes::Bytes;
use crate::feature::FEATURE_VERSION;

/// Why bytes are no model that this program can use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Not the first bytes of one.
    #[error("this is no model file")]
    Foreign,
    /// A later program wrote it.
    #[error("the model file has format {0}, this program reads 1; update vigil")]
    Newer(u32),
    /// It was trained on other features.
    #[error(
        "the model was trained on features of version {0}, this program has {FEATURE_VERSION}; train it again"
    )]
    Features(u32),
    /// It is a model of another kind.
    #[error("the file holds another kind of model")]
    Kind,
    /// It ends too early, or its digest is another one.
    #[error("the model file is cut short or was changed")]
    Damaged,
    /// What it says cannot be.
    #[error("the model file holds no model that makes sense")]
    Impossible,
}

const MAGIC: &[u8; 8] = b"vigil-md";
const VERSION: u32 = 1;
const DIGEST: usize = 32;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Population = 1,
    Personal = 2,
}

/// A model as the bytes of a file.
pub(crate) fn seal(kind: Kind, model: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(model.len() + 64);
    out.extend_from_slice(MAGIC);
    for number in [VERSION, FEATURE_VERSION, kind as u32] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    out.extend_from_slice(model);
    let digest = Sha256::digest(&out);
    out.extend_from_slice(&digest);
    out
}

/// A model of either kind as the bytes of a file, for fuzzing.
pub(crate) fn sealed(personal: bool, model: &[u8]) -> Vec<u8> {
    seal(if personal { Kind::Personal } else { Kind::Population }, model)
}

/// The model in a file. What is cut short, changed, newer or of another kind is refused.
pub(crate) fn open(kind: Kind, file: &[u8]) -> Result<&[u8], ModelError> {
    let mut head = Bytes(file);
    if head.take::<8>() != Some(*MAGIC) {
        return Err(ModelError::Foreign);
    }
    let version = head.number().ok_or(ModelError::Damaged)?;
    if version != VERSION {
        return Err(ModelError::Newer(version));
    }
    let end = file.len().checked_sub(DIGEST).ok_or(ModelError::Damaged)?;
    let (whole, digest) = file.split_at_checked(end).ok_or(ModelError::Damaged)?;
    if Sha256::digest(whole).as_slice() != digest {
        return Err(ModelError::Damaged);
    }
    let features = head.number().ok_or(ModelError::Damaged)?;
    if features != FEATURE_VERSION {
        return Err(ModelError::Features(features));
    }
    if head.number() != Some(kind as u32) {
        return Err(ModelError::Kind);
    }
    whole.get(20..).ok_or(ModelError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_what_it_sealed_and_nothing_else() {
        let file = seal(Kind::Personal, b"model");
        assert_eq!(open(Kind::Personal, &file), Ok(b"model".as_slice()));
        assert_eq!(open(Kind::Population, &file), Err(ModelError::Kind));
        assert_eq!(open(Kind::Personal, b"something else"), Err(ModelError::Foreign));
        for end in 0..file.len() {
            assert!(open(Kind::Personal, &file[..end]).is_err(), "{end}");
        }
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(open(Kind::Personal, &changed).is_err(), "{at}");
        }
        let mut newer = file;
        newer[8] = 9;
        assert_eq!(open(Kind::Personal, &newer), Err(ModelError::Newer(9)));
    }
}
