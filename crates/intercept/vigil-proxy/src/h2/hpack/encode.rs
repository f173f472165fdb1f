//! Fields to header blocks.

use super::Field;
use super::table::{Found, find_static};

/// Writes header blocks that no dynamic table is needed to read.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    table_is_empty: bool,
}

impl Encoder {
    /// Begins a block. The first one gives the dynamic table up, so that no later setting of the other end has to be
    /// answered with a change of its size.
    pub(crate) fn begin(&mut self, out: &mut Vec<u8>) {
        if !core::mem::replace(&mut self.table_is_empty, true) {
            out.push(0x20);
        }
    }

    /// Writes one field.
    pub(crate) fn field(&mut self, field: Field<'_>, out: &mut Vec<u8>) {
        let literal = if field.never_indexed { 0x10 } else { 0x00 };
        match find_static(field.name, field.value) {
            Found::Field(index) if !field.never_indexed => return integer(0x80, 7, index, out),
            Found::Field(index) | Found::Name(index) => integer(literal, 4, index, out),
            Found::Nothing => {
                out.push(literal);
                string(field.name, out);
            }
        }
        string(field.value, out);
    }
}

fn string(text: &[u8], out: &mut Vec<u8>) {
    integer(0x00, 7, text.len(), out);
    out.extend_from_slice(text);
}

fn integer(form: u8, prefix: u32, value: usize, out: &mut Vec<u8>) {
    let mask = (1_usize << prefix) - 1;
    if value < mask {
        out.push(form | value as u8);
        return;
    }
    out.push(form | mask as u8);
    let mut rest = value - mask;
    while rest >= 0x80 {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}
