//! One connection between a client and an upstream as a state machine: bytes of either side go in, bytes for both sides
//! wait in [`Output`]s. The sockets are somebody else's.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use vigil_core::message::Ending;

use crate::exchange::{Exchange, Exchanges, RequestHead};
use crate::link::Place;

use super::backward::Backward;
use super::delivery::Mark;
use super::fault::{Code, Fault};
use super::forward::{Forward, Seen};
use super::frame::{Frame, flag, kind, put, put_goaway, put_reset, put_window_update};
use super::hpack::Encoder;
use super::limits::{CLIENT_FRAME_BYTES, OPEN_STREAMS};
use super::output::Output;
use super::settings::{ClientSettings, LARGEST_WINDOW};
use super::stream::{Body, Stream, Tail};

/// What is to be said over the bus. The connection says it between two turns, for saying may have to wait.
pub(super) enum Word {
    RequestComplete(Arc<Exchange>),
    Finish(Arc<Exchange>, Ending),
}

/// The state of a connection.
pub(super) struct Relay {
    pub(super) exchanges: Arc<Exchanges>,
    pub(super) place: Place,
    pub(super) to_client: Output,
    pub(super) to_upstream: Output,
    pub(super) words: VecDeque<Word>,
    pub(super) forward: Forward,
    pub(super) backward: Backward,
    pub(super) encoder: Encoder,
    pub(super) streams: HashMap<u32, Stream>,
    /// Streams with something to send, in the order in which they may.
    pub(super) turns: VecDeque<u32>,
    /// What is on its way to the client's socket, in the order of the bytes.
    pub(super) marks: VecDeque<Mark>,
    /// Streams whose gate was used.
    pub(super) touched: Vec<u32>,
    /// Streams whose calls wait for an answer.
    pub(super) waiting: Vec<u32>,
    /// How much the client takes on all streams.
    pub(super) client_window: i64,
    /// How much it takes on a new one.
    pub(super) initial_window: i64,
    /// Bytes from the upstream for which the connection has no new credit yet, and how many of them wait in queues.
    pub(super) spent: usize,
    pub(super) queued: usize,
    /// SETTINGS of the client that are not acknowledged, because the upstream's own must be told first.
    acks_owed: usize,
    /// No stream above this one is served.
    last_served: u32,
    /// Whether the client was told so by Vigil.
    turned_away: bool,
    upstream_is_gone: bool,
}

impl Relay {
    pub(super) fn new(exchanges: Arc<Exchanges>, place: Place, header_bytes: usize) -> Self {
        Self {
            forward: Forward::new(&place.host, place.port, header_bytes),
            backward: Backward::new(header_bytes),
            exchanges,
            place,
            to_client: Output::default(),
            to_upstream: Output::default(),
            words: VecDeque::new(),
            encoder: Encoder::default(),
            streams: HashMap::new(),
            turns: VecDeque::new(),
            marks: VecDeque::new(),
            touched: Vec::new(),
            waiting: Vec::new(),
            client_window: 65_535,
            initial_window: 65_535,
            spent: 0,
            queued: 0,
            acks_owed: 0,
            last_served: u32::MAX,
            turned_away: false,
            upstream_is_gone: false,
        }
    }

    /// Takes bytes of the client; returns how many of them were used. The rest is the beginning of a frame.
    pub(super) fn on_client(&mut self, bytes: &[u8], now: u64) -> Result<usize, Fault> {
        let Some(mut used) = self.forward.preface(bytes, self.to_upstream.frames())? else { return Ok(0) };
        while let Some(frame) = Frame::first(bytes.get(used..).unwrap_or_default(), CLIENT_FRAME_BYTES)? {
            used += frame.raw.len();
            let seen = self.forward.frame(frame, now, self.to_upstream.frames())?;
            if self.upstream_is_gone && frame.kind == kind::PING && !frame.has(flag::ACK) {
                put(self.to_client.frames(), kind::PING, flag::ACK, 0, frame.payload);
            }
            self.client_did(seen)?;
        }
        Ok(used)
    }

    fn client_did(&mut self, seen: Seen<'_>) -> Result<(), Fault> {
        match seen {
            Seen::Nothing => {}
            Seen::Request { stream, end } => self.begin(stream, end)?,
            Seen::Data { stream, bytes, end } => {
                if let Some(open) = self.streams.get_mut(&stream) {
                    open.exchange.request_bytes(bytes);
                    if end {
                        self.request_ended(stream);
                    }
                }
            }
            Seen::Trailers { stream } => self.request_ended(stream),
            Seen::Dropped { bytes } => {
                if let Ok(credit @ 1..) = u32::try_from(bytes) {
                    put_window_update(self.to_client.frames(), 0, credit);
                }
            }
            Seen::Reset { stream } => self.leave(stream, Ending::ClientGone),
            Seen::Window { stream: 0, increment } => {
                self.client_window = enlarged(self.client_window, i64::from(increment))?;
            }
            Seen::Window { stream, increment } => {
                if let Some(open) = self.streams.get_mut(&stream) {
                    open.window = enlarged(open.window, i64::from(increment))?;
                    self.give_turn(stream);
                } else if stream > self.forward.last_stream() {
                    return Err(Fault::Protocol("a frame is for a stream that was not opened"));
                }
            }
            Seen::Settings(settings) => self.apply(settings)?,
        }
        Ok(())
    }

