//! Whole exchanges between a client and a server that are not ours.

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use tokio::io::DuplexStream;
use vigil_core::Ruling;
use vigil_core::message::{AnalysisInput, Ending, GoneHow, PolicyInput};

use super::kit::{Planes, planes};

type Client = ::h2::client::SendRequest<Bytes>;

async fn client(io: DuplexStream) -> Client {
    client_with(io, ::h2::client::Builder::new()).await
}

async fn client_with(io: DuplexStream, builder: ::h2::client::Builder) -> Client {
    let (send, connection) = builder.handshake(io).await.unwrap();
    tokio::spawn(async move { drop(connection.await) });
    send
}

fn request(path: &str) -> Request<()> {
    Request::post(format!("https://api.test{path}"))
        .header("x-a", "1")
        .header("x-b", "")
        .header("x-a", "2")
        .body(())
        .unwrap()
}

/// A server that gives each request with its body to `answer`.
fn serve<F, Fut>(io: DuplexStream, window: u32, answer: F)
where
    F: Fn(Request<Vec<u8>>, ::h2::server::SendResponse<Bytes>) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    tokio::spawn(async move {
        let mut builder = ::h2::server::Builder::new();
        builder.initial_window_size(window).max_concurrent_streams(500);
        let mut connection = builder.handshake::<_, Bytes>(io).await.unwrap();
        while let Some(Ok((request, respond))) = connection.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let (head, mut body) = request.into_parts();
                let bytes = read(&mut body).await.unwrap();
                answer(Request::from_parts(head, bytes), respond).await;
            });
        }
    });
}

async fn read(body: &mut ::h2::RecvStream) -> Result<Vec<u8>, ::h2::Error> {
    let mut all = Vec::new();
    while let Some(part) = body.data().await {
        let part = part?;
        all.extend_from_slice(&part);
        body.flow_control().release_capacity(part.len())?;
    }
    Ok(all)
}

/// Sends bytes as fast as the windows allow.
async fn write(stream: &mut ::h2::SendStream<Bytes>, mut bytes: Bytes, end: bool) {
    while !bytes.is_empty() {
        stream.reserve_capacity(bytes.len());
        let Some(Ok(room)) = std::future::poll_fn(|cx| stream.poll_capacity(cx)).await else { return };
        let part = bytes.split_to(room.min(bytes.len()));
        if stream.send_data(part, end && bytes.is_empty()).is_err() {
            return;
        }
    }
}

fn noise(length: usize, seed: u32) -> Bytes {
    let mut state = seed.wrapping_mul(2_654_435_761).max(1);
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8 & 0x7f | 0x20
    };
    (0..length).map(next).collect::<Vec<u8>>().into()
}

/// Answers every request with the same body.
fn serve_text(io: DuplexStream, text: &'static str) {
    serve(io, 65_535, move |_, mut respond| async move {
        let mut stream = respond.send_response(Response::new(()), false).unwrap();
        write(&mut stream, Bytes::from_static(text.as_bytes()), true).await;
    });
}

async fn fetch(client: &Client, path: &str) -> Result<Vec<u8>, ::h2::Error> {
    let mut client = client.clone().ready().await?;
    let (response, _) = client.send_request(request(path), true)?;
    read(&mut response.await?.into_body()).await
}

