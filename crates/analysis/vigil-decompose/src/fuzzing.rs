//! Properties of the parsers of hostile bytes, for fuzz targets. Each function panics when its property does not hold.

use vigil_core::wire::{Answer, ReaderOutput, ReplyReader, RequestScan, WireCall, WireFormat, WireFormats};

use crate::Formats;
use crate::json::{Splice, Tape, without_repeats};
use crate::sse::EventSplitter;
use crate::wire::BROKEN_OFF;

/// A text that is read as JSON is JSON to another parser too, and is one without repeated members when they are out.
pub fn json(data: &[u8]) {
    let Ok(tape) = Tape::parse(data) else { return };
    let root = tape.root(data);
    if let Err(error) = serde_json::from_slice::<serde_json::Value>(data) {
        // The other parser refuses halves of surrogate pairs and numbers that do not fit.
        let word = error.to_string();
        let known =
            ["surrogate", "hex escape", "out of range", "recursion"].iter().any(|known| word.contains(known));
        assert!(known, "{word}");
    }
    let mut same = Vec::new();
    Splice::default().apply(data, &mut same);
    assert_eq!(same, data, "no change changes nothing");
    let single = without_repeats(data.to_vec());
    let again = Tape::parse(&single);
    assert!(again.is_ok_and(|tape| !tape.root(&single).has_duplicates()), "repeats are gone");
    let mut splice = Splice::default();
    let removed = splice.remove_members(root, |name| name.len() % 2 == 0);
    splice.add_member(root, removed, "added", "1");
    let mut changed = Vec::new();
    splice.apply(data, &mut changed);
    assert!(Tape::parse(&changed).is_ok(), "what is spliced is JSON");
}

/// Any split of a stream gives the same events, and their bytes are the stream.
pub fn events(data: &[u8]) {
    let read = |step: usize| {
        let mut splitter = EventSplitter::new(usize::MAX);
        let (mut raw, mut seen) = (Vec::new(), Vec::new());
        for piece in data.chunks(step) {
            splitter.push(piece);
            while let Some(Ok(event)) = splitter.next() {
                raw.extend_from_slice(event.raw);
                seen.extend(event.data.map(|data| (event.name.map(<[u8]>::to_vec), data.to_vec())));
            }
        }
        if let Some(event) = splitter.rest() {
            raw.extend_from_slice(event.raw);
            seen.extend(event.data.map(|data| (event.name.map(<[u8]>::to_vec), data.to_vec())));
        }
        assert_eq!(raw, data);
        seen
    };
    let step = usize::from(data.first().copied().unwrap_or(1) % 7) + 1;
    assert_eq!(read(step), read(data.len().max(1)));
}

/// A reply whose calls are all released is what was pushed, and any split of it has the same calls. Of a reply that is
/// cut nothing goes out after the cut. The first byte chooses the format, the second the split.
pub fn reply(data: &[u8]) {
    let [format, split, body @ ..] = data else { return };
    let format = match format % 4 {
        0 => WireFormat::AnthropicMessages,
        1 => WireFormat::OpenAiChat,
        2 => WireFormat::OpenAiResponses,
        _ => WireFormat::Gemini,
    };
    // An event that is not finished may be left out at the end.
    let body = [body, b"\n\n"].concat();
    let step = usize::from(*split) + 1;
    let whole = run(format, &body, body.len(), true, &Answer::Release);
    let pieces = run(format, &body, step, true, &Answer::Release);
    assert_eq!(whole.fault, pieces.fault, "a split changes no fault");
    // A call of which only a part came before the end of a Responses stream gives way to a text.
    let left_out = whole.bytes.windows(BROKEN_OFF.len()).any(|text| text == BROKEN_OFF.as_bytes());
    if left_out {
        assert!(format == WireFormat::OpenAiResponses && whole.bytes == pieces.bytes);
    } else if !whole.fault {
        assert_eq!(whole.calls, pieces.calls, "a split changes no call");
        let (mut have, mut want) = (pieces.bytes.clone(), body.clone());
        // Text may overtake a call in a chat stream.
        if format == WireFormat::OpenAiChat {
            have.sort_unstable();
            want.sort_unstable();
        }
        assert_eq!(have, want, "what is released is what was pushed");
    }
    run(format, &body, step, true, &Answer::Replace("no \"call\"\n".to_owned()));
    let cut = run(format, &body, step, false, &Answer::Release);
    assert!(left_out || cut.bytes.len() <= body.len());
}

