//! Properties that must hold for any bytes.

use crate::journal::{Parsed, parse, spell};
use crate::record::Record;

/// A preimage that reads back is spelled in the one way.
pub fn record(data: &[u8]) {
    if let Ok(record) = Record::decode(data) {
        assert_eq!(record.preimage().as_deref(), Ok(data));
    }
}

/// A journal entry that is whole is spelled in the one way, and nothing else is an entry.
pub fn journal_entry(data: &[u8]) {
    if let Parsed::Entry(entry, length) = parse(data) {
        let mut bytes = Vec::new();
        spell(&entry.preimage, &entry.evidence, &mut bytes);
        assert_eq!(Some(bytes.as_slice()), data.get(..length));
    }
}
