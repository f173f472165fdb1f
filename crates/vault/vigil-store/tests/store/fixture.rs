//! Messages, key stores, and a check of documents that shares no code with the crate.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use vigil_core::message::*;
use vigil_core::wire::{CallKind, Digest, Endpoint, ReplySummary, Usage, WireCall, WireFormat};
use vigil_core::*;
use vigil_store::{ExportInfo, Vault, VaultConfig, export};

/// A clock that every reading moves by a millisecond.
pub fn clock() -> Timestamp {
    static NOW: AtomicI64 = AtomicI64::new(1_780_000_000_000_000);
    Timestamp::from_micros(NOW.fetch_add(1000, Ordering::Relaxed))
}

/// A key store in memory, shared by its clones.
#[derive(Clone, Default)]
pub struct Secrets {
    pub kept: Arc<Mutex<HashMap<String, Vec<u8>>>>,
    pub unavailable: Arc<AtomicBool>,
}

impl SecretStore for Secrets {
    fn load(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        Ok(self.kept.lock().unwrap().get(name).cloned().map(Secret::new))
    }
    fn save(&self, name: &str, value: &Secret) -> Result<(), SecretError> {
        if self.unavailable.load(Ordering::Relaxed) {
            return Err(SecretError::Unavailable("locked".to_owned()));
        }
        self.kept.lock().unwrap().insert(name.to_owned(), value.expose().to_vec());
        Ok(())
    }
    fn remove(&self, name: &str) -> Result<(), SecretError> {
        self.kept.lock().unwrap().remove(name);
        Ok(())
    }
}

/// A key store in files, for tests that end processes. A save is a rename.
pub struct FileSecrets(pub PathBuf);

impl SecretStore for FileSecrets {
    fn load(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        Ok(fs::read(self.0.join(name)).ok().map(Secret::new))
    }
    fn save(&self, name: &str, value: &Secret) -> Result<(), SecretError> {
        let new = self.0.join(format!("{name}.new"));
        let saved = fs::write(&new, value.expose()).and_then(|()| fs::rename(&new, self.0.join(name)));
        saved.map_err(|error| SecretError::Unavailable(error.to_string()))
    }
    fn remove(&self, name: &str) -> Result<(), SecretError> {
        let _ = fs::remove_file(self.0.join(name));
        Ok(())
    }
}

/// A state directory with its key store.
pub struct State {
    pub root: tempfile::TempDir,
    pub secrets: Secrets,
}

impl State {
    pub fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap(), secrets: Secrets::default() }
    }
    pub fn dir(&self) -> PathBuf {
        self.root.path().join("state")
    }
    pub fn open(&self) -> (Vault, StoreState) {
        open(&self.dir(), Arc::new(self.secrets.clone()))
    }
    pub fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.dir().join("chain.db")).unwrap()
    }
    pub fn document(&self) -> Value {
        let document = export_text(&self.dir(), &self.secrets);
        check_document(&document)
    }
}

pub fn open(dir: &Path, secrets: Arc<dyn SecretStore>) -> (Vault, StoreState) {
    Vault::open(VaultConfig { dir: dir.to_owned(), secrets, clock, app_version: "0.1.0".to_owned() })
        .unwrap_or_else(|error| panic!("{error}"))
}

pub fn hear(vault: &mut Vault, input: VaultInput) -> Vec<VaultOutput> {
    let mut said = Vec::new();
    vault.handle(input, &mut |output| said.push(output));
    said
}

/// Hears a decision and expects it recorded; gives `seq`.
#[track_caller]
pub fn record(vault: &mut Vault, decision: Arc<Decision>) -> u64 {
    let said = hear(vault, VaultInput::Decision(decision.clone()));
    match said.first() {
        Some(VaultOutput::Recorded(recorded)) => {
            assert_eq!(recorded.decision, decision);
            recorded.seq
        }
        other => panic!("not recorded: {other:?}"),
    }
}

pub fn lifecycle(event: &'static str) -> VaultInput {
    VaultInput::Lifecycle(LifecycleEvent { event, reason: None })
}

pub fn policy() -> PolicyInForce {
    PolicyInForce { version: "balanced-0011".into(), digest: [0x11; 32], generation: Generation::default() }
}

