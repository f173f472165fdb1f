//! Recorded exchanges, when they are beside the checkout.

use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use vigil_core::wire::WireFormat;

/// One exchange.
pub struct Recorded {
    pub file: String,
    pub api: String,
    pub method: String,
    pub path: String,
    /// Empty when none was recorded.
    pub request: Vec<u8>,
    pub status: u64,
    pub body: Vec<u8>,
    pub is_stream: bool,
    /// The calls that a client must run, or let the provider run.
    pub calls: Vec<Expected>,
    pub server_calls: Vec<String>,
    pub expected: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    pub name: String,
    pub arguments: Value,
    pub id: Option<String>,
}

impl Recorded {
    /// The format of the reply, by the recorder's own word for the endpoint.
    pub fn format(&self) -> Option<WireFormat> {
        match self.api.split_once('.')? {
            ("anthropic", "messages") => Some(WireFormat::AnthropicMessages),
            (_, "chat" | "openai-chat") => Some(WireFormat::OpenAiChat),
            (_, "responses" | "responses.retrieve") => Some(WireFormat::OpenAiResponses),
            ("gemini" | "vertex", "generateContent" | "streamGenerateContent") => Some(WireFormat::Gemini),
            _ => None,
        }
    }
}

/// All exchanges, or nothing and a word about it when there are none here.
pub fn load() -> Vec<Recorded> {
    let Some(root) = root() else {
        eprintln!("skipped: no `../shared/wire-corpus` beside the workspace");
        return Vec::new();
    };
    let mut files: Vec<_> = list(&root).iter().flat_map(|folder| list(folder)).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let found: Vec<_> = files.iter().filter_map(|path| read(path)).collect();
    assert!(found.len() > 1000, "the corpus has only {} exchanges", found.len());
    found
}

fn root() -> Option<PathBuf> {
    let workspace =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().find(|path| path.join("Cargo.lock").exists())?;
    let root = workspace.parent()?.join("shared/wire-corpus");
    root.is_dir().then_some(root)
}

fn list(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder)
        .map(|found| found.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default()
}

fn read(path: &Path) -> Option<Recorded> {
    let record: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (request, response) = (record.get("request")?, record.get("response")?);
    let api = text(&record["api"]);
    let mut body = bytes(response);
    if response["body_fidelity"] == "sse_payload_lines" {
        body = event_stream(&body, &api);
    }
    let starts_with = |c: u8| body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&c);
    let url = text(&request["url"]);
    let path_part =
        url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()));
    let actions = record["expected_actions"].as_array().cloned().unwrap_or_default();
    Some(Recorded {
        file: format!("{}/{}", path.parent()?.file_name()?.to_str()?, path.file_name()?.to_str()?),
        method: text(&request["method"]),
        path: path_part.unwrap_or_default(),
        request: bytes(request),
        status: response["status"].as_u64()?,
        is_stream: record["expected"]["streaming"] == true && !starts_with(b'{'),
        calls: actions
            .iter()
            .filter(|action| action["kind"] == "tool_call" || action["kind"] == "approval_request")
            .map(|action| Expected {
                name: text(&action["name"]),
                arguments: action["arguments"].clone(),
                id: action["id"].as_str().map(str::to_owned),
            })
            .collect(),
        server_calls: actions
            .iter()
            .filter(|action| action["kind"] == "server_tool_call")
            .map(|action| text(&action["name"]))
            .collect(),
        expected: record["expected"].clone(),
        api,
        body,
    })
}

fn bytes(part: &Value) -> Vec<u8> {
    let raw = match (part["body_text"].as_str(), part["body_b64"].as_str()) {
        (Some(text), _) => text.as_bytes().to_vec(),
        (None, Some(text)) => BASE64_STANDARD.decode(text).unwrap(),
        (None, None) => Vec::new(),
    };
    if raw.starts_with(b"\x1f\x8b") {
        let mut plain = Vec::new();
        flate2::read::MultiGzDecoder::new(raw.as_slice()).read_to_end(&mut plain).unwrap();
        return plain;
    }
    raw
}

/// Recordings that kept only the payloads of a stream get the envelope back.
fn event_stream(lines: &[u8], api: &str) -> Vec<u8> {
    let named = api == "anthropic.messages" || api.ends_with(".responses") || api.ends_with(".retrieve");
    let is_chat = api.ends_with(".chat");
    let mut out = Vec::new();
    for line in lines.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        let kind = serde_json::from_slice::<Value>(line)
            .ok()
            .and_then(|v| Some(v.get("type")?.as_str()?.to_owned()));
        if let Some(kind) = kind.filter(|_| named) {
            out.extend_from_slice(format!("event: {kind}\n").as_bytes());
        }
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line);
        out.extend_from_slice(b"\n\n");
    }
    if is_chat && !out.trim_ascii_end().ends_with(b"[DONE]") {
        out.extend_from_slice(b"data: [DONE]\n\n");
    }
    out
}
