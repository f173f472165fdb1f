//! The event stream of a response.

use std::collections::HashMap;

use vigil_core::wire::{Answer, ReaderOutput, WireFault};

use super::FORMAT;
use super::call::Call;
use super::item::{Content, Identity, ItemKind, is_call, kind_of};
use super::message::{Message, Place};
use super::mirror;
use crate::json::{Node, Tape};
use crate::sse::{Event, read_event};
use crate::wire::draft::Draft;
use crate::wire::frame;
use crate::wire::queue::HoldQueue;
use crate::wire::reader::Grammar;

/// Text in the place of a call of which the provider sent only a part.
pub(crate) const BROKEN_OFF: &str =
    "The provider ended this reply before a tool call was complete; the call was left out.";

/// Events that belong to calls of the client, by the beginning of their type.
const CALL_EVENTS: [&str; 6] = [
    "response.function_call_arguments.",
    "response.custom_tool_call_input.",
    "response.shell_call_",
    "response.apply_patch_call_",
    "response.local_shell_call",
    "response.computer_call",
];

/// Reads the events of a response.
pub(crate) struct ResponsesStream {
    tape: Tape,
    calls: Vec<Call>,
    /// The call that owns an output index, as long as no other item is added there.
    owners: HashMap<u64, usize>,
    open: Vec<usize>,
    known: HashMap<Identity, Vec<usize>>,
    /// Output indexes of which text was read.
    texts: Vec<u64>,
    draft: Draft,
}

/// What is remembered of an event that was held back.
#[derive(Debug)]
pub(crate) enum Tag {
    /// An event of a call, and which of its events it is.
    Piece { call: usize, at: usize },
    /// A response object: its calls in the order of the text.
    Mirror(Vec<usize>),
}

impl ResponsesStream {
    pub(crate) fn new() -> Self {
        Self {
            tape: Tape::default(),
            calls: Vec::new(),
            owners: HashMap::new(),
            open: Vec::new(),
            known: HashMap::new(),
            texts: Vec::new(),
            draft: Draft::new("openai-responses-stream"),
        }
    }

    fn read(
        &mut self,
        event: Event<'_>,
        root: Node<'_>,
        queue: &mut HoldQueue<Tag>,
        out: &mut ReaderOutput,
    ) -> Result<(), WireFault> {
        let named = || event.name.map(String::from_utf8_lossy);
        let kind = root.get("type").and_then(|kind| kind.as_str()).or_else(named).unwrap_or_default();
        let index = root.get("output_index").and_then(|index| index.as_u64());
        let is_added = kind == "response.output_item.added";
        let brings_call = root.members().any(|member| member.key.is_str("item") && is_call(member.value));
        let owner = self.owner(index, root);
        if is_added && owner.is_some_and(|call| self.is_open(call, |call| call.added)) {
            return Err(invalid("an item is added in the place of an unfinished call"));
        }
        let owner = if is_added { owner.filter(|&call| self.is_open(call, |_| true)) } else { owner };
        let belongs = brings_call || CALL_EVENTS.iter().any(|beginning| kind.starts_with(beginning));
        let call = match owner {
            Some(call) => call,
            None if belongs => self.begin(index, root, queue),
            None => {
                if is_added && let Some(index) = index {
                    self.owners.remove(&index);
                }
                return self.other(&kind, event, root, queue, out);
            }
        };
        self.piece(call, &kind, event, root, queue, out)
    }

    /// The call to which an event belongs by its output index, or by the id of its item.
    fn owner(&self, index: Option<u64>, root: Node<'_>) -> Option<usize> {
        if let Some(index) = index {
            return self.owners.get(&index).copied();
        }
        let item_id = root.get("item_id")?;
        let is_same = |call: &usize| {
            self.calls
                .get(*call)
                .and_then(|call| call.item_id.as_deref())
                .is_some_and(|id| item_id.is_str(id))
        };
        (0..self.calls.len()).rev().find(is_same)
    }

    fn is_open(&self, call: usize, and: impl FnOnce(&Call) -> bool) -> bool {
        self.calls.get(call).is_some_and(|call| call.is_open() && and(call))
    }

