//! Records made from nothing: preimage and document members side by side, without a line of the writer's or the auditor's.

/// Builds preimage and members side by side.
pub(crate) struct Record {
    preimage: Vec<u8>,
    members: String,
}

impl Record {
    pub(crate) fn new(kind: &str, fields: &str, seq: u64, prev: &str) -> Self {
        let mut record = Self { preimage: Vec::new(), members: String::new() };
        record.encode(1, "voaf-2.0");
        record.encode(2, fields);
        record.integer("seq", seq as i64);
        record.string("prev_hash", prev);
        record.string("event_kind", kind);
        record.string("id", &format!("01KSR49{seq:019}"));
        record.integer("timestamp_us", 1_780_000_000_000_000 + seq as i64);
        record
    }

    fn encode(&mut self, marker: u8, text: &str) {
        self.preimage.push(marker);
        self.preimage.extend_from_slice(&(text.len() as u32).to_be_bytes());
        self.preimage.extend_from_slice(text.as_bytes());
    }

    fn member(&mut self, name: &str, value: &str) {
        let comma = if self.members.is_empty() { "" } else { "," };
        self.members += &format!("{comma}\"{name}\":{value}");
    }

    pub(crate) fn string(&mut self, name: &str, text: &str) {
        self.encode(1, text);
        self.member(name, &format!("\"{text}\""));
    }

    pub(crate) fn integer(&mut self, name: &str, value: i64) {
        self.encode(2, &value.to_string());
        self.member(name, &value.to_string());
    }

    pub(crate) fn bool(&mut self, name: &str, value: bool) {
        self.encode(3, if value { "1" } else { "0" });
        self.member(name, &value.to_string());
    }

    pub(crate) fn null(&mut self, name: &str) {
        self.preimage.push(0);
        self.member(name, "null");
    }

    pub(crate) fn integers(&mut self, name: &str, values: &[i64]) {
        self.preimage.push(4);
        self.preimage.extend_from_slice(&(values.len() as u32).to_be_bytes());
        values.iter().for_each(|value| self.encode(2, &value.to_string()));
        let values: Vec<_> = values.iter().map(i64::to_string).collect();
        self.member(name, &format!("[{}]", values.join(",")));
    }

    pub(crate) fn end(self) -> (Vec<u8>, String) {
        (self.preimage, self.members)
    }

    pub(crate) fn strings(&mut self, name: &str, values: &[&str]) {
        self.preimage.push(4);
        self.preimage.extend_from_slice(&(values.len() as u32).to_be_bytes());
        values.iter().for_each(|value| self.encode(1, value));
        let values: Vec<_> = values.iter().map(|value| format!("\"{value}\"")).collect();
        self.member(name, &format!("[{}]", values.join(",")));
    }
}

/// Record 0 of a chain without a predecessor.
pub(crate) fn upgrade(prev: &str) -> (Vec<u8>, String) {
    let mut record = Record::new("chain_upgrade", "11", 0, prev);
    for name in ["format_version", "document_sha256", "record_count", "head_hash"] {
        record.null(&format!("predecessor_{name}"));
    }
    record.end()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
