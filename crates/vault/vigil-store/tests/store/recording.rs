//! What is heard becomes records.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use vigil_core::message::{ReleaseFailed, VaultInput, VaultOutput};
use vigil_core::{Ruling, Timestamp};
use vigil_store::{ActionFilter, Reader, delete_evidence};

use crate::fixture::*;

fn evidence_of(document: &Value, digest: &str) -> Value {
    use base64::Engine as _;
    let bytes = document["evidence"][digest].as_str().expect("evidence");
    serde_json::from_slice(&base64::engine::general_purpose::STANDARD.decode(bytes).unwrap()).unwrap()
}

#[test]
fn every_ruling_becomes_its_pair_with_its_hashes() {
    let state = State::new();
    let (mut vault, found) = state.open();
    assert_eq!(found.state, "empty");
    for (number, ruling) in Ruling::ALL.into_iter().enumerate() {
        assert_eq!(record(&mut vault, Arc::new(decision(number as u128, ruling))), number as u64 + 1);
    }
    hear(&mut vault, VaultInput::Seal);
    let document = state.document();
    for (record, ruling) in document["records"].as_array().unwrap()[1..].iter().zip(Ruling::ALL) {
        let pair = (record["verdict"].as_str().unwrap(), record["decision"].as_str().unwrap());
        assert_eq!(pair, (ruling.verdict(), ruling.decision()));
        let (upstream, delivered) = match ruling {
            Ruling::ClientDisconnected => (json!("aa".repeat(32)), Value::Null),
            Ruling::ConnectionPanicked => (Value::Null, Value::Null),
            _ => (json!("aa".repeat(32)), json!("bb".repeat(32))),
        };
        assert_eq!(record["response_hash_upstream"], upstream, "{ruling:?}");
        assert_eq!(record["response_hash_delivered"], delivered, "{ruling:?}");
        let waited = !matches!(ruling, Ruling::Allow | Ruling::Observed | Ruling::PolicyDeny);
        assert_eq!(record["held_ms"], if waited { 1200 } else { 0 }, "{ruling:?}");
        assert_eq!(record["tool_name"], "Bash");
        assert_eq!(record["actor"], "vigil-gate");
        assert_eq!(record["rule_ids"], json!(["R-003", "profile:balanced/irreversible"]));
    }
    let digest = document["records"][1]["gate_id"].as_str().unwrap().strip_prefix("act1-").unwrap();
    let evidence = evidence_of(&document, digest);
    assert_eq!(evidence["kind"], "action");
    assert_eq!(evidence["action"]["arguments"], json!({"command": "rm -rf /tmp/0", "reason": "räumen"}));
    assert_eq!(evidence["action"]["effects"][0]["resource"], json!({"kind": "path", "name": "/tmp/0"}));
    assert_eq!(evidence["action"]["effects"][0]["command"], json!(["rm", "-rf", "/tmp/0"]));
    let models = json!({"isolation_forest": null, "lstm": 443_788, "bayesian": null, "cusum": null});
    assert_eq!(evidence["models"], models);
    let p = json!({"lstm": 20_000, "combined": 31_000});
    assert_eq!(evidence["detection"], json!({"models": "population-1", "p": p, "agreement": 1}));
    assert_eq!(evidence["features"], json!({"version": 1, "values": [-1, 2_000_000]}));
    assert_eq!(evidence["tier"], json!({"token": "tier2", "reasons": ["analysis_unavailable"]}));
    assert_eq!(evidence["capability_digest"], Value::Null);
}

#[test]
fn two_hashes_that_must_differ_do() {
    for ruling in [Ruling::PolicyDeny, Ruling::ShutdownDeny] {
        let state = State::new();
        let (mut vault, _) = state.open();
        let mut same = decision(1, ruling);
        let mut captured = (*same.captured).clone();
        captured.response_hash_delivered = captured.response_hash_upstream;
        same.captured = Arc::new(captured);
        record(&mut vault, Arc::new(same));
        hear(&mut vault, VaultInput::Seal);
        let document = state.document();
        let record = &document["records"][1];
        assert!(record["response_hash_delivered"].is_string());
        assert_ne!(record["response_hash_delivered"], record["response_hash_upstream"]);
    }
}

