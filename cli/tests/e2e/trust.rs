//! Certificates, both ways: providers that cannot be trusted, and clients that do not trust Vigil. And the addresses.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use vigil_e2e::{Agent, Ask, Defect, Home, Providers, Settings, Site};

use super::{Stage, vigil};

/// What Vigil refuses on the way up, the client must see fail on its side.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_provider_certificate_fails_the_clients_handshake() {
    let cases = [
        (Defect::Expired, "expired"),
        (Defect::NotYetValid, "not valid yet"),
        (Defect::WrongHost, "api.groq.com"),
        (Defect::UnknownAuthority, "authority"),
        (Defect::SelfSigned, "authority"),
    ];
    for (defect, reason) in cases {
        let site = Site::start("api.groq.com", defect).await.unwrap();
        let trusted = matches!(defect, Defect::Expired | Defect::NotYetValid | Defect::WrongHost);
        let roots = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&roots, &site.root_pem).unwrap();
        let settings =
            Settings { resolve: vec![("api.groq.com:443".to_owned(), site.address)], ..Settings::default() };
        let home = Home::new(&vigil(), None, &settings).unwrap();
        if trusted {
            let text = std::fs::read_to_string(&home.config).unwrap();
            let more = format!("[upstream]\nextra_ca_files = [\"{}\"]", roots.path().display());
            std::fs::write(&home.config, text.replace("[upstream]", &more)).unwrap();
        }
        let daemon = home.start().unwrap();
        let agent = Agent::of(&daemon).unwrap();
        let refused = agent.tunnel("api.groq.com", &[]).await.err();
        assert!(refused.is_some(), "{defect:?}: the handshake went through");
        let api = home.api(&daemon).unwrap();
        let notice =
            api.wait_for_status(|status| status["notices"][0].is_object()).unwrap()["notices"][0].clone();
        assert_eq!(
            (&notice["kind"], &notice["host"]),
            (&"upstream_certificate".into(), &"api.groq.com".into())
        );
        let text = notice["text"].as_str().unwrap();
        assert!(text.contains(reason), "{defect:?}: {text}");
        assert!(daemon.logged().unwrap().contains("upstream_certificate"), "not in the log");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_trust_vigil_is_told_of() {
    let stage = Stage::set(Settings::default()).await;
    let stranger = vigil_bench::sim::Authority::generate().unwrap();
    let agent = Agent::trusting(&stage.daemon, stranger.root_pem()).unwrap();
    for _ in 0..3 {
        assert!(agent.tunnel("api.anthropic.com", &[]).await.is_err());
    }
    let status = stage
        .api
        .wait_for_status(|status| {
            status["distrusting_clients"][0].is_object() && status["notices"][2].is_object()
        })
        .unwrap();
    let kinds: Vec<_> = (0..3).map(|at| status["notices"][at]["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["client_distrust"; 3]);
    let shown = stage.home.run(["status"]).unwrap();
    assert!(
        shown.out.contains("a client does not trust Vigil's certificate for api.anthropic.com"),
        "{}",
        shown.out
    );
    assert!(shown.out.contains("vigil run -- CMD"), "{}", shown.out);
    // It is one client, whatever port it came from.
    assert_eq!(
        status["distrusting_clients"].as_array().unwrap().len(),
        1,
        "{}",
        status["distrusting_clients"]
    );
    assert_eq!(status["distrusting_clients"][0]["count"], 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn speaks_ipv6_on_both_sides() {
    let Ok(probe) = TcpListener::bind("[::1]:0").await else {
        eprintln!("skipped: no IPv6 loopback here");
        return;
    };
    drop(probe);
    let providers = Providers::start().await.unwrap();
    let front = TcpListener::bind("[::1]:0").await.unwrap();
    let (upstream, behind) = (front.local_addr().unwrap(), providers.simulator.address);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = front.accept().await {
            tokio::spawn(async move {
                let mut server = TcpStream::connect(behind).await.unwrap();
                // It ends with either side.
                let _ended = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    let settings = Settings { proxy_listen: "[::1]:0", ..Settings::default() };
    let home = Home::new(&vigil(), Some(&providers), &settings).unwrap();
    let text = std::fs::read_to_string(&home.config).unwrap();
    std::fs::write(&home.config, text.replace(&behind.to_string(), &upstream.to_string())).unwrap();
    let daemon = home.start().unwrap();
    assert!(daemon.proxy.is_ipv6(), "{}", daemon.proxy);
    let agent = Agent::of(&daemon).unwrap();
    assert_eq!(agent.ask(&Ask::shell(&["ls"])).await.calls().len(), 1);
    let heard = agent.ask(&Ask::shell(&["mkfs.ext4 /dev/sda"])).await;
    assert!(heard.calls().is_empty() && heard.text().contains("Vigil blocked this action."));
    assert_eq!(home.verified_document().unwrap().decisions().len(), 2);
}

async fn raw(proxy: SocketAddr, request: &str) -> String {
    let mut socket = TcpStream::connect(proxy).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut reply = String::new();
    // Whether the proxy says goodbye or not, what came is what counts.
    let _end = socket.read_to_string(&mut reply).await;
    reply
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn absolute_form_goes_where_it_says_and_never_to_a_provider_in_the_clear() {
    let stage = Stage::set(Settings::default()).await;
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = plain.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (mut client, _) = plain.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let length = client.read(&mut request).await.unwrap();
        client
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi")
            .await
            .unwrap();
        String::from_utf8(request[..length].to_vec()).unwrap()
    });
    let request = format!(
        "GET http://{address}/a?b HTTP/1.1\r\nHost: {address}\r\nX-Kept: As Is\r\nProxy-Connection: keep-alive\r\n\
         Connection: close\r\n\r\n"
    );
    let reply = raw(stage.daemon.proxy, &request).await;
    assert!(reply.starts_with("HTTP/1.1 200 OK\r\n") && reply.ends_with("\r\n\r\nhi"), "{reply}");
    let expect =
        format!("GET /a?b HTTP/1.1\r\nHost: {address}\r\nX-Kept: As Is\r\nConnection: close\r\n\r\n");
    assert_eq!(served.await.unwrap(), expect);

    let request = "POST http://api.anthropic.com/v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\n\
                   Content-Length: 0\r\nConnection: close\r\n\r\n";
    let reply = raw(stage.daemon.proxy, request).await;
    assert!(reply.starts_with("HTTP/1.1 403 ") && reply.contains("Use https"), "{reply}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_base_url_is_gated_too() {
    let stage = Stage::set(Settings::default()).await;
    let body = Ask::shell(&["ls", "mkfs.ext4 /dev/sda"]).body().to_string();
    let request = format!(
        "POST /p/api.anthropic.com/v1/messages HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        stage.daemon.proxy,
        body.len()
    );
    let reply = raw(stage.daemon.proxy, &request).await;
    assert!(
        reply.contains("\"type\":\"tool_use\"") && reply.contains("Vigil blocked this action."),
        "{reply}"
    );
    assert!(!reply.contains("sda"));
    let decisions = stage.home.verified_document().unwrap().decisions();
    assert_eq!(
        decisions.iter().map(|decided| decided.decision.as_str()).collect::<Vec<_>>(),
        ["allow", "policy_deny"]
    );
}
