//! The shared documents and vectors: every run of `expected.json`, every entry of both vector files.

use crate::support::{hash_of, hex, report, shared};
use serde_json::{Value, json};

#[test]
fn every_shared_document_gives_the_expected_report() {
    let Some(dir) = shared() else { return };
    let expected = crate::support::read_json(&dir.join("expected.json"));
    let mut runs = 0;
    for (name, entry) in expected["documents"].as_object().unwrap() {
        let bytes = std::fs::read(dir.join("documents").join(name)).unwrap();
        for run in entry["runs"].as_array().unwrap() {
            let (code, got) = report(&bytes, &run["options"]);
            let wanted = run["expect"].as_object().unwrap();
            for (member, value) in wanted {
                assert_eq!(&got[member], value, "{name} {} {member}", run["options"]);
            }
            assert_eq!(json!(code), wanted["exit_code"], "{name}");
            runs += 1;
        }
    }
    assert!(runs >= 77, "{runs}");
}

/// A document of the vectors' chain members before `seq`, and then `record`.
fn document_with(vectors: &Value, record: String) -> String {
    let seq = serde_json::from_str::<Value>(&record).unwrap()["seq"].as_u64().unwrap() as usize;
    let records: Vec<String> = chain(vectors).into_iter().take(seq).chain([record]).collect();
    format!(
        r#"{{"voaf_version":"2.1.0","genesis":{},"records":[{}]}}"#,
        vectors["chain"]["genesis"],
        records.join(",")
    )
}

/// The members of the published chain as document records.
fn chain(vectors: &Value) -> Vec<String> {
    let members = vectors["chain"]["members"].as_array().unwrap();
    members
        .iter()
        .map(|name| {
            let entry =
                vectors["positive"].as_array().unwrap().iter().find(|entry| &entry["name"] == name).unwrap();
            let mut record = expand(&entry["record"]);
            record["hash"] = entry["hash"].clone();
            record.to_string()
        })
        .collect()
}

/// Undoes `{"repeat": [character, count]}`.
fn expand(value: &Value) -> Value {
    match value {
        Value::Object(members) => match members.get("repeat").and_then(Value::as_array) {
            Some(repeat) => {
                json!(repeat[0].as_str().unwrap().repeat(repeat[1].as_u64().unwrap() as usize))
            }
            None => members.iter().map(|(name, value)| (name.clone(), expand(value))).collect(),
        },
        Value::Array(items) => items.iter().map(expand).collect(),
        other => other.clone(),
    }
}

#[test]
fn every_positive_vector_recomputes_and_the_chain_links() {
    let Some(dir) = shared() else { return };
    let vectors = crate::support::read_json(&dir.join("vectors.json"));
    let positive = vectors["positive"].as_array().unwrap();
    assert_eq!(positive.len(), 24);
    for entry in positive {
        let mut record = expand(&entry["record"]);
        record["hash"] = entry["hash"].clone();
        let text = format!(
            r#"{{"voaf_version":"2.1.0","genesis":{},"records":[{record}]}}"#,
            entry["record"]["prev_hash"]
        );
        let codes = report(text.as_bytes(), &json!({})).1["codes"].clone();
        assert!(!codes.as_array().unwrap().contains(&json!("hash_mismatch")), "{}: {codes}", entry["name"]);
        let wrong = text.replace(entry["hash"].as_str().unwrap(), &"0".repeat(64));
        let codes = report(wrong.as_bytes(), &json!({})).1["codes"].clone();
        assert!(codes.as_array().unwrap().contains(&json!("hash_mismatch")), "{}: {codes}", entry["name"]);
        // The same preimage from the vector's own bytes.
        if let Some(preimage) = entry["preimage_hex"].as_str() {
            assert_eq!(json!(hash_of(&hex(preimage))), entry["hash"]);
            assert_eq!(json!(preimage.len() / 2), entry["preimage_len"]);
        }
    }
    let (head, count) = (&vectors["chain"]["head_hash"], &vectors["chain"]["entry_count"]);
    let text = format!(
        r#"{{"voaf_version":"2.1.0","genesis":{},"records":[{}],"anchor":{{"entry_count":{count},"head_hash":{head}}}}}"#,
        vectors["chain"]["genesis"],
        chain(&vectors).join(",")
    );
    let got = report(text.as_bytes(), &json!({})).1;
    assert_eq!((&got["verdict"], &got["tail"]), (&json!("verified"), &json!("anchored")));
}

