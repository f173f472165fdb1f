//! Properties that must hold for any bytes.

use crate::journal::{Parsed, parse};
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
        entry.spell(&mut bytes);
        assert_eq!(Some(bytes.as_slice()), data.get(..length));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::record::{Body, GateDecision, Record};

    proptest! {
        /// The shortest way into the property: bytes of a real record, changed in one place.
        #[test]
        fn holds_for_a_record_changed_anywhere(at in 0usize..600, to in any::<u8>(), rules in 0usize..4) {
            let body = GateDecision {
                gate_id: "act1-00".to_owned(),
                rule_ids: vec!["R-1".to_owned(); rules],
                verdict: "hold".to_owned(),
                held_ms: -1,
                ..GateDecision::default()
            };
            let record = Record {
                seq: 7,
                prev_hash: "0".repeat(64),
                id: "01JQ000000000000000000000B".to_owned(),
                timestamp_us: 0,
                body: Body::GateDecision(body),
            };
            let mut bytes = record.preimage().unwrap();
            let at = at % bytes.len();
            bytes[at] = to;
            super::record(&bytes);
            super::journal_entry(&bytes);
        }
    }
}
