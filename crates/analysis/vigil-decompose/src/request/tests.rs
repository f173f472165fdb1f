use super::*;
use vigil_core::Provenance;

fn sessions() -> Sessions {
    Sessions::new(SessionLimits { sessions: 16, bytes: 32 << 20, decoded_bytes: 16 << 20 })
}

fn body(text: &str) -> Body {
    Body::Decoded(Arc::new(text.as_bytes().to_vec()))
}

#[track_caller]
fn check(format: WireFormat, text: &str, value: &str, expect: Provenance) {
    let conversation = read_request(format, text.as_bytes()).expect("the body can be read");
    assert_eq!(conversation.provenance_of(value), expect, "{value} in {text}");
}

#[test]
fn reads_anthropic() {
    let text = r#"{"model":"m","system":[{"type":"text","text":"Working directory: /w/p\nx"}],"messages":[
        {"role":"user","content":[{"type":"text","text":"look at thing_one"},{"type":"text","text":"<system-reminder>thing_two</system-reminder>"}]},
        {"role":"assistant","content":[{"type":"tool_use","id":"1","name":"Bash","input":{"command":"cat thing_three"}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"thing_four"}]}]}],
        "tools":[{"name":"Bash","input_schema":{"type":"object","properties":{"command":{}}}}]}"#;
    check(WireFormat::AnthropicMessages, text, "thing_one", Provenance::User);
    check(WireFormat::AnthropicMessages, text, "thing_two", Provenance::Untrusted);
    check(WireFormat::AnthropicMessages, text, "thing_three", Provenance::Model);
    check(WireFormat::AnthropicMessages, text, "thing_four", Provenance::Untrusted);
    let conversation = read_request(WireFormat::AnthropicMessages, text.as_bytes()).unwrap();
    assert_eq!(conversation.working_directory(), Some("/w/p"));
    assert_eq!(conversation.tool("Bash").unwrap().parameters, ["command"]);
    assert_eq!(conversation.messages(), 3);
}

#[test]
fn reads_chat() {
    let text = r#"{"messages":[{"role":"system","content":"thing_zero"},{"role":"user","content":"thing_one"},
        {"role":"assistant","content":null,"tool_calls":[{"function":{"name":"f","arguments":"{\"a\":\"thing_two\"}"}}]},
        {"role":"tool","tool_call_id":"1","content":"thing_three"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"properties":{"a":{}}}}}]}"#;
    check(WireFormat::OpenAiChat, text, "thing_zero", Provenance::Model);
    check(WireFormat::OpenAiChat, text, "thing_one", Provenance::User);
    check(WireFormat::OpenAiChat, text, "thing_three", Provenance::Untrusted);
}

#[test]
fn reads_responses() {
    check(WireFormat::OpenAiResponses, r#"{"input":"thing_one"}"#, "thing_one", Provenance::User);
    let text = r#"{"instructions":"x","input":[{"role":"user","content":[{"type":"input_text","text":"thing_one"}]},
        {"type":"message","role":"user","content":[{"type":"input_text","text":"<environment_context>\n<cwd>/w/q</cwd>\n</environment_context>"}]},
        {"type":"function_call","name":"f","arguments":"{\"a\":\"thing_two\"}","call_id":"1"},
        {"type":"function_call_output","call_id":"1","output":"thing_three"}]}"#;
    check(WireFormat::OpenAiResponses, text, "thing_one", Provenance::User);
    check(WireFormat::OpenAiResponses, text, "thing_two", Provenance::Model);
    check(WireFormat::OpenAiResponses, text, "thing_three", Provenance::Untrusted);
    let conversation = read_request(WireFormat::OpenAiResponses, text.as_bytes()).unwrap();
    assert_eq!(conversation.working_directory(), Some("/w/q"));
}

#[test]
fn reads_gemini() {
    let text = r#"{"contents":[{"role":"user","parts":[{"text":"thing_one"}]},
        {"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":"thing_two"}}}]},
        {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"r":"thing_three"}}}]}],
        "tools":[{"functionDeclarations":[{"name":"f","parameters":{"properties":{"a":{}}}}]}]}"#;
    check(WireFormat::Gemini, text, "thing_one", Provenance::User);
    check(WireFormat::Gemini, text, "thing_two", Provenance::Model);
    check(WireFormat::Gemini, text, "thing_three", Provenance::Untrusted);
}

