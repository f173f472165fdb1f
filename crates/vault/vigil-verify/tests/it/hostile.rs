//! Spec 17.6: texts made to hurt.

use crate::support::{attested, report};
use serde_json::json;

fn verdict(text: &[u8]) -> (u8, Vec<String>) {
    let (code, got) = report(text, &json!({}));
    (code, got["codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

#[test]
fn a_million_brackets_are_invalid() {
    for open in ["[", "{\"a\":", "{\"records\":[[", "{\"evidence\":{\"a\":["] {
        let text = open.repeat(1_000_000);
        assert_eq!(verdict(text.as_bytes()), (6, vec!["invalid_json".into()]));
        let closed = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        assert_eq!(verdict(closed.as_bytes()).0, 6);
    }
}

#[test]
fn an_attested_document_cut_anywhere_is_invalid() {
    let document = attested();
    for end in (0..document.len() - 1).step_by(17) {
        assert_eq!(verdict(&document[..end]), (6, vec!["invalid_json".into()]), "{end}");
    }
}

#[test]
fn any_single_broken_byte_is_survived() {
    let document = attested();
    let find = |name: &str| String::from_utf8_lossy(&document).find(name).unwrap();
    // Members that nobody reads stand before the records; there only a structural change matters.
    let records = find("\"records\"")..find("\"keys\"");
    for at in (0..document.len()).step_by(29) {
        for byte in [0, b'"', b'\\', b'{', 0xff] {
            let mut broken = document.clone();
            let changed = std::mem::replace(&mut broken[at], byte) != byte;
            let (code, _) = verdict(&broken);
            assert!([0, 1, 2, 3, 6, 12].contains(&code), "byte {at} = {byte} exits {code}");
            assert!(!changed || !records.contains(&at) || code != 0, "byte {at} = {byte} went unseen");
        }
    }
}

#[test]
fn a_count_or_seq_with_a_million_digits_costs_nothing_special() {
    for count in ["1e999999999", "1E+99999999999999999999", &"9".repeat(1 << 20)] {
        let text = format!(r#"{{"voaf_version":"2.0","records":[],"anchor":{{"entry_count":{count}}}}}"#);
        assert_eq!(verdict(text.as_bytes()), (2, vec!["anchor_exceeds_records".into()]));
    }
    let seq = "1".to_owned() + &"0".repeat((1 << 20) - 1);
    let next = "1".to_owned() + &"0".repeat((1 << 20) - 2) + "1";
    let records = format!(r#"{{"seq":{next},"hash":"b","prev_hash":"x"}},{{"seq":{seq},"hash":"a"}}"#);
    let text = format!(r#"{{"voaf_version":"2.0","genesis":"","records":[{records}]}}"#);
    let (code, codes) = verdict(text.as_bytes());
    assert_eq!(code, 1);
    assert_eq!(codes, ["anchor_absent", "link_break", "missing_field", "root_missing"]);
    let over = text.replace(&seq, &(seq.clone() + "0"));
    assert!(verdict(over.as_bytes()).1.contains(&"over_limit".to_owned()));
}

#[test]
fn strings_of_many_megabytes_are_read_or_refused() {
    let long = "ab\\u00e9".repeat((256 << 10) + 1);
    let record = format!(r#"{{"seq":0,"event_kind":"{long}","{long}":"{long}","hash":"{long}"}}"#);
    let text = format!(r#"{{"voaf_version":"2.0","genesis":"{long}","x":"{long}","records":[{record}]}}"#);
    let (code, codes) = verdict(text.as_bytes());
    assert_eq!((code, codes), (1, vec!["anchor_absent".into(), "missing_field".into(), "over_limit".into()]));
}

#[test]
fn many_members_and_many_equal_positions_stay_quick() {
    let names: Vec<_> = (0..200_000).map(|n| format!("\"n{n}\":0")).collect();
    let text = format!(
        r#"{{"voaf_version":"2.0","records":[{{{}}}],"genesis":"",{}}}"#,
        names.join(","),
        names.join(",")
    );
    assert_eq!(verdict(text.as_bytes()).0, 1);
    let twice = format!(r#"{{"voaf_version":"2.0","records":[],{},"n77":1}}"#, names.join(","));
    assert_eq!(verdict(twice.as_bytes()), (6, vec!["duplicate_member".into()]));
    let records: Vec<_> =
        (0..100_000).map(|n| format!(r#"{{"seq":{},"hash":"{n}","prev_hash":"{n}"}}"#, n % 2)).collect();
    let text = format!(r#"{{"voaf_version":"2.0","genesis":"","records":[{}]}}"#, records.join(","));
    assert!(verdict(text.as_bytes()).1.contains(&"duplicate_seq".to_owned()));
}

#[test]
fn attestations_without_records_are_judged_too() {
    let mut document: serde_json::Value = serde_json::from_slice(&attested()).unwrap();
    document["records"] = json!([]);
    document["anchor"] = json!(null);
    let (code, got) = report(document.to_string().as_bytes(), &json!({}));
    assert_eq!((code, &got["verdict"], &got["codes"]), (3, &json!("empty"), &json!(["anchor_null"])));
    let codes = ["checkpoint_size", "evidence_unreferenced", "rotation_missing", "signature_no_record"];
    assert_eq!(got["attestations"]["codes"], json!(codes));
}

#[test]
fn records_in_any_order_and_signatures_first_give_the_same_report() {
    let document: serde_json::Value = serde_json::from_slice(&attested()).unwrap();
    let wanted = report(&attested(), &json!({}));
    let list = |name: &str, turn: usize| {
        let mut items: Vec<_> = document[name].as_array().unwrap().iter().map(ToString::to_string).collect();
        items.rotate_left(turn);
        items.reverse();
        format!("\"{name}\":[{}]", items.join(","))
    };
    for turn in 0..7 {
        let text = format!(
            "{{{},{},{},\"evidence\":{},\"keys\":{},\"anchor\":{},\"genesis\":{},\"voaf_version\":\"2.1.0\"}}",
            list("checkpoints", turn % 3),
            list("signatures", turn),
            list("records", turn),
            document["evidence"],
            document["keys"],
            document["anchor"],
            document["genesis"],
        );
        assert_eq!(report(text.as_bytes(), &json!({})), wanted, "{turn}");
    }
}

#[test]
fn the_fuzz_properties_hold_for_what_we_have() {
    let document = attested();
    vigil_verify::fuzzing::verifier(&document);
    for end in (0..document.len()).step_by(2011) {
        vigil_verify::fuzzing::verifier(&document[..end]);
    }
}

proptest::proptest! {
    #[test]
    fn our_reader_and_serde_json_agree(text in r#"[\[\]{}:,"\\a0-9.eE+\-tfn u]{0,24}"#) {
        let theirs = serde_json::from_str::<Box<serde_json::value::Value>>(&text).is_ok();
        let ours = vigil_verify::fuzzing::verifier_reads(text.as_bytes());
        // serde_json refuses lone surrogates and numbers beyond f64, which are JSON.
        if theirs || !text.contains(['u', 'e', 'E']) {
            proptest::prop_assert_eq!(ours, theirs, "{}", text);
        }
    }
}
