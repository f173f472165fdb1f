//! HPACK (RFC 7541): header blocks of one direction of one connection.
//!
//! The decoder follows the encoder at the other end; it allocates by what it was given and never by a number it read.
//! The encoder puts nothing into the dynamic table: a proxy that changes heads has no use for one, and a table that stays
//! empty cannot be attacked.

mod decode;
mod encode;
mod fields;
mod huffman;
mod table;

pub(crate) use decode::Decoder;
pub(crate) use encode::Encoder;
pub(crate) use fields::{Field, Fields};

/// Why a header block cannot be read. The connection ends: its tables no longer agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HpackError {
    /// The block ends inside a field.
    #[error("a header block breaks off")]
    BrokenOff,
    /// An integer does not fit in 32 bits.
    #[error("an integer of a header block is too large")]
    Integer,
    /// An index names no entry.
    #[error("a header block names the table entry {0}, which does not exist")]
    Index(usize),
    /// A string is not the Huffman code of anything.
    #[error("a header block holds an invalid Huffman code")]
    Huffman,
    /// The table is made larger than agreed, or not made smaller as agreed, or in the middle of a block.
    #[error("a header block changes the size of its table against the agreement")]
    TableSize,
    /// The fields together are larger than the limit.
    #[error("a header list is larger than {0} bytes")]
    ListTooLarge(usize),
}

#[cfg(test)]
mod tests;
