//! Live stores: made here by SQL from the attested document, and a real one when `VIGIL_STATE` names it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use rusqlite::{Connection, params};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{attested, hash_of, hex, program};

/// The tables of `chain.db` at schema version 1, as far as they are read.
const TABLES: &str = "
CREATE TABLE chain (only INTEGER PRIMARY KEY CHECK (only = 1), genesis TEXT NOT NULL, count INTEGER NOT NULL,
    head TEXT NOT NULL, tree BLOB NOT NULL) STRICT;
CREATE TABLE key (from_seq INTEGER PRIMARY KEY, key_id TEXT NOT NULL UNIQUE, public_key BLOB NOT NULL) STRICT;
CREATE TABLE record (seq INTEGER PRIMARY KEY, hash BLOB NOT NULL, preimage BLOB NOT NULL, kind TEXT NOT NULL,
    decision TEXT) STRICT;
CREATE TABLE signature (seq INTEGER NOT NULL, key_id TEXT NOT NULL, sig BLOB NOT NULL, PRIMARY KEY (seq, key_id))
    STRICT, WITHOUT ROWID;
CREATE TABLE evidence (seq INTEGER PRIMARY KEY, digest BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, root BLOB NOT NULL, note TEXT NOT NULL) STRICT;
PRAGMA user_version = 1;
";

/// The members of a preimage from field 3 on, in order.
fn fields(kind: &str) -> Vec<&'static str> {
    let own = match kind {
        "chain_upgrade" => {
            "predecessor_format_version predecessor_document_sha256 predecessor_record_count predecessor_head_hash"
        }
        "lifecycle" => "event app_version reason",
        "gate_decision" => {
            "gate_id interaction_id provider protocol tool_call_id tool_name class rule_ids verdict decision held_ms \
             snapshot_ids response_hash_upstream response_hash_delivered actor policy_version"
        }
        "interaction" => {
            "provider model interaction_type conversation_ref client_ref user_message user_message_sha256 \
             user_message_length user_message_truncated ai_response ai_response_sha256 ai_response_length \
             ai_response_truncated action scope features_canonical risk_tier anomaly_score_canonical is_anomaly \
             policy_action matched_policy blocked block_reason policy_id gate_layer tap_certificate_id \
             scope_violation execution_gate_id"
        }
        other => unreachable!("no {other} in the fixture"),
    };
    "seq prev_hash event_kind id timestamp_us".split(' ').chain(own.split_whitespace()).collect()
}

fn encode(value: &Value, out: &mut Vec<u8>) {
    let mut field = |marker: u8, length: usize, payload: &[u8]| {
        out.push(marker);
        out.extend_from_slice(&u32::try_from(length).unwrap().to_be_bytes());
        out.extend_from_slice(payload);
    };
    match value {
        Value::Null => out.push(0),
        Value::String(text) => field(1, text.len(), text.as_bytes()),
        Value::Number(number) => field(2, number.to_string().len(), number.to_string().as_bytes()),
        Value::Bool(value) => field(3, 1, if *value { b"1" } else { b"0" }),
        Value::Array(elements) => {
            field(4, elements.len(), &[]);
            elements.iter().for_each(|element| encode(element, out));
        }
        Value::Object(_) => unreachable!("no field is an object"),
    }
}

fn preimage(record: &Value) -> Vec<u8> {
    let fields = fields(record["event_kind"].as_str().unwrap());
    let mut out = Vec::new();
    encode(&"voaf-2.0".into(), &mut out);
    encode(&(fields.len() + 2).into(), &mut out);
    fields.iter().for_each(|name| encode(&record[name], &mut out));
    out
}

/// A state directory with the attested document's chain in it.
struct State {
    home: TempDir,
}

impl State {
    fn new() -> Self {
        let state = Self { home: tempfile::tempdir().unwrap() };
        let document: Value = serde_json::from_slice(&attested()).unwrap();
        let database = state.database();
        database.execute_batch(TABLES).unwrap();
        let chain = (document["genesis"].as_str(), document["records"].as_array().unwrap().len());
        let insert = "INSERT INTO chain VALUES (1, ?1, ?2, '', x'')";
        database.execute(insert, params![chain.0, i64::try_from(chain.1).unwrap()]).unwrap();
        let bytes = |value: &Value| STANDARD.decode(value.as_str().unwrap()).unwrap();
        for key in document["keys"].as_array().unwrap() {
            let row = params![key["from_seq"].as_i64(), key["key_id"].as_str(), bytes(&key["public_key"])];
            database.execute("INSERT INTO key VALUES (?1, ?2, ?3)", row).unwrap();
        }
        for record in document["records"].as_array().unwrap() {
            let hash = hex(record["hash"].as_str().unwrap());
            let row = params![record["seq"].as_i64(), hash, preimage(record), record["event_kind"].as_str()];
            database.execute("INSERT INTO record VALUES (?1, ?2, ?3, ?4, NULL)", row).unwrap();
        }
        for one in document["signatures"].as_array().unwrap() {
            let row = params![one["seq"].as_i64(), one["key_id"].as_str(), bytes(&one["sig"])];
            database.execute("INSERT INTO signature VALUES (?1, ?2, ?3)", row).unwrap();
        }
        for (at, (digest, value)) in document["evidence"].as_object().unwrap().iter().enumerate() {
            let row = params![i64::try_from(at).unwrap(), hex(digest), bytes(value)];
            database.execute("INSERT INTO evidence VALUES (?1, ?2, ?3)", row).unwrap();
        }
        for (at, note) in document["checkpoints"].as_array().unwrap().iter().enumerate() {
            let row = params![i64::try_from(at).unwrap(), note.as_str()];
            database.execute("INSERT INTO checkpoint VALUES (?1, x'', ?2)", row).unwrap();
        }
        state
    }

