//! Clients that address the proxy itself.

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use vigil_core::message::NoticeKind;
use vigil_core::wire::ProviderFormat;
use vigil_proxy::providers::Provider;

use crate::client::{read_all, send};
use crate::stage::{HOST, Stage, TestCa};
use crate::upstream::Script;

async fn ask(stage: &Stage, request: &str) -> String {
    let mut client = TcpStream::connect(stage.running.proxy_addr).await.unwrap();
    send(&mut client, request).await;
    String::from_utf8(read_all(&mut client).await.0).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_base_url_reaches_the_provider_over_tls() {
    let stage = Stage::new().await;
    let proxy = stage.running.proxy_addr;
    let rest = "User-Agent:  odd \r\nCONNECTION: close\r\nContent-Length: 5\r\n\r\ntools";
    let expected = format!("POST /chat?q HTTP/1.1\r\nhost: {HOST}\r\n{rest}");
    stage
        .upstream
        .plays(Script::new(expected.len(), "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\ncall deny x\n"));
    let reply = ask(&stage, &format!("POST /p/{HOST}/chat?q HTTP/1.1\r\nhost: {proxy}\r\n{rest}")).await;
    assert_eq!(String::from_utf8(stage.upstream.seen()).unwrap(), expected);
    assert!(reply.starts_with("HTTP/1.1 200 OK\r\n") && reply.contains("told no\n"), "{reply}");
    assert_eq!(stage.upstream.handshake().await.1.as_deref(), Some(HOST));
    assert_eq!(stage.pipeline.finished().await.head.path, "/chat");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_closes_its_sending_side_gets_its_text() {
    let stage = Stage::new().await;
    let request = format!("GET /p/{HOST}/chat HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let sent = format!("GET /chat HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    let reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntext\n";
    stage.upstream.plays(Script::pieces(
        sent.len(),
        &[&reply.as_bytes()[..20], &reply.as_bytes()[20..]],
        100,
    ));
    let mut client = TcpStream::connect(stage.running.proxy_addr).await.unwrap();
    send(&mut client, request).await;
    client.shutdown().await.unwrap();
    assert_eq!(read_all(&mut client).await.0, reply.as_bytes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_paths_get_help() {
    let stage = Stage::new().await;
    assert!(ask(&stage, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.starts_with("HTTP/1.1 404"));
    assert!(
        ask(&stage, "GET /p/else.test/v1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await
            .contains("[[providers]]")
    );
    assert!(ask(&stage, "nonsense\n\n").await.starts_with("HTTP/1.1 400"));
    assert!(
        ask(&stage, "GET https://x.test/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 400")
    );
    assert!(stage.upstream.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_base_url_under_a_name_that_others_can_point_here_goes_nowhere() {
    let stage = Stage::new().await;
    for host in [
        "rebound.example:8790",
        "localhost.example",
        "127.0.0.1.example",
        "localhost\r\nHost: rebound.example",
        "",
        "a b",
    ] {
        let reply = ask(&stage, &format!("GET /p/{HOST}/chat HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        assert!(reply.starts_with("HTTP/1.1 421") && reply.contains("127.0.0.1"), "{host}: {reply}");
    }
    assert!(stage.upstream.seen().is_empty());
    stage.pipeline.notice(NoticeKind::Refused).await;
    let sent = format!("GET /chat HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
    for host in ["localhost", "[::1]:8790", "LOCALHOST.:1", "host.docker.internal:8790"] {
        stage.upstream.plays(Script::new(sent.len(), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntext\n"));
        let request = format!("GET /p/{HOST}/chat HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert!(ask(&stage, &request).await.ends_with("text\n"), "{host}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_websocket_through_a_base_url_is_closed() {
    let stage = Stage::new().await;
    let request = format!(
        "GET /p/{HOST}/chat HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    );
    assert_eq!(ask(&stage, &request).await, "");
    assert!(stage.upstream.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_absolute_form_reaches_other_hosts_and_never_a_provider() {
    let authority = TestCa::new();
    let stage = Stage::serving(&authority, None, "127.0.0.1:0", |_| ()).await;
    let port = stage.upstream.address.port();
    let expected =
        format!("GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-y: z\r\nConnection: close\r\n\r\n");
    stage.upstream.plays(Script::new(expected.len(), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    let request = format!(
        "GET http://127.0.0.1:{port}/a?b HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nProxy-Connection: keep-alive\r\n\
         X-y: z\r\nConnection: close\r\n\r\n"
    );
    assert!(ask(&stage, &request).await.ends_with("\r\n\r\nok"));
    assert_eq!(String::from_utf8(stage.upstream.seen()).unwrap(), expected);
    assert!(stage.pipeline.events().is_empty());
    let refused = ask(&stage, &format!("POST http://{HOST}/chat HTTP/1.1\r\nHost: {HOST}\r\n\r\n")).await;
    assert!(refused.starts_with("HTTP/1.1 403") && refused.contains("https"), "{refused}");
    stage.pipeline.notice(NoticeKind::Refused).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_local_model_server_is_gated_without_tls() {
    let authority = TestCa::new();
    let upstream = crate::upstream::Upstream::start(None, "127.0.0.1:0").await;
    let port = upstream.address.port();
    let stage = Stage::before(&authority, upstream, |config| {
        let local = Provider { plain: true, ..Provider::named("127.0.0.1", port, ProviderFormat::OpenAi) };
        config.providers.add(local);
    })
    .await;
    let reply = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\ncall deny x\n";
    for target in [format!("http://127.0.0.1:{port}/chat"), format!("/p/127.0.0.1:{port}/chat")] {
        let sent = format!("GET /chat HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
        stage.upstream.plays(Script::new(sent.len(), reply));
        let request = format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
        let got = ask(&stage, &request).await;
        assert!(got.contains("told no") && !got.contains("deny x"), "{got}");
    }
}