#[test]
fn every_hash_moving_change_is_a_mismatch_with_the_stated_hash() {
    let Some(dir) = shared() else { return };
    let vectors = crate::support::read_json(&dir.join("vectors.json"));
    for moved in vectors["hash_moves"].as_array().unwrap() {
        let basis =
            vectors["positive"].as_array().unwrap().iter().find(|e| e["name"] == moved["basis"]).unwrap();
        assert_ne!(moved["hash"], basis["hash"]);
        let mut record = expand(&basis["record"]);
        record["hash"] = moved["hash"].clone();
        let text = format!(
            r#"{{"voaf_version":"2.1.0","genesis":{},"records":[{record}]}}"#,
            basis["record"]["prev_hash"]
        );
        let codes = report(text.as_bytes(), &json!({})).1["codes"].clone();
        assert!(codes.as_array().unwrap().contains(&json!("hash_mismatch")), "{}", moved["name"]);
    }
}

#[test]
fn every_negative_record_gives_its_code() {
    let Some(dir) = shared() else { return };
    let vectors = crate::support::read_json(&dir.join("vectors.json"));
    let negative = vectors["negative_records"].as_array().unwrap();
    assert_eq!(negative.len(), 17);
    for entry in negative {
        let record = match entry["record_text"].as_str() {
            Some(text) => text.to_owned(),
            // This one shows that the directive means nothing in a document.
            None if entry["name"] == "neg_repeat_in_document" => entry["record"].to_string(),
            None => expand(&entry["record"]).to_string(),
        };
        let got = report(document_with(&vectors, record).as_bytes(), &json!({})).1;
        let codes = got["codes"].as_array().unwrap();
        assert!(codes.contains(&entry["code"]), "{}: {codes:?}", entry["name"]);
        assert_ne!(got["verdict"], "verified");
    }
}

#[test]
fn headers_over_the_limit_fail() {
    let Some(dir) = shared() else { return };
    let vectors = crate::support::read_json(&dir.join("vectors.json"));
    for (basis, member, value) in [
        ("interaction_minimal", "user_message", json!("a".repeat((1 << 20) + 1))),
        ("gate_decision_empty_arrays", "rule_ids", json!(vec!["r"; (1 << 16) + 1])),
    ] {
        let entry = vectors["positive"].as_array().unwrap().iter().find(|e| e["name"] == basis).unwrap();
        let mut record = expand(&entry["record"]);
        record[member] = value;
        record["hash"] = entry["hash"].clone();
        let got = report(document_with(&vectors, record.to_string()).as_bytes(), &json!({})).1;
        assert!(got["codes"].as_array().unwrap().contains(&json!("over_limit")), "{basis}");
        assert_eq!(got["exit_code"], 1);
    }
}

#[test]
fn the_attestation_vectors_document_is_fully_attested() {
    let Some(dir) = shared() else { return };
    let vectors = crate::support::read_json(&dir.join("attestation-vectors.json"));
    let witness = &vectors["witness"];
    let options = json!({
        "trust": [vectors["keys"][1]["key_id"]],
        "witness": [witness["vkey"]],
        "require_signed": true,
        "expect_genesis": vectors["genesis"],
    });
    let (code, got) = report(vectors["document"].to_string().as_bytes(), &options);
    let attestations = &got["attestations"];
    assert_eq!(code, 0, "{got}");
    assert_eq!(attestations["signed"], "all");
    assert_eq!(attestations["checkpoint_size"], 7);
    assert_eq!(attestations["witnesses"], json!([{"name": witness["name"], "size": 7}]));
    assert_eq!(attestations["evidence"], json!({"ok": 3, "missing": 0, "bad": 0}));
    assert_eq!(attestations["trust"], "pinned");
}