/// A request that another parser sees tools in may carry calls, whatever its split.
pub fn request_scan(data: &[u8]) {
    let scan = |step: usize| {
        let mut scan = crate::wire::BodyScan::default();
        data.chunks(step).for_each(|piece| scan.push(piece));
        scan.may_carry_calls()
    };
    let may = scan(data.len().max(1));
    assert_eq!(may, scan(1));
    match serde_json::from_slice::<serde_json::Value>(data) {
        Ok(serde_json::Value::Object(members)) => {
            let tools =
                members.get("tools").and_then(|tools| tools.as_array()).is_some_and(|list| !list.is_empty());
            assert!(may || !tools);
        }
        Ok(_) => assert!(may),
        Err(_) => {}
    }
}

struct Ran {
    bytes: Vec<u8>,
    calls: Vec<WireCall>,
    fault: bool,
}

fn run(format: WireFormat, body: &[u8], step: usize, complete: bool, answer: &Answer) -> Ran {
    let mut reader = Formats { limit_bytes: 1 << 20 }.reply_reader(format);
    let mut out = ReaderOutput::default();
    let mut ran = Ran { bytes: Vec::new(), calls: Vec::new(), fault: false };
    for piece in body.chunks(step) {
        reader.push(piece, &mut out);
        ran.take(reader.as_mut(), &mut out, answer);
    }
    reader.end(complete, &mut out);
    ran.take(reader.as_mut(), &mut out, answer);
    assert!(reader.is_drained());
    assert_eq!(reader.held_bytes(), 0);
    ran
}

impl Ran {
    fn take(&mut self, reader: &mut dyn ReplyReader, out: &mut ReaderOutput, answer: &Answer) {
        let calls = std::mem::take(&mut out.calls);
        calls.iter().for_each(|call| reader.answer(call.number, answer, out));
        assert!(out.calls.is_empty(), "an answer completes no call");
        self.fault |= out.fault.is_some();
        self.bytes.extend_from_slice(&out.bytes);
        self.calls.extend(calls);
        out.clear();
    }
}

/// Any text is taken apart, twice alike.
pub fn shell(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (effects, _) = crate::action::shell_effects(&text);
    assert!(!effects.is_empty(), "something runs");
    assert_eq!(crate::action::shell_effects(&text).0, effects, "the same text does the same");
}

/// The readings of any text are few and short: none is longer than what it is read from, but for letters that are written
/// with several and for line ends between passages.
pub fn readings(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let found = crate::readings(&text);
    assert!(found.len() <= 6, "five levels, and one with spaces");
    assert!(found.iter().all(|reading| reading.len() <= text.len() * 2 + 64), "a reading is no longer");
}

/// A request that is read after another says what it says alone. The first byte chooses the format, the second where the
/// rest is cut in two.
pub fn request(data: &[u8]) {
    let [format, cut, rest @ ..] = data else { return };
    let format = match format % 4 {
        0 => WireFormat::AnthropicMessages,
        1 => WireFormat::OpenAiChat,
        2 => WireFormat::OpenAiResponses,
        _ => WireFormat::Gemini,
    };
    let middle = rest.len() * usize::from(*cut) / 256;
    let (earlier, later) = rest.split_at_checked(middle).unwrap_or((rest, &[]));
    let (after, alone) = crate::request::read_after(format, earlier, later);
    assert_eq!(after, alone);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    /// Pieces of replies, so that random joins of them get somewhere.
    fn fragments() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop::sample::select(vec![
            "data: ",
            "event: x\n",
            "\n\n",
            "\n",
            "\r",
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\u0074",
            "[DONE]",
            "null",
            "0",
            "1",
            "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}}]}",
            "{\"choices\":[{\"delta\":{\"content\":\"t\"},\"finish_reason\":\"tool_calls\"}]}",
            "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":{}}}",
            "{\"type\":\"content_block_stop\",\"index\":0}",
            "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"}}",
            "{\"tools\":[1]}",
        ]);
        (any::<[u8; 2]>(), prop::collection::vec(piece, 0..24))
            .prop_map(|(head, pieces)| [&head[..], pieces.concat().as_bytes()].concat())
    }

    proptest! {
        #[test]
        fn properties_hold(data in fragments()) {
            super::json(data.get(2..).unwrap_or_default());
            super::events(&data);
            super::reply(&data);
            super::request_scan(data.get(2..).unwrap_or_default());
            super::readings(&data);
        }
    }
}
