//! A completion as a stream of chunks.

use std::collections::BTreeSet;

use vigil_core::CallNumber;
use vigil_core::wire::{Answer, CallKind, ReaderOutput, WireCall, WireFault};

use super::piece::{Key, Piece, pieces};
use super::rewrite::{Fate, forget_tokens, is_bare, is_finished, rewrite_holder, stop_without_calls};
use super::{choices, describe, describe_executed, each_text, holders, invalid};
use crate::json::{Node, Splice, Tape, without_repeats};
use crate::sse::{Event, read_event};
use crate::wire::draft::Draft;
use crate::wire::frame::write_with_data;
use crate::wire::queue::HoldQueue;
use crate::wire::reader::Grammar;

pub(super) struct Stream {
    draft: Draft,
    tape: Tape,
    /// All calls, by number.
    calls: Vec<Call>,
    /// Choices that said something.
    said: BTreeSet<u64>,
    /// Choices whose end is held back.
    ends_held: BTreeSet<u64>,
    ended: bool,
    done: bool,
}

struct Call {
    choice: u64,
    key: Key,
    id: Option<String>,
    name: Option<String>,
    builtin: Option<String>,
    arguments: String,
    duplicate_members: bool,
    open: bool,
    /// What stands in its place was written.
    told: bool,
}

impl Call {
    fn filled_id(&self) -> Option<&str> {
        self.id.as_deref().filter(|id| !id.is_empty())
    }
}

/// What is remembered of a chunk that is held back: the call of each piece in it, in order.
pub(super) struct Tag(Vec<CallNumber>);

type Queue = HoldQueue<Tag>;

impl Stream {
    pub(super) fn new() -> Self {
        Self {
            draft: Draft::new("openai-chat-stream"),
            tape: Tape::default(),
            calls: Vec::new(),
            said: BTreeSet::new(),
            ends_held: BTreeSet::new(),
            ended: false,
            done: false,
        }
    }

    fn chunk(
        &mut self,
        raw: &[u8],
        value: Node<'_>,
        queue: &mut Queue,
        out: &mut ReaderOutput,
    ) -> Result<(), WireFault> {
        if !value.is_object() {
            return Err(invalid("a chunk is not an object"));
        }
        describe(value, &mut self.draft);
        if value.get("error").is_some_and(|error| !error.is_null()) {
            // The reply failed: a call that waits is never released.
            self.ended = true;
            queue.discard();
            self.calls.iter_mut().for_each(|call| call.open = false);
        }
        let Some(choices) = choices(value)? else { return queue.pass(raw, out) };
        let mut numbers = Vec::new();
        let mut says = false;
        let mut finished = Vec::new();
        for choice in choices.items() {
            let index = choice_index(choice)?;
            says |= self.text(index, choice) && !self.ends_held.contains(&index);
            self.pieces(index, value, choice, &mut numbers, queue, out)?;
            if is_finished(choice) {
                finished.push(index);
                if let Some(reason) = choice.get("finish_reason").and_then(|reason| reason.as_str()) {
                    self.draft.stop(index, &reason);
                }
            }
        }
        if !numbers.is_empty() && self.done {
            return Err(invalid("a call after `[DONE]`"));
        }
        self.ended |= !finished.is_empty();
        let ends_a_call = self.calls.iter().any(|call| finished.contains(&call.choice));
        if numbers.is_empty() && !ends_a_call {
            // Text and calls are separate members of a message: text need not wait for a call.
            if says && finished.is_empty() {
                out.bytes.extend_from_slice(raw);
                return Ok(());
            }
            if !queue.is_empty() {
                self.ends_held.extend(finished);
            }
            return queue.pass(raw, out);
        }
        queue.hold(raw, Tag(numbers))?;
        for index in finished {
            self.ends_held.insert(index);
            self.complete(|call| call.choice == index, queue, out);
        }
        Ok(())
    }

