//! The end of the plane.

use std::time::{Duration, Instant};

use vigil_core::Ruling;
use vigil_core::message::Ending;

use crate::client::{read_all, send};
use crate::stage::{Stage, ask};
use crate::upstream::Script;

const HELD: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc\r\ncall hold 1\n\r\n0\r\n\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_call_that_is_denied_ends_in_good_order() {
    let stage = Stage::new().await;
    let request = ask("tools");
    stage.upstream.plays(Script::new(request.len(), HELD));
    let mut client = stage.client().await;
    send(&mut client, &request).await;
    let held = stage.pipeline.held(1).await;
    let Stage { running, pipeline, .. } = stage;
    let shutdown = tokio::spawn(running.shutdown(Duration::from_secs(5)));
    tokio::time::sleep(Duration::from_millis(50)).await;
    pipeline.answer(&held[0], Ruling::ShutdownDeny);
    let (reply, orderly) = read_all(&mut client).await;
    assert!(orderly && reply.ends_with(b"told no\n\r\n0\r\n\r\n"), "{}", reply.escape_ascii());
    shutdown.await.unwrap();
    assert_eq!(pipeline.finished().await.ending, Ending::Complete);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_end_in_time_is_broken_off_and_said() {
    let stage = Stage::new().await;
    let request = ask("tools");
    stage.upstream.plays(Script::new(request.len(), HELD));
    let mut client = stage.client().await;
    send(&mut client, &request).await;
    stage.pipeline.held(1).await;
    let mut idle = stage.client().await;
    let Stage { running, pipeline, .. } = stage;
    let begun = Instant::now();
    running.shutdown(Duration::from_millis(200)).await;
    assert!(begun.elapsed() < Duration::from_secs(4));
    assert!(!pipeline.finished().await.ending.eq(&Ending::Complete));
    let (reply, _) = read_all(&mut client).await;
    assert!(!reply.windows(4).any(|window| window == b"call"));
    assert_eq!(read_all(&mut idle).await.0, b"");
}
