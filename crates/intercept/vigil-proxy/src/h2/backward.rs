//! What an upstream's frames say. Nothing of them reaches the client from here.

use super::fault::Fault;
use super::frame::{Frame, flag, kind};
use super::hpack::{Decoder, Fields};
use super::limits::{Budget, CONTROL_FRAMES, HEADER_FRAMES};
use super::settings;

/// Reads the upstream's frames.
pub(super) struct Backward {
    header_bytes: usize,
    settings_seen: bool,
    decoder: Decoder,
    fields: Fields,
    block: Option<Block>,
    fragments: Vec<u8>,
    control: Budget,
}

/// The header block under way.
#[derive(Clone, Copy)]
struct Block {
    stream: u32,
    end_stream: bool,
    frames: usize,
}

/// What a frame says.
#[derive(Debug)]
pub(super) enum Said<'a> {
    /// Nothing for the client, or nothing yet.
    Nothing,
    /// A header block is complete: an interim head, a head, or trailers. Its fields are in [`Backward::fields`].
    Fields { stream: u32, end: bool },
    /// Bytes of a reply's body; `length` of them count for the windows.
    Data { stream: u32, bytes: &'a [u8], length: usize, end: bool },
    /// The upstream gives a stream up.
    Reset { stream: u32, code: u32 },
    /// The upstream has room for more of a request, or of all.
    Window { stream: u32 },
    /// What the upstream wants as a receiver of requests; `first` of the connection.
    Settings { first: bool },
    /// A PING, or the answer to one.
    Ping,
    /// No stream above `last` will be answered.
    GoAway { last: u32 },
}

impl Backward {
    pub(super) fn new(header_bytes: usize) -> Self {
        Self {
            header_bytes,
            settings_seen: false,
            decoder: Decoder::new(),
            fields: Fields::default(),
            block: None,
            fragments: Vec::new(),
            control: Budget::new(CONTROL_FRAMES),
        }
    }

    /// Reads one frame.
    pub(super) fn frame<'a>(&mut self, frame: Frame<'a>, now: u64) -> Result<Said<'a>, Fault> {
        if !self.settings_seen && frame.kind != kind::SETTINGS {
            return Err(Fault::Protocol("a connection does not begin with SETTINGS"));
        }
        if self.block.is_some() != (frame.kind == kind::CONTINUATION) {
            return Err(Fault::Protocol("a header block is interrupted, or continued where there is none"));
        }
        let stream = frame.stream;
        match frame.kind {
            kind::DATA => {
                let (bytes, length, end) = (frame.data()?, frame.payload.len(), frame.has(flag::END_STREAM));
                if bytes.is_empty() && !end {
                    self.count(now)?;
                }
                Ok(Said::Data { stream, bytes, length, end })
            }
            kind::HEADERS => {
                self.fragments.clear();
                self.block = Some(Block { stream, end_stream: frame.has(flag::END_STREAM), frames: 0 });
                self.continue_block(frame)
            }
            kind::CONTINUATION => self.continue_block(frame),
            kind::RST_STREAM => Ok(Said::Reset { stream, code: frame.error_code()? }),
            kind::WINDOW_UPDATE => {
                frame.increment()?;
                Ok(Said::Window { stream })
            }
            kind::SETTINGS => {
                if settings::is_ack(&frame)? {
                    return Ok(Said::Nothing);
                }
                self.count(now)?;
                Ok(Said::Settings { first: !std::mem::replace(&mut self.settings_seen, true) })
            }
            kind::PING => {
                frame.check_ping()?;
                self.count(now)?;
                Ok(Said::Ping)
            }
            kind::GOAWAY => Ok(Said::GoAway { last: frame.last_stream()? }),
            kind::PUSH_PROMISE => Err(Fault::Refused("an upstream pushes although it was told not to")),
            // Extensions end here: ALTSVC and ORIGIN would lead clients past Vigil, and a frame nobody here knows could
            // carry anything.
            _ => {
                self.count(now)?;
                Ok(Said::Nothing)
            }
        }
    }

    /// The fields of the last header block.
    pub(super) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// Whether the upstream's first SETTINGS came.
    pub(super) fn has_begun(&self) -> bool {
        self.settings_seen
    }

    fn continue_block<'a>(&mut self, frame: Frame<'a>) -> Result<Said<'a>, Fault> {
        let Some(block) = &mut self.block else { return Ok(Said::Nothing) };
        block.frames += 1;
        if block.stream != frame.stream {
            return Err(Fault::Protocol("a header block is continued on another stream"));
        }
        if block.frames > HEADER_FRAMES {
            return Err(Fault::Limit { limit: HEADER_FRAMES, what: "frames in one header block" });
        }
        self.fragments.extend_from_slice(frame.fragment()?);
        if self.fragments.len() > self.header_bytes {
            return Err(Fault::Limit {
                limit: self.header_bytes,
                what: "bytes in one header block (`limits.header_bytes`)",
            });
        }
        if !frame.has(flag::END_HEADERS) {
            return Ok(Said::Nothing);
        }
        let Block { stream, end_stream, .. } = *block;
        self.block = None;
        self.decoder.decode(&self.fragments, self.header_bytes, &mut self.fields)?;
        Ok(Said::Fields { stream, end: end_stream })
    }

    fn count(&mut self, now: u64) -> Result<(), Fault> {
        if self.control.take(now) {
            Ok(())
        } else {
            Err(Fault::Limit { limit: CONTROL_FRAMES.at_once as usize, what: "control frames at once" })
        }
    }
}