    /// Hears the text of a choice, and tells whether there is any, visible or not.
    fn text(&mut self, index: u64, choice: Node<'_>) -> bool {
        let Some(holder) = holders(choice).next() else { return false };
        let mut visible = false;
        if let Some(content) = holder.get("content") {
            each_text(content, |text| {
                self.draft.text(text);
                visible |= !text.is_empty();
            });
        }
        if visible {
            self.said.insert(index);
        }
        let filled = |name: &str| {
            holder.get(name).is_some_and(|value| {
                value.items().next().is_some() || value.as_str().is_some_and(|text| !text.is_empty())
            })
        };
        holders(choice).for_each(|holder| describe_executed(holder, &mut self.draft));
        visible
            || ["content", "reasoning_content", "reasoning", "reasoning_details", "refusal"]
                .into_iter()
                .any(filled)
    }

    /// Files the pieces of a choice under their calls.
    fn pieces(
        &mut self,
        index: u64,
        value: Node<'_>,
        choice: Node<'_>,
        numbers: &mut Vec<CallNumber>,
        queue: &mut Queue,
        out: &mut ReaderOutput,
    ) -> Result<(), WireFault> {
        let first_number = numbers.len();
        for (place, holder) in holders(choice).enumerate() {
            let found = pieces(holder)?;
            if found.is_empty() {
                continue;
            }
            let above = value.repeats_a_member() || choice.repeats_a_member() || holder.repeats_a_member();
            let same = numbers.get(first_number..).unwrap_or_default().to_vec();
            if place > 0 && !same.is_empty() {
                // The message beside a delta says the same once more.
                if same.len() != found.len() {
                    return Err(invalid("delta and message disagree about calls"));
                }
                self.check_mirrors(&found, holders(choice).next())?;
                numbers.extend(same);
                continue;
            }
            for piece in found {
                let known = if place > 0 { self.mirrored(index, &piece)? } else { None };
                let number = match known {
                    Some(number) => number,
                    None => self.piece(index, &piece, above, queue, out)?,
                };
                numbers.push(number);
            }
        }
        Ok(())
    }

