//! P2: the provider receives what the client sent.

use std::time::Duration;

use vigil_core::message::{Ending, NoticeKind};

use crate::client::{read_all, read_until, send};
use crate::pipeline::Event;
use crate::stage::{HOST, Stage};
use crate::upstream::Script;

const REPLY: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";

async fn arrives_as_sent(pieces: &[&[u8]]) -> (Stage, Vec<u8>) {
    let stage = Stage::new().await;
    let whole = pieces.concat();
    stage.upstream.plays(Script::new(whole.len(), REPLY));
    let mut client = stage.client().await;
    for piece in pieces {
        send(&mut client, piece).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let (reply, _) = read_all(&mut client).await;
    assert_eq!(reply.escape_ascii().to_string(), REPLY.escape_ascii().to_string());
    assert_eq!(stage.upstream.seen().escape_ascii().to_string(), whole.escape_ascii().to_string());
    (stage, whole)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_case_order_and_spaces_stay() {
    let head = format!(
        "POST /chat?x=1 HTTP/1.1\r\naCCePT:*/*\r\nhOST:  {HOST} \r\nX-Twice: a\r\nx-empty:\r\nX-TWICE: b  c\td\r\n\
         content-length:5\r\nX-Agent-Id: me\r\n\r\n"
    );
    let (stage, _) = arrives_as_sent(&[&head.as_bytes()[..30], &head.as_bytes()[30..], b"he", b"llo"]).await;
    let finished = stage.pipeline.finished().await;
    assert_eq!(finished.request_bytes, Some(5));
    assert_eq!((finished.head.client_ref.as_str(), finished.head.path.as_str()), ("me", "/chat"));
    assert_eq!((finished.status, &finished.ending), (Some(200), &Ending::Complete));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chunks_extensions_and_trailers_stay() {
    let head = format!("POST /chat HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n");
    let pieces: [&[u8]; 5] =
        [head.as_bytes(), b"05;a=b\r\nhel", b"lo\r\n0A\r\n, provider\r", b"\n0\r\nX-Sum: ", b"1\r\n\r\n"];
    let (stage, _) = arrives_as_sent(&pieces).await;
    let captured = stage
        .pipeline
        .wait(|event| match event {
            Event::Request(request) => Some(request.clone()),
            _ => None,
        })
        .await;
    assert_eq!(
        (captured.body.bytes.as_slice(), captured.body.complete),
        (b"hello, provider".as_slice(), true)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_waits_for_continue_gets_it() {
    let stage = Stage::new().await;
    let head = format!(
        "POST /chat HTTP/1.1\r\nHost: {HOST}\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
    );
    stage.upstream.plays(Script::new(head.len(), b"HTTP/1.1 100 Continue\r\n\r\n"));
    stage.upstream.plays(Script::new(5, REPLY));
    let mut client = stage.client().await;
    send(&mut client, &head).await;
    read_until(&mut client, b"100 Continue\r\n\r\n").await;
    send(&mut client, b"hello").await;
    let (reply, orderly) = read_all(&mut client).await;
    assert_eq!((reply.as_slice(), orderly), (REPLY, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_used_again_and_pipelined_requests_wait() {
    let stage = Stage::new().await;
    let one = format!("GET /models HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    let reply = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
    for _ in 0..3 {
        stage.upstream.plays(Script::new(one.len(), reply));
    }
    let mut client = stage.client().await;
    send(&mut client, format!("{one}{one}")).await;
    let both = read_until(&mut client, &[reply.as_slice(), reply].concat()).await;
    assert_eq!(both.len(), 2 * reply.len());
    send(&mut client, &one).await;
    read_until(&mut client, reply).await;
    assert_eq!(stage.upstream.handshakes.lock().unwrap().len(), 1);
    assert_eq!(stage.upstream.seen(), one.repeat(3).into_bytes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_ambiguous_goes_nowhere() {
    for fields in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Content-Length: 5\r\nContent-Length: 5",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding : chunked",
        "X: a\r\n folded",
        "Host: elsewhere.test",
    ] {
        let stage = Stage::new().await;
        let mut client = stage.client().await;
        send(&mut client, format!("POST /chat HTTP/1.1\r\nHost: {HOST}\r\n{fields}\r\n\r\nhello")).await;
        let (reply, _) = read_all(&mut client).await;
        assert_eq!((reply, stage.upstream.seen()), (Vec::new(), Vec::new()), "{fields}");
        stage.pipeline.notice(NoticeKind::Malformed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_chunk_ends_the_exchange_before_it() {
    let stage = Stage::new().await;
    let mut client = stage.client().await;
    let head = format!("POST /chat HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n");
    send(&mut client, format!("{head}5\r\nhello\r\n")).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    send(&mut client, b"0x5\r\nworld\r\n").await;
    let (reply, _) = read_all(&mut client).await;
    assert!(reply.is_empty());
    assert_eq!(stage.upstream.seen(), format!("{head}5\r\nhello\r\n").into_bytes());
    let finished = stage.pipeline.finished().await;
    assert!(
        matches!(&finished.ending, Ending::Refused(_)) && finished.request_bytes.is_none(),
        "{finished:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upgrade_is_closed_without_an_answer() {
    for fields in [
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c",
        "Upgrade: websocket",
    ] {
        let stage = Stage::new().await;
        let mut client = stage.client().await;
        send(&mut client, format!("GET /chat HTTP/1.1\r\nHost: {HOST}\r\n{fields}\r\n\r\n")).await;
        let (reply, _) = read_all(&mut client).await;
        assert_eq!((reply, stage.upstream.seen()), (Vec::new(), Vec::new()), "{fields}");
        stage.pipeline.notice(NoticeKind::Refused).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_over_the_cap_passes_and_is_flagged() {
    let stage = Stage::with(|config| config.limits.body_capture_bytes = 1000).await;
    let body = "b".repeat(300_000);
    let request = format!(
        "POST /chat HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let (reply, _) = stage.exchange(request.as_bytes(), Script::new(request.len(), REPLY)).await;
    assert_eq!(reply, REPLY);
    assert_eq!(stage.upstream.seen().len(), request.len());
    let captured = stage
        .pipeline
        .wait(|event| match event {
            Event::Request(request) => Some(request.clone()),
            _ => None,
        })
        .await;
    assert_eq!(
        (captured.body.length, captured.body.complete, captured.body.bytes.len()),
        (300_000, false, 0)
    );
}
