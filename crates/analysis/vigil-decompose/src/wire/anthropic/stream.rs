//! A message as a stream of events: blocks one after the other, each with its start, deltas and stop.

use vigil_core::CallNumber;
use vigil_core::wire::{Answer, CallKind, ReaderOutput, WireCall, WireFault};

use super::{
    Block, FORMAT, block_of, call_of, describe, describe_stop, describe_usage, replace_blocks,
    stop_without_calls,
};
use crate::json::{Node, Splice, Tape, quote, without_repeats};
use crate::sse::{Event, read_event, write_event};
use crate::wire::draft::Draft;
use crate::wire::frame::write_with_data;
use crate::wire::queue::HoldQueue;
use crate::wire::reader::Grammar;

pub(super) struct Stream {
    draft: Draft,
    tape: Tape,
    /// The blocks of the message by their place.
    blocks: Vec<State>,
    calls: u32,
    ended: bool,
}

/// A content block.
enum State {
    /// A call of which more is to come.
    Call { number: CallNumber, call: WireCall, streamed: String },
    /// A call that the provider runs itself.
    ServerCall { call: WireCall, streamed: String },
    /// A call that is complete.
    Done,
    /// Anything else.
    Passed,
}

/// What is remembered of a frame that is held back.
pub(super) enum Tag {
    /// `message_start` with these calls in its content.
    Message { first: u32, calls: u32 },
    /// The start of a call's block.
    Start { number: CallNumber, index: u64 },
    /// What follows of the block.
    More { number: CallNumber },
    /// `message_delta`.
    Stop,
}

type Queue = HoldQueue<Tag>;

impl Stream {
    pub(super) fn new() -> Self {
        Self {
            draft: Draft::new("anthropic-messages-stream"),
            tape: Tape::default(),
            blocks: Vec::new(),
            calls: 0,
            ended: false,
        }
    }

    fn value(
        &mut self,
        raw: &[u8],
        value: Node<'_>,
        queue: &mut Queue,
        out: &mut ReaderOutput,
    ) -> Result<(), WireFault> {
        if !value.is_object() {
            return Err(invalid("event data is not an object"));
        }
        match value.get("type").and_then(|kind| kind.as_str()).as_deref() {
            Some("message_start") => self.message_start(raw, value, queue, out),
            Some("content_block_start") => self.block_start(raw, value, queue, out),
            Some("content_block_delta") => self.block_delta(raw, value, queue, out),
            Some("content_block_stop") => self.block_stop(raw, value, queue, out),
            Some("message_delta") => {
                self.ended = true;
                describe_usage(value, &mut self.draft);
                if let Some(delta) = value.get("delta") {
                    describe_stop(delta, &mut self.draft);
                }
                if self.calls == 0 { queue.pass(raw, out) } else { queue.hold(raw, Tag::Stop) }
            }
            Some("message_stop") => {
                self.ended = true;
                queue.pass(raw, out)
            }
            Some("error") => {
                // The reply failed: a call that waits is never released.
                self.draft.error = true;
                self.ended = true;
                queue.discard();
                queue.pass(raw, out)
            }
            _ => queue.pass(raw, out),
        }
    }

    /// Most often an empty message; a reply that only repeats a call comes whole in here.
    fn message_start(
        &mut self,
        raw: &[u8],
        value: Node<'_>,
        queue: &mut Queue,
        out: &mut ReaderOutput,
    ) -> Result<(), WireFault> {
        let Some(message) = value.get("message") else { return queue.pass(raw, out) };
        describe(message, &mut self.draft);
        let mut found = Vec::new();
        for block in message.get("content").iter().flat_map(|content| content.items()) {
            let state = match block_of(block) {
                Block::Call => {
                    let mut call = call_of(block, CallKind::Client);
                    call.duplicate_members |= value.repeats_a_member() || message.repeats_a_member();
                    found.push((queue.begin(), call));
                    State::Done
                }
                Block::ServerCall => {
                    self.draft.server_calls.push(call_of(block, CallKind::Server));
                    State::Passed
                }
                Block::Text => {
                    self.text_of(block);
                    State::Passed
                }
                Block::Other => State::Passed,
            };
            self.blocks.push(state);
        }
        if found.is_empty() {
            return queue.pass(raw, out);
        }
        let (first, calls) = (self.calls, found.len() as u32);
        self.calls += calls;
        queue.hold(raw, Tag::Message { first, calls })?;
        found.into_iter().for_each(|(number, call)| queue.complete(number, call, out));
        Ok(())
    }

