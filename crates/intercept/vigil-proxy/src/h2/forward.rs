//! From the client to the upstream: every frame goes on as it came, all its bytes, in its order (P2).
//!
//! Three kinds of frames do not, for they are between two neighbours and say nothing about a request: SETTINGS (see
//! [`settings`](super::settings)), WINDOW_UPDATE (the client's windows are for replies, which Vigil sends) and DATA of a
//! stream that Vigil has taken back from the upstream. Header blocks are not taken apart for the wire: the upstream's
//! decoder follows the client's encoder, and the decoder here stands beside it and looks on. A block is forwarded when
//! all of it is there and was looked at; a connection whose block does not pass that look ends.

use std::collections::{HashSet, VecDeque};

use super::fault::Fault;
use super::frame::{Frame, PREFACE, flag, kind, put_window_update};
use super::head;
use super::hpack::{Decoder, Fields};
use super::limits::{Budget, CONNECTION_WINDOW_BYTES, CONTROL_FRAMES, HEADER_FRAMES, OPEN_STREAMS, RESETS};
use super::settings::{self, ClientSettings};

/// The window of a connection before anybody enlarged it.
const DEFAULT_WINDOW: u32 = 65_535;

/// The relay from the client to the upstream, and the decoder beside it.
pub(super) struct Forward {
    host: String,
    port: u16,
    header_bytes: usize,
    preface_seen: bool,
    settings_seen: bool,
    decoder: Decoder,
    /// The fields of the last header block.
    fields: Fields,
    block: Option<Block>,
    /// What is kept of the block under way: its frames as they came, and their fragments joined.
    raw: Vec<u8>,
    fragments: Vec<u8>,
    last_stream: u32,
    /// For each SETTINGS frame the client was sent and has not acknowledged: the table size it tells.
    unacknowledged: VecDeque<Option<usize>>,
    /// Streams that Vigil has reset towards the upstream while the client was still sending.
    taken_back: HashSet<u32>,
    resets: Budget,
    control: Budget,
}

/// The header block under way.
#[derive(Clone, Copy)]
struct Block {
    stream: u32,
    end_stream: bool,
    frames: usize,
}

/// What the decoder saw in a frame.
#[derive(Debug)]
pub(super) enum Seen<'a> {
    /// Nothing that matters for an exchange.
    Nothing,
    /// A request begins; its fields are in [`Forward::fields`].
    Request { stream: u32, end: bool },
    /// The request's trailers were forwarded, and with them its end.
    Trailers { stream: u32 },
    /// Bytes of a request's body.
    Data { stream: u32, bytes: &'a [u8], end: bool },
    /// A frame of DATA with this many bytes did not go on.
    Dropped { bytes: usize },
    /// The client takes a request back.
    Reset { stream: u32 },
    /// The client has room for more of a reply, or of all.
    Window { stream: u32, increment: u32 },
    /// What the client wants as a receiver of replies. It expects an acknowledgement.
    Settings(ClientSettings),
}

impl Forward {
    pub(super) fn new(host: &str, port: u16, header_bytes: usize) -> Self {
        Self {
            host: host.to_owned(),
            port,
            header_bytes,
            preface_seen: false,
            settings_seen: false,
            decoder: Decoder::new(),
            fields: Fields::default(),
            block: None,
            raw: Vec::new(),
            fragments: Vec::new(),
            last_stream: 0,
            unacknowledged: VecDeque::new(),
            taken_back: HashSet::new(),
            resets: Budget::new(RESETS),
            control: Budget::new(CONTROL_FRAMES),
        }
    }

