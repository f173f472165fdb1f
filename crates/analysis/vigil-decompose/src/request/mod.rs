//! Requests to conversations, at the cost of what is new.
//!
//! A coding agent sends its whole conversation on every turn. [`Sessions`] keeps for each session the last bodies with
//! the places of their messages; of the next body only what lies between the common beginning and the common end is
//! parsed. A body that cannot be read whole makes the conversation unknown: everything in it counts as untrusted.

mod coding;
mod harness;
mod message;
mod outline;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;
use vigil_core::message::RequestCaptured;
use vigil_core::wire::{Endpoint, WireFormat};

use crate::json::Tape;
use crate::provenance::{Conversation, DeclaredTool};
use crate::watch::Utterance;
use outline::Outline;

/// What a request says, beside its conversation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    /// The conversation up to the reply.
    pub(crate) conversation: Arc<Conversation>,
    /// The model it names.
    pub(crate) model: Option<String>,
    /// `previous_response_id` or the conversation's id.
    pub(crate) conversation_ref: Option<String>,
    /// What it says that the request before had not.
    pub(crate) heard: Vec<Utterance>,
}

/// The last bodies of the sessions in use.
#[derive(Debug)]
pub(crate) struct Sessions {
    entries: VecDeque<Entry>,
    limits: SessionLimits,
    parsed_bytes: u64,
}

/// How much is kept between requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionLimits {
    pub(crate) sessions: usize,
    pub(crate) bytes: usize,
    pub(crate) decoded_bytes: usize,
}

/// One body and what was read from it.
#[derive(Debug)]
struct Entry {
    session: String,
    format: WireFormat,
    body: Body,
    outline: Outline,
    request: Request,
}

/// The bytes of a body: the message's own when nothing had to be decoded.
#[derive(Clone, Debug)]
enum Body {
    Captured(Arc<RequestCaptured>),
    Decoded(Arc<Vec<u8>>),
}

impl Body {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Captured(captured) => &captured.body.bytes,
            Self::Decoded(bytes) => bytes,
        }
    }
}

/// A session may hold several conversations: an agent and the agents it hands work to.
const MAX_PER_SESSION: usize = 4;

impl Sessions {
    pub(crate) fn new(limits: SessionLimits) -> Self {
        Self { entries: VecDeque::new(), limits, parsed_bytes: 0 }
    }

    /// How many bytes of bodies were looked at byte by byte since the start.
    pub(crate) fn parsed_bytes(&self) -> u64 {
        self.parsed_bytes
    }

    /// Reads a request.
    pub(crate) fn read(&mut self, captured: &Arc<RequestCaptured>) -> Request {
        let Endpoint::Gated(format) = captured.head.endpoint else { return Request::unknown() };
        if !captured.body.complete {
            return Request::unknown();
        }
        let body = match captured.body.coding.as_deref() {
            None | Some("" | "identity") => Body::Captured(Arc::clone(captured)),
            Some(coding) => match coding::decode(&captured.body.bytes, coding, self.limits.decoded_bytes) {
                Some(bytes) => {
                    self.parsed_bytes += captured.body.bytes.len() as u64;
                    Body::Decoded(Arc::new(bytes))
                }
                None => return Request::unknown(),
            },
        };
        self.read_body(&captured.head.session.0, format, body)
    }

    fn read_body(&mut self, session: &str, format: WireFormat, body: Body) -> Request {
        let earlier = self.closest(session, format, body.bytes());
        let (mut previous, alike) = match earlier {
            Some((at, alike)) => (self.entries.remove(at), alike),
            None => (None, 0),
        };
        let outcome = read_with(format, body.bytes(), &mut previous, alike);
        self.entries.extend(previous);
        let Some((outline, mut conversation, facts, parsed)) = outcome else {
            self.parsed_bytes += body.bytes().len() as u64;
            return Request::unknown();
        };
        self.parsed_bytes += parsed.bytes;
        if facts.continues {
            // What the provider keeps was said out of our sight.
            conversation.set_unknown();
        }
        let heard = conversation.take_heard();
        let request = Request {
            conversation: Arc::new(conversation),
            model: facts.model,
            conversation_ref: facts.conversation_ref,
            heard: Vec::new(),
        };
        self.entries.push_back(Entry {
            session: session.to_owned(),
            format,
            body,
            outline,
            request: request.clone(),
        });
        self.shrink(session);
        Request { heard, ..request }
    }

    /// The entry of the session whose body begins most like this one, and how many bytes are alike.
    fn closest(&self, session: &str, format: WireFormat, body: &[u8]) -> Option<(usize, usize)> {
        self.entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.session == session && entry.format == format)
            .map(|(at, entry)| (at, outline::common_prefix(entry.body.bytes(), body)))
            .max_by_key(|(_, alike)| *alike)
    }

    fn shrink(&mut self, session: &str) {
        while self.entries.iter().filter(|entry| entry.session == session).count() > MAX_PER_SESSION {
            let oldest = self.entries.iter().position(|entry| entry.session == session);
            oldest.and_then(|at| self.entries.remove(at));
        }
        let bytes = |entry: &Entry| {
            entry.body.bytes().len() + entry.request.conversation.kept_bytes() + entry.outline.kept_bytes()
        };
        while self.entries.len() > self.limits.sessions
            || self.entries.iter().map(bytes).sum::<usize>() > self.limits.bytes
        {
            if self.entries.pop_front().is_none() {
                break;
            }
        }
    }
}

impl Request {
    /// A request that nobody could read.
    pub(crate) fn unknown() -> Self {
        Self { conversation: Arc::new(Conversation::unknown()), ..Self::default() }
    }
}

