//! An exported record, read as a stranger would: from the JSON alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// A document.
#[derive(Clone, Debug)]
pub struct Document {
    records: Vec<Value>,
    evidence: BTreeMap<String, Value>,
}

/// One `gate_decision` with what its evidence adds.
#[derive(Clone, Debug)]
pub struct Decided {
    /// Its place in the chain.
    pub seq: u64,
    /// Its identity.
    pub id: String,
    /// The exchange it belongs to.
    pub exchange: String,
    /// The provider's id of the call.
    pub call_id: Option<String>,
    /// The tool.
    pub tool: String,
    /// The first half of how it ended.
    pub verdict: String,
    /// The second half.
    pub decision: String,
    /// The rules that took part.
    pub rules: String,
    /// The arguments as JSON text; empty when the evidence is gone.
    pub arguments: String,
    /// What the evidence remarks.
    pub remark: Option<String>,
}

impl Decided {
    /// Whether the pair says that the client got the call.
    pub fn delivers(&self) -> bool {
        matches!(
            (self.verdict.as_str(), self.decision.as_str()),
            ("allow", "allow") | ("hold", "allow" | "user_approve" | "always_allow")
        )
    }
}

impl Document {
    /// Reads a document and checks what needs no cryptography: `seq` counts without a gap, and no id comes twice.
    pub fn read(path: &Path) -> Result<Self> {
        let value: Value =
            serde_json::from_slice(&std::fs::read(path)?).context("the document is no JSON")?;
        let records = value.get("records").and_then(Value::as_array).cloned().context("no records")?;
        let mut ids = BTreeSet::new();
        for (at, record) in records.iter().enumerate() {
            ensure!(
                record.get("seq").and_then(Value::as_u64) == Some(at as u64),
                "seq has a gap at {at}: {record}"
            );
            let id = record.get("id").and_then(Value::as_str).context("a record without an id")?;
            ensure!(ids.insert(id.to_owned()), "the id {id} comes twice");
        }
        let mut evidence = BTreeMap::new();
        for (name, bytes) in value.get("evidence").and_then(Value::as_object).into_iter().flatten() {
            let bytes = STANDARD.decode(bytes.as_str().context("evidence is no text")?)?;
            evidence.insert(name.clone(), serde_json::from_slice(&bytes)?);
        }
        Ok(Self { records, evidence })
    }

    /// How many records it holds.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The records of one kind.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> + 'a {
        self.records
            .iter()
            .filter(move |record| record.get("event_kind").and_then(Value::as_str) == Some(kind))
    }

    /// What the `lifecycle` records say, in order.
    pub fn lifecycle(&self) -> Vec<String> {
        self.of_kind("lifecycle").map(|record| text(record, "event")).collect()
    }

    /// The decisions, in order.
    pub fn decisions(&self) -> Vec<Decided> {
        self.of_kind("gate_decision").map(|record| self.decided(record)).collect()
    }

    fn decided(&self, record: &Value) -> Decided {
        let gate = text(record, "gate_id");
        let evidence = gate.strip_prefix("act1-").and_then(|digest| self.evidence.get(digest));
        let arguments = evidence.and_then(|value| value.pointer("/action/arguments"));
        Decided {
            seq: record.get("seq").and_then(Value::as_u64).unwrap_or(u64::MAX),
            id: text(record, "id"),
            exchange: text(record, "interaction_id"),
            call_id: record.get("tool_call_id").and_then(Value::as_str).map(str::to_owned),
            tool: text(record, "tool_name"),
            verdict: text(record, "verdict"),
            decision: text(record, "decision"),
            rules: record.get("rule_ids").map(Value::to_string).unwrap_or_default(),
            arguments: arguments.map(Value::to_string).unwrap_or_default(),
            remark: evidence.and_then(|value| value.get("remark")?.as_str()).map(str::to_owned),
        }
    }
}

fn text(record: &Value, key: &str) -> String {
    record.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