    /// Forwards the connection's preface. Returns its length once it is there whole, and nothing afterwards.
    pub(super) fn preface(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<Option<usize>, Fault> {
        if self.preface_seen {
            return Ok(Some(0));
        }
        if !bytes.iter().zip(PREFACE).all(|(one, other)| one == other) {
            return Err(Fault::Protocol("a connection does not begin with the preface"));
        }
        if bytes.len() < PREFACE.len() {
            return Ok(None);
        }
        self.preface_seen = true;
        out.extend_from_slice(PREFACE);
        Ok(Some(PREFACE.len()))
    }

    /// Forwards one frame.
    pub(super) fn frame<'a>(
        &mut self,
        frame: Frame<'a>,
        now: u64,
        out: &mut Vec<u8>,
    ) -> Result<Seen<'a>, Fault> {
        if !self.settings_seen && frame.kind != kind::SETTINGS {
            return Err(Fault::Protocol("a connection does not begin with SETTINGS"));
        }
        if self.block.is_some() != (frame.kind == kind::CONTINUATION) {
            return Err(Fault::Protocol("a header block is interrupted, or continued where there is none"));
        }
        match frame.kind {
            kind::HEADERS => self.begin_block(frame, out),
            kind::CONTINUATION => self.continue_block(frame, out),
            kind::DATA => self.data(frame, now, out),
            kind::RST_STREAM => self.reset(frame, now, out),
            kind::SETTINGS => self.settings(frame, now, out),
            kind::WINDOW_UPDATE => Ok(Seen::Window { stream: frame.stream, increment: frame.increment()? }),
            kind::PUSH_PROMISE => Err(Fault::Protocol("a client promises a push")),
            kind::PING => {
                frame.check_ping()?;
                self.count(now)?;
                pass(frame, out)
            }
            kind::GOAWAY => {
                frame.last_stream()?;
                pass(frame, out)
            }
            // PRIORITY, and extensions, which an intermediary does not know and a request may need.
            _ => {
                self.count(now)?;
                pass(frame, out)
            }
        }
    }

    /// The fields of the last header block.
    pub(super) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The last stream that the client opened.
    pub(super) fn last_stream(&self) -> u32 {
        self.last_stream
    }

    /// The client was sent SETTINGS of the upstream, which tell this table size or none.
    pub(super) fn expect_ack(&mut self, table_size: Option<usize>) -> Result<(), Fault> {
        self.unacknowledged.push_back(table_size);
        if self.unacknowledged.len() > HEADER_FRAMES {
            return Err(Fault::Limit {
                limit: HEADER_FRAMES,
                what: "SETTINGS frames without acknowledgement",
            });
        }
        Ok(())
    }

    /// Vigil has reset the stream towards the upstream: nothing more of it goes on.
    pub(super) fn take_back(&mut self, stream: u32) {
        self.taken_back.insert(stream);
    }

    fn begin_block<'a>(&mut self, frame: Frame<'a>, out: &mut Vec<u8>) -> Result<Seen<'a>, Fault> {
        self.raw.clear();
        self.fragments.clear();
        self.block = Some(Block { stream: frame.stream, end_stream: frame.has(flag::END_STREAM), frames: 0 });
        self.continue_block(frame, out)
    }

    fn continue_block<'a>(&mut self, frame: Frame<'a>, out: &mut Vec<u8>) -> Result<Seen<'a>, Fault> {
        let Some(block) = &mut self.block else { return Ok(Seen::Nothing) };
        block.frames += 1;
        if block.stream != frame.stream {
            return Err(Fault::Protocol("a header block is continued on another stream"));
        }
        if block.frames > HEADER_FRAMES {
            return Err(Fault::Limit { limit: HEADER_FRAMES, what: "frames in one header block" });
        }
        self.raw.extend_from_slice(frame.raw);
        self.fragments.extend_from_slice(frame.fragment()?);
        if self.fragments.len() > self.header_bytes {
            return Err(Fault::Limit {
                limit: self.header_bytes,
                what: "bytes in one header block (`limits.header_bytes`)",
            });
        }
        if !frame.has(flag::END_HEADERS) {
            return Ok(Seen::Nothing);
        }
        let Block { stream, end_stream, .. } = *block;
        self.block = None;
        self.decoder.decode(&self.fragments, self.header_bytes, &mut self.fields)?;
        let seen = self.look(stream, end_stream)?;
        out.extend_from_slice(&self.raw);
        Ok(seen)
    }

    /// Looks at a whole header block, before it goes on.
    fn look(&mut self, stream: u32, end: bool) -> Result<Seen<'static>, Fault> {
        if stream > self.last_stream {
            if stream.is_multiple_of(2) {
                return Err(Fault::Protocol("a client opens a stream with an even number"));
            }
            head::request(&self.fields, &self.host, self.port)?;
            self.last_stream = stream;
            return Ok(Seen::Request { stream, end });
        }
        if !end {
            return Err(Fault::Protocol("the trailers of a request do not end it"));
        }
        if self.taken_back.contains(&stream) {
            return Err(Fault::Protocol("trailers of a stream that was reset"));
        }
        head::trailers(&self.fields)?;
        Ok(Seen::Trailers { stream })
    }

    fn data<'a>(&mut self, frame: Frame<'a>, now: u64, out: &mut Vec<u8>) -> Result<Seen<'a>, Fault> {
        self.check_opened(frame.stream)?;
        let bytes = frame.data()?;
        let end = frame.has(flag::END_STREAM);
        if bytes.is_empty() && !end {
            self.count(now)?;
        }
        if self.taken_back.contains(&frame.stream) {
            if end {
                self.taken_back.remove(&frame.stream);
            }
            return Ok(Seen::Dropped { bytes: frame.payload.len() });
        }
        out.extend_from_slice(frame.raw);
        Ok(Seen::Data { stream: frame.stream, bytes, end })
    }

    fn reset<'a>(&mut self, frame: Frame<'a>, now: u64, out: &mut Vec<u8>) -> Result<Seen<'a>, Fault> {
        self.check_opened(frame.stream)?;
        frame.error_code()?;
        if !self.resets.take(now) {
            return Err(Fault::Limit { limit: RESETS.at_once as usize, what: "requests taken back at once" });
        }
        if !self.taken_back.remove(&frame.stream) {
            out.extend_from_slice(frame.raw);
        }
        Ok(Seen::Reset { stream: frame.stream })
    }

    fn settings<'a>(&mut self, frame: Frame<'a>, now: u64, out: &mut Vec<u8>) -> Result<Seen<'a>, Fault> {
        if settings::is_ack(&frame)? {
            let told = self
                .unacknowledged
                .pop_front()
                .ok_or(Fault::Protocol("SETTINGS are acknowledged that nobody sent"))?;
            if let Some(size) = told {
                self.decoder.agree(size);
            }
            return pass(frame, out);
        }
        self.count(now)?;
        let first = !std::mem::replace(&mut self.settings_seen, true);
        let settings = settings::for_upstream(&frame, first, out)?;
        if first {
            put_window_update(out, 0, CONNECTION_WINDOW_BYTES - DEFAULT_WINDOW);
        }
        Ok(Seen::Settings(settings))
    }

    fn check_opened(&self, stream: u32) -> Result<(), Fault> {
        if self.taken_back.len() > OPEN_STREAMS {
            return Err(Fault::Limit { limit: OPEN_STREAMS, what: "streams cut before their request ended" });
        }
        if stream > self.last_stream || stream.is_multiple_of(2) {
            return Err(Fault::Protocol("a frame is for a stream that was not opened"));
        }
        Ok(())
    }

    fn count(&mut self, now: u64) -> Result<(), Fault> {
        if self.control.take(now) {
            Ok(())
        } else {
            Err(Fault::Limit { limit: CONTROL_FRAMES.at_once as usize, what: "control frames at once" })
        }
    }
}

fn pass<'a>(frame: Frame<'a>, out: &mut Vec<u8>) -> Result<Seen<'a>, Fault> {
    out.extend_from_slice(frame.raw);
    Ok(Seen::Nothing)
}
