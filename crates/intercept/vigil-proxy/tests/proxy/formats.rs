//! A wire format of lines, small enough to be seen through.
//!
//! ```text
//! text of the assistant
//! call NAME ARGUMENTS      waits for an answer; what follows it waits too
//! fault                    cannot be read on
//! ```

use vigil_core::CallNumber;
use vigil_core::wire::*;

pub(crate) struct Lines;

impl WireFormats for Lines {
    fn endpoint(&self, _: ProviderFormat, _: &str, path: &str) -> Endpoint {
        match path {
            path if path.starts_with("/chat") => Endpoint::Gated(WireFormat::OpenAiChat),
            path if path.starts_with("/models") => Endpoint::NoCalls,
            _ => Endpoint::Unknown,
        }
    }
    fn request_scan(&self, _: WireFormat) -> Box<dyn RequestScan> {
        Box::new(Scan(Vec::new()))
    }
    fn reply_reader(&self, _: WireFormat) -> Box<dyn ReplyReader> {
        Box::new(Reader::default())
    }
}

struct Scan(Vec<u8>);

impl RequestScan for Scan {
    fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
    fn may_carry_calls(&mut self) -> bool {
        self.0.is_empty() || String::from_utf8_lossy(&self.0).contains("tools")
    }
}

enum Held {
    Line(Vec<u8>),
    Call { number: CallNumber, line: Vec<u8>, answer: Option<Answer> },
}

#[derive(Default)]
struct Reader {
    partial: Vec<u8>,
    held: std::collections::VecDeque<Held>,
    calls: u32,
    ended: bool,
}

impl Reader {
    fn line(&mut self, line: Vec<u8>, out: &mut ReaderOutput) {
        let text = String::from_utf8_lossy(&line).into_owned();
        if text == "fault\n" {
            out.fault = Some(WireFault::Invalid { format: "lines", what: "a fault".to_owned() });
        } else if let Some(call) = text.strip_prefix("call ") {
            let number = CallNumber(self.calls);
            self.calls += 1;
            let (name, arguments) = call.trim_end().split_once(' ').unwrap_or((call.trim_end(), ""));
            out.calls.push(WireCall {
                number,
                id: None,
                name: name.to_owned(),
                arguments: arguments.to_owned(),
                kind: CallKind::Client,
                duplicate_members: false,
            });
            self.held.push_back(Held::Call { number, line, answer: None });
        } else if self.held.is_empty() {
            out.bytes.extend_from_slice(&line);
        } else {
            self.held.push_back(Held::Line(line));
        }
    }

    fn let_go(&mut self, out: &mut ReaderOutput) {
        while let Some(first) = self.held.pop_front() {
            match first {
                Held::Line(line) => out.bytes.extend_from_slice(&line),
                Held::Call { number, line, answer: Some(Answer::Release) } => {
                    out.bytes.extend_from_slice(&line);
                    out.released.push(number);
                }
                Held::Call { answer: Some(Answer::Replace(text)), .. } => {
                    out.bytes.extend_from_slice(format!("told {text}\n").as_bytes());
                }
                waiting => return self.held.push_front(waiting),
            }
        }
    }
}

impl ReplyReader for Reader {
    fn push(&mut self, bytes: &[u8], out: &mut ReaderOutput) {
        for &byte in bytes {
            self.partial.push(byte);
            if byte == b'\n' {
                let line = std::mem::take(&mut self.partial);
                self.line(line, out);
            }
        }
    }
    fn end(&mut self, complete: bool, out: &mut ReaderOutput) {
        self.ended = true;
        if complete && !self.partial.is_empty() {
            let line = std::mem::take(&mut self.partial);
            if self.held.is_empty() { out.bytes.extend(line) } else { self.held.push_back(Held::Line(line)) }
        }
    }
    fn answer(&mut self, call: CallNumber, answer: &Answer, out: &mut ReaderOutput) {
        for held in &mut self.held {
            if let Held::Call { number, answer: slot, .. } = held
                && *number == call
            {
                *slot = Some(answer.clone());
            }
        }
        self.let_go(out);
    }
    fn is_drained(&self) -> bool {
        self.ended && self.held.is_empty()
    }
    fn keep_alive(&self) -> &'static [u8] {
        b"...\n"
    }
    fn held_bytes(&self) -> usize {
        self.partial.len()
            + self
                .held
                .iter()
                .map(|held| match held {
                    Held::Line(line) | Held::Call { line, .. } => line.len(),
                })
                .sum::<usize>()
    }
    fn summary(&self) -> ReplySummary {
        ReplySummary { protocol: "lines", ..ReplySummary::default() }
    }
}