    fn begin(&mut self, index: Option<u64>, root: Node<'_>, queue: &mut HoldQueue<Tag>) -> usize {
        let call = self.calls.len();
        self.calls.push(Call::new(queue.begin(), root));
        self.open.push(call);
        if let Some(index) = index {
            self.owners.insert(index, call);
        }
        call
    }

    fn piece(
        &mut self,
        call: usize,
        kind: &str,
        event: Event<'_>,
        root: Node<'_>,
        queue: &mut HoldQueue<Tag>,
        out: &mut ReaderOutput,
    ) -> Result<(), WireFault> {
        let Some(known) = self.calls.get_mut(call) else { return Err(invalid("a call is not known")) };
        if !known.is_open() {
            // It comes after the end of its call and goes where the call went.
            return queue.hold(event.raw, Tag::Piece { call, at: usize::MAX });
        }
        queue.hold(event.raw, Tag::Piece { call, at: known.events })?;
        known.events += 1;
        known.added |= kind == "response.output_item.added";
        known.read(kind, root);
        if kind == "response.output_item.done" {
            let item = root.get("item").ok_or_else(|| invalid("`response.output_item.done` without item"))?;
            self.complete(call, item, queue, out)?;
        }
        Ok(())
    }

    fn complete(
        &mut self,
        call: usize,
        item: Node<'_>,
        queue: &mut HoldQueue<Tag>,
        out: &mut ReaderOutput,
    ) -> Result<(), WireFault> {
        let Some(known) = self.calls.get_mut(call) else { return Ok(()) };
        let (content, kind) = known.complete(item).map_err(invalid)?;
        let wire = content.to_wire(known.item_id.as_deref(), kind, known.duplicate_members);
        queue.complete(known.number, wire, out);
        self.known.entry(content.identity()).or_default().push(call);
        self.open.retain(|&open| open != call);
        Ok(())
    }

    /// An event that belongs to no call by its place.
    fn other(
        &mut self,
        kind: &str,
        event: Event<'_>,
        root: Node<'_>,
        queue: &mut HoldQueue<Tag>,
        out: &mut ReaderOutput,
    ) -> Result<(), WireFault> {
        let ends = matches!(
            kind,
            "response.completed" | "response.incomplete" | "response.failed" | "response.cancelled" | "error"
        );
        self.note(kind, ends, root);
        let mut repeated = Vec::new();
        let mut arrived = Vec::new();
        let mut seen: HashMap<Identity, usize> = HashMap::new();
        for item in mirror::calls(root) {
            let identity = Content::of(item).identity();
            let times = seen.entry(identity.clone()).or_default();
            let known = self.known.get(&identity).and_then(|calls| calls.get(*times)).copied();
            *times += 1;
            let call = match known.or_else(|| self.open_call(item, &repeated)) {
                Some(call) => call,
                None => {
                    let call = self.begin(None, item, queue);
                    arrived.push((call, item));
                    call
                }
            };
            if kind == "response.completed" && self.is_open(call, |_| true) {
                arrived.push((call, item));
            }
            repeated.push(call);
        }
        if repeated.is_empty() {
            queue.pass(event.raw, out)?;
        } else {
            queue.hold(event.raw, Tag::Mirror(repeated))?;
        }
        for (call, item) in arrived {
            if self.is_open(call, |_| true) {
                self.complete(call, item, queue, out)?;
            }
        }
        if ends {
            self.abandon_open(queue);
        }
        Ok(())
    }

    /// The unfinished call that an item of a response object is.
    fn open_call(&self, item: Node<'_>, taken: &[usize]) -> Option<usize> {
        let id = item.get("id")?;
        self.open.iter().copied().find(|call| {
            let known = self.calls.get(*call).and_then(|call| call.item_id.as_deref());
            !taken.contains(call) && known.is_some_and(|known| id.is_str(known))
        })
    }

