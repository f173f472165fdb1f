//! Header blocks to fields.

use super::table::{DEFAULT_TABLE_SIZE, ENTRY_OVERHEAD, Table};
use super::{Fields, HpackError, huffman};

/// Follows the encoder at the other end of one direction of a connection.
#[derive(Debug)]
pub(crate) struct Decoder {
    table: Table,
    /// The largest table the encoder may choose.
    agreed: usize,
    /// The encoder must make the table this small at the start of its next block.
    owed: Option<usize>,
}

impl Decoder {
    pub(crate) fn new() -> Self {
        Self { table: Table::new(), agreed: DEFAULT_TABLE_SIZE, owed: None }
    }

    /// The encoder acknowledged that the table may have this size from now on.
    ///
    /// A table that became smaller is announced at the start of the next block (RFC 7541 §4.2). Demanding it keeps this
    /// decoder and the one it stands beside from reading the same block differently.
    pub(crate) fn agree(&mut self, size: usize) {
        if size < self.table.max_size() {
            self.owed = Some(self.owed.map_or(size, |owed| owed.min(size)));
        }
        self.agreed = size;
    }

    /// Reads one whole block into `fields`, which is emptied first.
    pub(crate) fn decode(
        &mut self,
        block: &[u8],
        max_list: usize,
        fields: &mut Fields,
    ) -> Result<(), HpackError> {
        fields.clear();
        let mut input = Input(block);
        self.resize(&mut input)?;
        let mut size: usize = 0;
        while let Some(first) = input.peek() {
            size += match Form::of(first) {
                Form::Indexed => {
                    let index = input.integer(7)?;
                    let (name, value) = self.table.entry(index).ok_or(HpackError::Index(index))?;
                    if size + name.len() + value.len() + ENTRY_OVERHEAD > max_list {
                        return Err(HpackError::ListTooLarge(max_list));
                    }
                    fields.push(super::Field { name, value, never_indexed: false });
                    name.len() + value.len()
                }
                Form::Literal { prefix, add, never_indexed } => {
                    let index = input.integer(prefix)?;
                    let table = &self.table;
                    let field = fields.push_with(never_indexed, |out| {
                        let start = out.len();
                        if index == 0 {
                            input.string(out)?;
                        } else {
                            out.extend_from_slice(table.entry(index).ok_or(HpackError::Index(index))?.0);
                        }
                        let middle = out.len() - start;
                        input.string(out)?;
                        Ok(middle)
                    })?;
                    let length = field.name.len() + field.value.len();
                    if add {
                        self.table.add(field.name, field.value);
                    }
                    length
                }
                Form::Resize => return Err(HpackError::TableSize),
            } + ENTRY_OVERHEAD;
            if size > max_list {
                return Err(HpackError::ListTooLarge(max_list));
            }
        }
        Ok(())
    }

    /// Reads the changes of the table's size, which stand before the first field.
    fn resize(&mut self, input: &mut Input<'_>) -> Result<(), HpackError> {
        while input.peek().is_some_and(|first| Form::of(first) == Form::Resize) {
            let size = input.integer(5)?;
            if size > self.agreed || self.owed.take().is_some_and(|owed| size > owed) {
                return Err(HpackError::TableSize);
            }
            self.table.resize(size);
        }
        if self.owed.is_some() { Err(HpackError::TableSize) } else { Ok(()) }
    }
}

/// The forms of RFC 7541 §6, told by the first bits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Indexed,
    Literal { prefix: u32, add: bool, never_indexed: bool },
    Resize,
}

impl Form {
    fn of(first: u8) -> Self {
        match first {
            0x80.. => Self::Indexed,
            0x40.. => Self::Literal { prefix: 6, add: true, never_indexed: false },
            0x20.. => Self::Resize,
            0x10.. => Self::Literal { prefix: 4, add: false, never_indexed: true },
            _ => Self::Literal { prefix: 4, add: false, never_indexed: false },
        }
    }
}

/// The rest of a block.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    fn byte(&mut self) -> Result<u8, HpackError> {
        let (first, rest) = self.0.split_first().ok_or(HpackError::BrokenOff)?;
        self.0 = rest;
        Ok(*first)
    }

    /// RFC 7541 §5.1. No number on the wire needs more than four bytes after the prefix.
    fn integer(&mut self, prefix: u32) -> Result<usize, HpackError> {
        let mask = (1_u32 << prefix) - 1;
        let mut value = u32::from(self.byte()?) & mask;
        if value < mask {
            return Ok(value as usize);
        }
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            value += (u32::from(byte) & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value as usize);
            }
        }
        Err(HpackError::Integer)
    }

    /// RFC 7541 §5.2.
    fn string(&mut self, out: &mut Vec<u8>) -> Result<(), HpackError> {
        let coded = self.peek().is_some_and(|first| first & 0x80 != 0);
        let length = self.integer(7)?;
        let (text, rest) = self.0.split_at_checked(length).ok_or(HpackError::BrokenOff)?;
        self.0 = rest;
        if coded {
            huffman::decode(text, out)
        } else {
            out.extend_from_slice(text);
            Ok(())
        }
    }
}
