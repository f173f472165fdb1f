//! Recorded traffic and sessions through the request readers and the shell decomposer.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests: what is missing fails the test, and the figures are printed for people"
)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde_json::Value;
use vigil_core::wire::{CallKind, WireCall, WireFormat};
use vigil_core::{CallNumber, Verb};
use vigil_decompose::{Conversation, decompose, read_request};

fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared").join(name);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
    }
    path.exists().then_some(path)
}

fn call(name: &str, arguments: String) -> WireCall {
    WireCall {
        number: CallNumber(0),
        id: None,
        name: name.to_owned(),
        arguments,
        kind: CallKind::Client,
        duplicate_members: false,
    }
}

/// The text a person typed, as a second reader finds it: the last content of the role `user`.
fn expected_user_text(format: WireFormat, body: &Value) -> Option<String> {
    let list = match format {
        WireFormat::AnthropicMessages | WireFormat::OpenAiChat => "messages",
        WireFormat::OpenAiResponses => "input",
        WireFormat::Gemini => "contents",
    };
    if let Some(text) = body.get(list)?.as_str() {
        return Some(text.to_owned());
    }
    let message = body.get(list)?.as_array()?.iter().rev().find(|message| message["role"] == "user")?;
    let content = message.get("content").or_else(|| message.get("parts"))?;
    match content {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => parts.iter().find_map(|part| part.get("text")?.as_str().map(str::to_owned)),
        _ => None,
    }
}

#[test]
fn finds_the_users_text_in_every_recorded_request() {
    let Some(root) = shared("wire-corpus") else { return };
    let (mut read, mut unreadable, mut found, mut missed) = (0, 0, 0, Vec::new());
    for provider in std::fs::read_dir(root).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
        for file in std::fs::read_dir(provider.path()).unwrap().flatten() {
            let Ok(text) = std::fs::read_to_string(file.path()) else { continue };
            let Ok(exchange) = serde_json::from_str::<Value>(&text) else { continue };
            let format = match exchange["api"].as_str().unwrap_or_default() {
                "anthropic.messages" => WireFormat::AnthropicMessages,
                "openai.responses" | "azure.responses" | "xai.responses" | "openrouter.responses" => {
                    WireFormat::OpenAiResponses
                }
                api if api.ends_with("enerateContent") => WireFormat::Gemini,
                api if api.ends_with(".chat")
                    && !api.starts_with("cohere")
                    && !api.starts_with("ollama.api") =>
                {
                    WireFormat::OpenAiChat
                }
                _ => continue,
            };
            let Some(body) = exchange["request"]["body_text"].as_str().filter(|text| !text.is_empty()) else {
                continue;
            };
            let Ok(value) = serde_json::from_str::<Value>(body) else { continue };
            let Some(conversation) = read_request(format, body.as_bytes()) else {
                unreadable += 1;
                continue;
            };
            read += 1;
            let Some(expected) = expected_user_text(format, &value).filter(|text| !text.trim().is_empty())
            else {
                continue;
            };
            match conversation.user_text().contains(&expected.to_ascii_lowercase()) {
                true => found += 1,
                false => missed.push(file.path()),
            }
        }
    }
    println!(
        "{read} requests read, {unreadable} not, user text found in {found}, missed in {}: {missed:?}",
        missed.len()
    );
    assert!(read > 500 && unreadable == 0, "{unreadable} of {read} could not be read");
    assert!(missed.len() * 50 < found, "{missed:?}");
}

#[test]
fn parses_the_shell_of_recorded_sessions() {
    let Some(path) = shared("traces/train-mini-swe-agent.jsonl.zst") else { return };
    let reader = BufReader::new(zstd::Decoder::new(std::fs::File::open(path).unwrap()).unwrap());
    let (mut calls, mut failed, mut unknown, mut sessions) = (0u32, 0u32, 0u32, 0u32);
    let mut programs = std::collections::BTreeMap::<String, u32>::new();
    // A quarter of the sessions: an unoptimised build should not keep anybody waiting.
    for line in reader.lines().map_while(Result::ok).step_by(4) {
        let session: Value = serde_json::from_str(&line).unwrap();
        sessions += 1;
        let mut conversation = Conversation::new();
        conversation.set_working_directory("/testbed");
        for step in session["steps"].as_array().into_iter().flatten() {
            for recorded in step["tool_calls"].as_array().into_iter().flatten() {
                let action = decompose(&call("bash", recorded["arguments"].to_string()), &conversation);
                calls += 1;
                failed += u32::from(action.remarks.iter().any(|remark| remark.starts_with("shell_")));
                for effect in &action.effects {
                    if let (
                        Verb::Execute,
                        vigil_core::Resource::Command(argv),
                        vigil_core::Reversibility::Irreversible,
                    ) = (effect.verb, &effect.resource, effect.reversibility)
                    {
                        unknown += 1;
                        *programs.entry(argv.first().cloned().unwrap_or_default()).or_default() += 1;
                    }
                }
            }
        }
    }
    let mut programs: Vec<_> = programs.into_iter().collect();
    programs.sort_by_key(|(_, count)| core::cmp::Reverse(*count));
    programs.truncate(12);
    println!(
        "{sessions} sessions, {calls} calls, {failed} not parsed, {unknown} unknown programs: {programs:?}"
    );
    assert!(failed * 50 < calls, "{failed} of {calls} could not be parsed");
}