/// What the members of a request beside its messages say.
#[derive(Clone, Debug, Default)]
struct Facts {
    model: Option<String>,
    conversation_ref: Option<String>,
    continues: bool,
}

/// What reading cost.
struct Parsed {
    bytes: u64,
}

/// Reads a body; `None` when it is not a request of the format. `alike` is how many bytes it begins with as the body of
/// `previous` does, which is taken when the body goes on from it: what was read of it is not copied.
fn read_with(
    format: WireFormat,
    body: &[u8],
    previous: &mut Option<Entry>,
    alike: usize,
) -> Option<(Outline, Conversation, Facts, Parsed)> {
    let list = match format {
        WireFormat::AnthropicMessages | WireFormat::OpenAiChat => "messages",
        WireFormat::OpenAiResponses => "input",
        WireFormat::Gemini => "contents",
    };
    let before = previous.as_ref().map(|entry| (entry.body.bytes(), &entry.outline, alike));
    let (outline, scanned) = Outline::of(body, list, before)?;
    let mut parsed = Parsed { bytes: scanned };
    let mut taken = if outline.kept > 0 { previous.take() } else { None };
    let mut conversation = match &mut taken {
        Some(entry) => Arc::unwrap_or_clone(std::mem::take(&mut entry.request.conversation)),
        None => Conversation::new(),
    };
    let earlier = taken.as_ref().or(previous.as_ref());
    let (mut known_tools, known_directory) = match (&taken, earlier) {
        (None, Some(entry)) => {
            let known = &entry.request.conversation;
            (Cow::Borrowed(known.tools()), known.system_directory().map(str::to_owned))
        }
        _ => {
            let directory = conversation.system_directory().map(str::to_owned);
            (Cow::Owned(conversation.truncate(outline.kept)), directory)
        }
    };
    let mut facts = Facts::default();
    let mut tools: Option<Vec<DeclaredTool>> = None;
    let mut tape = Tape::default();
    let is_same = |name: &str, raw: &[u8]| {
        earlier.is_some_and(|entry| entry.outline.member(entry.body.bytes(), name) == Some(raw))
    };
    for (name, span) in &outline.members {
        let raw = body.get(span.clone())?;
        match name.as_str() {
            name if name == list => {}
            "model" => facts.model = serde_json::from_slice::<String>(raw).ok(),
            "previous_response_id" | "conversation" | "cachedContent" | "cached_content" | "prompt"
                if raw != b"null" =>
            {
                if let Some(id) = reference(&serde_json::from_slice(raw).ok()?) {
                    facts.conversation_ref =
                        Some(id).filter(|_| name.starts_with("prev") || name.starts_with("conv"));
                    facts.continues = true;
                }
            }
            "system" | "instructions" | "systemInstruction" | "system_instruction" => {
                if is_same(name, raw) {
                    conversation.set_system_directory(known_directory.clone());
                } else {
                    parsed.bytes += raw.len() as u64;
                    tape.read(raw).ok()?;
                    message::system(tape.root(raw), &mut conversation);
                }
            }
            "tools" | "functions" => {
                if is_same(name, raw) {
                    tools.get_or_insert_default().append(std::mem::take(&mut known_tools).to_mut());
                } else {
                    parsed.bytes += raw.len() as u64;
                    tools.get_or_insert_default().extend(message::tools(&serde_json::from_slice(raw).ok()?));
                }
            }
            _ => {}
        }
    }
    conversation.set_tools(tools.unwrap_or_default());
    conversation.listen();
    for span in outline.items.iter().skip(outline.kept) {
        let raw = body.get(span.clone())?;
        parsed.bytes += raw.len() as u64;
        tape.read(raw).ok()?;
        conversation.begin_message();
        message::read(format, tape.root(raw), &mut conversation);
    }
    if let Some(span) = &outline.text {
        // `input` as one text: what the user typed.
        let text: String = serde_json::from_slice(body.get(span.clone())?).ok()?;
        parsed.bytes += text.len() as u64;
        conversation.begin_message();
        harness::user(&text, &mut conversation);
    }
    Some((outline, conversation, facts, parsed))
}

fn reference(value: &Value) -> Option<String> {
    value.as_str().or_else(|| value.get("id")?.as_str()).map(str::to_owned)
}

/// Reads the body of one request, content coding undone, in no session. `None` when it cannot be read.
pub fn read_request(format: WireFormat, body: &[u8]) -> Option<Conversation> {
    read_with(format, body, &mut None, 0).map(|(_, mut conversation, ..)| {
        conversation.take_heard();
        conversation
    })
}

/// Reads `body` after `earlier` and alone; both must say the same. For fuzzing.
pub(crate) fn read_after(
    format: WireFormat,
    earlier: &[u8],
    body: &[u8],
) -> (Option<String>, Option<String>) {
    let mut sessions = Sessions::new(SessionLimits { sessions: 4, bytes: 1 << 24, decoded_bytes: 1 << 20 });
    let limits = sessions.limits;
    let show =
        |request: Request| request.conversation.is_readable().then(|| request.conversation.transcript());
    let mut fresh = Sessions::new(limits);
    sessions.read_body("s", format, Body::Decoded(Arc::new(earlier.to_vec())));
    let after = sessions.read_body("s", format, Body::Decoded(Arc::new(body.to_vec())));
    let alone = fresh.read_body("s", format, Body::Decoded(Arc::new(body.to_vec())));
    (show(after), show(alone))
}

#[cfg(test)]
mod tests;
