//! Anthropic replies made by hand.

use vigil_core::wire::WireFault;
use vigil_core::wire::WireFormat::AnthropicMessages;

use crate::anthropic::parse;
use crate::drive::{DENY, Drive, Driven, When, allow, deny};

fn event(json: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    format!("event: {}\ndata: {json}\n\n", value["type"].as_str().unwrap())
}

fn stream(events: &[&str]) -> String {
    events.iter().map(|json| event(json)).collect()
}

const START: &str = r#"{"type":"message_start","message":{"id":"msg_1","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":3,"output_tokens":1}}}"#;
const STOP: &str =
    r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}"#;
const END: &str = r#"{"type":"message_stop"}"#;

fn call(index: u32, name: &str, pieces: &[&str]) -> Vec<String> {
    let mut events = vec![format!(
        r#"{{"type":"content_block_start","index":{index},"content_block":{{"type":"tool_use","id":"t{index}","name":"{name}","input":{{}}}}}}"#
    )];
    events.extend(pieces.iter().map(|piece| {
        let piece = serde_json::Value::from(*piece);
        format!(r#"{{"type":"content_block_delta","index":{index},"delta":{{"type":"input_json_delta","partial_json":{piece}}}}}"#)
    }));
    events.push(format!(r#"{{"type":"content_block_stop","index":{index}}}"#));
    events
}

fn reply(calls: &[Vec<String>]) -> String {
    let calls: Vec<&str> = calls.iter().flatten().map(String::as_str).collect();
    stream(&[&[START][..], &calls, &[STOP, END]].concat())
}

fn driven(drive: &Drive<'_>, body: &str) -> Driven {
    drive.whole(body.as_bytes())
}

#[test]
fn a_call_waits_and_what_comes_before_does_not() {
    let body = reply(&[call(0, "run", &["", r#"{"a""#, ":1}"])]);
    let got = driven(&Drive { when: When::Never, ..allow(AnthropicMessages) }, &body);
    assert_eq!(got.text(), event(START));
    assert_eq!(got.held, body.len() - event(START).len());
    assert_eq!((got.calls[0].name.as_str(), got.calls[0].arguments.as_str()), ("run", r#"{"a":1}"#));
    assert!(!got.drained);
}

#[test]
fn a_denied_call_becomes_a_text_block_at_its_index() {
    let body = reply(&[call(0, "run", &[r#"{"a":1}"#]), call(1, "stop", &[])]);
    let got = driven(&Drive { denies: &|number| number == 0, ..allow(AnthropicMessages) }, &body);
    let read = parse(&got.bytes, true);
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    let message = &read.channels["message"];
    assert_eq!((message.text.as_str(), message.calls[0].name.as_str()), (DENY, "stop"));
    assert_eq!(message.stop.as_deref(), Some("tool_use"), "one call is left");
    assert!(got.text().contains(&event(&call(1, "stop", &[])[0])));
}

#[test]
fn without_a_call_left_the_turn_ends() {
    let got = driven(&deny(AnthropicMessages), &reply(&[call(0, "run", &["{}"]), call(1, "run", &["{}"])]));
    let message = &parse(&got.bytes, true).channels["message"];
    assert_eq!(message.text, [DENY, DENY].concat());
    assert_eq!(message.stop.as_deref(), Some("end_turn"));
    assert_eq!(got.summary.stop_reasons, ["tool_use"], "the summary tells what the provider said");
}

#[test]
fn sees_through_escapes_and_duplicates() {
    let body = reply(&[call(0, "run", &["{}"])])
        .replace("tool_use", "\\u0074ool_use")
        .replace(r#""name":"run""#, r#""name":"look","na\u006de":"run""#);
    let got = driven(&deny(AnthropicMessages), &body);
    assert_eq!(got.calls[0].name, "run");
    assert!(got.calls[0].duplicate_members);
    assert!(!got.text().contains("run") && !got.text().contains("look"));
    assert_eq!(parse(&got.bytes, true).channels["message"].stop.as_deref(), Some("end_turn"));
}

#[test]
fn server_tools_thinking_and_unknown_blocks_pass() {
    let body = stream(&[
        START,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"s","name":"web_search","input":{}}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"q\":1}"}}"#,
        r#"{"type":"content_block_stop","index":0}"#,
        r#"{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"x"}}"#,
        r#"{"type":"content_block_stop","index":1}"#,
        r#"{"type":"novelty"}"#,
        END,
    ]);
    let got = driven(&deny(AnthropicMessages), &body);
    assert_eq!(got.text(), body);
    assert!(got.calls.is_empty());
    assert_eq!(got.summary.server_calls[0].arguments, r#"{"q":1}"#);
}

#[test]
fn a_block_type_that_only_sounds_like_a_call_is_one() {
    let body = reply(&[call(0, "run", &["{}"])]).replace("\"tool_use\",\"id\"", "\"new_tool_use\",\"id\"");
    assert_eq!(driven(&deny(AnthropicMessages), &body).calls.len(), 1);
}

#[test]
fn a_message_that_starts_with_its_calls_is_gated() {
    let start = START.replace(
        r#""content":[],"stop_reason":null"#,
        r#""content":[{"type":"tool_use","id":"a","name":"run","input":{"x":"secret"}}],"stop_reason":"tool_use""#,
    );
    let body = stream(&[&start, END]);
    let got = driven(&deny(AnthropicMessages), &body);
    assert_eq!(got.calls[0].arguments, r#"{"x":"secret"}"#);
    let message = &parse(&got.bytes, true).channels["message"];
    assert_eq!((message.text.as_str(), message.stop.as_deref()), (DENY, Some("end_turn")));
    assert_eq!(driven(&allow(AnthropicMessages), &body).text(), body);
}

#[track_caller]
fn is_invalid(body: &str) {
    let got = driven(&allow(AnthropicMessages), body);
    assert!(matches!(got.fault, Some(WireFault::Invalid { .. })), "{got:?}");
    assert!(got.released.is_empty() && got.drained && got.held == 0);
    assert!(!got.text().contains("run"), "{}", got.text());
}

#[test]
fn what_clients_could_read_differently_is_refused() {
    let run = call(0, "run", &["{}"]);
    is_invalid(&stream(&[START, &run[0], &run[0]]));
    is_invalid(&stream(&[START, &call(1, "run", &[])[0]]));
    is_invalid(&stream(&[START, &run[0], &run[1]]));
    is_invalid(&stream(&[START, &run[1]]));
    is_invalid(&format!("{}data: {{\"type\":\n\n", stream(&[START, &run[0]])));
    is_invalid(&format!("{}data: [1]\n\n", stream(&[START])));
    is_invalid(r#"{"content":[{"type":"tool_use","name":"run"}"#);
}

#[test]
fn a_stream_without_its_end_releases_nothing() {
    let run = call(0, "run", &["{}"]);
    let body = stream(&[START, &run[0], &run[1], &run[2]]);
    let got = driven(&Drive { when: When::LastFirst, ..allow(AnthropicMessages) }, &body);
    assert!(got.fault.is_some() && got.released.is_empty());
    assert_eq!(got.text(), event(START));
}

#[test]
fn an_error_drops_calls_that_wait() {
    let run = call(0, "run", &["{}"]);
    let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"x"}}"#;
    let body = stream(&[START, &run[0], &run[1], &run[2], error]);
    let got = driven(&Drive { when: When::LastFirst, ..allow(AnthropicMessages) }, &body);
    assert_eq!(got.text(), stream(&[START, error]));
    assert!(got.released.is_empty() && got.drained && got.summary.error);
}

#[test]
fn a_plain_message_keeps_every_other_byte() {
    let body = r#" { "type" : "message", "content" : [ {"type":"text","text":"hi"} , {"type":"tool_use","id":"1","name":"run","input":{"a": 1}} ], "stop_reason" : "tool_use" , "usage":{} } "#;
    let got = driven(&deny(AnthropicMessages), body);
    let want = body
        .replace(
            r#"{"type":"tool_use","id":"1","name":"run","input":{"a": 1}}"#,
            &format!(r#"{{"type":"text","text":{}}}"#, serde_json::Value::from(DENY)),
        )
        .replace("\"tool_use\"", "\"end_turn\"");
    assert_eq!(got.text(), want);
    assert_eq!(got.calls[0].arguments, r#"{"a": 1}"#);
}

#[test]
fn what_is_no_message_passes() {
    for body in [
        r#"{"type":"error","error":{}}"#,
        r#"{"data":[{"id":"m"}]}"#,
        "[]",
        "",
        " \n",
        "<html>\n\n",
        "\u{feff}{}",
    ] {
        let got = driven(&deny(AnthropicMessages), body);
        assert_eq!(got.text(), body);
        assert!(got.fault.is_none() && got.drained, "{body}");
    }
}
