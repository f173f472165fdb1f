//! What the fuzz targets of HTTP/2 hold to be true.

use std::sync::Arc;

use vigil_core::bus::queue;
use vigil_core::wire::{
    Answer, CallKind, Endpoint, ProviderFormat, ReaderOutput, ReplyReader, ReplySummary, RequestScan,
    WireCall, WireFormat, WireFormats,
};
use vigil_core::{CallNumber, Timestamp};

use crate::config::ProxyConfig;
use crate::exchange::{Exchanges, InterceptPort};
use crate::link::Place;
use crate::providers::Provider;

use super::frame::{Frame, PREFACE, flag, kind, put};
use super::hpack::{Decoder, Encoder, Fields};
use super::limits::FRAME_BYTES;
use super::relay::Relay;

/// Frames that are read give the bytes again, and their parts stand inside them.
pub(crate) fn frames(data: &[u8]) {
    let mut rest = data;
    while let Ok(Some(frame)) = Frame::first(rest, FRAME_BYTES) {
        let mut written = Vec::new();
        put(&mut written, frame.kind, frame.flags, frame.stream, frame.payload);
        assert_eq!(written.get(9..), frame.raw.get(9..));
        assert!(frame.data().is_ok_and(|data| data.len() <= frame.payload.len()) || frame.has(flag::PADDED));
        let _ = (frame.fragment(), frame.increment(), frame.last_stream(), frame.error_code());
        rest = rest.get(frame.raw.len()..).unwrap_or_default();
    }
}

/// Header blocks that are read say the same when they are written anew; a list is never larger than its limit.
pub(crate) fn hpack(data: &[u8]) {
    const LIST: usize = 4096;
    let (mut decoder, mut encoder, mut again) = (Decoder::new(), Encoder::default(), Decoder::new());
    let (mut fields, mut same) = (Fields::default(), Fields::default());
    let mut rest = data;
    while let Some((length, tail)) = rest.split_first() {
        let (block, tail) = tail.split_at_checked(usize::from(*length)).unwrap_or((tail, &[]));
        rest = tail;
        if decoder.decode(block, LIST, &mut fields).is_err() {
            return;
        }
        assert!(fields.iter().map(|field| field.name.len() + field.value.len() + 32).sum::<usize>() <= LIST);
        let mut written = Vec::new();
        encoder.begin(&mut written);
        fields.iter().for_each(|field| encoder.field(field, &mut written));
        assert_eq!(again.decode(&written, LIST, &mut same), Ok(()));
        assert_eq!(same, fields);
    }
}

/// A connection with two hostile sides: what goes out on either side is whole frames, the client's window is kept, and
/// no call reaches the client while nobody released it.
pub(crate) fn relay(data: &[u8]) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else { return };
    runtime.block_on(async {
        let mut relay = relay_alone();
        let (mut from_client, mut from_upstream) = (PREFACE.to_vec(), Vec::new());
        let mut granted = 65_535_i64;
        let mut rest = data;
        // Pieces of one side or the other: a byte with the side and the length, then the piece.
        while let Some((head, tail)) = rest.split_first() {
            let (piece, tail) = tail.split_at_checked(usize::from(head >> 1)).unwrap_or((tail, &[]));
            rest = tail;
            let outcome = if head & 1 == 0 {
                from_client.extend_from_slice(piece);
                let outcome = relay.on_client(&from_client, 0);
                granted += granted_by(&from_client, &outcome);
                outcome.map(|used| drop(from_client.drain(..used)))
            } else {
                from_upstream.extend_from_slice(piece);
                relay.on_upstream(&from_upstream, 0).map(|used| drop(from_upstream.drain(..used)))
            };
            relay.deliver();
            if outcome.is_err() {
                break;
            }
            relay.speak().await;
            relay.deliver();
        }
        check_client_side(relay.to_client.unwritten(), granted);
        let out = relay.to_upstream.unwritten();
        check_frames(out.strip_prefix(PREFACE).unwrap_or(out), &mut |_| ());
    });
}

/// What the client's connection window gains by the frames that were used.
fn granted_by<E>(bytes: &[u8], used: &Result<usize, E>) -> i64 {
    let bytes = bytes.get(..used.as_ref().map_or(bytes.len(), |used| *used)).unwrap_or_default();
    let mut gained = 0;
    let frames = bytes.strip_prefix(PREFACE).unwrap_or(bytes);
    let mut rest = frames;
    while let Ok(Some(frame)) = Frame::first(rest, 1 << 16) {
        if (frame.kind, frame.stream) == (kind::WINDOW_UPDATE, 0) {
            gained += frame.increment().map_or(0, i64::from);
        }
        rest = rest.get(frame.raw.len()..).unwrap_or_default();
    }
    gained
}

