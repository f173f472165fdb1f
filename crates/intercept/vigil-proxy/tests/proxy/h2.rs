//! HTTP/2 over real TLS sockets, with clients and servers that are not ours.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use vigil_core::Ruling;
use vigil_core::message::Ending;

use crate::client::{connect, secure};
use crate::pipeline::Event;
use crate::stage::{HOST, Stage, TestCa};

/// A provider that speaks HTTP/2 and answers each request with its body, then a trailer.
async fn echo(authority: &TestCa) -> SocketAddr {
    let mut config = authority.server(&[HOST], |_| ());
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let Ok(mut connection) = h2::server::handshake(stream).await else { return };
                while let Some(Ok((request, respond))) = connection.accept().await {
                    tokio::spawn(answer(request, respond));
                }
            });
        }
    });
    address
}

async fn answer(request: Request<h2::RecvStream>, mut respond: h2::server::SendResponse<Bytes>) {
    let mut body = request.into_body();
    let mut stream = respond.send_response(Response::new(()), false).unwrap();
    while let Some(Ok(part)) = body.data().await {
        body.flow_control().release_capacity(part.len()).unwrap();
        write(&mut stream, part).await;
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("x-sum", "0".parse().unwrap());
    drop(stream.send_trailers(trailers));
}

async fn write(stream: &mut h2::SendStream<Bytes>, mut bytes: Bytes) {
    while !bytes.is_empty() {
        stream.reserve_capacity(bytes.len());
        let Some(Ok(room)) = std::future::poll_fn(|cx| stream.poll_capacity(cx)).await else { return };
        if stream.send_data(bytes.split_to(room.min(bytes.len())), false).is_err() {
            return;
        }
    }
}

async fn stage() -> Stage {
    let authority = TestCa::new();
    let address = echo(&authority).await;
    let server = authority.server(&[HOST], |_| ());
    let resolve = |config: &mut vigil_proxy::ProxyConfig| {
        config.resolve.insert((HOST.to_owned(), 443), address);
    };
    Stage::serving(&authority, Some(server), "127.0.0.1:0", resolve).await
}

async fn client(stage: &Stage) -> h2::client::SendRequest<Bytes> {
    let (stream, status) = connect(stage.running.proxy_addr, &format!("{HOST}:443")).await;
    assert_eq!(status, 200);
    let stream = secure(stream, &stage.ca_file, HOST, &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(async move { drop(connection.await) });
    client
}

async fn ask(client: &h2::client::SendRequest<Bytes>, path: &str, body: Bytes) -> h2::RecvStream {
    let mut client = client.clone().ready().await.unwrap();
    let request = Request::post(format!("https://{HOST}{path}")).body(()).unwrap();
    let (response, mut stream) = client.send_request(request, false).unwrap();
    tokio::spawn(async move {
        write(&mut stream, body).await;
        drop(stream.send_data(Bytes::new(), true));
    });
    response.await.unwrap().into_body()
}

async fn read(body: &mut h2::RecvStream) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(part) = body.data().await {
        let part = part.unwrap();
        body.flow_control().release_capacity(part.len()).unwrap();
        all.extend_from_slice(&part);
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_flow_while_one_of_them_holds_a_call() {
    let stage = stage().await;
    let client = client(&stage).await;
    let mut held = ask(&client, "/chat", Bytes::from_static(b"text\ncall hold x\nmore\n")).await;
    assert_eq!(held.data().await.unwrap().unwrap(), "text\n");
    let calls = stage.pipeline.held(1).await;
    let large: Bytes = b"0123456789abcdef\n".repeat(15_000).into();
    let flows = (0..20).map(|_| {
        let (client, large) = (client.clone(), large.clone());
        tokio::spawn(async move {
            let mut body = ask(&client, "/models", large.clone()).await;
            assert!(read(&mut body).await == large);
            assert_eq!(body.trailers().await.unwrap().unwrap()["x-sum"], "0");
        })
    });
    for flow in flows.collect::<Vec<_>>() {
        flow.await.unwrap();
    }
    stage.pipeline.answer(&calls[0], Ruling::UserApprove);
    assert!(read(&mut held).await.ends_with(b"call hold x\nmore\n"));
    assert_eq!(held.trailers().await.unwrap().unwrap()["x-sum"], "0");
    let ended = stage.pipeline.wait(|event| match event {
        Event::PolicyFinished(finished) if finished.head.path == "/chat" => Some(finished.clone()),
        _ => None,
    });
    assert_eq!(ended.await.ending, Ending::Complete);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_denied_call_is_replaced() {
    let stage = stage().await;
    let client = client(&stage).await;
    let mut body = ask(&client, "/chat", Bytes::from_static(b"text\ncall deny rm -rf\nmore\n")).await;
    assert_eq!(read(&mut body).await, b"text\ntold no\nmore\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn curl_is_served() {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("skipped: there is no curl");
        return;
    }
    let stage = stage().await;
    let body: String = "some text\ncall allow y\n".repeat(5000);
    let file = stage.folder.path().join("body");
    std::fs::write(&file, &body).unwrap();
    let proxy = format!("http://{}", stage.running.proxy_addr);
    let ca = stage.ca_file.clone();
    let run = move || {
        Command::new("curl")
            .args(["--http2", "--silent", "--show-error", "--max-time", "20", "--proxy", &proxy, "--cacert"])
            .arg(&ca)
            .args(["--write-out", "|%{http_version} %{http_code}", "--data-binary"])
            .arg(format!("@{}", file.display()))
            .arg(format!("https://{HOST}/chat"))
            .output()
            .unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let (text, errors) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    let (got, end) = text.rsplit_once('|').unwrap();
    assert_eq!((end, errors.as_str()), ("2 200", ""));
    assert!(got == body, "{} of {} bytes", got.len(), body.len());
}
