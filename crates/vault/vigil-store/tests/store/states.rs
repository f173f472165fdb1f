//! The six states of a store, and what is done about each.

use std::fs;
use std::sync::Arc;

use serde_json::Value;
use vigil_core::Ruling;
use vigil_core::message::VaultInput;
use vigil_store::{ExportInfo, OpenError, Reader, Vault, VaultConfig, export};

use crate::fixture::*;

/// A store with `count` decisions behind record 0, sealed and closed.
fn store(count: u128) -> State {
    let state = State::new();
    let (mut vault, _) = state.open();
    for number in 0..count {
        record(&mut vault, Arc::new(decision(number, Ruling::Allow)));
    }
    hear(&mut vault, VaultInput::Seal);
    state
}

fn cut_tail(state: &State, from: u64) {
    let database = state.database();
    for table in ["record", "signature", "evidence"] {
        database.execute(&format!("DELETE FROM {table} WHERE seq >= {from}"), []).unwrap();
    }
    database.execute(&format!("DELETE FROM checkpoint WHERE size > {from}"), []).unwrap();
}

/// Opens, records one more, closes, and gives state, detail and document.
fn go_on(state: &State) -> (&'static str, String, Value) {
    let (mut vault, found) = state.open();
    record(&mut vault, Arc::new(decision(999, Ruling::Allow)));
    hear(&mut vault, VaultInput::Seal);
    drop(vault);
    let (_, again) = state.open();
    assert_eq!(again.state, "verified", "{}", again.detail);
    (found.state, found.detail, state.document())
}

fn archived(state: &State) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(state.dir())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("chain-"))
        .collect();
    names.sort();
    names
}

#[test]
fn a_chain_goes_on_where_it_ended() {
    let state = store(10);
    let (found, detail, document) = go_on(&state);
    assert_eq!((found, detail.as_str()), ("verified", "11 records"));
    assert_eq!(document["records"].as_array().unwrap().len(), 12);
    assert_eq!(document["predecessor"], Value::Null);
}

#[test]
fn an_unanchored_chain_is_anchored_again_and_says_so() {
    for damage in ["absent", "unreadable"] {
        let state = store(3);
        {
            let mut kept = state.secrets.kept.lock().unwrap();
            for name in ["vigil-head-anchor-a", "vigil-head-anchor-b"] {
                match damage {
                    "absent" => drop(kept.remove(name)),
                    _ => drop(kept.insert(name.to_owned(), b"noise".to_vec())),
                }
            }
        }
        let (found, _, document) = go_on(&state);
        assert_eq!(found, "unanchored", "{damage}");
        assert_eq!(document["records"][4]["event"], "reanchored");
        assert_eq!(document["anchor"]["entry_count"], 6);
    }
}

#[test]
fn a_lost_store_begins_a_chain_that_says_so() {
    let state = store(3);
    let before = state.document();
    fs::remove_file(state.dir().join("chain.db")).unwrap();
    let (found, _, document) = go_on(&state);
    assert_eq!(found, "lost");
    let first = &document["records"][0];
    assert_eq!(first["predecessor_record_count"], 4);
    assert_eq!(first["predecessor_head_hash"], before["records"][3]["hash"]);
    assert_eq!(first["predecessor_document_sha256"], Value::Null);
    assert_ne!(document["genesis"], before["genesis"]);
}

#[test]
fn a_truncated_chain_goes_on_with_a_record_of_it() {
    // Without a checkpoint over what is missing.
    let state = State::new();
    let (mut vault, _) = state.open();
    for number in 0..5 {
        record(&mut vault, Arc::new(decision(number, Ruling::Allow)));
    }
    drop(vault);
    drop(state.open());
    let before = state.document();
    cut_tail(&state, 4);
    let (found, detail, document) = go_on(&state);
    assert_eq!(found, "truncated", "{detail}");
    let record = &document["records"][4];
    assert_eq!(record["event_kind"], "chain_truncation");
    assert_eq!((&record["anchor_entry_count"], &record["observed_entry_count"]), (&6.into(), &4.into()));
    assert_eq!(record["anchor_head_hash"], before["records"][5]["hash"]);
    assert_eq!(record["observed_head_hash"], before["records"][3]["hash"]);
}

