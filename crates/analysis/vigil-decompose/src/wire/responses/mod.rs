//! OpenAI Responses: the event stream, the plain response, and a response fetched by its id.
//!
//! ```text
//! event: response.output_item.added
//! data: {"type":"response.output_item.added","sequence_number":4,"output_index":1,"item":{"type":"function_call","name":"ls",…}}
//!
//! event: response.function_call_arguments.delta
//! data: {"type":"response.function_call_arguments.delta","sequence_number":5,"output_index":1,"delta":"{\"path\"",…}
//!
//! event: response.output_item.done
//! data: {"type":"response.output_item.done","sequence_number":9,"output_index":1,"item":{…,"arguments":"{\"path\":\"/\"}"}}
//!
//! event: response.completed
//! data: {"type":"response.completed","sequence_number":10,"response":{…,"output":[…,{…the same item…}]}}
//! ```
//!
//! A call is an output item and complete with its `done` event. A call that is replaced becomes a `message` item at the
//! same place, in the stream and in every response object that repeats it. A response object with a call that the
//! stream did not carry, or carried with another content, brings a call of its own.

mod body;
mod call;
mod item;
mod message;
mod mirror;
mod stream;
#[cfg(test)]
mod tests;

use vigil_core::wire::ReplyReader;

use self::body::ResponsesBody;
pub(crate) use self::stream::BROKEN_OFF;
use self::stream::ResponsesStream;
use super::body::BodyReader;
use super::reader::StreamReader;
use crate::sse::EventSplitter;

/// A reader of an event stream.
pub(super) fn stream(limit: usize) -> Box<dyn ReplyReader> {
    Box::new(StreamReader::new(EventSplitter::new(limit), ResponsesStream::new(), limit))
}

/// A reader of a plain response.
pub(super) fn whole(limit: usize) -> Box<dyn ReplyReader> {
    Box::new(BodyReader::new(ResponsesBody::new(), limit))
}

/// The name of the format in faults.
const FORMAT: &str = "openai-responses";