#[tokio::test]
async fn an_exchange_passes_with_its_fields_and_trailers() {
    let planes = planes();
    let (near, far, _task) = planes.connect();
    serve(far, 65_535, |request, mut respond| async move {
        let values: Vec<_> =
            request.headers().get_all("x-a").iter().map(|value| value.to_str().unwrap()).collect();
        assert_eq!((values, request.headers()["x-b"].as_bytes()), (vec!["1", "2"], b"".as_slice()));
        assert_eq!(
            (request.uri().path_and_query().unwrap().as_str(), request.body().as_slice()),
            ("/m?x=1", &b"question"[..])
        );
        let head = Response::builder()
            .status(200)
            .header("x-r", "3")
            .header("content-length", "7")
            .body(())
            .unwrap();
        let mut stream = respond.send_response(head, false).unwrap();
        stream.send_data(Bytes::from_static(b"answer\n"), false).unwrap();
        let mut trailers = HeaderMap::new();
        trailers.insert("x-sum", "0".parse().unwrap());
        stream.send_trailers(trailers).unwrap();
    });
    let mut client = client(near).await;
    let (response, mut body) = client.send_request(request("/m?x=1"), false).unwrap();
    body.send_data(Bytes::from_static(b"question"), true).unwrap();
    let response = response.await.unwrap();
    assert_eq!(response.headers()["x-r"], "3");
    assert!(!response.headers().contains_key("content-length"));
    let mut body = response.into_body();
    assert_eq!(read(&mut body).await.unwrap(), b"answer\n");
    assert_eq!(body.trailers().await.unwrap().unwrap()["x-sum"], "0");
    assert_eq!(planes.ending("/m").await, (Ending::Complete, 0));
    let body = planes
        .until(|heard| {
            heard.analysis.iter().find_map(|input| match input {
                AnalysisInput::Request(request) => Some(request.body.clone()),
                AnalysisInput::Ended(exchanges) => {
                    exchanges.iter().find_map(|ended| Some(ended.captured.as_ref()?.body.clone()))
                }
                _ => None,
            })
        })
        .await;
    assert_eq!((body.bytes.as_slice(), body.complete), (b"question".as_slice(), true));
}

