//! JSON with places: what a gate needs to see through a text and to change it without touching the rest.
//!
//! [`Tape`] is the text as a flat list of values with their spans, [`Node`] a value on it, [`Splice`] a list of changes
//! to the text. The parser is strict (RFC 8259), does not recurse, nests at most [`MAX_DEPTH`] deep, and allocates in
//! proportion to the text.

mod node;
mod parse;
mod splice;

pub(crate) use node::Node;
pub(crate) use parse::{Kind, Tape, plain};
pub(crate) use splice::{Splice, quote, without_repeats};
