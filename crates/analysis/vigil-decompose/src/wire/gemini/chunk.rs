//! The calls in a chunk, whole or in pieces.

use std::collections::BTreeMap;

use vigil_core::CallNumber;
use vigil_core::wire::{Answer, CallKind, WireCall, WireFault};

use super::invalid;
use super::partial::Value;
use crate::json::{Node, Splice, quote};
use crate::wire::draft::Draft;

/// Puts calls together over the chunks of a reply.
#[derive(Debug)]
pub(super) struct Assembler {
    calls: Vec<Call>,
    /// The call of each candidate that goes on.
    open: BTreeMap<u64, usize>,
    pub(super) draft: Draft,
}

#[derive(Debug)]
struct Call {
    candidate: u64,
    id: Option<String>,
    name: String,
    arguments: Arguments,
    duplicate_members: bool,
}

#[derive(Debug)]
enum Arguments {
    Whole(String),
    Pieces(Value),
}

/// What a chunk does to the calls of the reply.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// Its `functionCall` parts in the order of the text: whose they are, and whether the call begins there.
    pub(super) pieces: Vec<Piece>,
    /// What happens, in order.
    pub(super) steps: Vec<Step>,
    /// It says more about its calls than the parts do.
    pub(super) has_mirror: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(super) call: CallNumber,
    pub(super) first: bool,
}

#[derive(Debug)]
pub(super) enum Step {
    /// A call begins; calls are counted in this order.
    Begin,
    Complete(WireCall),
}

impl Assembler {
    pub(super) fn new(protocol: &'static str) -> Self {
        Self { calls: Vec::new(), open: BTreeMap::new(), draft: Draft::new(protocol) }
    }

    /// Reads a chunk.
    pub(super) fn read(&mut self, root: Node<'_>) -> Result<Change, WireFault> {
        let mut change = Change::default();
        let mut has_candidates = false;
        for chunk in chunks(root) {
            self.note(chunk);
            let repeats = chunk.repeats_a_member();
            for (place, candidate) in candidates(chunk) {
                has_candidates = true;
                let repeats = repeats || repeats_a_member(candidate);
                for content in contents(candidate) {
                    for part in content.items() {
                        self.part(place, part, repeats, &mut change)?;
                    }
                }
                if let Some(reason) = candidate.get("finishReason").and_then(|reason| reason.as_str()) {
                    self.draft.stop(place, &reason);
                    self.close(place, &mut change);
                }
                change.has_mirror |= self.calls.iter().any(|call| call.candidate == place)
                    && candidate.members().any(|member| MIRRORS.contains(&&*member.name()));
            }
        }
        self.draft.error |= !has_candidates && root.get("error").is_some_and(|error| !error.is_null());
        Ok(change)
    }

    /// The reply ended. A call that is still open may lack some of its arguments.
    pub(super) fn finish(&self) -> Result<(), WireFault> {
        if self.open.is_empty() { Ok(()) } else { Err(invalid("the reply ends inside a call")) }
    }

    fn part(
        &mut self,
        candidate: u64,
        part: Node<'_>,
        repeats: bool,
        change: &mut Change,
    ) -> Result<(), WireFault> {
        let Some(value) = call_of(part) else {
            self.close(candidate, change);
            self.note_part(part);
            return Ok(());
        };
        let name = value.get("name").and_then(|name| name.as_str()).filter(|name| !name.is_empty());
        let continued = if name.is_some() { None } else { self.open.get(&candidate).copied() };
        let first = continued.is_none();
        let call = match continued {
            Some(call) => call,
            None => {
                self.close(candidate, change);
                change.steps.push(Step::Begin);
                self.calls.push(Call::new(candidate, name.unwrap_or_default().into_owned()));
                self.calls.len() - 1
            }
        };
        change.pieces.push(Piece { call: CallNumber(call as u32), first });
        if let Some(known) = self.calls.get_mut(call) {
            known.duplicate_members |= repeats || part.has_duplicates();
            known.read(value)?;
        }
        self.open.insert(candidate, call);
        if value.get("willContinue").and_then(|goes_on| goes_on.as_bool()) != Some(true) {
            self.close(candidate, change);
        }
        Ok(())
    }

