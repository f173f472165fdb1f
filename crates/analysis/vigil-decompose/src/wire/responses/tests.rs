//! Traps of the format, each as small as it can be.

use vigil_core::wire::{CallKind, WireFault, WireFormat};

use crate::wire::played::{DENIED, Played, play};

const CREATED: &str = r#"{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","status":"in_progress","output":[],"model":"m"}}"#;
const CALL: &str = r#"{"id":"fc_1","type":"function_call","status":"completed","arguments":"{\"path\":\"/secret\"}","call_id":"call_1","name":"delete_file"}"#;
const ADDED: &str = r#"{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"fc_1","type":"function_call","status":"in_progress","arguments":"","call_id":"call_1","name":"delete_file"}}"#;
const DELTA_1: &str = r#"{"type":"response.function_call_arguments.delta","sequence_number":2,"output_index":0,"item_id":"fc_1","delta":"{\"path\":"}"#;
const DELTA_2: &str = r#"{"type":"response.function_call_arguments.delta","sequence_number":3,"output_index":0,"item_id":"fc_1","delta":"\"/secret\"}"}"#;

fn done() -> String {
    format!(r#"{{"type":"response.output_item.done","sequence_number":4,"output_index":0,"item":{CALL}}}"#)
}

fn ended(kind: &str, output: &str) -> String {
    format!(
        r#"{{"type":"response.{kind}","sequence_number":5,"response":{{"id":"resp_1","object":"response","status":"{kind}","model":"m","output":[{output}],"tools":[{{"type":"function","name":"delete_file"}}],"usage":{{"input_tokens":3,"output_tokens":2}}}}}}"#
    )
}

fn stream(events: &[&str]) -> String {
    events.iter().map(|event| format!("data: {event}\n\n")).collect()
}

fn call_stream() -> String {
    stream(&[CREATED, ADDED, DELTA_1, DELTA_2, &done(), &ended("completed", CALL)])
}

fn released(body: &str) -> Played {
    let played = play(WireFormat::OpenAiResponses, body, &[]);
    if played.fault.is_none() {
        assert_eq!(played.text, body);
    }
    played
}

/// Plays it with all calls denied: nothing of the call may be left.
fn denied(body: &str) -> Played {
    let played = play(WireFormat::OpenAiResponses, body, &[0, 1, 2, 3]);
    let without_tools = played.text.replace(r#""tools":[{"type":"function","name":"delete_file"}]"#, "");
    for trace in ["delete_file", "secret", "call_1", "fc_1"] {
        assert!(!without_tools.contains(trace), "{trace} in {without_tools}");
    }
    assert_eq!(played.released, []);
    played
}

fn kinds(text: &str) -> Vec<String> {
    let values = text.lines().filter_map(|line| line.strip_prefix("data: "));
    values
        .map(|data| {
            serde_json::from_str::<serde_json::Value>(data).unwrap()["type"].as_str().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn a_released_call_is_the_very_same_bytes() {
    let played = released(&call_stream());
    assert_eq!(played.asked(), [("delete_file", r#"{"path":"/secret"}"#)]);
    assert_eq!(played.calls[0].id.as_deref(), Some("call_1"));
    assert_eq!(played.calls[0].kind, CallKind::Client);
    assert!(!played.calls[0].duplicate_members);
    assert_eq!(played.released.len(), 1);
    assert_eq!(played.summary.stop_reasons, ["completed"]);
    assert_eq!((played.summary.usage.input, played.summary.usage.output), (Some(3), Some(2)));
    assert_eq!(played.summary.response_id.as_deref(), Some("resp_1"));
}

#[test]
fn a_denied_call_becomes_a_message_in_the_stream_and_in_the_closing_object() {
    let played = denied(&call_stream());
    assert_eq!(
        kinds(&played.text),
        [
            "response.created",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    let last: serde_json::Value =
        serde_json::from_str(played.text.trim().rsplit("data: ").next().unwrap()).unwrap();
    let item = &last["response"]["output"][0];
    assert_eq!(item["content"][0]["text"], DENIED);
    assert_eq!(played.text.matches(item["id"].as_str().unwrap()).count(), 7);
    assert!(!played.text.contains("event:"), "the stream has no event lines");
}

#[test]
fn a_call_that_comes_in_its_last_event_only_is_replaced_by_all_events_of_a_message() {
    let played = denied(&stream(&[CREATED, &done(), &ended("completed", CALL)]));
    assert_eq!(kinds(&played.text).len(), 8);
}

#[test]
fn a_call_that_only_the_closing_object_has_is_a_call() {
    let body = stream(&[CREATED, &ended("completed", CALL)]);
    assert_eq!(released(&body).asked(), [("delete_file", r#"{"path":"/secret"}"#)]);
    assert!(denied(&body).text.contains("allowed"));
}

#[test]
fn a_closing_object_with_other_arguments_is_another_call() {
    let other = CALL.replace("/secret", "/secret/2");
    let body = stream(&[CREATED, &done(), &ended("completed", &other)]);
    assert_eq!(released(&body).calls.len(), 2);
    denied(&body);
    let played = play(WireFormat::OpenAiResponses, &body, &[1]);
    assert_eq!(played.text.matches("/secret/2").count(), 0);
    assert_eq!(played.released.len(), 1);
}

#[test]
fn a_closing_object_that_spells_the_arguments_otherwise_is_no_other_call() {
    let other = CALL.replace(r#"{\"path\":\"/secret\"}"#, r#"{ \"path\": \"\\/secret\" }"#);
    let body = stream(&[CREATED, &done(), &ended("completed", &other)]);
    assert_eq!(released(&body).calls.len(), 1);
    denied(&body);
}

#[test]
fn a_call_of_which_only_a_part_came_never_goes_out() {
    let partial =
        CALL.replace(r#"{\"path\":\"/secret\"}"#, r#"{\"path\":"#).replace("completed", "incomplete");
    for kind in ["incomplete", "failed"] {
        for output in ["", &partial] {
            let body = stream(&[CREATED, ADDED, DELTA_1, &ended(kind, output)]);
            let played = denied(&body);
            assert_eq!(played.calls, []);
            assert!(played.text.contains("left out") && played.text.contains(&format!("response.{kind}")));
            assert_eq!(played.fault, None);
        }
    }
}

#[test]
fn a_stream_without_an_end_never_releases_a_call_that_is_open() {
    let played = denied(&stream(&[CREATED, ADDED, DELTA_1]));
    assert!(matches!(played.fault, Some(WireFault::Invalid { .. })));
    assert_eq!(played.text, stream(&[CREATED]));
}

#[test]
fn a_call_that_is_done_goes_out_though_the_response_fails() {
    let body = stream(&[CREATED, ADDED, &done(), &ended("failed", "")]);
    let played = released(&body);
    assert_eq!((played.calls.len(), played.released.len(), played.summary.error), (1, 1, true));
}

#[test]
fn a_call_without_its_last_event_is_complete_with_the_closing_object() {
    let body = stream(&[CREATED, ADDED, DELTA_1, DELTA_2, &ended("completed", CALL)]);
    assert_eq!(released(&body).asked(), [("delete_file", r#"{"path":"/secret"}"#)]);
    denied(&body);
}

#[test]
fn pieces_that_differ_from_the_whole_are_a_fault() {
    let other = done().replace("/secret", "/tmp");
    let played = released(&stream(&[CREATED, ADDED, DELTA_1, DELTA_2, &other]));
    assert!(matches!(played.fault, Some(WireFault::Invalid { .. })));
    let other = done().replace(r#""name":"delete_file""#, r#""name":"list_files""#);
    let played = released(&stream(&[CREATED, ADDED, &other]));
    assert!(matches!(played.fault, Some(WireFault::Invalid { .. })));
    let played = released(&stream(&[CREATED, ADDED, &other.replace("function_call", "message")]));
    assert!(matches!(played.fault, Some(WireFault::Invalid { .. })));
}

#[test]
fn arguments_that_only_the_pieces_have_count() {
    let empty = done().replace(r#"{\"path\":\"/secret\"}"#, "");
    let body = stream(&[CREATED, ADDED, DELTA_1, DELTA_2, &empty]);
    assert_eq!(released(&body).asked(), [("delete_file", r#"{"path":"/secret"}"#)]);
}

#[test]
fn pieces_before_the_beginning_and_after_the_end_go_where_their_call_goes() {
    let body = stream(&[CREATED, DELTA_1, ADDED, DELTA_2, &done(), DELTA_2, &ended("completed", CALL)]);
    assert_eq!(released(&body).calls.len(), 1);
    let played = denied(&body);
    assert_eq!(kinds(&played.text).len(), 8);
}

#[test]
fn calls_that_overlap_keep_the_order_of_their_items() {
    let second = |event: &str| {
        event
            .replace("fc_1", "fc_2")
            .replace("call_1", "call_2")
            .replace(r#""output_index":0"#, r#""output_index":1"#)
    };
    let body = stream(&[
        CREATED,
        ADDED,
        &second(ADDED),
        DELTA_1,
        &second(DELTA_1),
        &second(DELTA_2),
        DELTA_2,
        &second(&done()),
        &done(),
    ]);
    assert_eq!(released(&body).calls.len(), 2);
    let played = play(WireFormat::OpenAiResponses, &body, &[0]);
    assert_eq!(played.released.len(), 1);
    assert!(!played.text.contains("fc_1") && played.text.contains("fc_2"));
    let numbers: Vec<u64> = played
        .text
        .lines()
        .filter_map(|line| line.split_once("sequence_number\":")?.1.split([',', '}']).next()?.parse().ok())
        .collect();
    assert!(numbers.is_sorted_by(|a, b| a <= b || *a >= 1), "{numbers:?}");
    let added = played.text.find("msg_vigil_").unwrap();
    assert!(added < played.text.find("fc_2").unwrap(), "item 0 is added before item 1");
}

#[test]
fn text_before_a_call_does_not_wait_and_text_after_it_does() {
    let text = |number: u32| {
        format!(
            r#"{{"type":"response.output_text.delta","sequence_number":{number},"output_index":7,"content_index":0,"delta":"hi"}}"#
        )
    };
    let body = stream(&[CREATED, &text(1), &done(), &text(5)]);
    let mut reader = super::stream(1 << 20);
    let mut out = vigil_core::wire::ReaderOutput::default();
    reader.push(body.as_bytes(), &mut out);
    assert_eq!(String::from_utf8_lossy(&out.bytes), stream(&[CREATED, &text(1)]));
    assert_eq!(reader.held_bytes(), body.len() - out.bytes.len());
    assert_eq!(released(&body).summary.text.unwrap().length, 4);
}

#[test]
fn a_stream_that_breaks_off_releases_nothing_that_waits() {
    let body = call_stream();
    let mut reader = super::stream(1 << 20);
    let mut out = vigil_core::wire::ReaderOutput::default();
    reader.push(body.as_bytes(), &mut out);
    reader.end(false, &mut out);
    reader.answer(vigil_core::CallNumber(0), &vigil_core::wire::Answer::Release, &mut out);
    assert_eq!(String::from_utf8_lossy(&out.bytes), stream(&[CREATED]));
    assert!(reader.is_drained() && reader.held_bytes() == 0 && out.released.is_empty());
}

#[test]
fn escaped_names_and_repeated_members_are_seen_through() {
    let body = call_stream()
        .replace("function_call\"", "function\\u005fcall\"")
        .replace("\"item\"", "\"item\":{\"type\":\"message\"},\"\\u0069tem\"")
        .replace("\"name\":", "\"name\":\"read_clock\",\"name\":");
    let played = released(&body);
    assert_eq!(played.asked(), [("delete_file", r#"{"path":"/secret"}"#)]);
    assert!(played.calls[0].duplicate_members);
    let played = play(WireFormat::OpenAiResponses, &body, &[0]);
    assert!(!played.text.contains("/secret"));
}

#[test]
fn a_call_hidden_in_a_repeated_list_is_a_call() {
    let hidden = format!(r#"{{"object":"response","output":[{CALL}],"output":[]}}"#);
    let played = denied(&hidden);
    assert_eq!(played.calls.len(), 1);
    assert!(played.calls[0].duplicate_members);
}

#[test]
fn a_plain_response_has_its_calls_replaced_where_they_stand() {
    let body = format!(
        r#" {{"id":"resp_1", "object":"response","status":"completed","output":[{{"type":"message","content":[{{"type":"output_text","text":"hi"}}]}} , {CALL}]}}
"#
    );
    let played = released(&body);
    assert_eq!((played.asked().len(), played.summary.text.unwrap().length), (1, 2));
    let played = denied(&body);
    assert!(played.text.starts_with(" {\"id\":\"resp_1\", ") && played.text.ends_with("]}\n"));
    let value: serde_json::Value = serde_json::from_str(&played.text).unwrap();
    assert_eq!(value["output"][1]["content"][0]["text"], DENIED);
    assert_eq!(value["output"][1]["type"], "message");
}

#[test]
fn an_approval_request_waits_for_its_own_kind_of_answer() {
    let body = r#"{"object":"response","output":[{"type":"mcp_approval_request","id":"mcpr_1","name":"delete_file","arguments":"{}","server_label":"s"}]}"#;
    let played = released(body);
    assert_eq!((played.calls[0].kind, played.calls[0].id.as_deref()), (CallKind::Approval, Some("mcpr_1")));
    assert!(!denied(body).text.contains("mcp_approval_request"));
}

#[test]
fn what_the_provider_runs_passes_and_is_on_record() {
    let item = r#"{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"q"}}"#;
    let event = format!(r#"{{"type":"response.output_item.done","output_index":0,"item":{item}}}"#);
    let played = released(&stream(&[CREATED, &event, &ended("completed", item)]));
    assert_eq!(played.calls, []);
    assert_eq!(played.summary.server_calls.len(), 1);
    assert_eq!(played.summary.server_calls[0].name, "web_search");
    assert_eq!(played.summary.server_calls[0].arguments, r#"{"type":"search","query":"q"}"#);
}

#[test]
fn values_of_another_shape_pass() {
    for body in [
        r#"{"object":"list","data":[]}"#,
        r#"{"error":{"message":"no"}}"#,
        "[]",
        "{}",
        r#"{"object":"response.deleted","id":"resp_1","deleted":true}"#,
    ] {
        let played = released(body);
        assert_eq!((played.calls.len(), played.fault), (0, None), "{body}");
    }
    assert!(released(r#"{"error":{"message":"no"}}"#).summary.error);
    for body in [": comment\n\n", "data: [DONE]\n\n", "data: {\"type\":\"keepalive\"}\n\n", "data: 1\n\n"] {
        assert_eq!(released(body).fault, None, "{body}");
    }
}

#[test]
fn what_is_not_json_is_a_fault() {
    for body in ["data: {\"type\":\n\n", "data: {}x\n\n", "{\"output\":[}", "{} {}", "data: \u{1}\n\n"] {
        let played = released(body);
        assert!(
            matches!(played.fault, Some(WireFault::Invalid { format: "openai-responses", .. })),
            "{body}"
        );
        assert_eq!(played.text, "");
    }
}
