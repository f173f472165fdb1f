//! Chat completions made by hand.

use serde_json::{Value, json};
use vigil_core::wire::WireFault;
use vigil_core::wire::WireFormat::OpenAiChat;

use crate::chat::parse;
use crate::drive::{DENY, Drive, Driven, When, allow, deny};

fn chunk(choice: Value) -> String {
    let value = json!({"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [choice]});
    format!("data: {value}\n\n")
}

fn delta(delta: Value) -> String {
    chunk(json!({"index": 0, "delta": delta, "finish_reason": null}))
}

fn call(index: u32, name: &str, arguments: &str) -> String {
    delta(json!({"tool_calls": [{"index": index, "id": format!("call_{index}"), "type": "function",
        "function": {"name": name, "arguments": arguments}}]}))
}

fn more(index: u32, arguments: &str) -> String {
    delta(json!({"tool_calls": [{"index": index, "function": {"arguments": arguments}}]}))
}

fn end() -> String {
    chunk(json!({"index": 0, "delta": {}, "finish_reason": "tool_calls"})) + DONE
}

const DONE: &str = "data: [DONE]\n\n";

fn run(drive: &Drive<'_>, body: &str) -> Driven {
    drive.whole(body.as_bytes())
}

fn names(driven: &Driven) -> Vec<(&str, &str)> {
    driven.calls.iter().map(|call| (call.name.as_str(), call.arguments.as_str())).collect()
}

#[test]
fn joins_the_pieces_of_a_call() {
    let body = call(0, "run", "") + &more(0, r#"{"a""#) + &more(0, "") + &more(0, ":1}") + &end();
    let got = run(&allow(OpenAiChat), &body);
    assert_eq!(names(&got), [("run", r#"{"a":1}"#)]);
    assert_eq!(got.text(), body);
}

#[test]
fn a_name_may_come_later() {
    let first = delta(json!({"tool_calls": [{"index": 0, "id": "x"}]}));
    let second = delta(json!({"tool_calls": [{"index": 0, "function": {"name": "run", "arguments": "{}"}}]}));
    let got = run(&deny(OpenAiChat), &(first + &second + &end()));
    assert_eq!(names(&got), [("run", "{}")]);
    assert!(!got.text().contains("run"));
}

#[test]
fn several_calls_in_one_delta_and_side_by_side() {
    let both = delta(json!({"tool_calls": [
        {"index": 0, "id": "a", "function": {"name": "one", "arguments": "{\"x\""}},
        {"index": 1, "id": "b", "function": {"name": "two", "arguments": ""}}]}));
    let body = both + &more(1, "{}") + &more(0, ":1}") + &end();
    let got = run(&allow(OpenAiChat), &body);
    assert_eq!(names(&got), [("one", "{\"x\":1}"), ("two", "{}")]);
    assert_eq!(got.text(), body);
    let got = run(&Drive { denies: &|number| number == 0, ..allow(OpenAiChat) }, &body);
    let read = parse(&got.bytes, true);
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    assert_eq!(read.calls()[0].arguments, "{}");
    assert_eq!(read.channels["choice 0"].text, DENY);
}

#[test]
fn calls_that_are_left_are_numbered_without_a_gap() {
    let body = call(0, "a", "{}") + &call(1, "b", "{}") + &call(2, "c", "{") + &more(2, "}") + &end();
    for when in [When::AtOnce, When::LastFirst] {
        let got = run(&Drive { when, denies: &|number| number == 1, ..allow(OpenAiChat) }, &body);
        let read = parse(&got.bytes, true);
        assert!(read.problems.is_empty(), "{:?}", read.problems);
        let left: Vec<_> = read.calls().into_iter().map(|call| (call.name, call.arguments)).collect();
        assert_eq!(left, [("a".to_owned(), "{}".to_owned()), ("c".to_owned(), "{}".to_owned())]);
        assert_eq!(read.channels["choice 0"].stop.as_deref(), Some("tool_calls"));
    }
}

#[test]
fn another_id_under_the_same_index_is_another_call() {
    let again = call(0, "two", "{}").replace("call_0", "call_9");
    let got = run(&deny(OpenAiChat), &(call(0, "one", "{}") + &again + &end()));
    assert_eq!(names(&got), [("one", "{}"), ("two", "{}")]);
}

#[test]
fn text_overtakes_a_call_that_waits_and_the_end_does_not() {
    let text = delta(json!({"content": "hello"}));
    let reasoning = delta(json!({"reasoning_content": "hm"}));
    let body = call(0, "run", "{}") + &text + &reasoning + &end();
    let got = run(&Drive { when: When::Never, ..allow(OpenAiChat) }, &body);
    assert_eq!(got.text(), text.clone() + &reasoning);
    let got = run(&Drive { when: When::LastFirst, ..deny(OpenAiChat) }, &body);
    let read = parse(&got.bytes, true);
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    assert_eq!(read.channels["choice 0"].text, format!("hello\n\n{DENY}"));
    assert_eq!(read.channels["choice 0"].stop.as_deref(), Some("stop"));
}

#[test]
fn text_in_the_chunk_of_a_call_stays() {
    let body = delta(json!({"role": "assistant", "content": "let me", "tool_calls": [
        {"index": 0, "id": "a", "function": {"name": "run", "arguments": "{\"k\":\"secret\"}"}}]}))
        + &end();
    let got = run(&deny(OpenAiChat), &body);
    assert_eq!(parse(&got.bytes, true).channels["choice 0"].text, format!("let me\n\n{DENY}"));
    assert!(!got.text().contains("secret") && !got.text().contains("run"));
}

#[test]
fn an_old_style_call_is_gated_and_an_empty_one_passes() {
    let empty = delta(json!({"content": "x", "function_call": {"name": "", "arguments": ""}}));
    let first = delta(json!({"function_call": {"name": "run", "arguments": ""}}));
    let rest = delta(json!({"function_call": {"arguments": "{}"}}));
    let stop = chunk(json!({"index": 0, "delta": {}, "finish_reason": "function_call"}));
    let body = empty.clone() + &first + &rest + &stop + DONE;
    let got = run(&deny(OpenAiChat), &body);
    assert_eq!(names(&got), [("run", "{}")]);
    assert!(got.text().starts_with(&empty));
    let choice = &parse(&got.bytes, true).channels["choice 0"];
    assert_eq!((choice.calls.len(), choice.stop.as_deref()), (0, Some("stop")));
}

#[test]
fn a_custom_tool_is_gated() {
    let body = delta(
        json!({"tool_calls": [{"index": 0, "id": "a", "type": "custom", "custom": {"name": "run", "input": "rm"}}]}),
    ) + &delta(json!({"tool_calls": [{"index": 0, "custom": {"input": " -rf"}}]}))
        + &end();
    let got = run(&deny(OpenAiChat), &body);
    assert_eq!(names(&got), [("run", "rm -rf")]);
    assert!(!got.text().contains("rm"));
}

#[test]
fn choices_are_apart() {
    let of = |choice: u32, text: &str| {
        chunk(json!({"index": choice, "delta": {"tool_calls": [
        {"index": 0, "id": "a", "function": {"name": text, "arguments": "{}"}}]}}))
    };
    let stop = |choice: u32| chunk(json!({"index": choice, "delta": {}, "finish_reason": "tool_calls"}));
    let body = of(0, "one") + &of(1, "two") + &stop(0) + &stop(1) + DONE;
    let got = run(&Drive { denies: &|number| number == 1, ..allow(OpenAiChat) }, &body);
    let read = parse(&got.bytes, true);
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    assert_eq!(read.channels["choice 0"].stop.as_deref(), Some("tool_calls"));
    assert_eq!(read.channels["choice 1"].stop.as_deref(), Some("stop"));
    assert_eq!(read.channels["choice 1"].text, DENY);
}

#[test]
fn sees_through_escapes_and_duplicates() {
    let body = (call(0, "run", "{}") + &end())
        .replace("tool_calls", "to\\u006fl_calls")
        .replace(r#""name":"run""#, r#""name":"look","name":"r\u0075n""#);
    let got = run(&deny(OpenAiChat), &body);
    assert_eq!(names(&got), [("run", "{}")]);
    assert!(got.calls[0].duplicate_members);
    assert!(!got.text().contains("look"));
    assert_eq!(parse(&got.bytes, true).channels["choice 0"].stop.as_deref(), Some("stop"));
}

#[test]
fn a_message_beside_the_delta_is_stripped_too() {
    let entry = json!([{"index": 0, "id": "a", "function": {"name": "run", "arguments": "{}"}}]);
    let body = chunk(json!({"index": 0, "delta": {"tool_calls": entry}, "message": {"tool_calls": entry}}))
        + &chunk(
            json!({"index": 0, "delta": {}, "message": {"tool_calls": entry}, "finish_reason": "tool_calls"}),
        )
        + DONE;
    assert_eq!(run(&allow(OpenAiChat), &body).text(), body);
    let got = run(&deny(OpenAiChat), &body);
    assert_eq!(names(&got), [("run", "{}")]);
    assert!(!got.text().contains("run"), "{}", got.text());
}

#[track_caller]
fn is_invalid(body: &str) {
    let got = run(&allow(OpenAiChat), body);
    assert!(matches!(got.fault, Some(WireFault::Invalid { .. })), "{got:?}");
    assert!(got.drained && got.held == 0);
    assert!(!got.text().contains("late"), "{}", got.text());
}

#[test]
fn what_clients_could_read_differently_is_refused() {
    is_invalid(&(call(0, "run", "{}") + &call(1, "two", "{}") + &more(0, "late") + &end()));
    is_invalid(&(call(0, "run", "") + &call(0, "late", "{}")));
    is_invalid(&(DONE.to_owned() + &call(0, "late", "{}")));
    is_invalid(&delta(json!({"tool_calls": {"0": {"function": {"name": "late"}}}})));
    is_invalid(&delta(json!({"tool_calls": ["late"]})));
    is_invalid(&chunk(json!("late")));
    is_invalid(&delta(
        json!({"tool_calls": [{"index": 0, "function": {"name": "late"}, "custom": {"name": "late"}}]}),
    ));
    let whole = json!([{"index": 0, "id": "a", "function": {"name": "late", "arguments": "{}"}}]);
    let other = json!([{"index": 0, "id": "a", "function": {"name": "late", "arguments": "[]"}}]);
    is_invalid(&chunk(json!({"index": 0, "delta": {"tool_calls": whole}, "message": {"tool_calls": other}})));
    is_invalid("data: {\"choices\":\n\n");
    is_invalid("data: {\"choices\":[{\"delta\":{\"content\":\"\u{0}\"}}]}\n\n");
}

#[test]
fn a_stream_that_ends_inside_a_call_is_refused() {
    is_invalid(&call(0, "late", "{\"a\""));
    is_invalid(&call(0, "late", "{}"));
}

#[test]
fn done_completes_a_call_without_a_finish_reason() {
    let body = call(0, "run", "{}") + DONE;
    assert_eq!(run(&allow(OpenAiChat), &body).text(), body);
    assert!(run(&deny(OpenAiChat), &body).text().ends_with(DONE));
}

#[test]
fn an_error_drops_calls_that_wait() {
    let error = "data: {\"error\":{\"message\":\"overloaded\"}}\n\n";
    let got =
        run(&Drive { when: When::LastFirst, ..allow(OpenAiChat) }, &(call(0, "run", "{}") + error + DONE));
    assert_eq!(got.text(), error.to_owned() + DONE);
    assert!(got.released.is_empty() && got.drained && got.summary.error);
}

#[test]
fn a_plain_completion_keeps_every_other_byte() {
    let body = r#"{ "id":"c", "choices":[ {"index":0,"message":{"role":"assistant", "content" : null , "tool_calls" : [ {"id":"a","type":"function","function":{"name":"run","arguments":"{}"}} ] },"finish_reason" : "tool_calls"} ] }
"#;
    let got = run(&deny(OpenAiChat), body);
    let text = serde_json::Value::from(DENY).to_string();
    let want = body
        .replace(
            r#" , "tool_calls" : [ {"id":"a","type":"function","function":{"name":"run","arguments":"{}"}} ]"#,
            "",
        )
        .replace("null", &text)
        .replace("\"tool_calls\"", "\"stop\"");
    assert_eq!(got.text(), want);
}

#[test]
fn a_plain_completion_takes_the_text_whatever_its_content_is() {
    for (content, want) in [
        (r#""content":"hi","#, format!("hi\n\n{DENY}")),
        (r#""content":[{"type":"text","text":"hi"}],"#, format!("hi\n\n{DENY}")),
        (r#""content":[],"#, DENY.to_owned()),
        (r#""content":null,"#, DENY.to_owned()),
        ("", DENY.to_owned()),
    ] {
        let body = format!(
            r#"{{"choices":[{{"message":{{{content}"tool_calls":[{{"id":"a","function":{{"name":"run","arguments":"{{}}"}}}},{{"id":"b","function":{{"name":"two","arguments":"{{}}"}}}}]}},"finish_reason":"tool_calls"}}]}}"#
        );
        let got = run(&Drive { denies: &|number| number == 0, ..allow(OpenAiChat) }, &body);
        let choice = &parse(&got.bytes, false).channels["choice 0"];
        let expected = if content.contains(":[{") { "hi".to_owned() + &format!("\n\n{DENY}") } else { want };
        assert_eq!(choice.text, expected);
        assert_eq!((choice.calls[0].name.as_str(), choice.stop.as_deref()), ("two", Some("tool_calls")));
    }
}

#[test]
fn what_is_no_completion_passes() {
    for body in [
        r#"{"error":{"message":"x"}}"#,
        r#"{"object":"list","data":[]}"#,
        "{\"choices\":null}",
        ": hi\n\n",
        "data\n\n",
    ] {
        let got = run(&deny(OpenAiChat), body);
        assert_eq!(got.text(), body);
        assert!(got.fault.is_none() && got.drained, "{body}");
    }
}
