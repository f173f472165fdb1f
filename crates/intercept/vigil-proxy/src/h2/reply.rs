//! From the upstream to the client: every reply is read and written anew, and what is in it goes through the gate.

use vigil_core::message::{Ending, NoticeKind};

use crate::exchange::{Delivery, ReplyPlan};
use crate::h1::local_reply;

use super::backward::Said;
use super::fault::{Code, Fault};
use super::frame::{Frame, put_headers, put_reset, put_window_update};
use super::head;
use super::hpack::{Field, Fields};
use super::limits::{CONNECTION_WINDOW_BYTES, FRAME_BYTES, STREAM_WINDOW_BYTES};
use super::relay::Relay;
use super::settings;
use super::stream::{Body, Queue, Tail};

impl Relay {
    /// Takes bytes of the upstream; returns how many of them were used. The rest is the beginning of a frame.
    pub(super) fn on_upstream(&mut self, bytes: &[u8], now: u64) -> Result<usize, Fault> {
        let mut used = 0;
        while let Some(frame) = Frame::first(bytes.get(used..).unwrap_or_default(), FRAME_BYTES)? {
            used += frame.raw.len();
            let said = self.backward.frame(frame, now)?;
            self.upstream_did(frame, said)?;
        }
        Ok(used)
    }

    fn upstream_did(&mut self, frame: Frame<'_>, said: Said<'_>) -> Result<(), Fault> {
        match said {
            Said::Nothing => {}
            Said::Fields { stream, end } => {
                self.check_opened(stream)?;
                self.fields(stream, end);
            }
            Said::Data { stream, bytes, length, end } => {
                self.check_opened(stream)?;
                self.body(stream, bytes, length, end)?;
            }
            Said::Reset { stream, code } => {
                self.check_opened(stream)?;
                self.given_up(stream, code);
            }
            Said::Window { stream } => {
                if stream != 0 {
                    self.check_opened(stream)?;
                }
                self.to_client.frames().extend_from_slice(frame.raw);
            }
            Said::Settings { first } => {
                let told = settings::for_client(&frame, first, self.to_client.frames())?;
                self.forward.expect_ack(told.table_size)?;
                self.acknowledge();
            }
            Said::Ping => self.to_client.frames().extend_from_slice(frame.raw),
            Said::GoAway { last } => {
                self.to_client.frames().extend_from_slice(frame.raw);
                self.served_up_to(last);
            }
        }
        Ok(())
    }

    /// A header block: an interim head, the head of the reply, or its trailers.
    fn fields(&mut self, stream: u32, end: bool) {
        let Some(open) = self.streams.get_mut(&stream) else { return };
        if open.upstream_ended {
            return;
        }
        if !matches!(open.body, Body::Awaited) {
            return if end {
                self.ended(stream, true)
            } else {
                self.malformed(stream, "its trailers do not end it")
            };
        }
        match head::status(self.backward.fields()) {
            None => self.malformed(stream, "its head has no status, or more than one"),
            Some(100..200) if end => self.malformed(stream, "it ends with an interim head"),
            Some(101) => self.malformed(stream, "it switches protocols"),
            Some(100..200) => self.put_fields(stream, false, |_| true),
            Some(status) => self.head(stream, status, end),
        }
    }

    fn head(&mut self, stream: u32, status: u16, end: bool) {
        let Some(open) = self.streams.get_mut(&stream) else { return };
        let fields = self.backward.fields();
        let plan = open.exchange.reply(status, &|name| fields.first(name.as_bytes()));
        if end {
            open.upstream_ended = true;
            match plan {
                ReplyPlan::Refuse(text) => return self.refuse(stream, text),
                ReplyPlan::Gate(mut gate) => {
                    if let Err(cut) = gate.end(true) {
                        return self.cut(stream, Code::InternalError as u32, Ending::Refused(cut.reason));
                    }
                }
                ReplyPlan::Relay => {}
            }
            // A reply without a body is complete with its head: HEAD, 204, 304, or nothing to say.
            open.body = Body::Relayed(Queue::default());
            self.put_fields(stream, true, |_| true);
            return self.tail_sent(stream);
        }
        match plan {
            ReplyPlan::Relay => {
                open.body = Body::Relayed(Queue::default());
                self.put_fields(stream, false, |_| true);
            }
            ReplyPlan::Gate(gate) => {
                let delivery = gate.delivery();
                let head = (delivery == Delivery::Late).then(|| self.backward.fields().clone());
                let is_due = head.is_none();
                open.body = Body::Gated { gate, sent: 0, head };
                if is_due {
                    self.put_fields(stream, false, |name| stays(name, delivery));
                }
            }
            ReplyPlan::Refuse(text) => self.refuse(stream, text),
        }
    }