    fn begin(&mut self, stream: u32, end: bool) -> Result<(), Fault> {
        if stream > self.last_served {
            return Ok(()); // The client was told, or will be: it asks again elsewhere.
        }
        if self.streams.len() >= OPEN_STREAMS {
            return Err(Fault::Limit { limit: OPEN_STREAMS, what: "streams open at once" });
        }
        let fields = self.forward.fields();
        let text =
            |name: &[u8]| core::str::from_utf8(fields.first(name).unwrap_or_default()).unwrap_or_default();
        let exchange = self.exchanges.begin(&RequestHead {
            provider: &self.place.provider,
            host: &self.place.host,
            method: text(b":method"),
            target: text(b":path"),
            field: &|name| fields.first(name.as_bytes()),
        });
        self.streams.insert(stream, Stream::new(exchange, self.initial_window));
        if end {
            self.request_ended(stream);
        }
        Ok(())
    }

    fn request_ended(&mut self, stream: u32) {
        if let Some(open) = self.streams.get_mut(&stream) {
            open.request_ended = true;
            self.words.push_back(Word::RequestComplete(open.exchange.clone()));
        }
    }

    fn apply(&mut self, settings: ClientSettings) -> Result<(), Fault> {
        if let Some(window) = settings.initial_window {
            let change = i64::from(window) - self.initial_window;
            self.initial_window = i64::from(window);
            for open in self.streams.values_mut() {
                open.window = enlarged(open.window, change)?;
            }
            if change > 0 {
                let all: Vec<u32> = self.streams.keys().copied().collect();
                all.into_iter().for_each(|stream| self.give_turn(stream));
            }
        }
        self.acks_owed += 1;
        if self.backward.has_begun() {
            self.acknowledge();
        }
        Ok(())
    }

    /// Acknowledges the client's SETTINGS, behind those of the upstream: no other frame may come first.
    pub(super) fn acknowledge(&mut self) {
        for _ in 0..std::mem::take(&mut self.acks_owed) {
            put(self.to_client.frames(), kind::SETTINGS, flag::ACK, 0, &[]);
        }
    }

    /// Lets the stream take part in sending, if it has something to send.
    pub(super) fn give_turn(&mut self, stream: u32) {
        if let Some(open) = self.streams.get_mut(&stream)
            && !open.in_turns
            && open.tail != Tail::Sent
            && (!open.unsent().is_empty() || open.is_at_tail())
        {
            open.in_turns = true;
            self.turns.push_back(stream);
        }
    }

    /// The stream is over without a word to the client, who knows.
    pub(super) fn leave(&mut self, stream: u32, ending: Ending) {
        if let Some(open) = self.streams.remove(&stream) {
            if let Body::Relayed(queue) = &open.body {
                self.queued -= queue.bytes().len();
            }
            let Stream { exchange, body, .. } = open;
            drop(body); // The gate says what became of its calls before the exchange says that it is over.
            self.words.push_back(Word::Finish(exchange, ending));
        }
        self.credit_connection();
    }

    /// Ends a reply that must not go on: the client gets what may be sent at once, then a reset.
    pub(super) fn cut(&mut self, stream: u32, code: u32, ending: Ending) {
        let Some(open) = self.streams.get_mut(&stream) else { return };
        if open.tail == Tail::Sent {
            return;
        }
        if !open.upstream_ended {
            open.upstream_ended = true;
            put_reset(self.to_upstream.frames(), stream, Code::Cancel);
            if !open.request_ended {
                self.forward.take_back(stream);
            }
        }
        open.tail = Tail::Open;
        open.ending = ending;
        self.send_reset(stream, code);
    }

    /// Says goodbye to the client: it must open no more streams.
    pub(super) fn turn_away(&mut self, code: Code) {
        if !std::mem::replace(&mut self.turned_away, true) {
            self.last_served = self.last_served.min(self.forward.last_stream());
            put_goaway(self.to_client.frames(), self.last_served, code);
        }
    }

    /// Nothing more comes from the upstream. Whole replies are still delivered; those that are not are cut. A client that
    /// waits for a call asks whether anybody is there: Vigil is.
    pub(super) fn upstream_gone(&mut self) {
        self.upstream_is_gone = true;
        self.to_upstream.discard();
        self.turn_away(Code::NoError);
        let mut broken: Vec<u32> =
            self.streams.iter().filter(|(_, open)| !open.upstream_ended).map(|(stream, _)| *stream).collect();
        broken.sort_unstable();
        for stream in broken {
            self.broken_off(stream, Code::InternalError as u32);
        }
        self.to_upstream.discard();
    }

    /// The upstream said that it serves no stream above `last`.
    pub(super) fn served_up_to(&mut self, last: u32) {
        self.last_served = self.last_served.min(last);
        let mut unserved: Vec<u32> = self.streams.keys().copied().filter(|stream| *stream > last).collect();
        unserved.sort_unstable();
        unserved.into_iter().for_each(|stream| self.leave(stream, Ending::UpstreamCut));
    }

    /// Ends everything at once.
    pub(super) fn end_all(&mut self, ending: &Ending) {
        let all: Vec<u32> = self.streams.keys().copied().collect();
        all.into_iter().for_each(|stream| self.leave(stream, ending.clone()));
    }
}

fn enlarged(window: i64, by: i64) -> Result<i64, Fault> {
    let window = window + by;
    if window > i64::from(LARGEST_WINDOW) {
        Err(Fault::FlowControl("a window is too large"))
    } else {
        Ok(window)
    }
}
