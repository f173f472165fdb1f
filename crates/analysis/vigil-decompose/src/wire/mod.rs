//! The wire formats: state machines that are driven by bytes and do no I/O.
//!
//! [`Formats`] is what Intercept is handed. A reply is cut into frames by a splitter ([`reader`]), a grammar per format
//! says which frames belong to calls, and the [`queue`] holds those back until they are answered.

mod anthropic;
mod body;
mod chat;
mod draft;
mod endpoint;
mod frame;
mod gemini;
#[cfg(test)]
mod played;
mod queue;
mod reader;
mod responses;
mod scan;

pub(crate) use responses::BROKEN_OFF;
pub(crate) use scan::BodyScan;
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
    let is_json = matches!(first, b'{' | b'[');
    match format {
        WireFormat::AnthropicMessages if is_json => anthropic::whole(limit),
        WireFormat::AnthropicMessages => anthropic::stream(limit),
        WireFormat::OpenAiChat if is_json => chat::whole(limit),
        WireFormat::OpenAiChat => chat::stream(limit),
        WireFormat::OpenAiResponses if is_json => responses::whole(limit),
        WireFormat::OpenAiResponses => responses::stream(limit),
        WireFormat::Gemini if first == b'[' => gemini::array(limit),
        WireFormat::Gemini if is_json => gemini::whole(limit),
        WireFormat::Gemini => gemini::stream(limit),
    }
}
