//! Single frames, by hand.

use super::super::fault::Fault;
use super::super::frame::{Frame, PREFACE, flag, kind, put, put_headers, put_reset, put_window_update};
use super::super::hpack::{Decoder, Encoder, Field, Fields};
use super::super::relay::Relay;
use super::super::{fault::Code, limits};
use super::kit::{Planes, planes};

/// A relay whose two sides have exchanged SETTINGS, and what each side's encoder does.
struct Hand {
    relay: Relay,
    _planes: Planes,
}

type Seen = Vec<(u8, u8, u32, Vec<u8>)>;

const GET: [(&str, &str); 5] =
    [(":method", "GET"), (":path", "/plain"), (":scheme", "https"), (":authority", "api.test"), ("x-a", "1")];

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

fn frames(mut bytes: &[u8]) -> Seen {
    let mut seen = Vec::new();
    while let Some(frame) = Frame::first(bytes, 1 << 20).unwrap() {
        seen.push((frame.kind, frame.flags, frame.stream, frame.payload.to_vec()));
        bytes = &bytes[frame.raw.len()..];
    }
    assert!(bytes.is_empty());
    seen
}

impl Hand {
    fn new() -> Self {
        let planes = planes();
        let relay = Relay::new(planes.exchanges.clone(), planes.place(), planes.limits.header_bytes);
        let mut hand = Self { relay, _planes: planes };
        let mut hello = PREFACE.to_vec();
        put(&mut hello, kind::SETTINGS, 0, 0, &[]);
        hand.client(&hello).unwrap();
        assert!(hand.client_gets().is_empty(), "the upstream's SETTINGS come first");
        let mut hello = Vec::new();
        put(&mut hello, kind::SETTINGS, 0, 0, &[]);
        hand.upstream(&hello).unwrap();
        assert_eq!(
            hand.client_gets().iter().map(|frame| (frame.0, frame.1)).collect::<Vec<_>>(),
            [(4, 0), (4, 1)]
        );
        let mut ack = Vec::new();
        put(&mut ack, kind::SETTINGS, flag::ACK, 0, &[]);
        hand.client(&ack).unwrap();
        hand.relay.to_upstream.discard();
        hand
    }

    fn client(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        assert_eq!(self.relay.on_client(bytes, 0)?, bytes.len());
        Ok(())
    }

    fn upstream(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        assert_eq!(self.relay.on_upstream(bytes, 0)?, bytes.len());
        self.relay.deliver();
        Ok(())
    }

    fn request(&mut self, stream: u32, fields: &[(&str, &str)]) -> Result<(), Fault> {
        let mut bytes = Vec::new();
        put_headers(&mut bytes, stream, &block(fields), 16_384, true);
        self.client(&bytes)
    }

    fn client_gets(&mut self) -> Seen {
        let seen = frames(self.relay.to_client.unwritten());
        self.relay.to_client.discard();
        self.relay.taken();
        seen
    }

    fn upstream_gets(&mut self) -> Vec<u8> {
        let bytes = self.relay.to_upstream.unwritten().to_vec();
        self.relay.to_upstream.discard();
        bytes
    }
}

fn decoded(block: &[u8]) -> Vec<(String, String)> {
    let mut fields = Fields::default();
    Decoder::new().decode(block, 1 << 16, &mut fields).unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    fields.iter().map(|field| (text(field.name), text(field.value))).collect()
}