#[test]
fn a_chain_truncated_behind_a_checkpoint_is_ended() {
    let state = store(5);
    let before = state.document();
    cut_tail(&state, 4);
    let (found, _, document) = go_on(&state);
    assert_eq!(found, "truncated");
    assert_ne!(document["genesis"], before["genesis"]);
    assert_eq!(document["records"][0]["predecessor_record_count"], 4);
    assert_eq!(archived(&state).len(), 2);
}

#[test]
fn a_broken_chain_is_archived_and_ended() {
    let state = store(5);
    state
        .database()
        .execute("UPDATE record SET preimage = (SELECT preimage FROM record WHERE seq = 2) WHERE seq = 3", [])
        .unwrap();
    let (found, detail, document) = go_on(&state);
    assert_eq!(found, "broken");
    assert!(detail.contains("record 3 is not what its hash says"), "{detail}");
    let names = archived(&state);
    assert_eq!(names.len(), 2, "{names:?}");
    let archive =
        fs::read(state.dir().join(names.iter().find(|name| name.ends_with(".json")).unwrap())).unwrap();
    use sha2::Digest as _;
    let digest: String = sha2::Sha256::digest(&archive).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(document["records"][0]["predecessor_document_sha256"], digest);
    assert_eq!(document["predecessor"]["format_version"], "2.0");
    let old: Value = serde_json::from_slice(&archive).unwrap();
    assert_eq!(old["records"].as_array().unwrap().len(), 6);
}

#[test]
fn a_file_that_is_no_store_is_kept_and_replaced() {
    let state = store(5);
    fs::write(state.dir().join("chain.db"), b"this is not a database, whatever it was before".repeat(100))
        .unwrap();
    let _ = fs::remove_file(state.dir().join("chain.db-wal"));
    let (found, _, document) = go_on(&state);
    assert_eq!(found, "broken");
    assert_eq!(document["records"][0]["predecessor_record_count"], 6);
    assert_eq!(archived(&state), ["chain-unreadable-1.db"]);
}

#[test]
fn a_chain_whose_key_is_gone_is_ended() {
    let state = store(2);
    state.secrets.kept.lock().unwrap().remove("record-key");
    let (found, detail, document) = go_on(&state);
    assert_eq!(found, "verified");
    assert!(detail.contains("key that signed them is gone"), "{detail}");
    assert_eq!(document["records"][0]["predecessor_record_count"], 3);
}

#[test]
fn a_replaced_chain_is_broken() {
    let state = store(2);
    let other = store(4);
    fs::copy(other.dir().join("chain.db"), state.dir().join("chain.db")).unwrap();
    let (found, _, document) = go_on(&state);
    assert_eq!(found, "broken");
    assert_eq!(document["records"].as_array().unwrap().len(), 2);
}

