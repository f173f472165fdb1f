//! The scripted agent: sends one request and reads the stream as an SDK would.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vigil_bench::wire::{Connection, Route};

/// What the agent speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Anthropic,
    Responses,
    Gemini,
}

impl Dialect {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Anthropic => "Anthropic Messages, streaming",
            Self::Responses => "OpenAI Responses, streaming",
            Self::Gemini => "Gemini, streaming",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Anthropic => "/v1/messages",
            Self::Responses => "/v1/responses",
            Self::Gemini => "/v1beta/models/gemini-demo:streamGenerateContent?alt=sse",
        }
    }

    /// A request with a task for the user to have typed.
    fn request(self, text: &str, tool: &str) -> Value {
        let schema =
            json!({"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]});
        match self {
            Self::Anthropic => json!({
                "model": "claude-demo", "max_tokens": 1024, "stream": true,
                "tools": [{"name": tool, "description": "Runs a shell command", "input_schema": schema}],
                "messages": [{"role": "user", "content": text}],
            }),
            Self::Responses => json!({
                "model": "gpt-demo", "stream": true,
                "tools": [{"type": "function", "name": tool, "parameters": schema, "strict": false}],
                "input": [{"role": "user", "content": text}],
            }),
            Self::Gemini => json!({
                "tools": [{"functionDeclarations": [{"name": tool, "parameters": schema}]}],
                "contents": [{"role": "user", "parts": [{"text": text}]}],
            }),
        }
    }

    /// What one event of the stream means to an agent.
    fn heard(self, event: &Value) -> Option<Heard> {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        match self {
            Self::Anthropic => {
                if let Some(text) = text("/delta/text") {
                    return Some(Heard::Text(text));
                }
                let block = event.get("content_block")?;
                (block.get("type")? == "tool_use")
                    .then(|| Heard::Call(text("/content_block/name").unwrap_or_default()))
            }
            Self::Responses => match event.get("type")?.as_str()? {
                "response.output_text.delta" => text("/delta").map(Heard::Text),
                "response.output_item.done" if event.pointer("/item/type")? == "function_call" => {
                    text("/item/name").map(Heard::Call)
                }
                _ => None,
            },
            Self::Gemini => {
                let part = event.pointer("/candidates/0/content/parts/0")?;
                if part.get("functionCall").is_some() {
                    return text("/candidates/0/content/parts/0/functionCall/name").map(Heard::Call);
                }
                text("/candidates/0/content/parts/0/text").filter(|text| !text.is_empty()).map(Heard::Text)
            }
        }
    }
}

/// What the agent makes of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Text(String),
    /// A tool call, by its name: the agent would run it now.
    Call(String),
}

/// Sends the request, with a script for the simulator to play, and hands over what is heard, with the time since the request was sent.
pub(crate) async fn ask(
    route: &Route,
    dialect: Dialect,
    (task, script, tool): (&str, &str, &str),
    mut hear: impl FnMut(Heard, Duration),
) -> anyhow::Result<()> {
    let mut connection = Connection::open(route).await?;
    let body = dialect.request(task, tool).to_string();
    let script = serde_json::to_string(script)?;
    let sent = Instant::now();
    connection
        .post(
            &route.host,
            dialect.path(),
            &[("User-Agent", "demo-agent/1.0"), ("X-Sim-Script", &script)],
            body.as_bytes(),
        )
        .await?;
    let mut waiting = Vec::new();
    let head = connection
        .receive(|piece, at| {
            waiting.extend_from_slice(piece);
            while let Some(end) = waiting.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = waiting.drain(..=end).collect();
                let data = line.strip_prefix(b"data: ").and_then(|data| serde_json::from_slice(data).ok());
                if let Some(heard) = data.and_then(|event: Value| dialect.heard(&event)) {
                    hear(heard, at.duration_since(sent));
                }
            }
        })
        .await?;
    anyhow::ensure!(head.status == 200, "the provider answered with status {}", head.status);
    Ok(())
}