#[tokio::test]
async fn a_request_goes_on_byte_for_byte_however_it_arrives() {
    let mut sent = Vec::new();
    let block = block(&GET);
    // Padding, priority, a block in pieces of three bytes, padded DATA, trailers, extensions, PING.
    let mut first = vec![2, 0, 0, 0, 0, 16];
    first.extend_from_slice(&block[..3]);
    first.extend_from_slice(&[0, 0]);
    put(&mut sent, kind::HEADERS, flag::PADDED | flag::PRIORITY, 1, &first);
    let mut rest = block[3..].chunks(3).peekable();
    while let Some(part) = rest.next() {
        put(
            &mut sent,
            kind::CONTINUATION,
            if rest.peek().is_none() { flag::END_HEADERS } else { 0 },
            1,
            part,
        );
    }
    put(&mut sent, kind::PRIORITY, 0, 1, &[0, 0, 0, 0, 1]);
    put(&mut sent, kind::DATA, flag::PADDED, 1, b"\x03body\0\0\0");
    put(&mut sent, 0x10, 0, 0, b"an extension");
    put(&mut sent, kind::PING, 0, 0, b"12345678");
    put(&mut sent, kind::DATA, 0, 1, b"more");
    put_headers(&mut sent, 1, &self::block(&[("x-sum", "0")]), 16_384, true);
    for step in [1, 7, sent.len()] {
        let mut hand = Hand::new();
        let mut waiting = Vec::new();
        for part in sent.chunks(step) {
            waiting.extend_from_slice(part);
            let used = hand.relay.on_client(&waiting, 0).unwrap();
            waiting.drain(..used);
        }
        assert!(waiting.is_empty());
        assert_eq!(hand.upstream_gets(), sent, "in steps of {step}");
    }
}

#[tokio::test]
async fn settings_and_windows_of_the_client_end_here() {
    let mut hand = Hand::new();
    let mut sent = Vec::new();
    put(&mut sent, kind::SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 9]);
    put_window_update(&mut sent, 0, 100);
    hand.client(&sent).unwrap();
    assert!(hand.upstream_gets().is_empty());
    assert_eq!(hand.client_gets(), [(kind::SETTINGS, flag::ACK, 0, vec![])]);
}

#[tokio::test]
async fn interim_heads_fields_and_padded_data_reach_the_client() {
    let mut hand = Hand::new();
    hand.request(1, &GET).unwrap();
    let mut sent = Vec::new();
    put_headers(&mut sent, 1, &block(&[(":status", "103"), ("link", "</a>")]), 16_384, false);
    put_headers(&mut sent, 1, &block(&[(":status", "200"), ("b", "2"), ("a", "1"), ("b", "3")]), 5, false);
    put(&mut sent, kind::DATA, flag::PADDED, 1, b"\x04body\0\0\0\0");
    put(&mut sent, kind::DATA, flag::END_STREAM, 1, b"");
    hand.upstream(&sent).unwrap();
    let seen = hand.client_gets();
    let fields = |at: usize| decoded(&seen[at].3);
    assert_eq!(fields(0), [(":status", "103"), ("link", "</a>")].map(|(n, v)| (n.to_owned(), v.to_owned())));
    assert_eq!(
        fields(1),
        [(":status", "200"), ("b", "2"), ("a", "1"), ("b", "3")].map(|(n, v)| (n.to_owned(), v.to_owned()))
    );
    assert_eq!(seen[2..], [(kind::DATA, flag::END_STREAM, 1, b"body".to_vec())]);
    assert!(hand.relay.streams.is_empty());
}

#[tokio::test]
async fn a_reply_without_body_ends_with_its_head() {
    let mut hand = Hand::new();
    hand.request(1, &GET).unwrap();
    let mut sent = Vec::new();
    put_headers(&mut sent, 1, &block(&[(":status", "204"), ("content-length", "1234")]), 16_384, true);
    hand.upstream(&sent).unwrap();
    let seen = hand.client_gets();
    assert_eq!((seen.len(), seen[0].1), (1, flag::END_HEADERS | flag::END_STREAM));
    assert_eq!(decoded(&seen[0].3)[1], ("content-length".to_owned(), "1234".to_owned()));
}

#[tokio::test]
async fn windows_of_the_client_are_kept_when_its_settings_change() {
    let mut hand = Hand::new();
    let mut sent = Vec::new();
    put(&mut sent, kind::SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 3]);
    hand.client(&sent).unwrap();
    hand.request(1, &GET).unwrap();
    hand.client_gets();
    let mut reply = Vec::new();
    put_headers(&mut reply, 1, &block(&[(":status", "200")]), 16_384, false);
    put(&mut reply, kind::DATA, flag::END_STREAM, 1, b"0123456789");
    hand.upstream(&reply).unwrap();
    assert_eq!(hand.client_gets()[1], (kind::DATA, 0, 1, b"012".to_vec()));
    // Less than was sent: the window is negative now.
    let mut sent = Vec::new();
    put(&mut sent, kind::SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 1]);
    put_window_update(&mut sent, 1, 2);
    hand.client(&sent).unwrap();
    hand.relay.deliver();
    assert_eq!(hand.client_gets(), [(kind::SETTINGS, flag::ACK, 0, vec![])]);
    let mut sent = Vec::new();
    put_window_update(&mut sent, 1, 100);
    hand.client(&sent).unwrap();
    hand.relay.deliver();
    assert_eq!(hand.client_gets(), [(kind::DATA, flag::END_STREAM, 1, b"3456789".to_vec())]);
}

