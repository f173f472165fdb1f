//! Reading the record, for `vigil log`, `vigil export` and the local API.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};
use vigil_core::Timestamp;
use vigil_store::{ActionFilter, Entry, ExportInfo, GateDecision, Reader};

use crate::config::KeyStore;

/// Which actions are wanted, newest first.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) limit: u32,
    /// Only those whose `seq` is below this.
    pub(crate) before: Option<u64>,
    pub(crate) tool: Option<String>,
    pub(crate) decision: Option<String>,
}

/// Writes the sealed record as a document and says how many records it holds.
pub(crate) fn export(state_dir: &Path, out: &mut dyn Write) -> anyhow::Result<u64> {
    anyhow::ensure!(
        state_dir.is_dir(),
        "there is no record in `{}`; it begins with the first `vigil up` or `vigil run`",
        state_dir.display()
    );
    let secrets = crate::secrets::open(state_dir, KeyStore::Auto)?;
    let info = ExportInfo { now: crate::clock::wall(), app_version: env!("CARGO_PKG_VERSION").to_owned() };
    Ok(vigil_store::export(state_dir, &*secrets, &info, out)?.records)
}

/// The sealed decisions, newest first, as JSON.
pub(crate) fn actions(state_dir: &Path, wanted: &Wanted) -> anyhow::Result<Vec<Value>> {
    let filter = ActionFilter {
        decision: wanted.decision.clone(),
        tool: wanted.tool.clone(),
        ..ActionFilter::default()
    };
    let reader = Reader::open(state_dir)?;
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let entries = reader.actions(&filter, limit, wanted.before)?;
    Ok(entries.into_iter().map(action).collect())
}

fn action(entry: Entry<GateDecision>) -> Value {
    let Entry { seq, id, timestamp_us, hash, body, evidence } = entry;
    let evidence: Option<Value> = evidence.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let of_evidence = |pointer: &str| evidence.as_ref().and_then(|value| value.pointer(pointer)).cloned();
    json!({
        "seq": seq,
        "id": id,
        "at": crate::api::rfc3339(Timestamp::from_micros(timestamp_us)),
        "hash": hash,
        "exchange_id": body.interaction_id,
        "provider": body.provider,
        "protocol": body.protocol,
        "tool": body.tool_name,
        "call_id": body.tool_call_id,
        "class": body.class,
        "rule_ids": body.rule_ids,
        "verdict": body.verdict,
        "decision": body.decision,
        "held_ms": body.held_ms,
        "policy_version": body.policy_version,
        "arguments": of_evidence("/action/arguments"),
        "effects": of_evidence("/action/effects"),
        "tier": of_evidence("/tier"),
    })
}
