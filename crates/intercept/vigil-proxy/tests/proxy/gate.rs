//! P3 and P4: calls wait, text does not.

use std::time::{Duration, Instant};

use vigil_core::Ruling;
use vigil_core::message::{Ending, GoneHow, NoticeKind};

use crate::client::{read_all, read_until, send};
use crate::pipeline::Event;
use crate::stage::{Stage, ask};
use crate::upstream::{Script, Then};

fn chunked(lines: &[&str]) -> Vec<Vec<u8>> {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let chunks = lines.iter().map(|line| format!("{:x}\r\n{line}\r\n", line.len()).into_bytes());
    [head].into_iter().chain(chunks).chain([b"0\r\n\r\n".to_vec()]).collect()
}

fn plays(reads: usize, lines: &[&str], pause_ms: u64) -> Script {
    let pieces = chunked(lines);
    let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
    Script::pieces(reads, &pieces, pause_ms)
}

/// The content of a chunked reply.
fn content(reply: &[u8]) -> String {
    let text = String::from_utf8(reply.to_vec()).unwrap();
    let body = text.split_once("\r\n\r\n").unwrap().1;
    let mut rest = body;
    let mut out = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            break;
        }
        out.push_str(&after[..size]);
        rest = &after[size + 2..];
    }
    out
}