#[tokio::test]
async fn many_streams_carry_large_bodies_both_ways_at_once() {
    let planes = planes();
    let (near, far, _task) = planes.connect();
    serve(far, 16 * 1024, |request, mut respond| async move {
        let mut stream = respond.send_response(Response::new(()), false).unwrap();
        write(&mut stream, Bytes::from(request.into_body()), true).await;
    });
    let client = client(near).await;
    let mut tasks = Vec::new();
    for number in 0..100 {
        let client = client.clone();
        tasks.push(tokio::spawn(async move {
            let sent = noise(100_000 + number as usize, number);
            let mut client = client.ready().await.unwrap();
            let (response, mut body) = client.send_request(request("/plain"), false).unwrap();
            let upload = sent.clone();
            tokio::spawn(async move { write(&mut body, upload, true).await });
            assert!(read(&mut response.await.unwrap().into_body()).await.unwrap() == sent);
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn a_download_far_beyond_the_windows_arrives_whole() {
    for path in ["/plain", "/gated"] {
        let planes = planes();
        let (near, far, _task) = planes.connect();
        serve(far, 65_535, |_, mut respond| async move {
            let mut stream = respond.send_response(Response::new(()), false).unwrap();
            write(&mut stream, noise(30_000_000, 7), true).await;
        });
        let client = client(near).await;
        assert!(fetch(&client, path).await.unwrap() == noise(30_000_000, 7));
        assert_eq!(planes.ending(path).await, (Ending::Complete, 0));
    }
}

#[tokio::test]
async fn a_tiny_window_slows_and_breaks_nothing() {
    for window in [1, 5, 16] {
        let planes = planes();
        let (near, far, _task) = planes.connect();
        serve_text(far, "some text\n!ok call\nmore text\n!bad call\nthe end\n");
        let mut builder = ::h2::client::Builder::new();
        builder.initial_window_size(window);
        let client = client_with(near, builder).await;
        let (one, two) = tokio::join!(fetch(&client, "/one"), fetch(&client, "/two"));
        // Text overtakes a call that waits.
        for body in [one.unwrap(), two.unwrap()] {
            let mut lines: Vec<&str> = std::str::from_utf8(&body).unwrap().lines().collect();
            lines.sort_unstable();
            assert_eq!(lines, ["!ok call", "[denied]", "more text", "some text", "the end"]);
        }
    }
}

#[tokio::test]
async fn a_held_call_waits_alone() {
    let planes = planes();
    let (near, far, _task) = planes.connect();
    serve_text(far, "before\n!slow call\n");
    let mut client = client(near).await;
    let (response, _) = client.send_request(request("/held"), true).unwrap();
    let mut body = response.await.unwrap().into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "before\n");
    for _ in 0..20 {
        assert_eq!(fetch(&client, "/plain").await.unwrap(), b"before\n!slow call\n");
    }
    assert_eq!(body.data().await.unwrap().unwrap(), ":\n", "the client is kept alive");
    planes.answer_slow(Ruling::UserApprove).await;
    let rest = read(&mut body).await.unwrap();
    assert!(rest.ends_with(b"!slow call\n"), "{rest:?}");
    assert_eq!(planes.ending("/held").await, (Ending::Complete, 1));
    assert!(planes.heard.lock().unwrap().vault.is_empty(), "nothing failed to be released");
}

#[tokio::test]
async fn a_denied_call_leaves_its_reason_and_nothing_else() {
    let planes = planes();
    let (near, far, _task) = planes.connect();
    serve_text(far, "before\n!bad rm -rf\nafter\n");
    let body = fetch(&client(near).await, "/denied").await.unwrap();
    let text = String::from_utf8(body).unwrap();
    assert!(text.contains("[denied]") && text.contains("after") && !text.contains("rm -rf"), "{text}");
}

#[tokio::test]
async fn a_reply_that_breaks_off_releases_no_part_of_a_call() {
    let planes = planes();
    let (near, far, _task) = planes.connect();
    serve(far, 65_535, |_, mut respond| async move {
        let mut stream = respond.send_response(Response::new(()), false).unwrap();
        write(&mut stream, Bytes::from_static(b"text\n!slow first\n!slow sec"), false).await;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        stream.send_reset(::h2::Reason::ENHANCE_YOUR_CALM);
    });
    let mut client = client(near).await;
    let (response, _) = client.send_request(request("/cut"), true).unwrap();
    let mut body = response.await.unwrap().into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "text\n");
    let error = body.data().await.unwrap().unwrap_err();
    assert_eq!(error.reason(), Some(::h2::Reason::ENHANCE_YOUR_CALM));
    assert_eq!(planes.ending("/cut").await, (Ending::UpstreamCut, 1));
    assert_eq!(gone(&planes).await, GoneHow::ReplyFailed);
}

async fn gone(planes: &Planes) -> GoneHow {
    planes
        .until(|heard| {
            heard.policy.iter().find_map(|input| match input {
                PolicyInput::ClientGone(gone) => Some(gone.how),
                _ => None,
            })
        })
        .await
}

#[tokio::test]
async fn an_upstream_that_vanishes_cuts_what_is_under_way_and_no_more() {
    let planes = planes();
    let (near, far, task) = planes.connect();
    tokio::spawn(async move {
        let mut connection = ::h2::server::handshake(far).await.unwrap();
        let mut open = Vec::new();
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            let mut stream = respond.send_response(Response::new(()), false).unwrap();
            let whole = request.uri().path() == "/whole";
            stream.send_data(Bytes::from_static(b"text\n!slow call\n"), whole).unwrap();
            open.push(stream);
            if open.len() == 2 {
                drop(tokio::time::timeout(std::time::Duration::from_millis(100), connection.accept()).await);
                return;
            }
        }
    });
    let mut client = client(near).await;
    let (whole, _) = client.send_request(request("/whole"), true).unwrap();
    let (part, _) = client.send_request(request("/part"), true).unwrap();
    let (mut whole, mut part) = (whole.await.unwrap().into_body(), part.await.unwrap().into_body());
    assert_eq!(part.data().await.unwrap().unwrap(), "text\n");
    assert!(part.data().await.unwrap().is_err());
    assert_eq!(planes.ending("/part").await, (Ending::UpstreamCut, 1));
    let slow = planes.until(|heard| {
        heard.slow.iter().position(|call| call.head.path == "/whole").map(|at| heard.slow.swap_remove(at))
    });
    let call = slow.await;
    planes.heard.lock().unwrap().slow = vec![call];
    planes.answer_slow(Ruling::UserApprove).await;
    let text = read(&mut whole).await.unwrap();
    assert!(text.starts_with(b"text\n") && text.ends_with(b"!slow call\n"), "{text:?}");
    assert_eq!(planes.ending("/whole").await, (Ending::Complete, 1));
    task.await.unwrap();
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_hold() {
    let planes = planes();
    let (near, far, task) = planes.connect();
    serve_text(far, "text\n!slow call\n");
    let mut client = client(near).await;
    let (response, mut sender) = client.send_request(request("/left"), false).unwrap();
    sender.send_data(Bytes::from_static(b"tools"), true).unwrap();
    let mut body = response.await.unwrap().into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "text\n");
    planes.until(|heard| (!heard.slow.is_empty()).then_some(())).await;
    sender.send_reset(::h2::Reason::CANCEL);
    assert_eq!(planes.ending("/left").await, (Ending::ClientGone, 1));
    assert_eq!(gone(&planes).await, GoneHow::Disconnected);
    assert_eq!(fetch(&client, "/plain").await.unwrap(), b"text\n!slow call\n", "the connection goes on");
    drop((client, body, sender));
    task.await.unwrap();
}

#[tokio::test]
async fn a_client_that_closes_the_connection_ends_all() {
    let planes = planes();
    let (near, far, task) = planes.connect();
    serve_text(far, "text\n!slow call\n");
    let (mut client, connection) = ::h2::client::handshake(near).await.unwrap();
    let connection = tokio::spawn(async move { drop(connection.await) });
    let (response, _) = client.send_request(request("/closed"), true).unwrap();
    let mut body = response.await.unwrap().into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "text\n");
    planes.until(|heard| (!heard.slow.is_empty()).then_some(())).await;
    connection.abort();
    assert_eq!(planes.ending("/closed").await, (Ending::ClientGone, 1));
    task.await.unwrap();
}

#[tokio::test]
async fn a_reply_that_cannot_be_read_is_reset() {
    let planes = planes();
    let (near, far, _task) = planes.connect();
    serve_text(far, "text\n!fault\nrest\n");
    let client = client(near).await;
    let error = fetch(&client, "/fault").await.unwrap_err();
    assert_eq!(error.reason(), Some(::h2::Reason::INTERNAL_ERROR));
    assert!(matches!(planes.ending("/fault").await, (Ending::Refused(_), 0)));
    assert_eq!(fetch(&client, "/plain").await.unwrap(), b"text\n!fault\nrest\n");
}

#[tokio::test]
async fn a_graceful_end_of_the_upstream_reaches_the_client() {
    let planes = planes();
    let (near, far, task) = planes.connect();
    tokio::spawn(async move {
        let mut connection = ::h2::server::handshake(far).await.unwrap();
        let (_, mut respond) = connection.accept().await.unwrap().unwrap();
        connection.graceful_shutdown();
        tokio::spawn(async move {
            let mut stream = respond.send_response(Response::new(()), false).unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            stream.send_data(Bytes::from_static(b"late\n"), true).unwrap();
        });
        while connection.accept().await.is_some() {}
    });
    let client = client(near).await;
    assert_eq!(fetch(&client, "/last").await.unwrap(), b"late\n");
    assert!(fetch(&client, "/more").await.is_err());
    drop(client);
    task.await.unwrap();
}

#[tokio::test]
async fn a_compressed_reply_is_decoded_only_where_calls_may_come() {
    use std::io::Write as _;
    let mut coder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    coder.write_all(b"text\n").unwrap();
    let coded: Bytes = coder.finish().unwrap().into();
    for (ask, decoded) in [("tools", true), ("no", false)] {
        let planes = planes();
        let (near, far, _task) = planes.connect();
        let body = coded.clone();
        serve(far, 65_535, move |_, mut respond| {
            let body = body.clone();
            async move {
                let head = Response::builder()
                    .header("content-encoding", "gzip")
                    .header("content-length", body.len());
                let mut stream = respond.send_response(head.body(()).unwrap(), false).unwrap();
                write(&mut stream, body, true).await;
            }
        });
        let mut client = client(near).await;
        let (response, mut sender) = client.send_request(request("/coded"), false).unwrap();
        sender.send_data(Bytes::from_static(ask.as_bytes()), true).unwrap();
        let response = response.await.unwrap();
        let fields = response.headers();
        assert_eq!(
            (fields.contains_key("content-encoding"), fields.contains_key("content-length")),
            (!decoded, !decoded)
        );
        let body = read(&mut response.into_body()).await.unwrap();
        assert_eq!(body, if decoded { b"text\n".to_vec() } else { coded.to_vec() });
    }
}

#[tokio::test]
async fn the_head_of_a_compressed_json_value_waits_for_its_form() {
    use std::io::Write as _;
    for (text, decoded) in [("text\n", false), ("text\n!ok call\n", true)] {
        let mut coder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        coder.write_all(text.as_bytes()).unwrap();
        let coded: Bytes = coder.finish().unwrap().into();
        let planes = planes();
        let (near, far, _task) = planes.connect();
        let body = coded.clone();
        serve(far, 65_535, move |_, mut respond| {
            let body = body.clone();
            async move {
                let head = Response::builder()
                    .header("content-encoding", "gzip")
                    .header("content-type", "application/json");
                let mut stream = respond.send_response(head.body(()).unwrap(), false).unwrap();
                write(&mut stream, body, false).await;
                let mut trailers = http::HeaderMap::new();
                trailers.insert("x-after", "the body".parse().unwrap());
                stream.send_trailers(trailers).unwrap();
            }
        });
        let mut client = client(near).await;
        let (response, mut sender) = client.send_request(request("/coded"), false).unwrap();
        sender.send_data(Bytes::from_static(b"tools"), true).unwrap();
        let response = response.await.unwrap();
        assert_eq!(response.headers().contains_key("content-encoding"), !decoded);
        let mut body = response.into_body();
        let got = read(&mut body).await.unwrap();
        assert_eq!(got, if decoded { text.as_bytes().to_vec() } else { coded.to_vec() });
        let trailers = body.trailers().await.unwrap().unwrap();
        assert_eq!(trailers.get("x-after").unwrap(), "the body");
    }
}

#[tokio::test]
async fn connect_inside_the_connection_ends_it_with_a_notice() {
    let planes = planes();
    let (near, far, task) = planes.connect();
    serve_text(far, "text\n");
    let mut client = client(near).await;
    let ask = Request::builder().method("CONNECT").uri("api.test:443").body(()).unwrap();
    let (response, _) = client.send_request(ask, false).unwrap();
    assert!(response.await.is_err());
    task.await.unwrap();
    let notices = planes.notices();
    assert!(
        notices.iter().any(|text| text.starts_with("refused ") && text.contains("CONNECT")),
        "{notices:?}"
    );
}

#[tokio::test]
async fn a_stop_lets_what_is_under_way_end() {
    let planes = planes();
    let (near, far, task, stopper) = planes.connect_stoppable();
    serve_text(far, "text\n!slow call\n");
    let mut client = client(near).await;
    let (response, _) = client.send_request(request("/stop"), true).unwrap();
    let mut body = response.await.unwrap().into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "text\n");
    planes.until(|heard| (!heard.slow.is_empty()).then_some(())).await;
    stopper.send(true).unwrap();
    planes.answer_slow(Ruling::ShutdownDeny).await;
    let rest = read(&mut body).await.unwrap();
    assert!(rest.ends_with(b"[denied]\n"), "{rest:?}");
    task.await.unwrap();
    assert!(fetch(&client, "/more").await.is_err());
    assert_eq!(planes.ending("/stop").await, (Ending::Complete, 1));
}