    fn close(&mut self, candidate: u64, change: &mut Change) {
        if let Some(call) = self.open.remove(&candidate)
            && let Some(known) = self.calls.get_mut(call)
        {
            change.steps.push(Step::Complete(known.to_wire(CallNumber(call as u32))));
        }
    }

    fn note(&mut self, chunk: Node<'_>) {
        let text = |name: &str| chunk.get(name).and_then(|text| text.as_str()).map(|text| text.into_owned());
        if let Some(model) = text("modelVersion") {
            self.draft.model = Some(model);
        }
        if let Some(id) = text("responseId") {
            self.draft.response_id = Some(id);
        }
        if let Some(usage) = chunk.get("usageMetadata") {
            let tokens = |name: &str| usage.get(name).and_then(|tokens| tokens.as_u64());
            self.draft.usage.input = tokens("promptTokenCount").or(self.draft.usage.input);
            self.draft.usage.output = tokens("candidatesTokenCount").or(self.draft.usage.output);
        }
        if let Some(reason) =
            chunk.get("promptFeedback").and_then(|f| f.get("blockReason")).and_then(|r| r.as_str())
        {
            self.draft.stop(0, &format!("blocked:{reason}"));
        }
    }

    fn note_part(&mut self, part: Node<'_>) {
        let is_thought = part.get("thought").and_then(|thought| thought.as_bool()) == Some(true);
        if !is_thought && let Some(text) = part.get("text").and_then(|text| text.as_str()) {
            self.draft.text(&text);
        }
        if let Some(code) = part.get("executableCode") {
            let arguments = code.raw_text().to_owned();
            self.note_server_call(code, "code_execution".to_owned(), arguments);
        }
        if let Some(call) = part.get("toolCall") {
            let name = call.get("toolType").and_then(|name| name.as_str()).unwrap_or_default().into_owned();
            let arguments = call.get("args").map_or("{}", |args| args.raw_text()).to_owned();
            self.note_server_call(call, name, arguments);
        }
    }

    fn note_server_call(&mut self, call: Node<'_>, name: String, arguments: String) {
        self.draft.server_calls.push(WireCall {
            number: CallNumber(0),
            id: call.get("id").and_then(|id| id.as_str()).map(|id| id.into_owned()),
            name,
            arguments,
            kind: CallKind::Server,
            duplicate_members: call.has_duplicates(),
        });
    }

    /// Whether any call is replaced.
    pub(super) fn has_replaced<'a>(&self, answer_to: impl Fn(CallNumber) -> Option<&'a Answer>) -> bool {
        let count = self.calls.len() as u32;
        (0..count).any(|number| matches!(answer_to(CallNumber(number)), Some(Answer::Replace(_))))
    }

    /// Changes a chunk to what the answers ask for. `answer_to` gives the answer to a call.
    pub(super) fn rewrite<'a>(
        &self,
        root: Node<'_>,
        pieces: &[Piece],
        answer_to: impl Fn(CallNumber) -> Option<&'a Answer>,
        splice: &mut Splice,
    ) {
        let mut pieces = pieces.iter();
        for (place, candidate) in chunks(root).flat_map(candidates) {
            for parts in contents(candidate) {
                let mut gone = Vec::new();
                for part in parts.items() {
                    let piece = call_of(part).and_then(|_| pieces.next());
                    let deny_text = piece.and_then(|piece| match answer_to(piece.call) {
                        Some(Answer::Replace(text)) => Some((piece.first, text)),
                        _ => None,
                    });
                    if let Some((true, text)) = deny_text {
                        splice.replace(part.span(), format!("{{\"text\":{}}}", quote(text)));
                    }
                    gone.push(matches!(deny_text, Some((false, _))));
                }
                splice.remove_items(parts, |at, _| gone.get(at) == Some(&true));
            }
            let replaced: Vec<_> = (0..)
                .zip(&self.calls)
                .filter(|(number, call)| {
                    call.candidate == place
                        && matches!(answer_to(CallNumber(*number)), Some(Answer::Replace(_)))
                })
                .map(|(_, call)| call.name.as_str())
                .collect();
            splice.remove_members(candidate, |name| MIRRORS.contains(&name) && !replaced.is_empty());
        }
    }
}

