//! Requests as a coding agent sends them: the whole conversation on every turn, tools declared.

use std::fmt::Write as _;

/// A conversation that grows. Two with different seeds share no message.
pub(crate) struct Conversation {
    seed: u64,
    random: u64,
    /// The messages as JSON, with commas between.
    messages: String,
    turns: u32,
}

/// A request that is ready to be written again and again.
pub(crate) struct Request {
    bytes: Vec<u8>,
    /// Where its number stands: eight digits in its last message.
    number_at: usize,
    number: u32,
}

impl Conversation {
    /// A conversation whose request body has exactly `bytes` bytes, or as few as a conversation can have.
    pub(crate) fn sized(seed: u64, bytes: usize) -> Self {
        const LARGEST_TURN: usize = 16 << 10;
        let random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut conversation = Self { seed, random, messages: String::new(), turns: 0 };
        let mut left = bytes.saturating_sub(conversation.body().len());
        while left >= 2 * LARGEST_TURN {
            conversation.grow(LARGEST_TURN);
            left -= LARGEST_TURN;
        }
        conversation.grow(left);
        conversation
    }

    /// Adds a turn of `bytes` bytes: the agent's call of a tool, and what the tool gave.
    pub(crate) fn grow(&mut self, bytes: usize) {
        let before = self.messages.len();
        let (seed, turn) = (self.seed, self.turns);
        self.turns += 1;
        let call = format!("toolu_{seed:010x}{turn:06x}");
        let question = if turn == 0 {
            format!(r#"{{"role":"user","content":"Please find out why test {seed} fails."}}"#)
        } else {
            String::new()
        };
        self.messages.push_str(&question);
        // Writing to a string does not fail.
        let _written = write!(
            self.messages,
            concat!(
                r#",{{"role":"assistant","content":[{{"type":"text","text":"I look at part {0}."}},"#,
                r#"{{"type":"tool_use","id":"{1}","name":"Read","input":{{"file_path":"/work/src/part_{0}.rs"}}}}]}},"#,
                r#"{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"{1}","content":"{2:08} "#,
            ),
            turn, call, 0
        );
        const END: &str = r#""}]}"#;
        let prose = bytes.saturating_sub(self.messages.len() - before + END.len());
        self.prose(prose);
        self.messages.push_str(END);
    }

    /// The request of this turn. `wanted` is what the upstream is to answer.
    pub(crate) fn request(&self, host: &str, wanted: &str) -> Request {
        let body = self.body();
        let mut text = format!(
            "POST /v1/messages HTTP/1.1\r\nHost: {host}\r\nUser-Agent: claude-cli/2.0.0 (external, cli)\r\n\
             Accept: application/json\r\nContent-Type: application/json\r\nanthropic-version: 2023-06-01\r\n\
             x-api-key: sk-ant-bench\r\nx-bench: {wanted}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        text.push_str(&body);
        const BEFORE_NUMBER: &str = r#""content":""#;
        let number_at = text.rfind(BEFORE_NUMBER).map_or(text.len(), |at| at + BEFORE_NUMBER.len());
        Request { bytes: text.into_bytes(), number_at, number: 0 }
    }

    fn body(&self) -> String {
        let (seed, messages) = (self.seed, &self.messages);
        format!(
            concat!(
                r#"{{"model":"claude-sonnet-4-5","max_tokens":32000,"stream":true,"#,
                r#""system":[{{"type":"text","text":"You are a coding agent. Work in /work.","cache_control":{{"type":"ephemeral"}}}}],"#,
                r#""metadata":{{"user_id":"user_bench_account__session_{:08x}-0000-4000-8000-000000000000"}},"#,
                r#""tools":{},"messages":[{}]}}"#,
            ),
            seed, TOOLS, messages
        )
    }

    /// Text of exactly this many bytes, with the escapes that code has in JSON.
    fn prose(&mut self, bytes: usize) {
        const WORDS: [&str; 16] = [
            "fn ",
            "let value = ",
            "match state ",
            "{\\n    ",
            "}\\n",
            "\\\"text\\\"",
            "return Ok(())",
            ";\\n",
            "the gate ",
            "record.append(",
            ") ",
            "// as it came\\n",
            "use std::path ",
            "01fa29c ",
            "\\t",
            "Größe ",
        ];
        let end = self.messages.len() + bytes;
        loop {
            // xorshift64: any sequence will do, if it is the same each time.
            self.random ^= self.random << 13;
            self.random ^= self.random >> 7;
            self.random ^= self.random << 17;
            let word = WORDS.get((self.random % 16) as usize).copied().unwrap_or_default();
            if self.messages.len() + word.len() > end {
                break;
            }
            self.messages.push_str(word);
        }
        self.messages.extend(std::iter::repeat_n('x', end.saturating_sub(self.messages.len())));
    }
}

impl Request {
    /// The request, other than before in its last message, as no agent sends the same twice.
    pub(crate) fn next(&mut self) -> &[u8] {
        self.number = (self.number + 1) % 100_000_000;
        let digits = format!("{:08}", self.number);
        if let Some(place) = self.bytes.get_mut(self.number_at..self.number_at + digits.len()) {
            place.copy_from_slice(digits.as_bytes());
        }
        &self.bytes
    }
}

const TOOLS: &str = concat!(
    r#"[{"name":"Bash","description":"Runs a command in a shell and returns what it printed.","#,
    r#""input_schema":{"type":"object","properties":{"command":{"type":"string"},"timeout":{"type":"number"},"#,
    r#""description":{"type":"string"}},"required":["command"]}},"#,
    r#"{"name":"Read","description":"Reads a file.","input_schema":{"type":"object","properties":"#,
    r#"{"file_path":{"type":"string"},"offset":{"type":"number"},"limit":{"type":"number"}},"required":["file_path"]}},"#,
    r#"{"name":"Edit","description":"Replaces a text in a file.","input_schema":{"type":"object","properties":"#,
    r#"{"file_path":{"type":"string"},"old_string":{"type":"string"},"new_string":{"type":"string"}},"#,
    r#""required":["file_path","old_string","new_string"]}}]"#,
);

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn body(request: &[u8]) -> &[u8] {
        let end = request.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        &request[end + 4..]
    }

    #[test]
    fn a_body_is_json_of_the_size_asked_for() {
        for bytes in [2048, 10 << 10, 200 << 10, 1 << 20] {
            let mut request = Conversation::sized(7, bytes).request("api.example", "json");
            let body = body(request.next());
            assert_eq!(body.len(), bytes);
            let value: Value = serde_json::from_slice(body).unwrap();
            assert_eq!(value["tools"][0]["name"], "Bash");
            assert!(value["messages"].as_array().unwrap().len() >= 3);
        }
    }

    #[test]
    fn a_turn_adds_what_it_says_and_keeps_what_was() {
        let mut conversation = Conversation::sized(7, 10 << 10);
        let before = conversation.messages.clone();
        conversation.grow(4096);
        assert_eq!(conversation.messages.len(), before.len() + 4096);
        assert!(conversation.messages.starts_with(&before));
        assert!(serde_json::from_str::<Value>(&conversation.body()).is_ok());
    }

    #[test]
    fn two_requests_differ_in_the_last_message_alone() {
        let mut request = Conversation::sized(7, 40 << 10).request("api.example", "json");
        let first: Value = serde_json::from_slice(body(request.next())).unwrap();
        let second: Value = serde_json::from_slice(body(request.next())).unwrap();
        let messages = |value: &Value| value["messages"].as_array().unwrap().clone();
        let (first, second) = (messages(&first), messages(&second));
        let last = first.len() - 1;
        assert_eq!(first[..last], second[..last]);
        assert_ne!(first[last], second[last]);
    }
}