    fn block_start(
        &mut self,
        raw: &[u8],
        value: Node<'_>,
        queue: &mut Queue,
        out: &mut ReaderOutput,
    ) -> Result<(), WireFault> {
        let Some(block) = value.get("content_block") else { return queue.pass(raw, out) };
        let kind = block_of(block);
        if kind != Block::Call {
            self.blocks.push(match kind {
                Block::ServerCall => {
                    State::ServerCall { call: call_of(block, CallKind::Server), streamed: String::new() }
                }
                _ => State::Passed,
            });
            if kind == Block::Text {
                self.text_of(block);
            }
            return queue.pass(raw, out);
        }
        if queue.has_open_call() {
            return Err(invalid("a tool_use block starts inside another"));
        }
        // Clients file blocks by their place and deltas by their index; only when the two agree is it sure what they run.
        let index = value.get("index").and_then(|index| index.as_u64());
        let Some(index) = index.filter(|&index| index == self.blocks.len() as u64) else {
            return Err(invalid("a tool_use block whose index is not its place"));
        };
        let mut call = call_of(block, CallKind::Client);
        call.duplicate_members |= value.repeats_a_member();
        let number = queue.begin();
        self.calls += 1;
        self.blocks.push(State::Call { number, call, streamed: String::new() });
        queue.hold(raw, Tag::Start { number, index })
    }

    fn block_delta(
        &mut self,
        raw: &[u8],
        value: Node<'_>,
        queue: &mut Queue,
        out: &mut ReaderOutput,
    ) -> Result<(), WireFault> {
        let Some(delta) = value.get("delta") else { return queue.pass(raw, out) };
        let piece = delta.get("partial_json").and_then(|piece| piece.as_str());
        if let Some(text) =
            delta.get("text").filter(|_| delta.get("type").is_some_and(|kind| kind.is_str("text_delta")))
        {
            self.draft.text(&text.as_str().unwrap_or_default());
        }
        match self.block_at(value) {
            Some(State::Call { number, call, streamed }) => {
                streamed.push_str(&piece.unwrap_or_default());
                call.duplicate_members |= value.has_duplicates();
                let number = *number;
                queue.hold(raw, Tag::More { number })
            }
            Some(State::ServerCall { streamed, .. }) => {
                let piece = piece.unwrap_or_default();
                if streamed.len() + piece.len() <= MAX_SERVER_ARGUMENT_BYTES {
                    streamed.push_str(&piece);
                }
                queue.pass(raw, out)
            }
            Some(State::Done) => Err(invalid("a delta after the end of a tool_use block")),
            Some(State::Passed) => queue.pass(raw, out),
            None if piece.is_some() => Err(invalid("input of a block that did not start")),
            None => queue.pass(raw, out),
        }
    }

    fn block_stop(
        &mut self,
        raw: &[u8],
        value: Node<'_>,
        queue: &mut Queue,
        out: &mut ReaderOutput,
    ) -> Result<(), WireFault> {
        let Some(state) = self.block_at(value) else { return queue.pass(raw, out) };
        match std::mem::replace(state, State::Passed) {
            State::Call { number, mut call, streamed } => {
                *state = State::Done;
                if !streamed.is_empty() {
                    call.arguments = streamed;
                }
                queue.hold(raw, Tag::More { number })?;
                queue.complete(number, call, out);
                Ok(())
            }
            State::ServerCall { mut call, streamed } => {
                if !streamed.is_empty() {
                    call.arguments = streamed;
                }
                self.draft.server_calls.push(call);
                queue.pass(raw, out)
            }
            done_or_passed => {
                *state = done_or_passed;
                queue.pass(raw, out)
            }
        }
    }

    fn block_at(&mut self, value: Node<'_>) -> Option<&mut State> {
        let index = value.get("index")?.as_u64()?;
        self.blocks.get_mut(usize::try_from(index).ok()?)
    }