    /// The reply ends before these calls do: they never go out.
    fn abandon_open(&mut self, queue: &mut HoldQueue<Tag>) {
        for call in std::mem::take(&mut self.open) {
            if let Some(call) = self.calls.get_mut(call) {
                call.abandoned = true;
                queue.abandon(call.number, BROKEN_OFF);
            }
        }
    }

    fn note(&mut self, kind: &str, ends: bool, root: Node<'_>) {
        match kind {
            "response.output_text.delta" | "response.refusal.delta" => {
                if let Some(delta) = root.get("delta").and_then(|delta| delta.as_str()) {
                    self.draft.text(&delta);
                }
                let index = root.get("output_index").and_then(|index| index.as_u64()).unwrap_or_default();
                if self.texts.last() != Some(&index) {
                    self.texts.push(index);
                }
            }
            "response.output_item.done" => {
                let Some(item) = root.get("item") else { return };
                let index = root.get("output_index").and_then(|index| index.as_u64()).unwrap_or_default();
                if kind_of(item) == ItemKind::Server {
                    mirror::note_server_call(item, &mut self.draft);
                } else if !self.texts.contains(&index) {
                    mirror::note_text(item, &mut self.draft);
                }
            }
            _ => {
                self.draft.error |= kind == "error";
                if let Some(response) = root.get("response") {
                    mirror::note(response, ends, &mut self.draft);
                }
            }
        }
    }
}

impl Grammar for ResponsesStream {
    type Tag = Tag;

    fn event(
        &mut self,
        event: Event<'_>,
        queue: &mut HoldQueue<Tag>,
        out: &mut ReaderOutput,
    ) -> Result<(), WireFault> {
        let Some(data) = event.data.filter(|data| data.trim_ascii() != b"[DONE]") else {
            return queue.pass(event.raw, out);
        };
        let mut tape = std::mem::take(&mut self.tape);
        let result = match tape.read(data) {
            Ok(()) => self.read(event, tape.root(data), queue, out),
            Err(error) => Err(WireFault::Invalid { format: FORMAT, what: format!("event: {error}") }),
        };
        self.tape = tape;
        result
    }

    fn finish(&mut self, _queue: &mut HoldQueue<Tag>, _out: &mut ReaderOutput) -> Result<(), WireFault> {
        if self.open.is_empty() { Ok(()) } else { Err(invalid("the stream ends inside a call")) }
    }

    fn render(&mut self, frame: &[u8], tag: &Tag, queue: &HoldQueue<Tag>, out: &mut Vec<u8>) {
        let response_id = self.draft.response_id.as_deref();
        let replaced = |call: usize| {
            let call = self.calls.get(call)?;
            match queue.answer_to(call.number)? {
                Answer::Replace(text) => Some((call, call.message_id(response_id), text)),
                Answer::Release => None,
            }
        };
        match tag {
            Tag::Piece { call, at } => match replaced(*call) {
                None => out.extend_from_slice(frame),
                Some((call, id, text)) if Message::has_events(*at, call.events) => {
                    let (name, data) = read_event(frame);
                    let place = Place {
                        at: *at,
                        of: call.events,
                        output_index: call.output_index,
                        sequence_number: sequence_number(&data),
                        named: name.is_some(),
                        line_end: frame::line_end(frame),
                    };
                    Message { id: &id, text }.write_events(place, out);
                }
                Some(_) => {}
            },
            Tag::Mirror(calls) if calls.iter().all(|&call| replaced(call).is_none()) => {
                out.extend_from_slice(frame)
            }
            Tag::Mirror(calls) => frame::rewrite(
                frame,
                |root, splice| {
                    for (item, &call) in mirror::calls(root).zip(calls) {
                        if let Some((_, id, text)) = replaced(call) {
                            splice.replace(item.span(), Message { id: &id, text }.item());
                        }
                    }
                },
                out,
            ),
        }
    }

    fn draft(&self) -> &Draft {
        &self.draft
    }
}

fn sequence_number(data: &[u8]) -> Option<u64> {
    Tape::parse(data).ok()?.root(data).get("sequence_number")?.as_u64()
}

fn invalid(what: &str) -> WireFault {
    WireFault::Invalid { format: FORMAT, what: what.to_owned() }
}
