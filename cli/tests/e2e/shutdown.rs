//! How a daemon ends.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio::io::AsyncReadExt as _;
use vigil_e2e::{Ask, Settings};

use super::Stage;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_holds_are_denied_and_the_record_is_sealed() {
    for signal in [Signal::TERM, Signal::INT] {
        let stage = Stage::set(Settings::default()).await;
        let mut asking = Vec::new();
        for _ in 0..3 {
            let agent = stage.agent.clone();
            asking.push(tokio::spawn(async move { agent.ask(&Ask::shell(&["rm -rf ~/projects"])).await }));
        }
        let agent = stage.agent.clone();
        let http2 = tokio::spawn(async move { agent.ask_http2(&[Ask::shell(&["rm -rf ~/projects"])]).await });
        stage.api.wait_for_holds(4).unwrap();
        // Connections without a request must not keep it.
        let idle = stage.agent.tunnel("api.anthropic.com", &[]).await.unwrap();
        let bare = tokio::net::TcpStream::connect(stage.daemon.proxy).await.unwrap();

        let began = Instant::now();
        stage.daemon.signal(signal).unwrap();
        let ended = stage.daemon.wait(Duration::from_secs(10)).unwrap();
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
        assert_eq!((ended.code, ended.more_on_stdout.as_str()), (Some(0), ""));
        drop((idle, bare));
        let mut heard = http2.await.unwrap();
        for task in asking {
            heard.push(task.await.unwrap());
        }
        for heard in heard {
            assert_eq!(heard.broke, None);
            assert!(
                heard.text().contains("Vigil is shutting down and denied this action."),
                "{}",
                heard.text()
            );
            assert!(heard.calls().is_empty());
        }
        let document = stage.home.verified_document().unwrap();
        let denied =
            document.decisions().iter().filter(|decided| decided.decision == "shutdown_deny").count();
        assert_eq!(denied, 4);
        assert_eq!(document.of_kind("interaction").count(), 4);
        let events = document.lifecycle();
        assert_eq!(events.first().map(String::as_str), Some("startup"));
        assert_eq!(events.last().map(String::as_str), Some("shutdown"));
        let verified = stage.home.run(["verify", "export.json"]).unwrap();
        let all = format!("consistent up to {0} of {0}", document.len());
        assert!(verified.out.contains(&all), "no checkpoint over everything: {}", verified.out);
    }
}

/// A reply that takes longer than the daemon waits is cut; what came of it stays harmless.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_in_flight_is_let_go() {
    let stage = Stage::set(Settings::default()).await;
    let mut ask = Ask::shell(&["ls"]);
    ask.text = format!("!say {}\n!call Bash {{\"command\":\"ls\"}}", "word ".repeat(200));
    ask.pace_ms = 10;
    let agent = stage.agent.clone();
    let finishes = tokio::spawn(async move { agent.ask(&ask).await });
    let mut ask = Ask::shell(&["ls"]);
    ask.text = format!("!say {}\n!call Bash {{\"command\":\"ls\"}}", "word ".repeat(2000));
    ask.pace_ms = 50;
    let agent = stage.agent.clone();
    let too_long = tokio::spawn(async move { agent.ask(&ask).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let began = Instant::now();
    stage.daemon.signal(Signal::TERM).unwrap();
    let ended = stage.daemon.wait(Duration::from_secs(15)).unwrap();
    assert_eq!((ended.code, ended.more_on_stdout.as_str()), (Some(0), ""));
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    let heard = finishes.await.unwrap();
    assert_eq!((heard.broke.clone(), heard.calls().len()), (None, 1), "{}", heard.text());
    let heard = too_long.await.unwrap();
    assert!(!heard.is_whole() && heard.calls().is_empty());
    let document = stage.home.verified_document().unwrap();
    assert_eq!(document.decisions().len(), 1);
    assert_eq!(document.of_kind("interaction").count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_does_not_keep_it() {
    let stage = Stage::set(Settings::default()).await;
    let mut ask = Ask::shell(&["ls"]);
    ask.text = format!("!say {}", "word ".repeat(400_000));
    let mut sender = stage.agent.connect_http2("api.anthropic.com").await.unwrap();
    let request = http::Request::post("https://api.anthropic.com/v1/messages").body(()).unwrap();
    let (reply, mut body) = sender.send_request(request, false).unwrap();
    body.send_data(ask.body().to_string().into(), true).unwrap();
    // The window is never opened again.
    let unread = reply.await.unwrap();
    let began = Instant::now();
    stage.daemon.signal(Signal::TERM).unwrap();
    assert_eq!(stage.daemon.wait(Duration::from_secs(15)).unwrap().code, Some(0));
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    drop(unread);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_served_after_the_end() {
    let stage = Stage::set(Settings::default()).await;
    let mut idle = stage.agent.tunnel("api.anthropic.com", &[]).await.unwrap();
    let proxy = stage.daemon.proxy;
    assert_eq!(stage.daemon.stop().unwrap().code, Some(0));
    let mut rest = Vec::new();
    // Closed with or without a goodbye; what counts is that it ends.
    let _end = idle.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
    assert!(tokio::net::TcpStream::connect(proxy).await.is_err());
    let status = stage.home.run(["status"]).unwrap();
    assert_eq!(status.code, 3, "{status:?}");
}