#[test]
fn a_body_that_cannot_be_read_makes_everything_untrusted() {
    for text in [
        "",
        "{",
        "[]",
        "{\"messages\":[{]}",
        "{\"messages\":[],\"messages\":[]}",
        "{\"messages\":[{\"role\":tru}]}",
        "{} x",
    ] {
        let request = sessions().read_body("s", WireFormat::OpenAiChat, body(text));
        assert_eq!(request.conversation.provenance_of("anything"), Provenance::Untrusted, "{text}");
    }
    let request = sessions().read_body(
        "s",
        WireFormat::OpenAiResponses,
        body(r#"{"input":"hello","previous_response_id":"resp_1"}"#),
    );
    assert_eq!(request.conversation_ref.as_deref(), Some("resp_1"));
    assert_eq!(request.conversation.provenance_of("something"), Provenance::Untrusted);
    assert_eq!(request.conversation.provenance_of("hello"), Provenance::User);
}

/// A conversation of `turns` turns of about a kilobyte each, with tools behind it.
pub(crate) fn conversation(turns: usize, marked: bool) -> String {
    let mut text = r#"{"model":"m","messages":[{"role":"user","content":"please fix it"}"#.to_owned();
    for turn in 0..turns {
        text.push_str(&format!(
            r#",{{"role":"assistant","content":[{{"type":"tool_use","id":"t{turn}","name":"Bash","input":{{"command":"ls {turn}"}}}}]}}"#
        ));
        let cache = if marked && turn + 1 == turns { r#","cache_control":{"type":"ephemeral"}"# } else { "" };
        let line = "line of output \\\"quoted\\\" with a path src/lib.rs\\n".repeat(18);
        text.push_str(&format!(
            r#",{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"t{turn}","content":"{line}{turn}"{cache}}}]}}"#
        ));
    }
    text.push_str(r#"],"system":[{"type":"text","text":"Working directory: /w"}],"tools":[{"name":"Bash","description":""#);
    text.push_str(&"d".repeat(50_000));
    text.push_str(r#"","input_schema":{"properties":{"command":{}}}}],"stream":true}"#);
    text
}

#[test]
fn parses_only_what_is_new() {
    let mut sessions = sessions();
    let first = conversation(1000, true);
    sessions.read_body("s", WireFormat::AnthropicMessages, body(&first));
    let cold = sessions.parsed_bytes();
    assert!(cold as usize > first.len(), "a new body is read whole");
    let second = conversation(1004, true);
    let request = sessions.read_body("s", WireFormat::AnthropicMessages, body(&second));
    let warm = sessions.parsed_bytes() - cold;
    assert!(warm < 20_000, "{warm} bytes for a turn of {} in {}", second.len() - first.len(), second.len());
    let alone = read_request(WireFormat::AnthropicMessages, second.as_bytes()).unwrap();
    assert_eq!(request.conversation.transcript(), alone.transcript());
    assert_eq!(request.conversation.working_directory(), Some("/w"));
    assert_eq!(request.conversation.tools().len(), 1);
}

#[test]
fn two_conversations_of_a_session_do_not_push_each_other_out() {
    let mut sessions = sessions();
    let main = conversation(200, false);
    let other = main.replace("please fix it", "search for it");
    for text in [&main, &other] {
        sessions.read_body("s", WireFormat::AnthropicMessages, body(text));
    }
    let before = sessions.parsed_bytes();
    sessions.read_body("s", WireFormat::AnthropicMessages, body(&main));
    sessions.read_body("s", WireFormat::AnthropicMessages, body(&other));
    assert!(sessions.parsed_bytes() - before < 10_000);
}

#[test]
fn keeps_within_its_limits() {
    let mut sessions = Sessions::new(SessionLimits { sessions: 3, bytes: 1 << 20, decoded_bytes: 1 << 20 });
    for at in 0..20 {
        sessions.read_body(&format!("s{at}"), WireFormat::AnthropicMessages, body(&conversation(100, false)));
        assert!(sessions.entries.len() <= 3);
    }
}

proptest::proptest! {
    #[test]
    fn reading_after_another_body_says_the_same(cut in 0usize..4000, turns in 0usize..4, more in 0usize..4, junk in "[a-z{}\\[\\]\",:]{0,6}") {
        let earlier = conversation(turns, true);
        let mut later = conversation(more, false);
        later.replace_range(later.len().min(cut)..later.len().min(cut), &junk);
        let (after, alone) = read_after(WireFormat::AnthropicMessages, earlier.as_bytes(), later.as_bytes());
        proptest::prop_assert_eq!(after, alone);
    }
}
