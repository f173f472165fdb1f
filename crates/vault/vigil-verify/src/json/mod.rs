//! Reading JSON text (spec 12.2) without recursion, without a tree, and without losing what a tree loses:
//! member names that occur twice, and the text of numbers.
//!
//! [`scan`] cuts a stream into values without understanding them; [`token`] reads one value that lies in memory
//! and is the only place that knows the grammar.

pub(crate) mod list;
pub(crate) mod scan;
pub(crate) mod text;
pub(crate) mod token;

/// The most arrays and objects that may be open at once.
pub(crate) const MAX_DEPTH: usize = 128;

/// The text is not JSON; nothing else about it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;