#[tokio::test]
async fn a_full_connection_window_stops_data_and_not_the_end_of_a_reply() {
    let mut hand = Hand::new();
    hand.request(1, &GET).unwrap();
    hand.request(3, &GET).unwrap();
    hand.relay.client_window = 4;
    let mut reply = Vec::new();
    put_headers(&mut reply, 1, &block(&[(":status", "200")]), 16_384, false);
    put(&mut reply, kind::DATA, flag::END_STREAM, 1, b"012345");
    put_headers(&mut reply, 3, &block(&[(":status", "200")]), 16_384, false);
    put(&mut reply, kind::DATA, flag::END_STREAM, 3, b"");
    hand.upstream(&reply).unwrap();
    let seen: Vec<_> = hand.client_gets().into_iter().filter(|frame| frame.0 == kind::DATA).collect();
    assert_eq!(seen, [(0, 0, 1, b"0123".to_vec()), (0, flag::END_STREAM, 3, vec![])]);
}

#[tokio::test]
async fn what_the_upstream_may_not_say_ends_the_connection_or_the_stream() {
    let refused = |bytes: &[u8]| {
        let mut hand = Hand::new();
        hand.request(1, &GET).unwrap();
        hand.upstream(bytes).unwrap_err()
    };
    let mut push = Vec::new();
    put(&mut push, kind::PUSH_PROMISE, flag::END_HEADERS, 1, &[0, 0, 0, 2]);
    assert!(matches!(refused(&push), Fault::Refused(_)));
    let mut idle = Vec::new();
    put_reset(&mut idle, 3, Code::Cancel);
    assert!(matches!(refused(&idle), Fault::Protocol(_)));
    let mut flood = Vec::new();
    put(&mut flood, kind::HEADERS, 0, 1, &[]);
    (0..limits::HEADER_FRAMES).for_each(|_| put(&mut flood, kind::CONTINUATION, 0, 1, &[]));
    assert!(matches!(refused(&flood), Fault::Limit { .. }));
    let mut hand = Hand::new();
    hand.request(1, &GET).unwrap();
    let mut switch = Vec::new();
    put_headers(&mut switch, 1, &block(&[(":status", "101")]), 16_384, false);
    hand.upstream(&switch).unwrap();
    assert_eq!(hand.client_gets(), [(kind::RST_STREAM, 0, 1, vec![0, 0, 0, 1])]);
    assert_eq!(frames(&hand.upstream_gets()).last().unwrap().0, kind::RST_STREAM);
}

#[tokio::test]
async fn extensions_of_the_upstream_do_not_reach_the_client() {
    let mut hand = Hand::new();
    hand.request(1, &GET).unwrap();
    let mut sent = Vec::new();
    put(&mut sent, 0xa, 0, 0, b"\0\0h3=\":443\"");
    put(&mut sent, 0x77, 0, 1, b"!bad call\n");
    hand.upstream(&sent).unwrap();
    assert!(hand.client_gets().is_empty());
}

#[tokio::test]
async fn nothing_of_a_request_that_is_refused_goes_on() {
    for (at, field) in
        [(0, (":method", "CONNECT")), (3, (":authority", "evil.test")), (4, ("transfer-encoding", "chunked"))]
    {
        let mut hand = Hand::new();
        let mut fields = GET;
        fields[at] = field;
        assert!(hand.request(1, &fields).is_err());
        assert!(hand.upstream_gets().is_empty());
    }
}

