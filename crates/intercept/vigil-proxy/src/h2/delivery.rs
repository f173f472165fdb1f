//! What goes to the client when: its windows, the turns of the streams, and what its socket has taken.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll};

use vigil_core::message::Ending;

use crate::exchange::Wake;

use super::fault::Code;
use super::frame::{flag, kind, put, put_head, put_headers, put_window_update};
use super::limits::{AHEAD_BYTES, FRAME_BYTES};
use super::relay::{Relay, Word};
use super::stream::{Body, Stream, Tail};

/// A frame of a stream on its way to the client's socket.
pub(super) struct Mark {
    /// [`super::output::Output::accepted`] when the socket has taken it whole.
    at: u64,
    stream: u32,
    bytes: usize,
    last: bool,
}

/// What became of a stream's turn.
#[derive(PartialEq, Eq)]
enum Turn {
    /// A frame was written; there may be more.
    Sent,
    /// The connection's window is used up.
    NoRoom,
    /// Nothing to send, or the stream's window is used up.
    Over,
}

impl Relay {
    /// Writes DATA and tails for the client, a frame of each stream in turn, as far as windows and socket allow.
    pub(super) fn deliver(&mut self) {
        let mut passed_over = 0;
        while self.to_client.len() < AHEAD_BYTES && passed_over < self.turns.len() {
            let Some(stream) = self.turns.pop_front() else { break };
            match self.send_one(stream) {
                Turn::Sent => {
                    self.turns.push_back(stream);
                    passed_over = 0;
                }
                Turn::NoRoom => {
                    self.turns.push_back(stream);
                    passed_over += 1;
                }
                Turn::Over => {
                    if let Some(open) = self.streams.get_mut(&stream) {
                        open.in_turns = false;
                    }
                }
            }
        }
    }

    fn send_one(&mut self, stream: u32) -> Turn {
        let Some(open) = self.streams.get_mut(&stream) else { return Turn::Over };
        if open.tail == Tail::Sent {
            return Turn::Over;
        }
        let waiting = open.unsent();
        if waiting.is_empty() {
            return self.send_tail(stream);
        }
        if open.window <= 0 {
            return Turn::Over;
        }
        let Some(room) = usize::try_from(self.client_window.min(open.window)).ok().filter(|room| *room > 0)
        else {
            return Turn::NoRoom;
        };
        let count = waiting.len().min(room).min(FRAME_BYTES as usize);
        let last = count == waiting.len() && open.tail == Tail::End && open.is_at_tail();
        let out = self.to_client.frames();
        put_head(out, count, kind::DATA, if last { flag::END_STREAM } else { 0 }, stream);
        out.extend_from_slice(waiting.get(..count).unwrap_or_default());
        open.moved(count);
        open.window -= count as i64;
        self.client_window -= count as i64;
        if matches!(open.body, Body::Relayed(_)) {
            self.queued -= count;
        }
        self.mark(stream, count, false);
        if last {
            self.tail_sent(stream);
        } else {
            self.credit(stream);
        }
        Turn::Sent
    }

    fn send_tail(&mut self, stream: u32) -> Turn {
        let Some(open) = self.streams.get_mut(&stream).filter(|open| open.is_at_tail()) else {
            return Turn::Over;
        };
        let out = self.to_client.frames();
        match &open.tail {
            Tail::Trailers(block) => put_headers(out, stream, block, FRAME_BYTES as usize, true),
            _ => put(out, kind::DATA, flag::END_STREAM, stream, &[]),
        }
        self.tail_sent(stream);
        Turn::Over
    }

    /// The last frame of a reply is on its way.
    pub(super) fn tail_sent(&mut self, stream: u32) {
        let Some(open) = self.streams.get_mut(&stream) else { return };
        open.tail = Tail::Sent;
        if let Some(code) = open.reset_after.take() {
            self.reset_client(stream, code);
        }
        self.mark(stream, 0, true);
    }

    /// Sends what may be sent at once, then the reset.
    pub(super) fn send_reset(&mut self, stream: u32, code: u32) {
        let ahead = |open: &Stream| !open.unsent().is_empty();
        while self.streams.get(&stream).is_some_and(ahead) && self.send_one(stream) == Turn::Sent {}
        let Some(open) = self.streams.get_mut(&stream) else { return };
        open.tail = Tail::Sent;
        if let Body::Relayed(queue) = &open.body {
            self.queued -= queue.bytes().len();
            open.body = Body::Awaited;
        }
        self.reset_client(stream, code);
        self.mark(stream, 0, true);
        self.credit_connection();
    }