    fn text_of(&mut self, block: Node<'_>) {
        if let Some(text) = block.get("text").and_then(|text| text.as_str()) {
            self.draft.text(&text);
        }
    }

    fn has_call_left(&self, queue: &Queue) -> bool {
        (0..self.calls).any(|number| !queue.is_replaced(CallNumber(number)))
    }
}

impl Grammar for Stream {
    type Tag = Tag;

    fn event(
        &mut self,
        event: Event<'_>,
        queue: &mut Queue,
        out: &mut ReaderOutput,
    ) -> Result<(), WireFault> {
        let Some(data) = event.data.filter(|data| !data.is_empty()) else {
            return queue.pass(event.raw, out);
        };
        let mut tape = std::mem::take(&mut self.tape);
        let result = match tape.read(data) {
            Ok(()) => self.value(event.raw, tape.root(data), queue, out),
            Err(error) => Err(invalid(&format!("event data: {error}"))),
        };
        self.tape = tape;
        result
    }

    fn finish(&mut self, queue: &mut Queue, _out: &mut ReaderOutput) -> Result<(), WireFault> {
        if queue.has_open_call() {
            return Err(invalid("the stream ends inside a tool_use block"));
        }
        if !queue.is_empty() && !self.ended {
            return Err(invalid("the stream ends without the end of the message"));
        }
        Ok(())
    }

    fn render(&mut self, frame: &[u8], tag: &Tag, queue: &Queue, out: &mut Vec<u8>) {
        match *tag {
            Tag::Start { number, index } => match queue.answer_to(number) {
                Some(Answer::Replace(text)) => write_text_block(index, text, out),
                _ => out.extend_from_slice(frame),
            },
            Tag::More { number } if queue.is_replaced(number) => {}
            Tag::More { .. } => out.extend_from_slice(frame),
            Tag::Message { first, calls } => {
                let numbers = || (first..first + calls).map(CallNumber);
                if !numbers().any(|number| queue.is_replaced(number)) {
                    return out.extend_from_slice(frame);
                }
                rewrite(frame, out, |value, splice| {
                    let Some(message) = value.get("message") else { return };
                    let mut numbers = numbers();
                    if let Some(content) = message.get("content") {
                        replace_blocks(content, || queue.answer_to(numbers.next()?), splice);
                    }
                    if !self.has_call_left(queue) {
                        stop_without_calls(message, splice);
                    }
                });
            }
            Tag::Stop if self.has_call_left(queue) => out.extend_from_slice(frame),
            Tag::Stop => rewrite(frame, out, |value, splice| {
                if let Some(delta) = value.get("delta") {
                    stop_without_calls(delta, splice);
                }
            }),
        }
    }

    fn draft(&self) -> &Draft {
        &self.draft
    }
}

/// How much of the arguments of one call that the provider runs itself is kept for the record.
const MAX_SERVER_ARGUMENT_BYTES: usize = 1 << 20;

fn write_text_block(index: u64, text: &str, out: &mut Vec<u8>) {
    let start = format!(
        r#"{{"type":"content_block_start","index":{index},"content_block":{{"type":"text","text":""}}}}"#
    );
    let delta = format!(
        r#"{{"type":"content_block_delta","index":{index},"delta":{{"type":"text_delta","text":{}}}}}"#,
        quote(text)
    );
    let stop = format!(r#"{{"type":"content_block_stop","index":{index}}}"#);
    write_event(Some(b"content_block_start"), start.as_bytes(), out);
    write_event(Some(b"content_block_delta"), delta.as_bytes(), out);
    write_event(Some(b"content_block_stop"), stop.as_bytes(), out);
}

/// Writes a frame with changes to its JSON. No member is repeated in what is written.
fn rewrite(frame: &[u8], out: &mut Vec<u8>, change: impl FnOnce(Node<'_>, &mut Splice)) {
    let (_, data) = read_event(frame);
    let data = without_repeats(data);
    let Ok(tape) = Tape::parse(&data) else { return };
    let mut splice = Splice::default();
    change(tape.root(&data), &mut splice);
    let mut changed = Vec::new();
    splice.apply(&data, &mut changed);
    write_with_data(frame, &changed, out);
}

fn invalid(what: &str) -> WireFault {
    WireFault::Invalid { format: FORMAT, what: what.to_owned() }
}