fn check_client_side(bytes: &[u8], granted: i64) {
    let mut delivered = 0_i64;
    let mut ended = std::collections::HashSet::new();
    check_frames(bytes, &mut |frame| {
        if frame.kind == kind::DATA {
            delivered += frame.payload.len() as i64;
            assert!(!frame.payload.contains(&b'!'), "a call that nobody released");
            assert!(!ended.contains(&frame.stream), "DATA behind the end of a stream");
        }
        let ends = matches!(frame.kind, kind::DATA | kind::HEADERS) && frame.has(flag::END_STREAM);
        if ends || frame.kind == kind::RST_STREAM {
            ended.insert(frame.stream);
        }
    });
    assert!(delivered <= granted, "{delivered} bytes in a window of {granted}");
}

fn check_frames(mut bytes: &[u8], look: &mut dyn FnMut(&Frame<'_>)) {
    while !bytes.is_empty() {
        let frame = Frame::first(bytes, 1 << 16);
        assert!(matches!(frame, Ok(Some(_))), "what goes out is not whole frames");
        let Ok(Some(frame)) = frame else { return };
        look(&frame);
        bytes = bytes.get(frame.raw.len()..).unwrap_or_default();
    }
}

fn relay_alone() -> Relay {
    let config = ProxyConfig::new(std::path::PathBuf::new());
    let (analysis, policy, vault, surface) = (queue(1).0, queue(1).0, queue(1).0, queue(1).0);
    let port = InterceptPort { analysis, policy, vault, surface, inbox: queue(1).1 };
    let clock = Arc::new(|| Timestamp::from_micros(0));
    let (exchanges, _) = Exchanges::new(&config, Arc::new(Marks), port, clock);
    let provider = Arc::new(Provider::named("h", 443, ProviderFormat::OpenAi));
    let place = Place { host: "h".to_owned(), port: 443, provider, client: String::new() };
    Relay::new(exchanges, place, 4096)
}

/// A format in which everything from the first `!` on is calls.
struct Marks;

impl WireFormats for Marks {
    fn endpoint(&self, _: ProviderFormat, _: &str, _: &str) -> Endpoint {
        Endpoint::Gated(WireFormat::OpenAiChat)
    }

    fn request_scan(&self, _: WireFormat) -> Box<dyn RequestScan> {
        Box::new(Always)
    }

    fn reply_reader(&self, _: WireFormat) -> Box<dyn ReplyReader> {
        Box::<MarkReader>::default()
    }
}

struct Always;

impl RequestScan for Always {
    fn push(&mut self, _: &[u8]) {}

    fn may_carry_calls(&mut self) -> bool {
        true
    }
}

#[derive(Default)]
struct MarkReader {
    held: usize,
    calls: u32,
    ended: bool,
}

impl ReplyReader for MarkReader {
    fn push(&mut self, bytes: &[u8], out: &mut ReaderOutput) {
        for &byte in bytes {
            if byte == b'!' {
                out.calls.push(WireCall {
                    number: CallNumber(self.calls),
                    id: None,
                    name: String::new(),
                    arguments: String::new(),
                    kind: CallKind::Client,
                    duplicate_members: false,
                });
                self.calls += 1;
            }
            if self.calls > 0 {
                self.held += 1;
            } else {
                out.bytes.push(byte);
            }
        }
    }

    fn end(&mut self, _: bool, _: &mut ReaderOutput) {
        self.ended = true;
    }

    fn answer(&mut self, _: CallNumber, _: &Answer, _: &mut ReaderOutput) {}

    fn is_drained(&self) -> bool {
        self.ended && self.held == 0
    }

    fn keep_alive(&self) -> &'static [u8] {
        b""
    }

    fn held_bytes(&self) -> usize {
        self.held
    }

    fn summary(&self) -> ReplySummary {
        ReplySummary::default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::frame::{put_headers, put_window_update};
    use super::super::hpack::Field;
    use super::*;

    fn block(fields: &[(&str, &str)]) -> Vec<u8> {
        let (mut encoder, mut block) = (Encoder::default(), Vec::new());
        for (name, value) in fields {
            encoder.field(
                Field { name: name.as_bytes(), value: value.as_bytes(), never_indexed: false },
                &mut block,
            );
        }
        block
    }

    /// Three requests whose replies have begun.
    fn opened() -> Vec<(bool, Vec<u8>)> {
        let request =
            block(&[(":method", "POST"), (":path", "/"), (":scheme", "https"), (":authority", "h")]);
        let reply = block(&[(":status", "200")]);
        let begin = |client: bool, stream: u32| {
            let mut bytes = Vec::new();
            put_headers(&mut bytes, stream, if client { &request } else { &reply }, 1 << 14, client);
            (client, bytes)
        };
        [1, 3, 5].into_iter().flat_map(|stream| [begin(true, stream), begin(false, stream)]).collect()
    }

    /// What may follow without an error: much text, now and then a call, an end, a window.
    fn calm() -> impl Strategy<Value = (bool, Vec<u8>)> {
        (0..20_u8, 0..3_u32, any::<u16>()).prop_map(|(what, stream, number)| {
            let (mut bytes, stream) = (Vec::new(), stream * 2 + 1);
            match what {
                0 => put(&mut bytes, kind::DATA, 0, stream, b"a call: !"),
                1 => put(&mut bytes, kind::DATA, flag::END_STREAM, stream, b"the end"),
                2..4 => put_window_update(&mut bytes, 0, u32::from(number) + 1),
                4..6 => put_window_update(&mut bytes, stream, u32::from(number) + 1),
                6 => put(&mut bytes, kind::SETTINGS, 0, 0, &[0, 4, 0, 0, number.to_be_bytes()[0], 7]),
                _ => put(&mut bytes, kind::DATA, 0, stream, &[b'x'; 16_000]),
            }
            (matches!(what, 2..7), bytes)
        })
    }

    /// A frame that one side may send, or noise; the side in the lowest bit.
    fn piece() -> impl Strategy<Value = (bool, Vec<u8>)> {
        let request =
            block(&[(":method", "POST"), (":path", "/"), (":scheme", "https"), (":authority", "h")]);
        let reply = block(&[(":status", "200")]);
        (any::<bool>(), 0..12_u8, 0..5_u32, any::<[u8; 4]>(), any::<bool>()).prop_map(
            move |(client, what, stream, noise, end)| {
                let mut bytes = Vec::new();
                let stream = stream * 2 + 1;
                let end_flag = if end { flag::END_STREAM } else { 0 };
                match what {
                    0..4 => {
                        put_headers(
                            &mut bytes,
                            stream,
                            if client { &request } else { &reply },
                            1 << 14,
                            end && what == 0,
                        );
                    }
                    4..7 => put(
                        &mut bytes,
                        kind::DATA,
                        end_flag,
                        stream,
                        if what == 4 { b"te!xt" } else { b"text" },
                    ),
                    7 => put(&mut bytes, kind::RST_STREAM, 0, stream, &[0, 0, 0, 8]),
                    8 => put_window_update(&mut bytes, if end { 0 } else { stream }, u32::from(noise[0]) + 1),
                    9 => put(&mut bytes, kind::SETTINGS, 0, 0, &[0, 4, 0, 0, 0, noise[0]]),
                    10 => put(&mut bytes, kind::PING, 0, 0, &[0; 8]),
                    _ => put(&mut bytes, noise[0] % 12, noise[1], stream, &noise),
                }
                (client, bytes)
            },
        )
    }

    fn script(pieces: &[(bool, Vec<u8>)]) -> Vec<u8> {
        let mut settings = Vec::new();
        put(&mut settings, kind::SETTINGS, 0, 0, &[]);
        let mut data = Vec::new();
        for (client, bytes) in [(true, settings.clone()), (false, settings)].iter().chain(pieces) {
            for part in bytes.chunks(127) {
                data.push((part.len() as u8) << 1 | u8::from(!client));
                data.extend_from_slice(part);
            }
        }
        data
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        #[test]
        fn two_hostile_sides_get_nothing_they_should_not(pieces in proptest::collection::vec(piece(), 0..40)) {
            relay(&script(&pieces));
        }

        #[test]
        fn a_long_connection_keeps_windows_and_calls(
            calm in proptest::collection::vec(calm(), 0..40),
            wild in proptest::collection::vec(piece(), 0..5),
        ) {
            let opened: Vec<_> = opened().into_iter().chain(calm).chain(wild).collect();
            relay(&script(&opened));
        }

        #[test]
        fn noise_breaks_no_reader(noise in proptest::collection::vec(any::<u8>(), 0..300)) {
            frames(&noise);
            hpack(&noise);
            relay(&noise);
        }
    }
}
