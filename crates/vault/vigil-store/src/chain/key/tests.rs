//! Our own vectors (`docs/spec/vectors/voaf/attestation-vectors.json`): keys, signatures, roots, notes, bit for bit.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::*;
use crate::chain::checkpoint::origin;
use crate::chain::{Checkpoint, Frontier, genesis};

fn vectors() -> Value {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/spec/vectors/voaf/attestation-vectors.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect(path)).expect("JSON")
}

fn keys(vectors: &Value) -> Vec<RecordKey> {
    let all = vectors["keys"].as_array().unwrap();
    all.iter().map(|key| RecordKey::from_seed(&hash(&key["seed"]))).collect()
}

fn hash(value: &Value) -> Hash {
    hex::parse(value.as_str().unwrap()).unwrap()
}

#[test]
fn keys_have_their_ids() {
    let vectors = vectors();
    for (key, expected) in keys(&vectors).iter().zip(vectors["keys"].as_array().unwrap()) {
        assert_eq!(hex::encode(&key.public()), expected["public_key_hex"].as_str().unwrap());
        assert_eq!(key.id(), expected["key_id"].as_str().unwrap());
    }
}

#[test]
fn the_genesis_and_the_origin_follow_from_the_nonce() {
    let vectors = vectors();
    let genesis = genesis(&hash(&vectors["install_nonce"]));
    assert_eq!(genesis, vectors["genesis"].as_str().unwrap());
    assert_eq!(origin(&genesis), vectors["origin"].as_str().unwrap());
}

#[test]
fn record_messages_and_signatures_come_out_bit_for_bit() {
    let vectors = vectors();
    let (keys, genesis) = (keys(&vectors), vectors["genesis"].as_str().unwrap());
    let signatures = vectors["signatures"].as_array().unwrap();
    assert!(signatures.len() >= 7);
    for signature in signatures {
        let seq = signature["seq"].as_u64().unwrap();
        let record = hash(&vectors["record_hashes"][seq as usize]);
        let key = keys.iter().find(|key| key.id() == signature["key_id"]).unwrap();
        let message = record_message(genesis, seq, &record);
        assert_eq!(hex::encode(&message), signature["message_hex"].as_str().unwrap());
        assert_eq!(BASE64.encode(key.sign_record(genesis, seq, &record)), signature["sig"].as_str().unwrap());
    }
}

#[test]
fn roots_come_out_for_every_size() {
    let vectors = vectors();
    let mut tree = Frontier::default();
    for (root, record) in vectors["merkle_roots"].as_array().unwrap().iter().zip(0..) {
        assert_eq!((tree.size(), tree.root()), (root["size"].as_u64().unwrap(), hash(&root["root"])));
        if let Some(record) = vectors["record_hashes"].get(record as usize) {
            tree.push(&hash(record));
        }
    }
    let mut tree = Frontier::default();
    for (n, root) in vectors["merkle_general"]["roots"].as_array().unwrap().iter().enumerate() {
        assert_eq!(tree.root(), hash(&root["root"]), "{n} leaves");
        tree.push(&sha256(&[n as u8]));
    }
}

#[test]
fn notes_come_out_bit_for_bit() {
    let vectors = vectors();
    let (keys, genesis) = (keys(&vectors), vectors["genesis"].as_str().unwrap());
    for checkpoint in vectors["checkpoints"].as_array().unwrap() {
        let size = checkpoint["size"].as_u64().unwrap();
        let mut tree = Frontier::default();
        for record in &vectors["record_hashes"].as_array().unwrap()[..size as usize] {
            tree.push(&hash(record));
        }
        let signers = checkpoint["signers"].as_array().unwrap().iter();
        let signers: Vec<&RecordKey> = signers
            .filter_map(|signer| signer.as_str()?.strip_prefix("key "))
            .map(|number| &keys[number.parse::<usize>().unwrap()])
            .collect();
        let made = Checkpoint::sign(genesis, &tree, &signers);
        // Witness lines are made by others and stand behind ours.
        let expected = checkpoint["note"].as_str().unwrap();
        let ours: Vec<&str> =
            expected.split_inclusive('\n').filter(|line| !line.contains("witness.")).collect();
        assert_eq!(made.note, ours.concat(), "size {size}");
    }
}
