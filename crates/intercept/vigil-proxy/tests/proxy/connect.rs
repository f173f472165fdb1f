//! CONNECT: names, protocols, tunnels, distrust.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use vigil_core::message::NoticeKind;

use crate::client::{connect, read_all, secure, send};
use crate::stage::{HOST, Stage, TestCa};
use crate::upstream::Script;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_name_in_tls_must_be_the_connect_host() {
    let stage = Stage::new().await;
    let (stream, status) = connect(stage.running.proxy_addr, &format!("{HOST}:443")).await;
    assert_eq!(status, 200);
    assert!(secure(stream, &stage.ca_file, "other.test", &["http/1.1"]).await.is_err());
    stage.pipeline.notice(NoticeKind::Refused).await;
    assert!(stage.upstream.handshakes.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_upstream_is_asked_for_the_same_name_and_protocol() {
    let stage = Stage::new().await;
    let (stream, _) = connect(stage.running.proxy_addr, &format!("{}:443", HOST.to_uppercase())).await;
    let client = secure(stream, &stage.ca_file, HOST, &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(client.get_ref().1.alpn_protocol(), Some(b"http/1.1".as_slice()));
    assert_eq!(stage.upstream.handshake().await, (Some(b"http/1.1".to_vec()), Some(HOST.to_owned())));
    assert_eq!(stage.running.stats().intercepted, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_without_protocols_is_served_without() {
    let stage = Stage::new().await;
    let (stream, _) = connect(stage.running.proxy_addr, &format!("{HOST}:443")).await;
    let client = secure(stream, &stage.ca_file, HOST, &[]).await.unwrap();
    assert_eq!(client.get_ref().1.alpn_protocol(), None);
    assert_eq!(stage.upstream.handshake().await.0, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_host_is_tunnelled_blind() {
    let authority = TestCa::new();
    let server = authority.server(&["other.test"], |_| ());
    let stage = Stage::serving(&authority, Some(server), "127.0.0.1:0", |_| ()).await;
    let roots = stage.folder.path().join("roots.pem");
    let request = "GET / HTTP/1.1\r\n\r\n";
    stage.upstream.plays(Script::new(request.len(), "anything at all"));
    let (stream, _) = connect(stage.running.proxy_addr, "other.test:443").await;
    let mut client = secure(stream, &roots, "other.test", &["http/1.1"]).await.unwrap();
    send(&mut client, request).await;
    let mut got = [0; 15];
    client.read_exact(&mut got).await.unwrap();
    assert_eq!(&got, b"anything at all");
    assert!(stage.pipeline.events().is_empty());
    assert_eq!(stage.running.stats().tunnelled, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_closed_tunnel_still_delivers() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
        stream.write_all(&all).await.unwrap();
    });
    let stage = Stage::new().await;
    let (mut client, status) = connect(stage.running.proxy_addr, &address.to_string()).await;
    assert_eq!(status, 200);
    client.write_all(b"echo after the end").await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(read_all(&mut client).await, (b"echo after the end".to_vec(), true));
    server.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipv6_is_served_on_both_sides() {
    let listener = match TcpListener::bind("[::1]:0").await {
        Ok(listener) => listener,
        Err(error) => return println!("skipped: no IPv6 here: {error}"),
    };
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"six").await.unwrap();
    });
    let stage = Stage::with(|config| config.listen = "[::1]:0".parse().unwrap()).await;
    let (mut client, status) = connect(stage.running.proxy_addr, &address.to_string()).await;
    assert_eq!((status, stage.running.proxy_addr.is_ipv6()), (200, true));
    assert_eq!(read_all(&mut client).await.0, b"six");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_is_never_reached_on_another_port() {
    let stage = Stage::new().await;
    for port in [80, 8443] {
        let (mut client, status) = connect(stage.running.proxy_addr, &format!("{HOST}:{port}")).await;
        assert_eq!(status, 403);
        assert!(String::from_utf8(read_all(&mut client).await.0).unwrap().contains("[[providers]]"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unreachable_host_is_said() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let stage = Stage::with(|config| {
        config.resolve.insert((HOST.to_owned(), 443), closed);
    })
    .await;
    let (_, status) = connect(stage.running.proxy_addr, &format!("{HOST}:443")).await;
    assert_eq!(status, 502);
    stage.pipeline.notice(NoticeKind::UpstreamUnreachable).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_speaks_no_tls_is_closed() {
    let stage = Stage::new().await;
    let (mut client, _) = connect(stage.running.proxy_addr, &format!("{HOST}:443")).await;
    client.write_all(format!("GET /chat HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes()).await.unwrap();
    assert_eq!(read_all(&mut client).await.0, b"");
    assert!(stage.upstream.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_trust_the_ca_is_recognised() {
    let stage = Stage::new().await;
    let roots = stage.folder.path().join("roots.pem");
    for count in 1..=2 {
        let (stream, _) = connect(stage.running.proxy_addr, &format!("{HOST}:443")).await;
        assert!(secure(stream, &roots, HOST, &["http/1.1"]).await.is_err());
        stage
            .pipeline
            .wait(|event| match event {
                crate::pipeline::Event::Notice(notice)
                    if notice.kind == NoticeKind::ClientDistrust
                        && notice.text.contains(&format!("{count} times"))
                        && notice.text.contains("vigil ca install") =>
                {
                    Some(())
                }
                _ => None,
            })
            .await;
    }
    assert_eq!(stage.running.stats().distrust, [("127.0.0.1".to_owned(), HOST.to_owned(), 2)]);
}