/// Members of a candidate that may spell its calls: the tokens one by one, and a remark on why it ended.
const MIRRORS: [&str; 2] = ["logprobsResult", "finishMessage"];

impl Call {
    fn new(candidate: u64, name: String) -> Self {
        let arguments = Arguments::Whole("{}".to_owned());
        Self { candidate, id: None, name, arguments, duplicate_members: false }
    }

    fn read(&mut self, value: Node<'_>) -> Result<(), WireFault> {
        if let Some(id) = value.get("id").and_then(|id| id.as_str()) {
            self.id = Some(id.into_owned());
        }
        let mut pieces = value.get("partialArgs").into_iter().flat_map(|pieces| pieces.items()).peekable();
        if let Some(arguments) = value.get("args").filter(|arguments| !arguments.is_null()) {
            self.arguments = Arguments::Whole(arguments.raw_text().to_owned());
        }
        if pieces.peek().is_none() {
            return Ok(());
        }
        if let Arguments::Whole(_) = &self.arguments {
            let start = value.get("args").filter(|arguments| arguments.is_object());
            self.arguments = Arguments::Pieces(start.map_or_else(Value::empty, Value::of));
        }
        let Arguments::Pieces(assembled) = &mut self.arguments else { return Ok(()) };
        for piece in pieces {
            let path = piece.get("jsonPath").and_then(|path| path.as_str());
            let path = path.ok_or_else(|| invalid("a piece of arguments without `jsonPath`"))?;
            for member in piece.members() {
                let value = match &*member.name() {
                    "stringValue" | "numberValue" | "boolValue" => Value::of(member.value),
                    "nullValue" => Value::nothing(),
                    _ => continue,
                };
                assembled.place(&path, value).map_err(invalid)?;
            }
        }
        Ok(())
    }

    fn to_wire(&self, number: CallNumber) -> WireCall {
        let arguments = match &self.arguments {
            Arguments::Whole(text) => text.clone(),
            Arguments::Pieces(value) => value.to_json(),
        };
        WireCall {
            number,
            id: self.id.clone(),
            name: self.name.clone(),
            arguments,
            kind: CallKind::Client,
            duplicate_members: self.duplicate_members,
        }
    }
}

/// The call in a part.
fn call_of(part: Node<'_>) -> Option<Node<'_>> {
    part.get("functionCall").filter(|call| !call.is_null())
}

/// The value itself, and what a wrapping host puts into `response`.
fn chunks(root: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    std::iter::once(root)
        .chain(root.members().filter(|member| member.key.is_str("response")).map(|member| member.value))
}

/// The candidates of a chunk with their index, also where the member is repeated.
fn candidates(chunk: Node<'_>) -> impl Iterator<Item = (u64, Node<'_>)> {
    chunk
        .members()
        .filter(|member| member.key.is_str("candidates"))
        .flat_map(|member| (0..).zip(member.value.items()))
        .map(|(at, candidate)| {
            (candidate.get("index").and_then(|index| index.as_u64()).unwrap_or(at), candidate)
        })
}

/// Whether a candidate or its content repeats a member.
fn repeats_a_member(candidate: Node<'_>) -> bool {
    candidate.repeats_a_member() || candidate.get("content").is_some_and(|content| content.repeats_a_member())
}

/// The lists of parts of a candidate, also where a member is repeated.
fn contents(candidate: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    candidate
        .members()
        .filter(|member| member.key.is_str("content"))
        .flat_map(|content| content.value.members())
        .filter(|member| member.key.is_str("parts"))
        .map(|member| member.value)
}
