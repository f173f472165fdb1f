//! Vigil attestations (spec 13): keys, signatures, rotations, checkpoints, witnesses, evidence, trust.

pub(crate) mod audit;
pub(crate) mod checkpoint;
pub(crate) mod encoding;
pub(crate) mod evidence;
pub(crate) mod key;
pub(crate) mod merkle;
pub(crate) mod note;
pub(crate) mod signature;
