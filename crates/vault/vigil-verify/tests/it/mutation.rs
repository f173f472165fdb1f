//! Spec 17.5: a verified, fully attested document, changed in one place at a time.

use crate::support::{attested, report};
use serde_json::{Value, json};

/// All places below `value`, as paths.
fn paths(value: &Value, path: &str, out: &mut Vec<String>) {
    out.push(path.to_owned());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| paths(value, &format!("{path}/{name}"), out));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| paths(value, &format!("{path}/{at}"), out));
        }
        _ => {}
    }
}

/// Other values for the one there is.
fn changes(value: &Value) -> Vec<Value> {
    let mut changes = vec![json!(null), json!([]), json!({}), json!(true), json!(7), json!("x")];
    match value {
        Value::String(text) => {
            changes.push(json!(format!("{text} ")));
            changes.push(json!(""));
            changes.extend((1..=text.len()).step_by(13).map(|at| {
                let flipped: String = text
                    .chars()
                    .enumerate()
                    .map(|(i, c)| {
                        if i + 1 != at {
                            c
                        } else if c == 'a' {
                            'b'
                        } else {
                            'a'
                        }
                    })
                    .collect();
                json!(flipped)
            }));
        }
        Value::Number(number) => {
            changes.push(json!(number.as_i64().unwrap() + 1));
            changes.push(json!(-number.as_i64().unwrap()));
            changes.push(json!(number.to_string()));
        }
        Value::Bool(value) => changes.push(json!(!value)),
        Value::Array(items) => {
            changes.push(items.iter().rev().cloned().collect());
            changes.push(items.iter().chain(items.last()).cloned().collect());
        }
        Value::Null | Value::Object(_) => {}
    }
    changes.retain(|change| change != value);
    changes
}

/// Every document that differs from `document` in one place below `member`, with a name for the change.
fn mutants(document: &Value, member: &str) -> Vec<(String, Value)> {
    let mut places = Vec::new();
    paths(&document[member], &format!("/{member}"), &mut places);
    let mut mutants = Vec::new();
    for place in places {
        let value = document.pointer(&place).unwrap();
        for change in changes(value) {
            let mut mutant = document.clone();
            *mutant.pointer_mut(&place).unwrap() = change.clone();
            mutants.push((format!("{place} = {change}"), mutant));
        }
        if let Value::Object(_) = value {
            let mut mutant = document.clone();
            mutant.pointer_mut(&place).unwrap()["added"] = json!(1);
            mutants.push((format!("{place} + member"), mutant));
        }
        let (parent, name) = place.rsplit_once('/').unwrap();
        let mut mutant = document.clone();
        match mutant.pointer_mut(parent).unwrap() {
            Value::Object(members) => drop(members.remove(name)),
            Value::Array(items) => drop(items.remove(name.parse().unwrap())),
            _ => unreachable!(),
        }
        mutants.push((format!("{place} removed"), mutant));
    }
    mutants
}

fn original() -> Value {
    let document: Value = serde_json::from_slice(&attested()).unwrap();
    let (code, got) = report(&attested(), &json!({"require_signed": true}));
    assert_eq!(code, 0, "{got}");
    document
}

#[test]
fn no_change_inside_records_is_verified() {
    let document = original();
    let (mut tried, mut order) = (0, 0);
    for (name, mutant) in mutants(&document, "records") {
        let reversed = mutant["records"]
            .as_array()
            .is_some_and(|records| records.iter().rev().eq(document["records"].as_array().unwrap()));
        let (code, got) = report(mutant.to_string().as_bytes(), &json!({}));
        if reversed {
            // The order of the array has no meaning.
            assert_eq!(code, 0);
            order += 1;
            continue;
        }
        assert_ne!(got["verdict"], "verified", "{name}: {got}");
        assert!(!got["codes"].as_array().unwrap().is_empty(), "{name}: {got}");
        assert_ne!(code, 0);
        tried += 1;
    }
    assert!(tried > 1500 && order == 1, "{tried} {order}");
}

#[test]
fn no_change_inside_an_attestation_goes_unseen() {
    let document = original();
    let fine = |got: &Value| {
        let attestations = &got["attestations"];
        attestations["signed"] == "all"
            && attestations["checkpoints"] == "consistent"
            && attestations["evidence"] == json!({"ok": 3, "missing": 0, "bad": 0})
            && attestations["codes"] == json!([])
    };
    let mut tried = 0;
    for member in ["keys", "signatures", "checkpoints", "evidence"] {
        for (name, mutant) in mutants(&document, member) {
            let (_, got) = report(mutant.to_string().as_bytes(), &json!({}));
            assert_eq!(got["verdict"], "verified", "attestations never touch the verdict: {name}");
            if same_meaning(&document, &mutant, member) {
                assert!(fine(&got), "{name}: {got}");
                continue;
            }
            let removed_checkpoint = member == "checkpoints" && name.ends_with("removed");
            let removed_line = ignored_line(&name);
            assert!(!fine(&got) || removed_checkpoint || removed_line, "{name}: {got}");
            tried += 1;
        }
    }
    assert!(tried > 700, "{tried}");
}

/// Signatures and checkpoints may stand in any order, and a checkpoint may come twice.
fn same_meaning(document: &Value, mutant: &Value, member: &str) -> bool {
    let sorted = |document: &Value| {
        let mut items: Vec<_> = document[member].as_array()?.iter().map(Value::to_string).collect();
        items.sort();
        if member == "checkpoints" {
            items.dedup();
        }
        Some(items)
    };
    member != "keys"
        && member != "evidence"
        && sorted(document).is_some()
        && sorted(document) == sorted(mutant)
}

/// The line of a witness nobody named, in the last checkpoint, is an unknown line: it may say anything that has the
/// form of a line.
fn ignored_line(name: &str) -> bool {
    name.starts_with("/checkpoints/2 = \"")
}

#[test]
fn without_a_named_witness_only_its_own_line_is_ignored() {
    let document = original();
    let note = document["checkpoints"][2].as_str().unwrap();
    let at = note.find("— witness").unwrap();
    for (index, c) in note.char_indices().filter(|(index, _)| *index < at) {
        let changed = if c == 'B' { "C" } else { "B" };
        let mut mutant = document.clone();
        mutant["checkpoints"][2] =
            json!(format!("{}{changed}{}", &note[..index], &note[index + c.len_utf8()..]));
        let (code, got) = report(mutant.to_string().as_bytes(), &json!({}));
        assert_eq!(code, 12, "{index}: {got}");
    }
}
