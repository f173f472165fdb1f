//! A run of values cut from a stream, handed to another thread in one piece.

/// Some consecutive values of an array or object, still as text.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Position of the first of them in the array or object.
    pub(crate) first: u64,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Batch {
    /// An empty batch whose first value will be number `first`.
    pub(crate) fn at(first: u64) -> Self {
        Self { first, ..Self::default() }
    }

    /// Where the next value's text goes; [`Batch::end_value`] closes it.
    pub(crate) fn text(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Everything since the last end is one value.
    pub(crate) fn end_value(&mut self) {
        self.ends.push(self.bytes.len());
    }

    /// How many values.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the batch is worth handing on.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes.len() >= FULL_BYTES || self.ends.len() >= FULL_VALUES
    }

    /// The values with their positions.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let mut start = 0;
        self.ends.iter().zip(self.first..).map(move |(end, position)| {
            let text = self.bytes.get(start..*end).unwrap_or_default();
            start = *end;
            (position, text)
        })
    }
}

const FULL_BYTES: usize = 128 * 1024;
const FULL_VALUES: usize = 1024;