/// Prints how long a request of a megabyte takes, cold and with four kilobytes more. Measured where it is run.
#[test]
fn a_growing_conversation_costs_what_is_new() {
    use std::sync::Arc;
    use vigil_core::message::{AnalysisInput, CapturedBody, ExchangeHead, RequestCaptured};
    use vigil_core::wire::Endpoint;
    use vigil_core::{ExchangeId, Plane, SessionId, Timestamp};
    let body = |turns: usize| {
        let mut text = r#"{"model":"m","messages":[{"role":"user","content":"fix it"}"#.to_owned();
        for turn in 0..turns {
            let line = "some output of a tool with src/lib.rs in it\\n".repeat(22);
            text.push_str(&format!(r#",{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"t","content":"{line}{turn}"}}]}}"#));
        }
        text.push_str(r#"],"stream":true}"#);
        text.into_bytes()
    };
    let request = |number: u64, bytes: Vec<u8>| {
        let head = Arc::new(ExchangeHead {
            exchange: ExchangeId::new(number, 0),
            session: SessionId("s".to_owned()),
            at: Timestamp::default(),
            provider: "anthropic".to_owned(),
            host: "h".to_owned(),
            method: "POST".to_owned(),
            path: "/v1/messages".to_owned(),
            endpoint: Endpoint::Gated(WireFormat::AnthropicMessages),
            client_ref: String::new(),
            agent: String::new(),
            conversation_ref: None,
        });
        let body = CapturedBody { length: bytes.len() as u64, bytes, complete: true, coding: None };
        AnalysisInput::Request(Arc::new(RequestCaptured { head, body }))
    };
    let mut plane = vigil_decompose::Analysis::default();
    let (first, second) = (body(1000), body(1004));
    let sizes = (first.len(), second.len());
    let started = std::time::Instant::now();
    plane.handle(request(1, first), &mut |_| {});
    let (cold, cold_bytes) = (started.elapsed(), plane.parsed_bytes());
    let started = std::time::Instant::now();
    plane.handle(request(2, second), &mut |_| {});
    let (warm, warm_bytes) = (started.elapsed(), plane.parsed_bytes() - cold_bytes);
    println!(
        "bodies of {sizes:?} bytes: cold {cold:?} for {cold_bytes} bytes, then {warm:?} for {warm_bytes} bytes"
    );
    assert!(warm_bytes < 20_000);
}

/// Prints what the recorded sessions ask for that a careful policy would look at: grave effects, and those whose values
/// come from untrusted content.
#[test]
fn counts_grave_effects_of_recorded_sessions() {
    use vigil_core::{Provenance, Reversibility};
    for (name, directory, step) in [
        ("train-mini-swe-agent", "/testbed", 6),
        ("train-agentdojo", "/work", 20),
        ("train-tau-bench", "/work", 4),
    ] {
        let Some(path) = shared(&format!("traces/{name}.jsonl.zst")) else { return };
        let reader = BufReader::new(zstd::Decoder::new(std::fs::File::open(path).unwrap()).unwrap());
        let (mut calls, mut grave, mut tainted) = (0u32, 0u32, 0u32);
        let mut kinds = std::collections::BTreeMap::<String, u32>::new();
        for line in reader.lines().map_while(Result::ok).step_by(step) {
            let session: Value = serde_json::from_str(&line).unwrap();
            if session["label"] != "benign" {
                continue;
            }
            let mut conversation = Conversation::new();
            conversation.set_working_directory(directory);
            conversation.push_user_text(session["user_prompt"].as_str().unwrap_or_default());
            for step in session["steps"].as_array().into_iter().flatten() {
                for recorded in step["tool_calls"].as_array().into_iter().flatten() {
                    let tool = recorded["name"].as_str().unwrap_or_default();
                    let action = decompose(&call(tool, recorded["arguments"].to_string()), &conversation);
                    calls += 1;
                    let bad = |effect: &&vigil_core::Effect| {
                        !matches!(effect.verb, Verb::Read | Verb::Fetch)
                            && (effect.reversibility == Reversibility::Irreversible
                                || effect.magnitude.outward)
                    };
                    grave += u32::from(action.effects.iter().any(|effect| bad(&effect)));
                    if let Some(effect) = action
                        .effects
                        .iter()
                        .filter(bad)
                        .find(|effect| effect.provenance == Provenance::Untrusted)
                    {
                        tainted += 1;
                        *kinds
                            .entry(format!("{tool} {} {}", effect.verb, effect.resource.kind()))
                            .or_default() += 1;
                    }
                    conversation.push_assistant_text(&recorded["arguments"].to_string());
                }
                match step["role"].as_str() {
                    Some("tool") => {
                        conversation.push_tool_result(step["tool_output"].as_str().unwrap_or_default())
                    }
                    Some("user") => conversation.push_user_text(step["text"].as_str().unwrap_or_default()),
                    _ => conversation.push_assistant_text(step["text"].as_str().unwrap_or_default()),
                }
            }
        }
        let mut kinds: Vec<_> = kinds.into_iter().collect();
        kinds.sort_by_key(|(_, count)| core::cmp::Reverse(*count));
        kinds.truncate(8);
        println!("{name}: {calls} calls, {grave} grave, {tainted} of them untrusted: {kinds:?}");
        assert!(calls > 0);
    }
}
