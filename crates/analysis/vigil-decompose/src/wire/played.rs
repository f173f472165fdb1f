//! A reply played through a reader, for tests.

use vigil_core::CallNumber;
use vigil_core::wire::{Answer, ReaderOutput, ReplySummary, WireCall, WireFault, WireFormat};

use super::open;

/// What came of a reply.
pub(super) struct Played {
    pub(super) text: String,
    pub(super) calls: Vec<WireCall>,
    pub(super) released: Vec<CallNumber>,
    pub(super) fault: Option<WireFault>,
    pub(super) summary: ReplySummary,
    pub(super) drained: bool,
}

impl Played {
    /// Names and arguments of the calls.
    pub(super) fn asked(&self) -> Vec<(&str, &str)> {
        self.calls.iter().map(|call| (call.name.as_str(), call.arguments.as_str())).collect()
    }
}

/// The text in the place of calls.
pub(super) const DENIED: &str = "Not \"allowed\".";

/// Plays a complete body in pieces of `size` bytes. Calls are answered at the end, the last one first: those that
/// `denied` names with [`DENIED`].
pub(super) fn play_pieces(format: WireFormat, body: &str, size: usize, denied: &[u32]) -> Played {
    let mut reader = open(format, body.trim_start().bytes().next().unwrap_or_default(), 1 << 20);
    let mut out = ReaderOutput::default();
    for piece in body.as_bytes().chunks(size) {
        reader.push(piece, &mut out);
    }
    reader.end(true, &mut out);
    let mut numbers: Vec<_> = out.calls.iter().map(|call| call.number).collect();
    numbers.sort();
    for number in numbers.into_iter().rev() {
        let is_denied = denied.contains(&number.0);
        let answer = if is_denied { Answer::Replace(DENIED.to_owned()) } else { Answer::Release };
        reader.answer(number, &answer, &mut out);
    }
    Played {
        text: String::from_utf8(out.bytes).unwrap(),
        calls: out.calls,
        released: out.released,
        fault: out.fault,
        summary: reader.summary(),
        drained: reader.is_drained(),
    }
}

/// Plays a body whole and byte by byte, which must come to the same.
#[track_caller]
pub(super) fn play(format: WireFormat, body: &str, denied: &[u32]) -> Played {
    let whole = play_pieces(format, body, body.len().max(1), denied);
    let bytes = play_pieces(format, body, 1, denied);
    assert_eq!(whole.text, bytes.text);
    assert_eq!((&whole.calls, &whole.fault, &whole.summary), (&bytes.calls, &bytes.fault, &bytes.summary));
    assert_eq!((&whole.released, whole.drained, bytes.drained), (&bytes.released, true, true));
    whole
}
