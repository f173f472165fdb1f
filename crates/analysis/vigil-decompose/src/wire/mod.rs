//! The wire formats: state machines that are driven by bytes and do no I/O.
//!
//! [`Formats`] is what Intercept is handed. A reply is cut into frames by a splitter ([`reader`]), a grammar per format
//! says which frames belong to calls, and the [`queue`] holds those back until they are answered.

mod body;
mod draft;
mod endpoint;
mod queue;
mod reader;
mod scan;

use vigil_core::wire::{Endpoint, ProviderFormat, ReplyReader, RequestScan, WireFormat, WireFormats};

/// The wire formats that Vigil reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formats {
    /// How many bytes of one reply may be held back.
    pub limit_bytes: usize,
}

impl WireFormats for Formats {
    fn endpoint(&self, format: ProviderFormat, method: &str, path: &str) -> Endpoint {
        endpoint::classify(format, method, path)
    }

    fn request_scan(&self, _format: WireFormat) -> Box<dyn RequestScan> {
        Box::new(scan::BodyScan::default())
    }

    fn reply_reader(&self, format: WireFormat) -> Box<dyn ReplyReader> {
        Box::new(reader::FirstBytes::new(format, self.limit_bytes))
    }
}

/// The reader of a body whose first visible byte is known.
fn open(format: WireFormat, first: u8, limit: usize) -> Box<dyn ReplyReader> {
    let (_json, _limit) = (matches!(first, b'{' | b'['), limit);
    // A format without a reader lets nothing through.
    Box::new(reader::Unread(format))
}