#[test]
fn an_exchange_is_recorded_without_its_texts() {
    let state = State::new();
    let (mut vault, _) = state.open();
    assert_eq!(hear(&mut vault, VaultInput::Exchanges(vec![Arc::new(exchange(7))])), []);
    let mut unread = exchange(8);
    unread.classified = None;
    hear(&mut vault, VaultInput::Exchanges(vec![Arc::new(unread)]));
    hear(&mut vault, VaultInput::Seal);
    let document = state.document();
    let record = &document["records"][1];
    assert_eq!(record["id"], head(7).exchange.to_string());
    assert_eq!(record["model"], "claude-x");
    assert_eq!(record["conversation_ref"], "conv_1");
    assert_eq!((&record["user_message"], &record["ai_response"]), (&Value::Null, &Value::Null));
    assert_eq!(record["user_message_sha256"], "03".repeat(32));
    assert_eq!(record["ai_response_length"], 42);
    assert_eq!(record["features_canonical"], json!(vec![5; 27]));
    assert_eq!((&record["gate_layer"], &record["blocked"]), (&json!(2), &json!(false)));
    let evidence = evidence_of(&document, record["execution_gate_id"].as_str().unwrap());
    assert_eq!(evidence["kind"], "interaction");
    assert_eq!(evidence["request"]["tools"], 4);
    assert_eq!(evidence["response"]["server_calls"][0]["arguments"], json!({"query": "x"}));
    let unread = &document["records"][2];
    let set: Vec<usize> =
        (0..27).filter(|&slot| unread["features_canonical"][slot] == json!(1_000_000)).collect();
    assert_eq!(set, [8, 17, 21]);
    assert_eq!((&unread["action"], &unread["scope"]), (&json!("unknown"), &json!("general")));
}

