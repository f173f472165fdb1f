//! Replies that pass: framings, codings, statuses.

use std::io::Write as _;

use vigil_core::message::{Ending, NoticeKind};
use vigil_proxy::UnknownFormat;

use crate::client::{read_all, read_until, send};
use crate::stage::{HOST, Stage, ask};
use crate::upstream::{Script, Then};

async fn passes_as_it_is(request: &str, reply: &[u8], then: Then) {
    let stage = Stage::new().await;
    let request = format!("{request}\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
    let script = Script::new(request.len(), reply).then(then);
    let (got, _) = stage.exchange(request.as_bytes(), script).await;
    assert_eq!(got.escape_ascii().to_string(), reply.escape_ascii().to_string());
    assert_eq!(stage.pipeline.finished().await.ending, Ending::Complete);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_pass_byte_for_byte() {
    for (request, reply) in [
        ("GET /models HTTP/1.1", "HTTP/1.1 200 OK\r\ncontent-LENGTH:  2\r\nX-A: 1\r\nx-a:2\r\n\r\nok"),
        (
            "GET /models HTTP/1.1",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n02;x\r\nok\r\n0\r\nX: y\r\n\r\n",
        ),
        ("GET /other HTTP/1.1", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        ("HEAD /chat HTTP/1.1", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"),
        ("GET /chat HTTP/1.1", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n"),
        ("GET /chat HTTP/1.1", "HTTP/1.1 204 No Content\r\n\r\n"),
        (
            "GET /chat HTTP/1.1",
            "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n",
        ),
        ("POST /chat HTTP/1.1", "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 10\r\n\r\ncall a b\n\n"),
        ("POST /chat HTTP/1.1", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX-Y: z\r\n\r\nsome text\n"),
        (
            "POST /chat HTTP/1.1",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nok\n\r\n0\r\nX: y\r\n\r\n",
        ),
    ] {
        passes_as_it_is(request, reply.as_bytes(), Then::Keep).await;
    }
    passes_as_it_is("GET /models HTTP/1.1", b"HTTP/1.1 200 OK\r\n\r\nuntil the end", Then::Close).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gated_reply_that_ends_with_the_connection_is_chunked() {
    let stage = Stage::new().await;
    let request = ask("");
    let script = Script::new(request.len(), b"HTTP/1.1 200 OK\r\nX: y\r\n\r\ntext\n").then(Then::Close);
    let (got, _) = stage.exchange(&request, script).await;
    let text = String::from_utf8(got).unwrap();
    assert_eq!(text, "HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ntext\n\r\n0\r\n\r\n");
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn gzipped(text: &[u8]) -> Vec<u8> {
    let coded = gzip(text);
    let head = format!(
        "HTTP/1.1 200 OK\r\nX: y\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        coded.len()
    );
    [head.as_bytes(), &coded].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compressed_reply_that_may_carry_calls_is_decoded() {
    let stage = Stage::new().await;
    let request = ask("tools");
    let (got, _) =
        stage.exchange(&request, Script::new(request.len(), gzipped(b"text\ncall allow x\n"))).await;
    let text = String::from_utf8(got).unwrap();
    assert!(
        text.ends_with("\r\n0\r\n\r\n") && text.contains("text\n") && text.contains("call allow x\n"),
        "{text}"
    );
    assert!(!text.to_lowercase().contains("content-encoding") && text.contains("X: y\r\n"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compressed_reply_without_tools_passes_as_it_came() {
    let stage = Stage::new().await;
    let request = ask("nothing declared");
    let reply = gzipped(b"text\nmore text\n");
    let (got, _) = stage.exchange(&request, Script::new(request.len(), &reply)).await;
    assert_eq!(got, reply);
}

fn as_json(reply: &[u8]) -> Vec<u8> {
    let at = reply.windows(2).position(|pair| pair == b"\r\n").unwrap() + 2;
    [&reply[..at], b"Content-Type: application/json; charset=utf-8\r\n", &reply[at..]].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compressed_json_value_with_tools_but_without_calls_passes_as_it_came() {
    let stage = Stage::new().await;
    let request = ask("tools");
    let reply = as_json(&gzipped(b"text\nmore text\n"));
    let pieces: Vec<&[u8]> = reply.chunks(reply.len() - 20).collect();
    let (got, _) = stage.exchange(&request, Script::pieces(request.len(), &pieces, 20)).await;
    assert_eq!(got, reply);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compressed_json_value_with_calls_is_decoded() {
    let stage = Stage::new().await;
    let request = ask("tools");
    let reply = as_json(&gzipped(b"text\ncall allow x\nend\n"));
    let (got, _) = stage.exchange(&request, Script::new(request.len(), &reply)).await;
    let text = String::from_utf8(got).unwrap();
    assert!(!text.to_lowercase().contains("content-encoding"), "{text}");
    assert!(["text\n", "call allow x\n", "end\n"].iter().all(|part| text.contains(part)), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_compressed_json_value_does_not_wait_for_its_end() {
    let stage = Stage::new().await;
    let request = ask("tools");
    // Noise, so that it stays large.
    let mut state = 1u32;
    let line = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        format!("text {state:08x}\n")
    };
    let text: String = (0..120_000).map(|_| line(&mut state)).collect();
    let reply = as_json(&gzipped(text.as_bytes()));
    assert!(reply.len() > 300_000);
    let (got, _) = stage.exchange(&request, Script::new(request.len(), &reply)).await;
    let end = got.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&got[..end]).to_lowercase();
    assert!(!head.contains("content-encoding") && head.contains("transfer-encoding: chunked"), "{head}");
    assert!(got.len() > text.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unforeseen_call_in_a_compressed_reply_cuts_it() {
    let stage = Stage::new().await;
    let request = ask("nothing declared");
    let (head, body) = ("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"text\n").unwrap();
        encoder.flush().unwrap();
        let first = encoder.get_ref().clone();
        encoder.write_all(b"call allow secret\n").unwrap();
        let all = encoder.finish().unwrap();
        (first.clone(), all[first.len()..].to_vec())
    });
    let chunk = |data: &[u8]| [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat();
    let pieces = [head.as_bytes().to_vec(), chunk(&body.0), [chunk(&body.1), b"0\r\n\r\n".to_vec()].concat()];
    let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
    let (got, _) = stage.exchange(&request, Script::pieces(request.len(), &pieces, 50)).await;
    assert!(got.ends_with(&chunk(&body.0)), "{}", got.escape_ascii());
    let finished = stage.pipeline.finished().await;
    assert!(
        matches!(&finished.ending, Ending::Refused(why) if why.contains("without tools")),
        "{finished:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_coding_cuts_the_reply() {
    let stage = Stage::new().await;
    let request = ask("tools");
    let reply = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!";
    let (got, _) = stage.exchange(&request, Script::new(request.len(), reply)).await;
    assert!(got.is_empty(), "{}", got.escape_ascii());
    stage.pipeline.notice(NoticeKind::Malformed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bomb_is_cut() {
    let stage = Stage::with(|config| config.limits.decompression_ratio = 20).await;
    let request = ask("tools");
    let bomb = gzipped(&b"text\n".repeat(1 << 20));
    let (got, _) = stage.exchange(&request, Script::new(request.len(), bomb)).await;
    assert!(got.len() < 4 << 20 && !got.ends_with(b"0\r\n\r\n"));
    stage.pipeline.notice(NoticeKind::Limit).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_format_is_refused_when_told_so() {
    let stage = Stage::with(|config| config.unknown_format = UnknownFormat::Refuse).await;
    let request = format!("POST /other HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 0\r\n\r\n");
    let reply = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
    let (got, _) = stage.exchange(request.as_bytes(), Script::new(request.len(), reply)).await;
    let text = String::from_utf8(got).unwrap();
    assert!(text.starts_with("HTTP/1.1 502") && !text.contains("secret"), "{text}");
    stage.pipeline.notice(NoticeKind::UnknownFormat).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ambiguous_replies_are_cut() {
    for fields in
        ["Content-Length: 2\r\nTransfer-Encoding: chunked", "Content-Length: 2\r\nContent-Length: 3"]
    {
        let stage = Stage::new().await;
        let request = ask("");
        let reply = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n2\r\nok\r\n0\r\n\r\n");
        let (got, _) = stage.exchange(&request, Script::new(request.len(), reply)).await;
        assert!(got.is_empty());
        assert!(matches!(stage.pipeline.finished().await.ending, Ending::Refused(_)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_breaks_off_breaks_off_for_the_client() {
    let stage = Stage::new().await;
    let request = ask("");
    let reply = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ntext\n\r\n5\r\ncall ";
    let (got, orderly) = stage.exchange(&request, Script::new(request.len(), reply).then(Then::Cut)).await;
    assert!(got.ends_with(b"5\r\ntext\n\r\n") && !orderly, "{}", got.escape_ascii());
    assert_eq!(stage.pipeline.finished().await.ending, Ending::UpstreamCut);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_client_gets_all_of_a_large_reply() {
    let stage = Stage::new().await;
    let request = ask("");
    let body = b"a line of text that is repeated very often\n".repeat(100_000);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    stage.upstream.plays(Script::new(request.len(), [head.as_bytes(), &body].concat()));
    let mut client = stage.client().await;
    send(&mut client, &request).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let head = read_until(&mut client, b"\r\n\r\n").await;
    let (rest, orderly) = read_all(&mut client).await;
    assert!(orderly && head.len() + rest.len() > body.len());
    assert!(rest.ends_with(b"\r\n0\r\n\r\n"));
}
