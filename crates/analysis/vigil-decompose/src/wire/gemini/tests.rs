//! Traps of the format, each as small as it can be.

use vigil_core::wire::{ReaderOutput, WireFault, WireFormat};

use crate::wire::played::{DENIED, Played, play};

fn released(body: &str) -> Played {
    let played = play(WireFormat::Gemini, body, &[]);
    if played.fault.is_none() {
        assert_eq!(played.text, body);
        assert_eq!(played.released.len(), played.calls.len());
    }
    played
}

/// Plays it with all calls denied: nothing of the calls may be left.
fn denied(body: &str) -> Played {
    let played = play(WireFormat::Gemini, body, &[0, 1, 2, 3]);
    for trace in ["functionCall", "delete_file", "secret", "partialArgs", "SIGNATURE"] {
        assert!(!played.text.contains(trace), "{trace} in {}", played.text);
    }
    assert_eq!(played.released, []);
    played
}

/// A chunk with these parts.
fn chunk(parts: &str) -> String {
    format!(r#"{{"candidates":[{{"content":{{"parts":[{parts}],"role":"model"}}}}],"responseId":"r"}}"#)
}

fn last(parts: &str) -> String {
    chunk(parts).replace(r#""role":"model"}"#, r#""role":"model"},"finishReason":"STOP""#)
}

fn events(chunks: &[&str]) -> String {
    chunks.iter().map(|chunk| format!("data: {chunk}\r\n\r\n")).collect()
}

fn array(chunks: &[&str]) -> String {
    format!("[{}\n]\n", chunks.join("\n,\r\n"))
}

const CALL: &str =
    r#"{"functionCall":{"name":"delete_file","args":{"path":"/secret"}},"thoughtSignature":"SIGNATURE"}"#;
const TEXT: &str = r#"{"text":"hi"}"#;
const BEGIN: &str = r#"{"functionCall":{"name":"delete_file","willContinue":true}}"#;
const PIECE: &str = r#"{"functionCall":{"partialArgs":[{"jsonPath":"$.path","stringValue":"/sec","willContinue":true}],"willContinue":true}}"#;
const PIECE_2: &str =
    r#"{"functionCall":{"partialArgs":[{"jsonPath":"$.path","stringValue":"ret"}],"willContinue":true}}"#;
const CLOSE: &str = r#"{"functionCall":{}}"#;

const ASKED: [(&str, &str); 1] = [("delete_file", r#"{"path":"/secret"}"#)];

#[test]
fn a_call_is_released_as_it_came_or_becomes_a_text_part() {
    for body in [events(&[&chunk(TEXT), &last(CALL)]), array(&[&chunk(TEXT), &last(CALL)]), last(CALL)] {
        let played = released(&body);
        assert_eq!(played.asked(), ASKED);
        assert_eq!((played.calls[0].id.as_deref(), played.calls[0].duplicate_members), (None, false));
        assert_eq!(played.summary.stop_reasons, ["STOP"]);
        let played = denied(&body);
        assert_eq!(played.text, body.replace(CALL, r#"{"text":"Not \"allowed\"."}"#));
    }
}

#[test]
fn a_chunk_with_text_and_calls_changes_only_where_a_call_is_denied() {
    let parts = format!("{TEXT},{CALL} , {}", CALL.replace("delete_file", "list").replace("secret", "home"));
    let body = events(&[&last(&parts)]);
    assert_eq!(released(&body).calls.len(), 2);
    let played = play(WireFormat::Gemini, &body, &[0]);
    assert!(played.text.contains(TEXT) && played.text.contains("/home") && !played.text.contains("/secret"));
    assert_eq!(played.released.len(), 1);
}

#[test]
fn pieces_are_one_call() {
    for body in [
        events(&[&chunk(BEGIN), &chunk(PIECE), &chunk(PIECE_2), &chunk(CLOSE), &last(TEXT)]),
        array(&[&chunk(BEGIN), &chunk(PIECE), &chunk(PIECE_2), &last(CLOSE)]),
        last(&[BEGIN, PIECE, PIECE_2, CLOSE].join(",")),
    ] {
        assert_eq!(released(&body).asked(), ASKED);
        let played = denied(&body);
        assert_eq!(played.text.matches(DENIED.split('"').next().unwrap()).count(), 1);
        let values = played.text.lines().filter_map(|line| line.strip_prefix("data: "));
        for value in values {
            serde_json::from_str::<serde_json::Value>(value).unwrap();
        }
    }
}

#[test]
fn a_call_without_an_end_mark_ends_with_the_next_part_or_the_reason_to_stop() {
    for parts in [[PIECE_2, TEXT], [PIECE_2, BEGIN]] {
        let body = events(&[
            &chunk(BEGIN),
            &chunk(PIECE),
            &chunk(parts[0]),
            &chunk(parts[1]),
            &last(r#"{"text":""}"#),
        ]);
        assert_eq!(released(&body).asked()[0], ASKED[0]);
        denied(&body);
    }
    let body = events(&[&chunk(BEGIN), &chunk(PIECE), &last(PIECE_2)]);
    assert_eq!(released(&body).asked(), ASKED);
    denied(&body);
}

#[test]
fn a_reply_that_ends_inside_a_call_releases_nothing_of_it() {
    for body in [events(&[&chunk(TEXT), &chunk(BEGIN), &chunk(PIECE)]), chunk(&[BEGIN, PIECE].join(","))] {
        let played = denied(&body);
        assert!(matches!(played.fault, Some(WireFault::Invalid { .. })));
        assert_eq!(played.calls, []);
    }
}

#[test]
fn candidates_have_calls_of_their_own() {
    let two = |first: &str, second: &str| {
        format!(
            r#"{{"candidates":[{{"content":{{"parts":[{first}]}},"index":0}},{{"content":{{"parts":[{second}]}},"index":1}}]}}"#
        )
    };
    let end = r#"{"candidates":[{"index":1,"finishReason":"STOP"},{"finishReason":"MAX_TOKENS","index":0}]}"#;
    let body =
        events(&[&two(BEGIN, TEXT), &two(PIECE, BEGIN), &two(PIECE_2, PIECE), &two(CLOSE, PIECE_2), end]);
    let played = released(&body);
    assert_eq!(played.asked(), [ASKED[0], ASKED[0]]);
    assert_eq!(played.summary.stop_reasons, ["MAX_TOKENS", "STOP"]);
    denied(&body);
}

#[test]
fn text_waits_only_behind_a_call_that_is_not_answered() {
    let body = events(&[&chunk(TEXT), &chunk(CALL), &last(TEXT)]);
    let mut reader = super::stream(1 << 20);
    let mut out = ReaderOutput::default();
    reader.push(body.as_bytes(), &mut out);
    assert_eq!(String::from_utf8_lossy(&out.bytes), events(&[&chunk(TEXT)]));
    assert_eq!(out.calls.len(), 1);
    assert_eq!(released(&body).summary.text.unwrap().length, 4);
}

#[test]
fn the_last_event_needs_no_blank_line() {
    for body in
        [events(&[&chunk(TEXT), &last(CALL)]).trim_end(), events(&[&last(CALL), &chunk(TEXT)]).trim_end()]
    {
        assert_eq!(released(body).asked(), ASKED);
        denied(body);
    }
    let cut = &events(&[&last(CALL)])[..60];
    assert!(denied(cut).fault.is_some());
}

#[test]
fn names_are_seen_however_they_are_spelled() {
    let body = last(CALL).replace("functionCall", "\\u0066unctionCall").replace("parts", "p\\u0061rts");
    assert_eq!(released(&body).asked(), ASKED);
    assert!(!denied(&body).text.contains("\\u0066"));
}

#[test]
fn the_last_of_repeated_members_counts_and_calls_in_the_others_are_held_too() {
    let body = last(CALL).replace(r#""name":"#, r#""name":"read_clock","name":"#);
    let played = released(&body);
    assert_eq!(played.asked(), ASKED);
    assert!(played.calls[0].duplicate_members);
    denied(&body);
    for member in ["parts", "content", "candidates"] {
        let value = if member == "content" { "{}" } else { "[]" };
        let body = last(CALL);
        let open = format!("\"{member}\":");
        let (before, after) = body.split_once(&open).unwrap();
        let close = after
            .rfind(if member == "candidates" {
                ",\"responseId"
            } else if member == "content" {
                ",\"finish"
            } else {
                ",\"role"
            })
            .unwrap();
        let body = format!("{before}{open}{},{open}{value}{}", &after[..close], &after[close..]);
        serde_json::from_str::<serde_json::Value>(&body).unwrap();
        let played = denied(&body);
        assert!(played.calls[0].duplicate_members, "{body}");
    }
}

#[test]
fn what_else_may_spell_a_denied_call_goes_with_it() {
    let extra = r#""finishReason":"STOP","finishMessage":"Called delete_file.","logprobsResult":{"chosenCandidates":[{"token":"secret"}]}"#;
    let body = events(&[&chunk(CALL), &last(TEXT).replace(r#""finishReason":"STOP""#, extra)]);
    assert_eq!(released(&body).calls.len(), 1);
    let played = denied(&body);
    assert!(played.text.contains(r#""finishReason":"STOP""#));
}

#[test]
fn a_host_may_wrap_the_chunks() {
    let body = events(&[&format!(r#"{{"response":{},"traceId":"t"}}"#, last(CALL))]);
    assert_eq!(released(&body).asked(), ASKED);
    denied(&body);
}

#[test]
fn what_the_provider_runs_passes_and_is_on_record() {
    let body = last(
        r#"{"executableCode":{"language":"PYTHON","code":"1","id":"e"}},{"codeExecutionResult":{"output":"1"}},{"toolCall":{"toolType":"SEARCH","args":{"q":1},"id":"t"}}"#,
    );
    let played = released(&body);
    assert_eq!(played.calls, []);
    let ran: Vec<_> = played
        .summary
        .server_calls
        .iter()
        .map(|c| (c.name.as_str(), c.arguments.as_str(), c.id.as_deref()))
        .collect();
    assert_eq!(
        ran,
        [
            ("code_execution", r#"{"language":"PYTHON","code":"1","id":"e"}"#, Some("e")),
            ("SEARCH", r#"{"q":1}"#, Some("t"))
        ]
    );
}

#[test]
fn an_odd_call_is_still_a_call() {
    for (part, name, arguments) in [
        (r#"{"functionCall":{}}"#, "", "{}"),
        (r#"{"functionCall":"x"}"#, "", "{}"),
        (r#"{"functionCall":{"name":"f"}}"#, "f", "{}"),
        (r#"{"functionCall":{"name":"f","args":null}}"#, "f", "{}"),
        (r#"{"functionCall":{"name":"f","args":[1]},"text":"x"}"#, "f", "[1]"),
    ] {
        let played = released(&last(part));
        assert_eq!(played.asked(), [(name, arguments)], "{part}");
        denied(&last(part));
    }
    assert_eq!(released(&last(r#"{"functionCall":null,"text":"x"}"#)).calls, []);
}

#[test]
fn values_of_another_shape_pass() {
    for body in [
        "{}",
        "[]",
        "[{}]",
        r#"{"error":{"code":400}}"#,
        r#"{"models":[]}"#,
        "data: {}\n\n",
        ": x\n\n",
        "data: []\n\n",
    ] {
        let played = released(body);
        assert_eq!((played.calls.len(), played.fault), (0, None), "{body}");
    }
    assert!(released(r#"[{"error":{"code":400}}]"#).summary.error);
    let blocked = released(r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#);
    assert_eq!(blocked.summary.stop_reasons, ["blocked:SAFETY"]);
}

#[test]
fn what_is_not_json_is_a_fault() {
    for body in ["data: {\r\n\r\n", "{\"candidates\":[}", "[{}", "[{} {}]", "[{}]]"] {
        assert!(matches!(released(body).fault, Some(WireFault::Invalid { format: "gemini", .. })), "{body}");
    }
    let path = PIECE.replace("$.path", "$.p[4000000000]");
    let body = events(&[&chunk(BEGIN), &chunk(&path), &last(CLOSE)]);
    assert!(denied(&body).fault.is_some());
}

/// What keeps a waiting client alive: Google's own clients do not know comments.
#[test]
fn a_waiting_client_gets_an_event_without_lines() {
    let mut reader = super::stream(1 << 20);
    reader.push(events(&[&chunk(r#"{"text":"a"}"#)]).as_bytes(), &mut ReaderOutput::default());
    assert_eq!(reader.keep_alive(), b"\r\n\r\n");
    assert_eq!(super::array(1 << 20).keep_alive(), b"");
}