#[test]
fn what_peers_send_never_makes_a_record_unwritable() {
    let state = State::new();
    let (mut vault, _) = state.open();
    let long = "x".repeat(5000);
    let hostile = [
        call(&long, "{}"),
        call("a\u{0}b", r#"{"a":1,"a":2}"#),
        call("Bash", "not JSON \u{1}"),
        call("Bash", r#"{"a":"\ud800"}"#),
        call("Bash", &format!("\"{}\"", "y".repeat(2 << 20))),
        call("Bash", &"\u{1}".repeat(700 << 10)),
        call(&"n".repeat(3 << 20), &"[".repeat(5000)),
    ];
    let count = hostile.len();
    for (number, call) in hostile.into_iter().enumerate() {
        let mut decision = decision_about(number as u128, Ruling::Allow, call);
        decision.rule_ids = (0..300).map(|rule| format!("R-{rule}")).collect();
        record(&mut vault, Arc::new(decision));
    }
    hear(&mut vault, VaultInput::Seal);
    let document = state.document();
    let records = document["records"].as_array().unwrap();
    assert_eq!(records.len(), count + 1);
    assert!(records[1]["tool_name"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(records[2]["tool_name"], "a\u{0}b");
    assert_eq!(records[1]["rule_ids"].as_array().unwrap().len(), 256);
    let evidence = |at: usize| evidence_of(&document, &records[at]["gate_id"].as_str().unwrap()[5..]);
    assert_eq!(evidence(1)["action"]["tool"], long);
    assert_eq!(evidence(1)["rule_ids"].as_array().unwrap().len(), 300);
    assert_eq!(evidence(2)["action"]["arguments"], r#"{"a":1,"a":2}"#);
    assert_eq!(evidence(4)["action"]["arguments"], r#"{"a":"\ud800"}"#);
    for at in [5, 6, 7] {
        assert_eq!(evidence(at)["action"]["arguments"]["omitted"], true, "record {at}");
    }
}

#[test]
fn lifecycle_and_failed_releases_are_recorded() {
    let state = State::new();
    let (mut vault, _) = state.open();
    hear(&mut vault, lifecycle("startup"));
    let failed = ReleaseFailed {
        exchange: head(1).exchange,
        call: vigil_core::CallNumber(0),
        record: "01JQ000000000000000000000B".to_owned(),
    };
    hear(&mut vault, VaultInput::ReleaseFailed(failed));
    hear(&mut vault, lifecycle("shutdown"));
    let said = hear(&mut vault, VaultInput::Seal);
    let [VaultOutput::Store(told)] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!((told.records, told.unsealed, told.checkpoint), (4, 0, 4));
    let document = state.document();
    let events: Vec<&Value> =
        document["records"].as_array().unwrap()[1..].iter().map(|record| &record["event"]).collect();
    assert_eq!(events, ["startup", "release_failed", "shutdown"]);
    assert_eq!(document["records"][2]["reason"], "01JQ000000000000000000000B");
    assert_eq!(document["anchor"]["entry_count"], 4);
    assert_eq!(document["checkpoints"].as_array().unwrap().len(), 1);
}

#[test]
fn a_checkpoint_is_made_every_256_records_and_ten_minutes_after() {
    let state = State::new();
    let (mut vault, _) = state.open();
    for number in 0..600 {
        record(&mut vault, Arc::new(decision(number, Ruling::Allow)));
    }
    let told = hear(&mut vault, VaultInput::Seal);
    assert!(matches!(&told[0], VaultOutput::Store(told) if told.checkpoint == 601));
    record(&mut vault, Arc::new(decision(600, Ruling::Allow)));
    let late = Timestamp::from_micros(clock().micros + 11 * 60 * 1_000_000);
    hear(&mut vault, VaultInput::Tick(clock()));
    hear(&mut vault, VaultInput::Tick(late));
    let later = Timestamp::from_micros(late.micros + 11 * 60 * 1_000_000);
    hear(&mut vault, VaultInput::Tick(later));
    let sealed = || Reader::open(&state.dir()).unwrap().counts().unwrap().checkpoint;
    while sealed() != 602 {
        std::thread::yield_now();
    }
    let document = state.document();
    let sizes: Vec<&str> = document["checkpoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note.as_str().unwrap().split('\n').nth(1).unwrap())
        .collect();
    assert_eq!(sizes, ["256", "512", "601", "602"]);
    assert_eq!(Reader::open(&state.dir()).unwrap().audit().unwrap().findings, Vec::<String>::new());
}

#[test]
fn the_log_reads_newest_first_and_filters() {
    let state = State::new();
    let (mut vault, _) = state.open();
    for number in 0..20 {
        let ruling = if number % 5 == 0 { Ruling::UserDeny } else { Ruling::Allow };
        record(&mut vault, Arc::new(decision(number, ruling)));
        hear(&mut vault, VaultInput::Exchanges(vec![Arc::new(exchange(number))]));
    }
    hear(&mut vault, VaultInput::Seal);
    let reader = Reader::open(&state.dir()).unwrap();
    let all = ActionFilter::default();
    let page = reader.actions(&all, 3, None).unwrap();
    assert_eq!(page.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [39, 37, 35]);
    assert!(page[0].evidence.is_some());
    let next = reader.actions(&all, 2, Some(35)).unwrap();
    assert_eq!(next.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [33, 31]);
    let denied = ActionFilter { decision: Some("user_deny".to_owned()), ..all.clone() };
    assert_eq!(reader.actions(&denied, 100, None).unwrap().len(), 4);
    let one = ActionFilter { exchange: Some(head(3).exchange.to_string()), ..all.clone() };
    assert_eq!(reader.actions(&one, 100, None).unwrap().len(), 1);
    let other = ActionFilter { tool: Some("Read".to_owned()), ..all };
    assert_eq!(reader.actions(&other, 100, None).unwrap(), []);
    assert_eq!(reader.interactions(5, None).unwrap().len(), 5);
    let counts = reader.counts().unwrap();
    assert_eq!((counts.records, counts.decisions, counts.allowed, counts.interactions), (41, 20, 16, 20));
}

#[test]
fn deleted_evidence_leaves_the_chain_whole() {
    let state = State::new();
    let (mut vault, _) = state.open();
    let seq = record(&mut vault, Arc::new(decision(1, Ruling::Allow)));
    hear(&mut vault, VaultInput::Seal);
    assert!(delete_evidence(&state.dir(), seq).unwrap());
    assert!(!delete_evidence(&state.dir(), seq).unwrap());
    record(&mut vault, Arc::new(decision(2, Ruling::Allow)));
    hear(&mut vault, VaultInput::Seal);
    let document = state.document();
    assert_eq!(document["evidence"].as_object().unwrap().len(), 1);
    for file in walk(&state.dir()) {
        let bytes = std::fs::read(&file).unwrap();
        let found = bytes.windows(13).any(|window| window == b"rm -rf /tmp/1");
        assert!(!found, "deleted evidence is still in {}", file.display());
    }
}

#[test]
fn sealing_goes_on_when_the_key_store_answers_again() {
    let state = State::new();
    let (mut vault, _) = state.open();
    state.secrets.unavailable.store(true, Ordering::Relaxed);
    record(&mut vault, Arc::new(decision(1, Ruling::Allow)));
    let said = hear(&mut vault, VaultInput::Seal);
    assert!(matches!(&said[0], VaultOutput::Store(told) if told.detail.contains("locked") && told.writable));
    state.secrets.unavailable.store(false, Ordering::Relaxed);
    hear(&mut vault, VaultInput::Seal);
    assert_eq!(state.document()["anchor"]["entry_count"], 2);
}

#[test]
fn a_key_is_replaced_and_the_chain_goes_on() {
    let state = State::new();
    let (mut vault, _) = state.open();
    let old_seed = state.secrets.kept.lock().unwrap()["record-key"].clone();
    record(&mut vault, Arc::new(decision(1, Ruling::Allow)));
    let first = vault.rotate_key().unwrap();
    record(&mut vault, Arc::new(decision(2, Ruling::Allow)));
    hear(&mut vault, VaultInput::Seal);
    let document = state.document();
    assert_eq!(document["records"][2]["reason"], first);
    assert_eq!(document["keys"][1]["key_id"], first);
    assert_eq!(document["keys"][1]["from_seq"], 3);
    assert_eq!(document["checkpoints"][1].as_str().unwrap().matches('\u{2014}').count(), 2);
    drop(vault);
    let (mut vault, found) = state.open();
    assert_eq!(found.state, "verified", "{}", found.detail);
    let second = vault.rotate_key().unwrap();
    assert_ne!(first, second);
    hear(&mut vault, VaultInput::Seal);
    assert_eq!(state.document()["keys"].as_array().unwrap().len(), 3);
    let kept = state.secrets.kept.lock().unwrap();
    assert!(!kept.contains_key("record-key-next"));
    assert!(kept.values().all(|value| *value != old_seed));
}

#[test]
fn a_rotation_that_was_sealed_is_completed_at_the_next_start() {
    let state = State::new();
    let (mut vault, _) = state.open();
    let old_seed = state.secrets.kept.lock().unwrap()["record-key"].clone();
    vault.rotate_key().unwrap();
    drop(vault);
    {
        let mut kept = state.secrets.kept.lock().unwrap();
        let new_seed = kept.insert("record-key".to_owned(), old_seed).unwrap();
        kept.insert("record-key-next".to_owned(), new_seed);
    }
    let (mut vault, found) = state.open();
    assert_eq!((found.state, found.records), ("verified", 2), "{}", found.detail);
    record(&mut vault, Arc::new(decision(2, Ruling::Allow)));
    hear(&mut vault, VaultInput::Seal);
    state.document();
}

#[test]
fn a_head_that_somebody_moved_is_a_conflict() {
    let state = State::new();
    let (mut vault, _) = state.open();
    state.database().execute("UPDATE chain SET head = 'somebody'", []).unwrap();
    record(&mut vault, Arc::new(decision(1, Ruling::Allow)));
    let said = hear(&mut vault, VaultInput::Seal);
    let VaultOutput::Store(told) = &said[0] else { panic!("{said:?}") };
    assert_eq!((told.state, told.unsealed), ("broken", 1));
    assert!(told.detail.contains("somebody else has changed it"), "{}", told.detail);
}

fn walk(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}