    fn database(&self) -> Connection {
        Connection::open(self.home.path().join("chain.db")).unwrap()
    }

    /// Changes the store behind the writer's back.
    fn with(self, sql: &str) -> Self {
        self.database().execute_batch(sql).unwrap();
        self
    }

    fn anchored(self, item: &str, generation: u64, records: u64, head: &str) -> Self {
        let keys = self.home.path().join("keys");
        std::fs::create_dir_all(&keys).unwrap();
        let mut text = format!("vigil-anchor/1\n{generation}\n{records}\n{head}\n");
        let sum = hash_of(text.as_bytes());
        writeln!(text, "{}", &sum[..8]).unwrap();
        std::fs::write(keys.join(item), text).unwrap();
        self
    }

    fn report(&self) -> (u8, Value) {
        report(self.home.path())
    }

    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> =
            std::fs::read_dir(self.home.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }
}

fn report(directory: &Path) -> (u8, Value) {
    let (code, stdout, stderr) = program(&["--store", directory.to_str().unwrap(), "--json"], b"");
    assert_eq!(stderr, "");
    (code, serde_json::from_str(&stdout).unwrap())
}

fn head() -> String {
    let document: Value = serde_json::from_slice(&attested()).unwrap();
    document["anchor"]["head_hash"].as_str().unwrap().to_owned()
}

#[test]
fn a_store_gets_the_report_of_its_document() {
    let state = State::new().anchored("vigil-head-anchor-b", 3, 7, &head());
    let (code, mut report) = state.report();
    assert_eq!(report["store"]["anchor"], "files");
    report.as_object_mut().unwrap().remove("store");
    let (document_code, document, _) = program(&["-", "--json"], &attested());
    assert_eq!((code, report), (document_code, serde_json::from_str(&document).unwrap()));
}

#[test]
fn without_an_anchor_in_files_a_cut_tail_is_said_to_be_undetectable() {
    let state = State::new();
    let (code, report) = state.report();
    assert_eq!(
        (code, &report["tail"], &report["store"]["anchor"]),
        (0, &"undetectable".into(), &"not_read".into())
    );
    assert_eq!(report["codes"], serde_json::json!(["anchor_absent"]));
    let (_, text, _) = program(&["--store", state.home.path().to_str().unwrap()], b"");
    assert!(text.contains("No anchor was read"), "{text}");
    assert!(text.lines().all(|line| line.len() <= 80 || line.starts_with('"')), "{text}");
}

#[test]
fn the_newer_readable_anchor_counts() {
    let state = State::new().anchored("vigil-head-anchor-a", 1, 99, &head());
    assert_eq!(state.report().1["codes"], serde_json::json!(["anchor_exceeds_records"]));
    let state = state.anchored("vigil-head-anchor-b", 2, 7, &head());
    assert_eq!(state.report().1["tail"], "anchored");
    std::fs::write(state.home.path().join("keys/vigil-head-anchor-b"), "vigil-anchor/1\n3\n").unwrap();
    assert_eq!(state.report().0, 2);
    std::fs::write(state.home.path().join("keys/vigil-head-anchor-a"), b"\xff").unwrap();
    assert_eq!(state.report().1["codes"], serde_json::json!(["anchor_unreadable"]));
}

#[test]
fn a_store_at_rest_is_read_without_a_trace() {
    let state = State::new().with("PRAGMA journal_mode = WAL; UPDATE chain SET count = 7;");
    let before = state.files();
    assert_eq!(state.report().0, 0);
    assert_eq!(state.files(), before);
}

#[test]
fn a_store_is_read_beside_its_writer() {
    let state = State::new();
    let writer = state.database();
    writer
        .execute_batch("PRAGMA journal_mode = WAL; BEGIN; DELETE FROM record WHERE seq = 6; COMMIT;")
        .unwrap();
    assert!(state.files().iter().any(|file| file.ends_with("chain.db-wal")));
    assert_eq!(state.report().1["record_count"], 6, "what is only in the log counts");
    writer.execute_batch("BEGIN IMMEDIATE; DELETE FROM record;").unwrap();
    assert_eq!(state.report().1["record_count"], 6, "what is not committed does not count");
}

