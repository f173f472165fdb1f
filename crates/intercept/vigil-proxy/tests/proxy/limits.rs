//! Every limit, met.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use vigil_core::message::{Ending, NoticeKind};

use crate::client::{read_all, send};
use crate::stage::{HOST, Stage, ask};
use crate::upstream::Script;

const SOON: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_over_the_limit_is_closed() {
    let stage = Stage::with(|config| config.limits.connections = 1).await;
    let _first = stage.client().await;
    let mut second = TcpStream::connect(stage.running.proxy_addr).await.unwrap();
    assert_eq!(read_all(&mut second).await.0, b"");
    stage.pipeline.notice(NoticeKind::Limit).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_says_nothing_is_closed() {
    let stage = Stage::with(|config| config.limits.handshake = SOON).await;
    let mut silent = TcpStream::connect(stage.running.proxy_addr).await.unwrap();
    assert_eq!(read_all(&mut silent).await.0, b"");
    let mut slow = TcpStream::connect(stage.running.proxy_addr).await.unwrap();
    slow.write_all(b"CONNECT ").await.unwrap();
    assert_eq!(read_all(&mut slow).await.0, b"");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_is_closed() {
    let stage = Stage::with(|config| config.limits.idle = SOON).await;
    let begun = Instant::now();
    let (got, orderly) = read_all(&mut stage.client().await).await;
    assert_eq!((got.len(), orderly), (0, true));
    assert!(begun.elapsed() >= SOON);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_falls_silent_is_given_up() {
    let stage = Stage::with(|config| config.limits.stall = SOON).await;
    let request = ask("tools");
    let reply = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ntext\n\r\n";
    let (got, orderly) = stage.exchange(&request, Script::new(request.len(), reply)).await;
    assert!(got.ends_with(b"text\n\r\n") && !orderly);
    stage.pipeline.notice(NoticeKind::Limit).await;
    assert!(
        matches!(&stage.pipeline.finished().await.ending, Ending::Refused(why) if why.contains("limits.stall"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_call_is_not_a_stall() {
    let stage = Stage::with(|config| config.limits.stall = SOON).await;
    let request = ask("tools");
    stage
        .upstream
        .plays(Script::new(request.len(), "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\ncall hold 1\n"));
    let mut client = stage.client().await;
    send(&mut client, &request).await;
    let held = stage.pipeline.held(1).await;
    tokio::time::sleep(4 * SOON).await;
    stage.pipeline.answer(&held[0], vigil_core::Ruling::UserApprove);
    let (reply, orderly) = read_all(&mut client).await;
    let text = String::from_utf8(reply).unwrap();
    assert!(orderly && text.contains("call hold 1\n"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_over_the_limit_goes_nowhere() {
    let stage = Stage::with(|config| config.limits.header_bytes = 4096).await;
    let mut client = stage.client().await;
    let long = "x".repeat(5000);
    send(&mut client, format!("GET /chat HTTP/1.1\r\nHost: {HOST}\r\nX: {long}\r\n\r\n")).await;
    assert_eq!(read_all(&mut client).await.0, b"");
    assert!(stage.upstream.seen().is_empty());
    stage.pipeline.notice(NoticeKind::Limit).await;
}
