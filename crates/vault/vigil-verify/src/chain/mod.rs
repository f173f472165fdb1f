//! The chain of a 2.x document (spec 12.5, 12.6) and the linkage of a 1.0 one (12.8).

pub(crate) mod anchor;
pub(crate) mod seq;
pub(crate) mod v1;
pub(crate) mod walk;
