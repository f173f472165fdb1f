//! A list of header fields in one buffer, in the order of the wire.

/// The fields of one header block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    bytes: Vec<u8>,
    spans: Vec<Span>,
}

/// One field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    /// Its name; pseudo fields begin with a colon.
    pub(crate) name: &'a [u8],
    /// Its value.
    pub(crate) value: &'a [u8],
    /// Whether no hop may put it into a table: it may be a secret.
    pub(crate) never_indexed: bool,
}

/// INVARIANT: `start <= middle <= end <= bytes.len()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: usize,
    middle: usize,
    end: usize,
    never_indexed: bool,
}

impl Fields {
    /// The fields in the order of the wire.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Field<'_>> {
        self.spans.iter().filter_map(|span| {
            Some(Field {
                name: self.bytes.get(span.start..span.middle)?,
                value: self.bytes.get(span.middle..span.end)?,
                never_indexed: span.never_indexed,
            })
        })
    }

    /// Adds a field at the end.
    pub(crate) fn push(&mut self, field: Field<'_>) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(field.name);
        let middle = self.bytes.len();
        self.bytes.extend_from_slice(field.value);
        self.spans.push(Span { start, middle, end: self.bytes.len(), never_indexed: field.never_indexed });
    }

    /// The value of the first field of that name.
    pub(crate) fn first(&self, name: &[u8]) -> Option<&[u8]> {
        self.iter().find(|field| field.name == name).map(|field| field.value)
    }

    /// Empties the list and keeps the buffers.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.spans.clear();
    }

    /// Lets `write` add the bytes of a field; it answers where the value begins, counted from the field's first byte.
    pub(super) fn push_with<E>(
        &mut self,
        never_indexed: bool,
        write: impl FnOnce(&mut Vec<u8>) -> Result<usize, E>,
    ) -> Result<Field<'_>, E> {
        let start = self.bytes.len();
        let middle = (start + write(&mut self.bytes)?).min(self.bytes.len());
        let end = self.bytes.len();
        self.spans.push(Span { start, middle, end, never_indexed });
        Ok(Field {
            name: self.bytes.get(start..middle).unwrap_or_default(),
            value: self.bytes.get(middle..end).unwrap_or_default(),
            never_indexed,
        })
    }
}

impl core::fmt::Debug for Field<'_> {
    /// Prints no value: it may be a secret.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}: {} bytes", self.name.escape_ascii(), self.value.len())
    }
}
