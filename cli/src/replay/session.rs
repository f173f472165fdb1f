//! What a recorded session is: one JSON object on one line.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// One recorded session, as far as a replay needs it. Labels are not read: nothing here may know them.
#[derive(Debug, Deserialize)]
pub(crate) struct Session {
    pub(crate) session_id: String,
    #[serde(default)]
    pub(crate) suite: String,
    #[serde(default)]
    pub(crate) model: Option<String>,
    /// What the user typed first.
    pub(crate) user_prompt: String,
    pub(crate) steps: Vec<Step>,
}

/// One message of a session after the first.
#[derive(Debug, Deserialize)]
#[serde(tag = "role", rename_all = "lowercase")]
pub(crate) enum Step {
    /// The model answers.
    Assistant {
        #[serde(default)]
        text: Option<String>,
        #[serde(default)]
        tool_calls: Option<Vec<RecordedCall>>,
    },
    /// A tool answers.
    Tool {
        #[serde(default)]
        name: Option<String>,
        #[serde(default)]
        tool_output: Option<String>,
    },
    /// The user types again.
    User {
        #[serde(default)]
        text: Option<String>,
    },
}

/// A call as it was recorded.
#[derive(Debug, Deserialize)]
pub(crate) struct RecordedCall {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) arguments: Value,
}

impl RecordedCall {
    /// The arguments as the wire carries them: a text.
    pub(crate) fn arguments_text(&self) -> String {
        match &self.arguments {
            Value::Null => "{}".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// The tools that each suite declares, as the member `tools` of an OpenAI Chat request.
#[derive(Debug, Default)]
pub(crate) struct ToolBox {
    suites: BTreeMap<String, String>,
}

impl ToolBox {
    /// Reads `suites.json`: `{"suites": {NAME: {"tools": [{"name", "description", "parameters"}]}}}`.
    pub(crate) fn parse(bytes: &[u8]) -> serde_json::Result<Self> {
        let file: SuitesFile = serde_json::from_slice(bytes)?;
        let declared = |tools: Vec<Value>| {
            let tools: Vec<Value> = tools
                .into_iter()
                .map(|tool| serde_json::json!({"type": "function", "function": tool}))
                .collect();
            Value::Array(tools).to_string()
        };
        let suites = file.suites.into_iter().map(|(name, suite)| (name, declared(suite.tools))).collect();
        Ok(Self { suites })
    }

    /// The tools of a suite as JSON; none when nobody told.
    pub(crate) fn of(&self, suite: &str) -> &str {
        self.suites.get(suite).map_or("[]", String::as_str)
    }
}

#[derive(Deserialize)]
struct SuitesFile {
    suites: BTreeMap<String, Suite>,
}

#[derive(Deserialize)]
struct Suite {
    #[serde(default)]
    tools: Vec<Value>,
}
