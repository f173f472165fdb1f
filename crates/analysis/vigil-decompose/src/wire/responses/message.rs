//! What stands in the place of a call: a `message` item with the deny text, as events or as an item.
//!
//! ```text
//! response.output_item.added      {"id":"msg_vigil_…","type":"message","status":"in_progress",…}
//! response.content_part.added
//! response.output_text.delta      all of the text
//! response.output_text.done
//! response.content_part.done
//! response.output_item.done       {…,"status":"completed","content":[{"type":"output_text","text":…}]}
//! ```

use core::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::json::quote;

/// How many events a message is.
const EVENTS: usize = 6;

/// A message item with one text.
#[derive(Debug)]
pub(super) struct Message<'m> {
    pub(super) id: &'m str,
    pub(super) text: &'m str,
}

/// A frame whose place is taken: its sequence number, and how it was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'f> {
    /// Which of the frames of the call it is, and how many there are.
    pub(super) at: usize,
    pub(super) of: usize,
    pub(super) output_index: Option<u64>,
    pub(super) sequence_number: Option<u64>,
    pub(super) named: bool,
    pub(super) line_end: &'f str,
}

/// An id for the message that replaces a call: the same in the stream and in the closing object, and in no other reply.
pub(super) fn message_id(response_id: &str, item_id: &str, number: u32) -> String {
    let mut hash = Sha256::new();
    hash.update(response_id);
    hash.update([0]);
    hash.update(item_id);
    hash.update(number.to_be_bytes());
    let mut id = "msg_vigil_".to_owned();
    for byte in hash.finalize().iter().take(20) {
        let _infallible = write!(id, "{byte:02x}");
    }
    id
}

impl Message<'_> {
    /// The complete item.
    pub(super) fn item(&self) -> String {
        let id = quote(self.id);
        let part = part(self.text);
        format!(
            r#"{{"id":{id},"type":"message","status":"completed","content":[{part}],"role":"assistant"}}"#
        )
    }

    /// Whether any of the events has its place at this frame.
    pub(super) fn has_events(at: usize, of: usize) -> bool {
        at < of && (at < EVENTS / 2 || at + EVENTS / 2 >= of)
    }

    /// Writes those of the events that have their place at this frame. The first three stand as early as the frames of
    /// the call allow and the last three as late, so that items which overlap the call stay in their order.
    pub(super) fn write_events(&self, place: Place<'_>, out: &mut Vec<u8>) {
        let last = place.of.saturating_sub(1);
        let mut least = 0;
        for event in 0..EVENTS {
            let at =
                if event < EVENTS / 2 { event.min(last) } else { (last + 1 + event).saturating_sub(EVENTS) };
            least = at.max(least);
            if least == place.at {
                self.write_event(event, place, out);
            }
        }
    }

    fn write_event(&self, event: usize, place: Place<'_>, out: &mut Vec<u8>) {
        let id = quote(self.id);
        let in_part = |rest: String| format!(r#","item_id":{id},"content_index":0{rest}"#);
        let (kind, rest) = match event {
            0 => {
                let item = format!(
                    r#"{{"id":{id},"type":"message","status":"in_progress","content":[],"role":"assistant"}}"#
                );
                ("response.output_item.added", format!(r#","item":{item}"#))
            }
            1 => ("response.content_part.added", in_part(format!(r#","part":{}"#, part("")))),
            2 => (
                "response.output_text.delta",
                in_part(format!(r#","delta":{},"logprobs":[]"#, quote(self.text))),
            ),
            3 => (
                "response.output_text.done",
                in_part(format!(r#","text":{},"logprobs":[]"#, quote(self.text))),
            ),
            4 => ("response.content_part.done", in_part(format!(r#","part":{}"#, part(self.text)))),
            _ => ("response.output_item.done", format!(r#","item":{}"#, self.item())),
        };
        let end = place.line_end;
        let mut text = String::new();
        if place.named {
            text.push_str("event: ");
            text.push_str(kind);
            text.push_str(end);
        }
        let _infallible = write!(text, r#"data: {{"type":"{kind}""#);
        if let Some(number) = place.sequence_number {
            let _infallible = write!(text, r#","sequence_number":{number}"#);
        }
        if let Some(index) = place.output_index {
            let _infallible = write!(text, r#","output_index":{index}"#);
        }
        let _infallible = write!(text, "{rest}}}{end}{end}");
        out.extend_from_slice(text.as_bytes());
    }
}

fn part(text: &str) -> String {
    format!(r#"{{"type":"output_text","annotations":[],"logprobs":[],"text":{}}}"#, quote(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds_at(of: usize) -> Vec<Vec<String>> {
        let message = Message { id: "m", text: "no" };
        (0..of)
            .map(|at| {
                let mut out = Vec::new();
                let place = Place {
                    at,
                    of,
                    output_index: Some(1),
                    sequence_number: Some(7),
                    named: true,
                    line_end: "\n",
                };
                message.write_events(place, &mut out);
                let text = String::from_utf8(out).unwrap();
                text.lines()
                    .filter_map(|line| line.strip_prefix("event: response."))
                    .map(str::to_owned)
                    .collect()
            })
            .collect()
    }

    const ALL: [&str; 6] = [
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
    ];

    #[test]
    fn all_events_come_once_and_in_order_however_many_frames_there_are() {
        for of in 1..12 {
            let found = kinds_at(of);
            assert_eq!(found.concat(), ALL, "{of} frames");
            assert_eq!(found.first().unwrap()[0], ALL[0]);
            assert_eq!(found.last().unwrap().last().unwrap(), ALL[5]);
        }
        assert!(kinds_at(12)[5].is_empty());
    }

    #[test]
    fn ids_differ_between_replies_and_calls() {
        let ids = [
            message_id("r", "i", 0),
            message_id("r", "i", 1),
            message_id("r", "j", 0),
            message_id("s", "i", 0),
        ];
        for (at, id) in ids.iter().enumerate() {
            assert!(id.starts_with("msg_vigil_") && id.len() == 50);
            assert!(!ids[..at].contains(id));
        }
    }
}
