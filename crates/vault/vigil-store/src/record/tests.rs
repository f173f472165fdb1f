//! The published vectors (`docs/spec/vectors/voaf/vectors.json`).

use serde_json::{Map, Value};

use super::*;

fn vectors() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/spec/vectors/voaf/vectors.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect(path)).expect("JSON")
}

/// `{"repeat": [c, n]}` stands for c written n times, in this file only.
fn expand(value: Value) -> Value {
    match value {
        Value::Object(members) => match members.get("repeat").and_then(Value::as_array) {
            Some(repeat) => {
                Value::String(repeat[0].as_str().unwrap().repeat(repeat[1].as_u64().unwrap() as usize))
            }
            None => Value::Object(members.into_iter().map(|(name, value)| (name, expand(value))).collect()),
        },
        other => other,
    }
}

fn record(value: &Value) -> Record {
    let Value::Object(mut members) = expand(value.clone()) else { panic!("not an object") };
    members.remove("hash");
    let mut take = |name: &str| members.remove(name).unwrap_or_else(|| panic!("no {name}"));
    let text = |value: Value| value.as_str().expect("text").to_owned();
    let (seq, prev_hash, id) = (take("seq").as_u64().unwrap(), text(take("prev_hash")), text(take("id")));
    let timestamp_us = take("timestamp_us").as_i64().unwrap();
    let kind = text(take("event_kind"));
    let body = Body::from_json(&kind, Value::Object(Map::from_iter(members)));
    Record { seq, prev_hash, id, timestamp_us, body }
}

fn named<'a>(vectors: &'a Value, name: &str) -> &'a Value {
    let all = vectors["positive"].as_array().unwrap();
    all.iter().find(|vector| vector["name"] == name).unwrap_or_else(|| panic!("no vector {name}"))
}

#[test]
fn every_positive_vector_has_its_preimage_and_hash() {
    let vectors = vectors();
    let all = vectors["positive"].as_array().unwrap();
    assert_eq!(all.len(), 24);
    for vector in all {
        let name = &vector["name"];
        let record = record(&vector["record"]);
        let preimage = record.preimage().expect("within limits");
        assert_eq!(preimage.len() as u64, vector["preimage_len"].as_u64().unwrap(), "{name}");
        assert_eq!(hex::encode(&sha256(&preimage)), vector["hash"].as_str().unwrap(), "{name}");
        if let Some(expected) = vector["preimage_hex"].as_str() {
            assert_eq!(hex::encode(&preimage), expected, "{name}");
        }
        assert_eq!(Record::decode(&preimage).as_ref(), Ok(&record), "{name} reads back");
        let mut json = Vec::new();
        record.json(&sha256(&preimage), &mut json);
        let mut expected = expand(vector["record"].clone());
        expected["hash"] = vector["hash"].clone();
        assert_eq!(serde_json::from_slice::<Value>(&json).unwrap(), expected, "{name} as a document has it");
    }
}

#[test]
fn the_chain_members_link_from_the_genesis_to_the_head() {
    let vectors = vectors();
    let chain = &vectors["chain"];
    let mut head = chain["genesis"].as_str().unwrap().to_owned();
    for (seq, name) in chain["members"].as_array().unwrap().iter().enumerate() {
        let record = record(&named(&vectors, name.as_str().unwrap())["record"]);
        assert_eq!((record.seq, &record.prev_hash), (seq as u64, &head), "{name}");
        head = hex::encode(&sha256(&record.preimage().unwrap()));
    }
    assert_eq!(head, chain["head_hash"].as_str().unwrap());
}

#[test]
fn every_hash_moving_change_moves_the_hash_as_published() {
    let vectors = vectors();
    for moved in vectors["hash_moves"].as_array().unwrap() {
        let record = record(&named(&vectors, moved["basis"].as_str().unwrap())["record"]);
        let change = &moved["change"];
        let tag = change["tag"].as_str().unwrap_or(TAG);
        let count = change["field_count"].as_i64().unwrap_or(record.body.field_count());
        let mut preimage = record.encode(tag, count).unwrap();
        if change["empty_array_as_empty_string"] == "rule_ids" {
            // The only empty array before `verdict` is `rule_ids`.
            let array = [4, 0, 0, 0, 0];
            let at = preimage.windows(5).position(|bytes| bytes == array).expect("an empty array");
            preimage[at] = 1;
        }
        assert_eq!(hex::encode(&sha256(&preimage)), moved["hash"].as_str().unwrap(), "{}", moved["name"]);
        assert!(Record::decode(&preimage).is_err(), "{} reads back", moved["name"]);
    }
}

#[test]
fn a_header_over_its_limit_is_an_error() {
    let vectors = vectors();
    let mut interaction = record(&named(&vectors, "interaction_minimal")["record"]);
    let Body::Interaction(body) = &mut interaction.body else { panic!("kind") };
    body.user_message = Some("A".repeat(MAX_TEXT_BYTES + 1));
    assert_eq!(interaction.preimage(), Err(RecordError::TooLarge { what: "string", limit: MAX_TEXT_BYTES }));
    let mut decision = record(&named(&vectors, "gate_decision_empty_arrays")["record"]);
    let mut with_rules = |rule_ids: Vec<String>| {
        let Body::GateDecision(body) = &mut decision.body else { panic!("kind") };
        body.rule_ids = rule_ids;
        decision.preimage()
    };
    let too_many = with_rules(vec![String::new(); MAX_ELEMENTS + 1]);
    assert_eq!(too_many, Err(RecordError::TooLarge { what: "array", limit: MAX_ELEMENTS }));
    let too_long = with_rules(vec!["A".repeat(1 << 10); 1 << 14]);
    assert_eq!(too_long, Err(RecordError::TooLarge { what: "record", limit: MAX_PREIMAGE_BYTES }));
}

#[test]
fn a_null_where_none_may_be_does_not_read_back() {
    let vectors = vectors();
    let preimage = record(&named(&vectors, "lifecycle_shutdown")["record"]).preimage().unwrap();
    let at = preimage.windows(8).position(|bytes| bytes == b"shutdown").unwrap();
    let mut null = preimage[..at - 5].to_vec();
    null.push(0);
    null.extend_from_slice(&preimage[at + 8..]);
    assert_eq!(Record::decode(&null), Err(RecordError::Null));
}

#[test]
fn both_genesis_cases_come_out() {
    let vectors = vectors();
    for case in vectors["genesis"].as_array().unwrap() {
        let nonce = hex::parse::<32>(case["nonce"].as_str().unwrap()).unwrap();
        assert_eq!(crate::chain::genesis(&nonce), case["genesis"].as_str().unwrap());
    }
}