#[test]
fn every_change_behind_the_writers_back_breaks_the_chain() {
    for (sql, found) in [
        ("UPDATE record SET hash = zeroblob(32) WHERE seq = 3", "hash_mismatch"),
        ("UPDATE record SET preimage = zeroblob(9) WHERE seq = 3", "missing_field"),
        ("UPDATE record SET preimage = zeroblob(17000000) WHERE seq = 3", "missing_field"),
        ("UPDATE record SET preimage = CAST(preimage || x'00' AS BLOB) WHERE seq = 3", "missing_field"),
        ("UPDATE record SET preimage = CAST(substr(preimage, 1, 40) AS BLOB) WHERE seq = 3", "missing_field"),
        ("DELETE FROM record WHERE seq = 3", "seq_gap"),
        ("UPDATE record SET seq = 9 WHERE seq = 6", "hash_mismatch"),
    ] {
        let (code, report) = State::new().with(sql).report();
        assert_eq!(code, 1, "{sql}: {report}");
        let codes = report["codes"].as_array().unwrap();
        assert!(codes.iter().any(|code| code == found), "{sql}: {found} is not in {codes:?}");
    }
}

#[test]
fn a_store_with_another_genesis_is_another_chain() {
    let (code, report) = State::new().with("UPDATE chain SET genesis = printf('%064d', 0)").report();
    assert_eq!((code, &report["verdict"]), (2, &"truncated".into()));
    assert!(report["codes"].as_array().unwrap().contains(&"root_genesis_mismatch".into()));
}

#[test]
fn attestations_of_a_store_are_judged_like_those_of_a_document() {
    for (sql, found) in [
        ("UPDATE signature SET sig = zeroblob(64) WHERE seq = 2", "signature_invalid"),
        ("UPDATE signature SET sig = zeroblob(100000) WHERE seq = 2", "signature_malformed"),
        ("UPDATE checkpoint SET note = 'none'", "checkpoint_malformed"),
        ("UPDATE evidence SET bytes = zeroblob(2000000) WHERE seq = 1", "evidence_malformed"),
        ("UPDATE evidence SET bytes = x'7b7d' WHERE seq = 1", "evidence_digest"),
        ("UPDATE key SET from_seq = -1 WHERE from_seq = 0", "key_malformed"),
    ] {
        let (code, report) = State::new().with(sql).report();
        assert_eq!(code, 12, "{sql}: {report}");
        let codes = report["attestations"]["codes"].as_array().unwrap();
        assert!(codes.iter().any(|code| code == found), "{sql}: {found} is not in {codes:?}");
    }
    let (code, report) =
        State::new().with("DELETE FROM evidence; DELETE FROM signature WHERE seq > 4").report();
    assert_eq!((code, &report["attestations"]["signed"]), (0, &"partial".into()));
    assert_eq!(report["attestations"]["evidence"]["missing"], 3);
}

#[test]
fn what_is_no_store_is_told_with_what_to_do() {
    let told = |directory: &Path| {
        let (code, stdout, stderr) = program(&["--store", directory.to_str().unwrap()], b"");
        assert_eq!((code, stdout.as_str()), (10, ""));
        stderr
    };
    let empty = tempfile::tempdir().unwrap();
    assert!(told(empty.path()).contains("name the state directory"));
    std::fs::write(empty.path().join("chain.db"), "this is no database, and it is long enough to say so")
        .unwrap();
    assert!(told(empty.path()).contains("cannot read the store: file is not a database"));
    assert!(told(State::new().with("PRAGMA user_version = 2").home.path()).contains("schema version 2"));
    let view = "ALTER TABLE signature RENAME TO hidden; CREATE VIEW signature AS SELECT * FROM hidden";
    assert!(told(State::new().with(view).home.path()).contains("no table `signature`"));
}

#[test]
fn an_empty_store_is_an_empty_chain() {
    let empty = "DELETE FROM record; DELETE FROM signature; DELETE FROM checkpoint; DELETE FROM evidence;";
    assert_eq!(State::new().with(empty).report().0, 3);
}

#[test]
fn a_real_state_directory_is_no_worse_than_its_export() {
    let Some(state) = std::env::var_os("VIGIL_STATE") else {
        println!("skipped: VIGIL_STATE names no state directory");
        return;
    };
    let (code, report) = report(Path::new(&state));
    assert_eq!((code, &report["verdict"]), (0, &"verified".into()), "{report}");
    assert_eq!(report["attestations"]["signed"], "all", "{report}");
}

proptest! {
    #[test]
    fn a_changed_preimage_decodes_to_itself_or_to_nothing(
        at in any::<prop::sample::Index>(), byte: u8, cut in 0..400_usize, record in 0..7_usize
    ) {
        let document: Value = serde_json::from_slice(&attested()).unwrap();
        let mut preimage = preimage(&document["records"][record]);
        let at = at.index(preimage.len());
        preimage[at] = byte;
        vigil_verify::fuzzing::stored_preimage(&preimage);
        preimage.truncate(preimage.len().saturating_sub(cut));
        vigil_verify::fuzzing::stored_preimage(&preimage);
    }
}