    /// Writes the head of a gated reply that waits, once it is known in which form the body goes out.
    fn settle_head(&mut self, stream: u32) {
        let Some(open) = self.streams.get_mut(&stream) else { return };
        let Body::Gated { gate, head, .. } = &mut open.body else { return };
        let delivery = gate.delivery();
        if delivery == Delivery::Late {
            return;
        }
        let Some(fields) = head.take() else { return };
        let block = self.encode_fields(&fields, |name| stays(name, delivery));
        put_headers(self.to_client.frames(), stream, &block, FRAME_BYTES as usize, false);
    }

    fn body(&mut self, stream: u32, bytes: &[u8], length: usize, end: bool) -> Result<(), Fault> {
        self.spent += length;
        if self.spent > CONNECTION_WINDOW_BYTES as usize {
            return Err(Fault::FlowControl("more DATA than the connection's window allows"));
        }
        let Some(open) = self.streams.get_mut(&stream).filter(|open| !open.upstream_ended) else {
            self.credit_connection(); // Of a stream that is over for the client.
            return Ok(());
        };
        open.spent += length;
        if open.spent > STREAM_WINDOW_BYTES as usize {
            return Err(Fault::FlowControl("more DATA than the stream's window allows"));
        }
        let outcome = match &mut open.body {
            Body::Awaited => {
                self.malformed(stream, "its body comes before its head");
                return Ok(());
            }
            Body::Relayed(queue) => {
                queue.push(bytes);
                self.queued += bytes.len();
                Ok(())
            }
            Body::Gated { gate, .. } => gate.push(bytes),
        };
        if let Err(cut) = outcome {
            self.cut(stream, Code::InternalError as u32, Ending::Refused(cut.reason));
            return Ok(());
        }
        self.settle_head(stream);
        self.touch(stream);
        if end {
            self.ended(stream, false);
        }
        self.give_turn(stream);
        self.credit(stream);
        Ok(())
    }

    /// The upstream's last frame of a reply.
    fn ended(&mut self, stream: u32, with_trailers: bool) {
        let Some(open) = self.streams.get_mut(&stream) else { return };
        open.upstream_ended = true;
        let outcome = match &mut open.body {
            Body::Gated { gate, .. } => gate.end(true),
            Body::Awaited | Body::Relayed(_) => Ok(()),
        };
        // Header blocks depend on those before them: the head first, then the trailers.
        self.settle_head(stream);
        let trailers = with_trailers.then(|| self.encode(|_| true));
        let Some(open) = self.streams.get_mut(&stream) else { return };
        open.tail = trailers.map_or(Tail::End, Tail::Trailers);
        match outcome {
            Ok(()) => self.touch(stream),
            Err(cut) => self.cut(stream, Code::InternalError as u32, Ending::Refused(cut.reason)),
        }
        self.give_turn(stream);
    }

    /// The upstream resets a stream: after a whole reply it means "no more of the request", else the reply broke off.
    fn given_up(&mut self, stream: u32, code: u32) {
        match self.streams.get_mut(&stream) {
            Some(open) if open.upstream_ended && open.tail != Tail::Sent => open.reset_after = Some(code),
            Some(open) if open.upstream_ended => self.reset_client(stream, code),
            Some(_) => self.broken_off(stream, code),
            None if code == Code::NoError as u32 => self.reset_client(stream, code),
            None => {}
        }
    }

    /// A reply broke off. Nothing that is held back of it is ever released.
    pub(super) fn broken_off(&mut self, stream: u32, code: u32) {
        let Some(open) = self.streams.get_mut(&stream) else { return };
        open.upstream_ended = true;
        if let Body::Gated { gate, .. } = &mut open.body {
            // Whatever the reader makes of it, the reply is cut.
            drop(gate.end(false));
        }
        self.cut(stream, code, Ending::UpstreamCut);
    }