    pub(super) fn reset_client(&mut self, stream: u32, code: u32) {
        put(self.to_client.frames(), kind::RST_STREAM, 0, stream, &code.to_be_bytes());
    }

    fn mark(&mut self, stream: u32, bytes: usize, last: bool) {
        self.marks.push_back(Mark { at: self.to_client.end(), stream, bytes, last });
    }

    /// The client's socket has taken bytes.
    pub(super) fn taken(&mut self) {
        let accepted = self.to_client.accepted();
        while let Some(Mark { stream, bytes, last, .. }) = self.marks.pop_front_if(|mark| mark.at <= accepted)
        {
            let Some(open) = self.streams.get_mut(&stream) else { continue };
            if let Body::Gated { gate, sent, .. } = &mut open.body {
                gate.delivered(bytes);
                *sent -= bytes.min(*sent);
                self.touch(stream);
            }
            if last && let Some(open) = self.streams.get_mut(&stream) {
                let ending = std::mem::replace(&mut open.ending, Ending::Complete);
                self.leave(stream, ending);
            }
        }
    }

    /// The gate of the stream was used: it may have calls to submit, or be done.
    pub(super) fn touch(&mut self, stream: u32) {
        if let Some(open) = self.streams.get_mut(&stream)
            && matches!(open.body, Body::Gated { .. })
            && !std::mem::replace(&mut open.touched, true)
        {
            self.touched.push(stream);
        }
    }

    /// Says what is to be said, and puts complete calls to the gate once the client has what stands before them.
    pub(super) async fn speak(&mut self) {
        self.say().await;
        for stream in std::mem::take(&mut self.touched) {
            let Some(open) = self.streams.get_mut(&stream) else { continue };
            let blocked = open.window <= 0 || self.client_window <= 0;
            let Body::Gated { gate, sent, .. } = &mut open.body else { continue };
            if *sent > 0 || !(gate.ready().is_empty() || blocked) {
                self.touched.push(stream);
                continue;
            }
            open.touched = false;
            let outcome = gate.submit().await;
            if gate.is_waiting() && !self.waiting.contains(&stream) {
                self.waiting.push(stream);
            }
            let stuck = open.tail != Tail::Sent && gate.is_stuck();
            match outcome {
                Err(cut) => self.cut(stream, Code::InternalError as u32, Ending::Refused(cut.reason)),
                Ok(()) if stuck => {
                    let reason = "the reply cannot be read to its end".to_owned();
                    self.cut(stream, Code::InternalError as u32, Ending::Refused(reason));
                }
                Ok(()) => self.give_turn(stream),
            }
        }
        self.say().await;
    }

    async fn say(&mut self) {
        while let Some(word) = self.words.pop_front() {
            match word {
                Word::RequestComplete(exchange) => exchange.request_complete().await,
                Word::Finish(exchange, ending) => exchange.finish(ending).await,
            }
        }
    }

    /// Looks whether something happened to a call that waits.
    pub(super) fn poll_wake(&mut self, cx: &mut Context<'_>) -> Poll<(u32, Wake)> {
        let mut found = Poll::Pending;
        let streams = &mut self.streams;
        self.waiting.retain(|stream| {
            let Some(Body::Gated { gate, .. }) = streams.get_mut(stream).map(|open| &mut open.body) else {
                return false;
            };
            if found.is_pending()
                && let Poll::Ready(wake) = pin!(gate.wake()).poll(cx)
            {
                found = Poll::Ready((*stream, wake));
            }
            gate.is_waiting()
        });
        found
    }

    /// Acts on it.
    pub(super) fn hear(&mut self, stream: u32, wake: Wake) {
        let Some(open) = self.streams.get_mut(&stream) else { return };
        let Body::Gated { gate, .. } = &mut open.body else { return };
        if let Err(cut) = gate.hear(wake) {
            return self.cut(stream, Code::InternalError as u32, Ending::Refused(cut.reason));
        }
        self.touch(stream);
        self.give_turn(stream);
        if let Some(credit) = self.streams.get_mut(&stream).and_then(Stream::credit) {
            put_window_update(self.to_upstream.frames(), stream, credit);
        }
    }
}
