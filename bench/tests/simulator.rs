//! The simulator and the client, against each other.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

use std::time::Duration;

use serde_json::{Value, json};
use vigil_bench::sim::{Authority, Simulator, SimulatorOptions};
use vigil_bench::wire::{Connection, Route};

async fn ask(path: &str, request: &str) -> (u16, String) {
    let authority = Authority::generate().unwrap();
    let options = SimulatorOptions { pace: Duration::ZERO, http2: false };
    let simulator = Simulator::start(&authority, &["api.example"], options).await.unwrap();
    let route = Route {
        address: simulator.address,
        through_proxy: false,
        host: "api.example".to_owned(),
        port: 443,
        trust: Route::trusting(authority.root_pem()).unwrap(),
    };
    let mut connection = Connection::open(&route).await.unwrap();
    let mut body = Vec::new();
    let mut status = 0;
    // Twice on one connection: what is left of the first reply would spoil the second.
    for _ in 0..2 {
        body.clear();
        connection.post("api.example", path, &[], request.as_bytes()).await.unwrap();
        status = connection.receive(|piece, _| body.extend_from_slice(piece)).await.unwrap().status;
    }
    (status, String::from_utf8(body).unwrap())
}

const PROMPT: &str = "!say Let me look.\n!call Bash {\"command\":\"ls\"}";

#[tokio::test]
async fn anthropic_streams_text_before_the_call() {
    let request = json!({"model": "m", "stream": true, "messages": [{"role": "user", "content": PROMPT}]});
    let (status, body) = ask("/v1/messages", &request.to_string()).await;
    assert_eq!(status, 200);
    assert!(body.find("text_delta").unwrap() < body.find("tool_use").unwrap());
    assert!(body.ends_with("data: {\"type\":\"message_stop\"}\n\n"), "{body}");
}

#[tokio::test]
async fn gemini_streams_one_array_without_sse() {
    let request = json!({"contents": [{"role": "user", "parts": [{"text": PROMPT}]}]});
    let (_, body) = ask("/v1beta/models/g:streamGenerateContent", &request.to_string()).await;
    let chunks: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(chunks[0]["candidates"][0]["content"]["parts"][0]["text"], "Let me");
}

#[tokio::test]
async fn responses_repeat_the_call_at_the_end() {
    let request = json!({"model": "m", "stream": true, "input": PROMPT});
    let (_, body) = ask("/v1/responses", &request.to_string()).await;
    let last = body.lines().rfind(|line| line.starts_with("data: ")).unwrap();
    let last: Value = serde_json::from_str(&last[6..]).unwrap();
    assert_eq!(last["response"]["output"][1]["name"], "Bash");
}

#[tokio::test]
async fn a_request_that_is_no_json_is_refused() {
    assert_eq!(ask("/v1/messages", "{").await.0, 400);
}