#[tokio::test]
async fn a_release_that_never_reached_the_socket_is_told_to_the_vault() {
    let planes = planes();
    let (near, far, task) = planes.connect();
    serve_text(far, "text\n!slow call\n");
    let mut builder = ::h2::client::Builder::new();
    builder.initial_window_size(5); // The text fits, the call does not.
    let mut client = client_with(near, builder).await;
    let (response, sender) = client.send_request(request("/never"), true).unwrap();
    let mut body = response.await.unwrap().into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "text\n");
    planes.answer_slow(Ruling::UserApprove).await;
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    drop((body, sender, client));
    task.await.unwrap();
    planes.until(|heard| (!heard.vault.is_empty()).then_some(())).await;
    assert_eq!(planes.ending("/never").await, (Ending::ClientGone, 1));
}

#[tokio::test]
async fn a_reply_nobody_can_read_becomes_an_error() {
    let planes = planes();
    let (near, far, _task) = planes.connect();
    serve(far, 65_535, |_, mut respond| async move {
        let head = Response::builder().header("content-encoding", "secret").body(()).unwrap();
        let mut stream = respond.send_response(head, false).unwrap();
        write(&mut stream, Bytes::from_static(b"!bad call\n"), true).await;
    });
    let mut client = client(near).await;
    let (response, _) = client.send_request(request("/coded"), true).unwrap();
    let response = response.await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (502, &"application/json".parse().unwrap())
    );
    let text = String::from_utf8(read(&mut response.into_body()).await.unwrap()).unwrap();
    assert!(text.contains("`secret`") && !text.contains("call"), "{text}");
    assert!(matches!(planes.ending("/coded").await, (Ending::Refused(_), 0)));
}