pub fn head(number: u128) -> Arc<ExchangeHead> {
    Arc::new(ExchangeHead {
        exchange: ExchangeId::new(1_780_000_000_000, number),
        session: SessionId("s1".to_owned()),
        at: Timestamp::from_micros(1_780_000_000_000_000),
        provider: "anthropic".to_owned(),
        host: "api.anthropic.com".to_owned(),
        method: "POST".to_owned(),
        path: "/v1/messages".to_owned(),
        endpoint: Endpoint::Gated(WireFormat::AnthropicMessages),
        client_ref: "0123456789abcdef".to_owned(),
        agent: "claude-cli".to_owned(),
        conversation_ref: None,
    })
}

pub fn call(name: &str, arguments: &str) -> WireCall {
    WireCall {
        number: CallNumber(0),
        id: Some("toolu_01".to_owned()),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
        kind: CallKind::Client,
        duplicate_members: false,
    }
}

pub fn decision(number: u128, ruling: Ruling) -> Decision {
    let arguments = format!(r#"{{"command":"rm -rf /tmp/{number}","reason":"räumen"}}"#);
    decision_about(number, ruling, call("Bash", &arguments))
}

pub fn decision_about(number: u128, ruling: Ruling, call: WireCall) -> Decision {
    Decision {
        action: Arc::new(Action {
            tool: call.name.clone(),
            effects: vec![Effect {
                verb: Verb::Delete,
                resource: Resource::Path(format!("/tmp/{number}")),
                reversibility: Reversibility::Irreversible,
                magnitude: Magnitude { count: 1, recursive: true, outward: false },
                provenance: Provenance::Untrusted,
                command: ["rm", "-rf", &format!("/tmp/{number}")].map(str::to_owned).to_vec(),
            }],
            arguments: vec![Argument { pointer: "/command".to_owned(), provenance: Provenance::Untrusted }],
            remarks: vec!["shell_not_parsed"],
        }),
        captured: Arc::new(CallCaptured {
            head: head(number),
            call,
            at: Timestamp::from_micros(1_780_000_000_500_000),
            protocol: "anthropic-messages-stream",
            model: Some("claude-x".to_owned()),
            response_hash_upstream: [0xaa; 32],
            response_hash_delivered: [0xbb; 32],
        }),
        classification: Arc::new(Classification {
            tier: Tier::Flagged,
            reasons: vec![Reason("analysis_unavailable".to_owned())],
            scores: vec![("lstm", 443_788)],
            feature_version: 1,
            features: vec![-1, 2_000_000],
            p: vec![("lstm", 20_000), ("combined", 31_000)],
            agreement: 1,
            models: "population-1".into(),
        }),
        ruling,
        class: "irreversible",
        rule_ids: vec!["R-003".to_owned(), "profile:balanced/irreversible".to_owned()],
        reason: "deletes outside the working directory".to_owned(),
        told: (!ruling.delivers()).then(|| "denied by R-003".to_owned()),
        held: Millis(if matches!(ruling, Ruling::Allow) { 0 } else { 1200 }),
        policy: policy(),
        capability_digest: None,
    }
}

pub fn exchange(number: u128) -> ExchangeDecided {
    ExchangeDecided {
        finished: Arc::new(ExchangeFinished {
            head: head(number),
            at: Timestamp::from_micros(1_780_000_001_000_000),
            ending: Ending::Complete,
            status: Some(200),
            request_bytes: Some(1234),
            reply: Some(ReplySummary {
                protocol: "anthropic-messages-stream",
                model: Some("claude-x".to_owned()),
                text: Some(Digest { sha256: [2; 32], length: 42 }),
                stop_reasons: vec!["tool_use".to_owned()],
                usage: Usage { input: Some(10), output: None },
                error: false,
                response_id: Some("msg_01".to_owned()),
                server_calls: vec![call("web_search", r#"{"query":"x"}"#)],
            }),
            calls: 1,
            first_byte_micros: Some(120),
        }),
        classified: Some(Arc::new(Classified {
            exchange: head(number).exchange,
            model: Some("claude".to_owned()),
            conversation_ref: Some("conv_1".to_owned()),
            user_message: Some(Digest { sha256: [3; 32], length: 7 }),
            user_message_truncated: false,
            interaction_type: "delegated",
            action: "creation",
            scope: "technical",
            slots: [5; FEATURE_SLOTS],
            classification: Arc::new(Classification::default()),
            messages: 3,
            tools: 4,
        })),
        classification: Arc::new(Classification::default()),
        policy_action: "allow",
        matched_policy: Some("R-003".to_owned()),
        blocked: false,
        block_reason: None,
        policy: policy(),
    }
}

pub fn export_text(dir: &Path, secrets: &dyn SecretStore) -> Vec<u8> {
    let mut out = Vec::new();
    let info =
        ExportInfo { now: Timestamp::from_micros(1_780_000_007_000_000), app_version: "0.1.0".to_owned() };
    export(dir, secrets, &info, &mut out).unwrap_or_else(|error| panic!("{error}"));
    out
}

/// Checks links, counts, commitments and signatures of a document, and runs the auditor named by `VIGIL_VERIFY`.
pub fn check_document(text: &[u8]) -> Value {
    let document: Value = serde_json::from_slice(text).expect("JSON");
    let records = document["records"].as_array().unwrap();
    let mut prev = document["genesis"].clone();
    let mut commitments = BTreeMap::new();
    for (seq, record) in records.iter().enumerate() {
        assert_eq!(record["seq"], seq as u64);
        assert_eq!(record["prev_hash"], prev, "record {seq} links");
        prev = record["hash"].clone();
        let commitment = match record["event_kind"].as_str().unwrap() {
            "gate_decision" => record["gate_id"].as_str().unwrap().strip_prefix("act1-"),
            "interaction" => record["execution_gate_id"].as_str(),
            _ => None,
        };
        commitments.extend(commitment.map(|digest| (digest.to_owned(), record)));
    }
    assert_eq!(records[0]["event_kind"], "chain_upgrade");
    assert_eq!(document["head"]["entry_count"], records.len() as u64);
    assert_eq!(document["head"]["head_hash"], prev);
    if let Some(count) = document["anchor"]["entry_count"].as_u64() {
        assert_eq!(document["anchor"]["head_hash"], records[count as usize - 1]["hash"]);
    }
    for (digest, bytes) in document["evidence"].as_object().unwrap() {
        let bytes = BASE64.decode(bytes.as_str().unwrap()).unwrap();
        let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(&found, digest);
        assert!(commitments.contains_key(digest));
        assert!(bytes.len() <= 1 << 20);
        let object: Value = serde_json::from_slice(&bytes).expect("evidence is JSON");
        assert_eq!(object["v"], 1);
        assert_eq!(BASE64.decode(object["salt"].as_str().unwrap()).unwrap().len(), 16);
    }
    check_signatures(&document, records);
    run_auditor(text);
    document
}

/// All of them, each by the key in force; a rotation record has one more, by the key it names.
fn check_signatures(document: &Value, records: &[Value]) {
    let keys: Vec<(u64, &str, ed25519_dalek::VerifyingKey)> = document["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| {
            let public = BASE64.decode(key["public_key"].as_str().unwrap()).unwrap();
            let public = ed25519_dalek::VerifyingKey::from_bytes(public.as_slice().try_into().unwrap());
            (key["from_seq"].as_u64().unwrap(), key["key_id"].as_str().unwrap(), public.unwrap())
        })
        .collect();
    let signatures = document["signatures"].as_array().unwrap();
    assert_eq!(signatures.len(), records.len() + keys.len() - 1);
    for signature in signatures {
        let seq = signature["seq"].as_u64().unwrap();
        let record = &records[seq as usize];
        let (_, in_force, _) = keys.iter().rev().find(|(from, ..)| *from <= seq).unwrap();
        let key_id = signature["key_id"].as_str().unwrap();
        assert!(key_id == *in_force || record["reason"] == key_id, "record {seq}");
        let (.., key) = keys.iter().find(|(_, id, _)| *id == key_id).unwrap();
        let message = format!(
            "vigil-record/v1\n{}\n{seq}\n{}\n",
            document["genesis"].as_str().unwrap(),
            record["hash"].as_str().unwrap()
        );
        let sig = BASE64.decode(signature["sig"].as_str().unwrap()).unwrap();
        let sig = ed25519_dalek::Signature::from_slice(&sig).unwrap();
        key.verify_strict(message.as_bytes(), &sig).expect("signature");
    }
}

fn run_auditor(text: &[u8]) {
    #[expect(clippy::disallowed_methods, reason = "names the auditor's binary, when it is built")]
    let Ok(auditor) = std::env::var("VIGIL_VERIFY") else { return };
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    let run = Command::new(auditor).arg(file.path()).arg("--json").arg("--require-signed").output().unwrap();
    let report = String::from_utf8_lossy(&run.stdout);
    assert_eq!(run.status.code(), Some(0), "{report}");
    let report: Value = serde_json::from_str(&report).expect("report");
    assert_eq!(report["verdict"], "verified");
    assert_eq!(report["attestations"]["signed"], "all");
    assert_ne!(report["attestations"]["checkpoints"], "inconsistent");
    assert_eq!(report["attestations"]["evidence"]["bad"], 0);
}