#[tokio::test]
async fn floods_of_the_client_end_the_connection() {
    let mut pings = Vec::new();
    (0..=limits::CONTROL_FRAMES.at_once).for_each(|_| put(&mut pings, kind::PING, 0, 0, &[0; 8]));
    assert!(matches!(Hand::new().client(&pings), Err(Fault::Limit { .. })));
    let mut resets = Vec::new();
    for stream in (1..).step_by(2).take(limits::RESETS.at_once as usize + 1) {
        put_headers(&mut resets, stream, &block(&GET), 16_384, true);
        put_reset(&mut resets, stream, Code::Cancel);
    }
    assert!(matches!(Hand::new().client(&resets), Err(Fault::Limit { .. })));
    let mut streams = Vec::new();
    for stream in (1..).step_by(2).take(limits::OPEN_STREAMS + 1) {
        put_headers(&mut streams, stream, &block(&GET), 16_384, true);
    }
    assert!(matches!(Hand::new().client(&streams), Err(Fault::Limit { .. })));
    let mut headers = Vec::new();
    put(&mut headers, kind::HEADERS, 0, 1, &[]);
    (0..limits::HEADER_FRAMES).for_each(|_| put(&mut headers, kind::CONTINUATION, 0, 1, &[]));
    assert!(matches!(Hand::new().client(&headers), Err(Fault::Limit { .. })));
}

#[tokio::test]
async fn data_of_a_stream_that_was_cut_is_dropped_and_its_credit_given_back() {
    let mut hand = Hand::new();
    let mut sent = Vec::new();
    put_headers(&mut sent, 1, &block(&GET), 16_384, false);
    hand.client(&sent).unwrap();
    let mut reply = Vec::new();
    put_headers(&mut reply, 1, &block(&[(":status", "20")]), 16_384, false);
    hand.upstream(&reply).unwrap();
    assert_eq!(hand.client_gets(), [(kind::RST_STREAM, 0, 1, vec![0, 0, 0, 1])]);
    hand.upstream_gets();
    let mut sent = Vec::new();
    put(&mut sent, kind::DATA, 0, 1, b"12345");
    hand.client(&sent).unwrap();
    assert!(hand.upstream_gets().is_empty());
    assert_eq!(hand.client_gets(), [(kind::WINDOW_UPDATE, 0, 0, vec![0, 0, 0, 5])]);
}

#[tokio::test]
async fn an_upstream_that_overruns_its_window_is_stopped() {
    let mut hand = Hand::new();
    hand.request(1, &GET).unwrap();
    hand.relay.client_window = 0;
    let mut reply = Vec::new();
    put_headers(&mut reply, 1, &block(&[(":status", "200")]), 16_384, false);
    hand.upstream(&reply).unwrap();
    let mut data = Vec::new();
    put(&mut data, kind::DATA, 0, 1, &[b'x'; 16_384]);
    let mut sent = 0;
    let fault = loop {
        match hand.upstream(&data) {
            Ok(()) => sent += 16_384,
            Err(fault) => break fault,
        }
    };
    assert!(matches!(fault, Fault::FlowControl(_)));
    assert!(sent <= 2 * limits::STREAM_WINDOW_BYTES as usize, "{sent}");
}

#[tokio::test]
async fn a_client_that_waits_is_answered_when_the_upstream_is_gone() {
    let mut hand = Hand::new();
    hand.request(1, &GET).unwrap();
    hand.request(3, &GET).unwrap();
    let mut reply = Vec::new();
    put_headers(&mut reply, 1, &block(&[(":status", "200")]), 16_384, false);
    put(&mut reply, kind::DATA, 0, 1, b"half");
    hand.upstream(&reply).unwrap();
    hand.client_gets();
    hand.relay.upstream_gone();
    let gone =
        [(kind::GOAWAY, 0, 0, [0, 0, 0, 3, 0, 0, 0, 0].to_vec()), (kind::RST_STREAM, 0, 1, vec![0, 0, 0, 2])];
    let seen = hand.client_gets();
    assert_eq!(seen[..2], gone);
    assert_eq!(seen[2], (kind::RST_STREAM, 0, 3, vec![0, 0, 0, 2]));
    let mut ping = Vec::new();
    put(&mut ping, kind::PING, 0, 0, b"abcdefgh");
    hand.client(&ping).unwrap();
    assert_eq!(hand.client_gets(), [(kind::PING, flag::ACK, 0, b"abcdefgh".to_vec())]);
}