    fn check_mirrors(&self, found: &[Piece<'_>], first: Option<Node<'_>>) -> Result<(), WireFault> {
        let delta = first.map(pieces).transpose()?.unwrap_or_default();
        let same = delta
            .iter()
            .zip(found)
            .all(|(a, b)| a.name == b.name && a.arguments == b.arguments && a.key == b.key);
        if same { Ok(()) } else { Err(invalid("delta and message disagree about a call")) }
    }

    /// The call that a message repeats whole.
    fn mirrored(&self, choice: u64, piece: &Piece<'_>) -> Result<Option<CallNumber>, WireFault> {
        let known = self.calls.iter().position(|call| {
            call.choice == choice
                && match (piece.filled_id(), call.filled_id()) {
                    (Some(a), Some(b)) => a == b,
                    _ => piece.key != Key::Missing && call.key == piece.key,
                }
        });
        let Some(at) = known else { return Ok(None) };
        let same = self.calls.get(at).is_some_and(|call| {
            call.name.as_deref() == piece.name.as_deref() && call.arguments == piece.arguments.as_ref()
        });
        if same {
            Ok(Some(CallNumber(at as u32)))
        } else {
            Err(invalid("a message repeats a call with a difference"))
        }
    }

    /// Adds a piece to its call, or begins a call with it.
    fn piece(
        &mut self,
        choice: u64,
        piece: &Piece<'_>,
        above: bool,
        queue: &mut Queue,
        out: &mut ReaderOutput,
    ) -> Result<CallNumber, WireFault> {
        let duplicate = above || piece.node.has_duplicates();
        if let Some(at) = self.continued(choice, piece)
            && let Some(call) = self.calls.get_mut(at)
        {
            if !call.open {
                let nothing_new = piece.arguments.is_empty()
                    && piece.name.as_deref().is_none_or(|name| call.name.as_deref() == Some(name));
                return if nothing_new {
                    Ok(CallNumber(at as u32))
                } else {
                    Err(invalid("a call goes on after its end"))
                };
            }
            if let Some(name) = &piece.name {
                // Some clients join names, others take the last: only one name is the same for all.
                if call.name.as_deref().is_some_and(|known| known != name) {
                    return Err(invalid("a call has two names"));
                }
                call.name = Some(name.as_ref().to_owned());
            }
            if call.filled_id().is_none() && piece.id.is_some() {
                call.id = piece.id.as_deref().map(str::to_owned);
            }
            call.builtin = call.builtin.take().or_else(|| piece.builtin.as_deref().map(str::to_owned));
            call.arguments.push_str(&piece.arguments);
            call.duplicate_members |= duplicate;
            return Ok(CallNumber(at as u32));
        }
        // Arguments that are whole are not continued; others may be, by a host that sends its calls side by side.
        self.complete(|call| call.choice == choice && is_json(&call.arguments), queue, out);
        let number = queue.begin();
        self.calls.push(Call {
            choice,
            key: piece.key,
            id: piece.id.as_deref().map(str::to_owned),
            name: piece.name.as_deref().map(str::to_owned),
            builtin: piece.builtin.as_deref().map(str::to_owned),
            arguments: piece.arguments.as_ref().to_owned(),
            duplicate_members: duplicate,
            open: true,
            told: false,
        });
        Ok(number)
    }

    /// Which call a piece continues.
    fn continued(&self, choice: u64, piece: &Piece<'_>) -> Option<usize> {
        let mut of_choice = self.calls.iter().enumerate().rev().filter(|(_, call)| call.choice == choice);
        match piece.key {
            // Whole calls follow each other without an index; only what has neither name nor id goes on.
            Key::Missing if piece.name.is_some() || piece.filled_id().is_some() => None,
            Key::Missing => of_choice.next().map(|(at, _)| at),
            key => {
                let (at, call) = of_choice.find(|(_, call)| call.key == key)?;
                // Another id under the same index is another call.
                let other = matches!((piece.filled_id(), call.filled_id()), (Some(a), Some(b)) if a != b);
                (!other).then_some(at)
            }
        }
    }

    fn complete(&mut self, which: impl Fn(&Call) -> bool, queue: &mut Queue, out: &mut ReaderOutput) {
        for (number, call) in (0..).zip(&mut self.calls) {
            if !call.open || !which(call) {
                continue;
            }
            call.open = false;
            let whole = WireCall {
                number: CallNumber(number),
                id: call.id.clone(),
                name: call.name.clone().or_else(|| call.builtin.clone()).unwrap_or_default(),
                arguments: call.arguments.clone(),
                kind: CallKind::Client,
                duplicate_members: call.duplicate_members,
            };
            queue.complete(CallNumber(number), whole, out);
        }
    }

    fn fate(&mut self, number: CallNumber, queue: &Queue) -> Fate {
        let Some(Answer::Replace(text)) = queue.answer_to(number) else {
            return Fate { index: self.new_index(number, queue), ..Fate::default() };
        };
        let told =
            self.calls.get_mut(number.0 as usize).is_none_or(|call| std::mem::replace(&mut call.told, true));
        Fate { gone: true, text: (!told).then(|| text.clone()), index: None }
    }

    /// The index of a call that stays, when one before it went.
    fn new_index(&self, number: CallNumber, queue: &Queue) -> Option<u64> {
        let this = self.calls.get(number.0 as usize)?;
        let before = (0..number.0).map(CallNumber).zip(&self.calls);
        let beside = before.filter(|(_, call)| call.choice == this.choice && call.key != Key::Legacy);
        let (gone, kept): (Vec<_>, Vec<_>) = beside.partition(|(other, _)| queue.is_replaced(*other));
        (!gone.is_empty()).then_some(kept.len() as u64)
    }

    /// Whether a choice had calls and has none left.
    fn lost_its_calls(&self, choice: u64, queue: &Queue) -> bool {
        let mut calls =
            (0..).map(CallNumber).zip(&self.calls).filter(|(_, call)| call.choice == choice).peekable();
        calls.peek().is_some() && calls.all(|(number, _)| queue.is_replaced(number))
    }

    fn has_replaced_a_call(&self, queue: &Queue) -> bool {
        (0..self.calls.len() as u32).map(CallNumber).any(|number| queue.is_replaced(number))
    }

    /// Changes a chunk; false when nothing is left of it.
    fn rewrite(
        &mut self,
        value: Node<'_>,
        numbers: &[CallNumber],
        queue: &Queue,
        splice: &mut Splice,
    ) -> bool {
        let Ok(Some(choices)) = choices(value) else { return true };
        let bare = is_bare(value, choices);
        let mut numbers = numbers.iter();
        let mut something = false;
        for choice in choices.items() {
            let Ok(index) = choice_index(choice) else { continue };
            let mut lost = false;
            for holder in holders(choice) {
                let Ok(pieces) = pieces(holder) else { continue };
                if pieces.is_empty() {
                    continue;
                }
                let fates: Vec<_> =
                    numbers.by_ref().take(pieces.len()).map(|&number| self.fate(number, queue)).collect();
                let told = fates.iter().any(|fate| fate.text.is_some());
                something |= told || fates.iter().any(|fate| !fate.gone);
                lost |= fates.iter().any(|fate| fate.gone);
                rewrite_holder(holder, &pieces, &fates, self.said.contains(&index), splice);
                if told {
                    self.said.insert(index);
                }
            }
            if lost {
                forget_tokens(choice, splice);
            }
            if self.lost_its_calls(index, queue) {
                stop_without_calls(choice, splice);
            }
        }
        something || !bare
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
        if queue.is_empty() {
            self.ends_held.clear();
        }
        let Some(data) = event.data.filter(|data| !data.is_empty()) else {
            return queue.pass(event.raw, out);
        };
        if data.trim_ascii_start().starts_with(b"[DONE]") {
            self.done = true;
            self.ended = true;
            self.complete(|_| true, queue, out);
            return queue.pass(event.raw, out);
        }
        let mut tape = std::mem::take(&mut self.tape);
        let result = match tape.read(data) {
            Ok(()) => self.chunk(event.raw, tape.root(data), queue, out),
            Err(error) => Err(invalid(&format!("event data: {error}"))),
        };
        self.tape = tape;
        result
    }

    fn finish(&mut self, queue: &mut Queue, _out: &mut ReaderOutput) -> Result<(), WireFault> {
        if queue.has_open_call() {
            return Err(invalid("the stream ends inside a call"));
        }
        if !queue.is_empty() && !self.ended {
            return Err(invalid("the stream ends without a finish_reason"));
        }
        Ok(())
    }

    fn render(&mut self, frame: &[u8], tag: &Tag, queue: &Queue, out: &mut Vec<u8>) {
        if !self.has_replaced_a_call(queue) {
            return out.extend_from_slice(frame);
        }
        let (_, data) = read_event(frame);
        let data = without_repeats(data);
        let Ok(tape) = Tape::parse(&data) else { return };
        let mut splice = Splice::default();
        if self.rewrite(tape.root(&data), &tag.0, queue, &mut splice) {
            if splice.is_empty() {
                return out.extend_from_slice(frame);
            }
            let mut changed = Vec::new();
            splice.apply(&data, &mut changed);
            write_with_data(frame, &changed, out);
        }
    }

    fn draft(&self) -> &Draft {
        &self.draft
    }
}

fn choice_index(choice: Node<'_>) -> Result<u64, WireFault> {
    match choice.get("index").filter(|index| !index.is_null()) {
        None => Ok(0),
        Some(index) => index.as_u64().ok_or_else(|| invalid("the index of a choice is not a number")),
    }
}

fn is_json(text: &str) -> bool {
    Tape::parse(text.as_bytes()).is_ok()
}
