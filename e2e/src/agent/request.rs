//! What an agent asks for.

use serde_json::{Value, json};

/// What an agent speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialect {
    /// Anthropic Messages.
    Anthropic,
    /// OpenAI Chat Completions.
    Chat,
    /// OpenAI Responses.
    Responses,
    /// Gemini `generateContent`.
    Gemini,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Anthropic, Self::Chat, Self::Responses, Self::Gemini];

    /// The host that speaks it.
    pub const fn host(self) -> &'static str {
        match self {
            Self::Anthropic => "api.anthropic.com",
            Self::Chat | Self::Responses => "api.openai.com",
            Self::Gemini => "generativelanguage.googleapis.com",
        }
    }
}

/// One request. Its text tells the simulator what to answer: `!say TEXT` and `!call NAME {json}` lines.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The dialect.
    pub dialect: Dialect,
    /// Whether the reply is streamed.
    pub stream: bool,
    /// What the user said.
    pub text: String,
    /// Between two pieces of the reply.
    pub pace_ms: u64,
    /// Who asks.
    pub user_agent: String,
}

impl Ask {
    /// A streamed Anthropic request for these shell commands, each a call of `Bash`.
    pub fn shell(commands: &[&str]) -> Self {
        let mut text = "!say Working on it.".to_owned();
        for command in commands {
            text.push_str(&format!("\n!call Bash {}", json!({ "command": command })));
        }
        Self {
            dialect: Dialect::Anthropic,
            stream: true,
            text,
            pace_ms: 0,
            user_agent: "e2e-agent/1.0".to_owned(),
        }
    }

    /// The same in another dialect.
    #[must_use]
    pub fn in_dialect(self, dialect: Dialect) -> Self {
        Self { dialect, ..self }
    }

    /// The same, streamed or whole.
    #[must_use]
    pub fn streamed(self, stream: bool) -> Self {
        Self { stream, ..self }
    }

    pub(crate) fn path(&self) -> String {
        match (self.dialect, self.stream) {
            (Dialect::Anthropic, _) => "/v1/messages".to_owned(),
            (Dialect::Chat, _) => "/v1/chat/completions".to_owned(),
            (Dialect::Responses, _) => "/v1/responses".to_owned(),
            (Dialect::Gemini, true) => "/v1beta/models/gemini-e2e:streamGenerateContent?alt=sse".to_owned(),
            (Dialect::Gemini, false) => "/v1beta/models/gemini-e2e:generateContent".to_owned(),
        }
    }

    /// The body of the request.
    pub fn body(&self) -> Value {
        let schema =
            json!({"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]});
        let message = json!([{"role": "user", "content": self.text}]);
        match self.dialect {
            Dialect::Anthropic => json!({
                "model": "claude-e2e", "max_tokens": 1024, "stream": self.stream, "messages": message,
                "tools": [{"name": "Bash", "description": "Runs a command", "input_schema": schema}],
            }),
            Dialect::Chat => json!({
                "model": "gpt-e2e", "stream": self.stream, "messages": message,
                "tools": [{"type": "function", "function": {"name": "Bash", "parameters": schema}}],
            }),
            Dialect::Responses => json!({
                "model": "gpt-e2e", "stream": self.stream, "input": message,
                "tools": [{"type": "function", "name": "Bash", "parameters": schema, "strict": false}],
            }),
            Dialect::Gemini => json!({
                "contents": [{"role": "user", "parts": [{"text": self.text}]}],
                "tools": [{"functionDeclarations": [{"name": "Bash", "parameters": schema}]}],
            }),
        }
    }
}