#[tokio::test]
async fn an_answer_before_the_end_of_a_request_leaves_the_upload_alone() {
    let planes = planes();
    let (near, far, _task) = planes.connect();
    let (uploaded, upload) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let mut connection = ::h2::server::handshake(far).await.unwrap();
        let (request, mut respond) = connection.accept().await.unwrap().unwrap();
        let mut stream = respond.send_response(Response::new(()), false).unwrap();
        stream.send_data(Bytes::from_static(b"early\n"), true).unwrap();
        tokio::spawn(async move { while connection.accept().await.is_some() {} });
        uploaded.send(read(&mut request.into_body()).await.unwrap()).unwrap();
    });
    let mut client = client(near).await;
    let (response, mut body) = client.send_request(request("/plain"), false).unwrap();
    assert_eq!(read(&mut response.await.unwrap().into_body()).await.unwrap(), b"early\n");
    assert_eq!(planes.ending("/plain").await, (Ending::Complete, 0));
    write(&mut body, noise(200_000, 3), true).await;
    assert!(upload.await.unwrap() == noise(200_000, 3));
}

#[tokio::test]
async fn an_answer_is_heard_while_bytes_come_without_end() {
    let planes = planes();
    let (near, far, _task) = planes.connect();
    serve(far, 65_535, |request, mut respond| async move {
        let mut stream = respond.send_response(Response::new(()), false).unwrap();
        match request.uri().path() {
            "/held" => write(&mut stream, Bytes::from_static(b"!slow call\n"), true).await,
            _ => {
                while stream.poll_reset_now().is_none() {
                    write(&mut stream, noise(100_000, 5), false).await
                }
            }
        }
    });
    let client = client(near).await;
    let endless = tokio::spawn({
        let client = client.clone();
        async move { fetch(&client, "/plain").await }
    });
    let held = tokio::spawn(async move { fetch(&client, "/held").await });
    planes.answer_slow(Ruling::UserApprove).await;
    assert!(held.await.unwrap().unwrap().ends_with(b"!slow call\n"));
    endless.abort();
}

/// Whether the other side gave a stream up.
trait PollReset {
    fn poll_reset_now(&mut self) -> Option<::h2::Reason>;
}

impl PollReset for ::h2::SendStream<Bytes> {
    fn poll_reset_now(&mut self) -> Option<::h2::Reason> {
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        match self.poll_reset(&mut cx) {
            std::task::Poll::Ready(reason) => Some(reason.unwrap_or(::h2::Reason::CANCEL)),
            std::task::Poll::Pending => None,
        }
    }
}