    fn malformed(&mut self, stream: u32, what: &str) {
        let host = self.place.host.clone();
        let text = format!("the reply of {host} was cut: {what}");
        self.exchanges.notice(NoticeKind::Malformed, Some(&host), None, text.clone());
        self.cut(stream, Code::ProtocolError as u32, Ending::Refused(text));
    }

    /// The client gets an error in place of the reply.
    fn refuse(&mut self, stream: u32, text: String) {
        let reply = local_reply(502, &text);
        let body = reply.split_once("\r\n\r\n").map_or(text.as_str(), |(_, body)| body);
        let mut fields = Fields::default();
        let length = body.len().to_string();
        for (name, value) in
            [(":status", "502"), ("content-type", "application/json"), ("content-length", length.as_str())]
        {
            fields.push(Field { name: name.as_bytes(), value: value.as_bytes(), never_indexed: false });
        }
        let block = self.encode_fields(&fields, |_| true);
        put_headers(self.to_client.frames(), stream, &block, FRAME_BYTES as usize, false);
        let Some(open) = self.streams.get_mut(&stream) else { return };
        if !open.upstream_ended {
            open.upstream_ended = true;
            put_reset(self.to_upstream.frames(), stream, Code::Cancel);
            if !open.request_ended {
                self.forward.take_back(stream);
            }
        }
        let mut queue = Queue::default();
        queue.push(body.as_bytes());
        self.queued += body.len();
        open.body = Body::Relayed(queue);
        open.tail = Tail::End;
        open.ending = Ending::Refused(text);
        self.give_turn(stream);
    }

    /// Writes the fields of the upstream's last header block for the client, those that `keep` keeps.
    fn put_fields(&mut self, stream: u32, end: bool, keep: impl Fn(&[u8]) -> bool) {
        let block = self.encode(keep);
        put_headers(self.to_client.frames(), stream, &block, FRAME_BYTES as usize, end);
    }

    fn encode(&mut self, keep: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let mut block = Vec::with_capacity(1024);
        self.encoder.begin(&mut block);
        for field in self.backward.fields().iter().filter(|field| keep(field.name)) {
            self.encoder.field(field, &mut block);
        }
        block
    }

    fn encode_fields(&mut self, fields: &Fields, keep: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let mut block = Vec::new();
        self.encoder.begin(&mut block);
        fields
            .iter()
            .filter(|field| keep(field.name))
            .for_each(|field| self.encoder.field(field, &mut block));
        block
    }

    /// Gives the upstream credit for what the client took.
    pub(super) fn credit(&mut self, stream: u32) {
        if let Some(credit) = self.streams.get_mut(&stream).and_then(|open| open.credit()) {
            put_window_update(self.to_upstream.frames(), stream, credit);
        }
        self.credit_connection();
    }

    pub(super) fn credit_connection(&mut self) {
        let taken = self.spent.saturating_sub(self.queued);
        // What stalled streams keep is not to be had: the others share the rest, and get it back in time.
        let shared = (CONNECTION_WINDOW_BYTES as usize).saturating_sub(self.queued);
        if taken > 0
            && taken >= (CONNECTION_WINDOW_BYTES as usize / 8).min(shared / 2)
            && let Ok(credit) = u32::try_from(taken)
        {
            self.spent -= taken;
            put_window_update(self.to_upstream.frames(), 0, credit);
        }
    }

    fn check_opened(&self, stream: u32) -> Result<(), Fault> {
        if stream.is_multiple_of(2) || stream > self.forward.last_stream() {
            return Err(Fault::Protocol("a frame is for a stream that was not opened"));
        }
        Ok(())
    }
}

/// Whether a field of the head is true of the body in the form in which it goes out.
fn stays(name: &[u8], delivery: Delivery) -> bool {
    match delivery {
        Delivery::Lockstep | Delivery::Late => true,
        // Its length is known when all of it was judged; until then the frames tell where it ends.
        Delivery::AsRead => name != b"content-length",
        Delivery::Decoded => name != b"content-length" && name != b"content-encoding",
    }
}