#[test]
fn what_was_only_in_the_journal_is_sealed_at_the_next_start() {
    let state = store(2);
    let kept_store = fs::read(state.dir().join("chain.db")).unwrap();
    let secrets = state.secrets.kept.lock().unwrap().clone();
    let (mut vault, _) = state.open();
    for number in 10..20 {
        record(&mut vault, Arc::new(decision(number, Ruling::Allow)));
    }
    let journal: Vec<_> = fs::read_dir(state.dir().join("journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    drop(vault);
    // As if the process had ended before anything was sealed, and in the middle of an entry.
    for side in ["chain.db-wal", "chain.db-shm"] {
        let _ = fs::remove_file(state.dir().join(side));
    }
    fs::write(state.dir().join("chain.db"), kept_store).unwrap();
    *state.secrets.kept.lock().unwrap() = secrets;
    for (path, mut bytes) in journal {
        bytes.truncate(bytes.len() - 5);
        fs::write(path, bytes).unwrap();
    }
    let (vault, found) = state.open();
    assert_eq!(found.state, "verified", "{}", found.detail);
    assert_eq!(found.records, 12, "{}", found.detail);
    assert!(found.detail.contains("unfinished journal entry"), "{}", found.detail);
    drop(vault);
    assert_eq!(state.document()["records"].as_array().unwrap().len(), 12);
}

#[test]
fn a_journal_damaged_in_the_middle_is_kept_and_ends_the_chain() {
    let state = store(2);
    let (mut vault, _) = state.open();
    record(&mut vault, Arc::new(decision(10, Ruling::Allow)));
    drop(vault);
    let segment = fs::read_dir(state.dir().join("journal")).unwrap().next().unwrap().unwrap().path();
    let good = fs::read(&segment).unwrap();
    assert!(!good.is_empty());
    fs::write(&segment, [b"noise".as_slice(), &good].concat()).unwrap();
    let (found, detail, _) = go_on(&state);
    assert_eq!(found, "broken");
    assert!(detail.contains("the journal is damaged"), "{detail}");
    let kept = fs::read_dir(state.dir().join("journal"))
        .unwrap()
        .any(|entry| entry.unwrap().file_name().to_str().unwrap().contains("damaged"));
    assert!(kept);
}

#[test]
fn a_second_daemon_is_told_who_has_the_directory() {
    let state = State::new();
    let (_vault, _) = state.open();
    let config = VaultConfig {
        dir: state.dir(),
        secrets: Arc::new(state.secrets.clone()),
        clock,
        app_version: "0.1.0".to_owned(),
    };
    let Err(error @ OpenError::Dir(_)) = Vault::open(config) else { panic!("two vaults on one directory") };
    assert!(error.to_string().contains("vigil.pid"), "{error}");
}

#[track_caller]
fn refused(state: &State) -> String {
    let config = VaultConfig {
        dir: state.dir(),
        secrets: Arc::new(state.secrets.clone()),
        clock,
        app_version: "0.1.0".to_owned(),
    };
    match Vault::open(config) {
        Ok((_, found)) => panic!("opened as {}: {}", found.state, found.detail),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_store_of_a_newer_vigil_is_left_alone() {
    let state = store(1);
    state.database().pragma_update(None, "user_version", 2).unwrap();
    assert!(refused(&state).contains("schema version 2"));
    assert_eq!(archived(&state), Vec::<String>::new());
}

#[test]
fn a_journal_of_another_version_is_left_alone() {
    let state = store(1);
    let segment = state.dir().join("journal/00000099.journal");
    let bytes = b"vigilj\x00\x07records in a form of their own";
    fs::write(&segment, bytes).unwrap();
    let told = refused(&state);
    assert!(told.contains("version 7") && told.contains("start the Vigil that wrote it"), "{told}");
    assert_eq!(fs::read(&segment).unwrap(), bytes);
    fs::remove_file(segment).unwrap();
    assert_eq!(go_on(&state).0, "verified");
}

#[test]
fn a_journal_that_cannot_be_read_and_has_no_mark_is_kept_and_ends_the_chain() {
    let state = store(1);
    fs::write(state.dir().join("journal/00000099.journal"), b"entries with another checksum").unwrap();
    let (found, detail, _) = go_on(&state);
    assert_eq!(found, "broken");
    assert!(detail.contains("without version mark") && detail.contains("00000099.damaged-1"), "{detail}");
}

#[cfg(unix)]
#[test]
fn a_store_that_others_can_read_is_refused_with_the_command() {
    use std::os::unix::fs::PermissionsExt as _;
    let state = store(1);
    let file = state.dir().join("chain.db");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(refused(&state).contains(&format!("chmod 600 '{}'", file.display())));
}

#[test]
fn a_record_that_is_none_is_an_export_error_that_names_it() {
    let state = store(5);
    state.database().execute("UPDATE record SET preimage = x'00' WHERE seq = 3", []).unwrap();
    let info = ExportInfo { now: clock(), app_version: "0.1.0".to_owned() };
    let error = export(&state.dir(), &state.secrets, &info, Vec::new()).unwrap_err().to_string();
    assert!(error.starts_with("record 3 cannot be exported"), "{error}");
    let audit = Reader::open(&state.dir()).unwrap().audit().unwrap();
    assert_eq!(audit.findings[0], "record 3 is not what its hash says");
}

#[test]
fn there_is_nothing_to_read_where_no_store_is() {
    let state = State::new();
    let error = Reader::open(&state.dir()).err().expect("no store").to_string();
    assert!(error.contains("there is no chain at"), "{error}");
}