async fn delivered(lines: &[&str]) -> (Stage, String) {
    let stage = Stage::new().await;
    let request = ask("tools");
    let (reply, _) = stage.exchange(&request, plays(request.len(), lines, 5)).await;
    assert!(reply.ends_with(b"0\r\n\r\n"), "{}", reply.escape_ascii());
    let content = content(&reply);
    (stage, content)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn allowed_calls_pass_and_denied_ones_are_replaced() {
    let (stage, content) = delivered(&["one\ncall al", "low a\ntwo\n", "call deny rm\nthree\n"]).await;
    assert_eq!(content, "one\ncall allow a\ntwo\ntold no\nthree\n");
    let finished = stage.pipeline.finished().await;
    assert_eq!((finished.calls, &finished.ending), (2, &Ending::Complete));
    assert_eq!(finished.reply.as_ref().unwrap().protocol, "lines");
    let order: Vec<u8> = stage
        .pipeline
        .events()
        .iter()
        .filter_map(|event| match event {
            Event::Request(_) => Some(0),
            Event::AnalysisCall => Some(1),
            Event::AnalysisFinished => Some(2),
            _ => None,
        })
        .collect();
    assert_eq!(order, [0, 1, 1, 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hashes_tell_what_came_and_what_went() {
    use sha2::{Digest as _, Sha256};
    let (stage, _) = delivered(&["one\n", "call deny rm\n"]).await;
    let call = stage
        .pipeline
        .wait(|event| match event {
            Event::PolicyCall(call) => Some(call.clone()),
            _ => None,
        })
        .await;
    assert_eq!(call.response_hash_upstream, <[u8; 32]>::from(Sha256::digest(b"one\ncall deny rm\n")));
    assert_eq!(call.response_hash_delivered, <[u8; 32]>::from(Sha256::digest(b"one\n")));
    assert_eq!(
        (call.protocol, call.call.name.as_str(), call.call.arguments.as_str()),
        ("lines", "deny", "rm")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_recorded_is_not_released() {
    let (_, content) = delivered(&["call unrecorded x\n"]).await;
    assert_eq!(content, "told not recorded\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_of_one_reply_are_held_together_and_answered_in_any_order() {
    let stage = Stage::with(|config| config.keep_alive = Duration::from_millis(50)).await;
    let request = ask("tools");
    stage.upstream.plays(plays(request.len(), &["text\n", "call hold 1\n", "call hold 2\n"], 5));
    let mut client = stage.client().await;
    send(&mut client, &request).await;
    read_until(&mut client, b"text\n").await;
    let held = stage.pipeline.held(2).await;
    let waiting = read_until(&mut client, b"...\n").await;
    assert!(!waiting.windows(4).any(|window| window == b"call"));
    stage.pipeline.answer(&held[1], Ruling::UserApprove);
    tokio::time::sleep(Duration::from_millis(80)).await;
    stage.pipeline.answer(&held[0], Ruling::UserDeny);
    let (rest, orderly) = read_all(&mut client).await;
    let rest = String::from_utf8(rest).unwrap();
    assert!(orderly && rest.contains("told no\ncall hold 2\n") && !rest.contains("hold 1"), "{rest}");
    assert!(rest.ends_with("0\r\n\r\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_is_there_while_the_provider_waits() {
    let stage = Stage::new().await;
    let request = ask("tools");
    stage.upstream.plays(plays(request.len(), &["first\n", "second\n"], 400));
    let mut client = stage.client().await;
    send(&mut client, &request).await;
    read_until(&mut client, b"\r\n\r\n").await;
    read_until(&mut client, b"first\n").await;
    let first = Instant::now();
    read_until(&mut client, b"second\n").await;
    assert!(first.elapsed() > Duration::from_millis(250));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_leaves_ends_its_holds() {
    let stage = Stage::new().await;
    let request = ask("tools");
    stage.upstream.plays(plays(request.len(), &["call hold 1\n"], 5));
    let mut client = stage.client().await;
    send(&mut client, &request).await;
    let held = stage.pipeline.held(1).await;
    drop(client);
    let gone = stage
        .pipeline
        .wait(|event| match event {
            Event::Gone(gone) => Some(*gone),
            _ => None,
        })
        .await;
    assert_eq!((gone.exchange, gone.how), (held[0].head.exchange, GoneHow::Disconnected));
    assert_eq!(stage.pipeline.finished().await.ending, Ending::ClientGone);
    // An approval that crossed the client's leaving did not release anything.
    stage.pipeline.answer(&held[0], Ruling::UserApprove);
    let failed = stage
        .pipeline
        .wait(|event| match event {
            Event::ReleaseFailed(failed) => Some(failed.clone()),
            _ => None,
        })
        .await;
    assert_eq!(failed.record, "record-0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_that_breaks_off_denies_its_held_calls() {
    let stage = Stage::new().await;
    let request = ask("tools");
    let pieces = chunked(&["text\n", "call hold 1\n"]);
    let pieces: Vec<&[u8]> = pieces[..3].iter().map(Vec::as_slice).collect();
    let script = Script::pieces(request.len(), &pieces, 50).then(Then::Cut);
    let (reply, orderly) = stage.exchange(&request, script).await;
    assert!(!orderly && reply.ends_with(b"text\n\r\n"), "{}", reply.escape_ascii());
    let gone = stage
        .pipeline
        .wait(|event| match event {
            Event::Gone(gone) => Some(gone.how),
            _ => None,
        })
        .await;
    assert_eq!(gone, GoneHow::ReplyFailed);
    assert_eq!(stage.pipeline.finished().await.ending, Ending::UpstreamCut);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_the_format_ends_the_reply() {
    let stage = Stage::new().await;
    let request = ask("tools");
    let (reply, _) = stage.exchange(&request, plays(request.len(), &["text\n", "fault\nmore\n"], 20)).await;
    assert!(reply.ends_with(b"text\n\r\n"), "{}", reply.escape_ascii());
    stage.pipeline.notice(NoticeKind::Malformed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_without_an_answer_ends_the_reply() {
    let stage = Stage::with(|config| config.decision_patience = Duration::from_millis(200)).await;
    let request = ask("tools");
    let (reply, _) = stage.exchange(&request, plays(request.len(), &["text\n", "call silence\n"], 5)).await;
    assert!(reply.ends_with(b"text\n\r\n"), "{}", reply.escape_ascii());
    stage.pipeline.notice(NoticeKind::Limit).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_larger_than_the_limit_ends_the_reply() {
    let stage = Stage::with(|config| config.limits.held_bytes = 10_000).await;
    let request = ask("tools");
    let call = format!("call allow {}", "x".repeat(20_000));
    let (reply, _) = stage.exchange(&request, plays(request.len(), &["text\n", &call], 5)).await;
    assert!(reply.ends_with(b"text\n\r\n"), "{}", reply.escape_ascii());
    stage.pipeline.notice(NoticeKind::Limit).await;
}
