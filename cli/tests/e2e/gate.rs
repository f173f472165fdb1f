//! Calls that are allowed, held and denied, alone and many at once.

use std::time::{Duration, Instant};

use vigil_e2e::{Ask, Dialect, Settings};

use super::{Stage, id_of};

const DENIED: &str = "Vigil held this action and the user denied it.";
const BLOCKED: &str = "Vigil blocked this action. Rule: no-mkfs. Reason: nobody makes file systems here.";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_dialect_gets_what_was_decided() {
    let stage = Stage::set(Settings::default()).await;
    for dialect in Dialect::ALL {
        for stream in [true, false] {
            let of = |command: &str| Ask::shell(&[command]).in_dialect(dialect).streamed(stream);
            let heard = stage.agent.ask(&of("ls -la src")).await;
            assert_eq!(heard.broke, None);
            let calls = heard.calls();
            assert_eq!((calls.len(), calls[0].name.as_str()), (1, "Bash"), "{dialect:?} {}", heard.text());
            assert_eq!(calls[0].arguments, "{\"command\":\"ls -la src\"}");

            let heard = stage.agent.ask(&of("mkfs.ext4 /dev/sda")).await;
            assert_eq!(heard.broke, None);
            assert!(heard.calls().is_empty(), "{dialect:?}: {}", heard.text());
            assert!(heard.text().contains(BLOCKED), "{dialect:?}: {}", heard.text());
            assert!(!heard.text().contains("/dev/sda") && !heard.text().contains("Bash"), "{}", heard.text());
        }
    }
    let decisions = stage.home.verified_document().unwrap().decisions();
    assert_eq!(decisions.iter().filter(|decided| decided.delivers()).count(), 8);
    assert_eq!(decisions.iter().filter(|decided| decided.decision == "policy_deny").count(), 8);
}

/// 64 exchanges at once on two kinds of connection; each third is allowed, held or blocked, and of the held ones every
/// other is approved. Each is judged for itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_exchanges_at_once_do_not_mix() {
    const HELD: [usize; 2] = [16, 5];
    let stage = Stage::set(Settings::default()).await;
    let command = |at: usize| match at % 3 {
        0 => format!("ls -la zz{at}"),
        1 => format!("rm -rf ~/projects/zz{at}"),
        _ => format!("mkfs.ext4 /dev/zz{at}"),
    };
    let mut running = Vec::new();
    for at in 0..48 {
        let (agent, ask) = (stage.agent.clone(), Ask::shell(&[&command(at)]));
        running.push(tokio::spawn(async move { vec![(at, agent.ask(&ask).await)] }));
    }
    let asks: Vec<Ask> = (48..64).map(|at| Ask::shell(&[&command(at)])).collect();
    let agent = stage.agent.clone();
    running.push(tokio::spawn(async move {
        let heard = agent.ask_http2(&asks).await;
        heard.into_iter().enumerate().map(|(at, heard)| (48 + at, heard)).collect()
    }));
    let holds = stage.api.wait_for_holds(HELD.iter().sum()).unwrap();
    for hold in &holds {
        let command = hold["arguments"]["command"].as_str().unwrap();
        let at: usize = command.rsplit("zz").next().unwrap().parse().unwrap();
        let answer =
            stage.api.answer(&id_of(hold), if at.is_multiple_of(2) { "approve" } else { "deny" }).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let mut judged = 0;
    for task in running {
        for (at, heard) in task.await.unwrap() {
            assert_eq!(heard.broke, None, "{at}");
            let calls = heard.calls();
            let delivered = at % 3 == 0 || (at % 3 == 1 && at % 2 == 0);
            assert_eq!(calls.len(), usize::from(delivered), "{at}: {}", heard.text());
            match calls.first() {
                Some(call) => assert!(call.arguments.contains(&command(at)), "{at}: {call:?}"),
                None => assert!(heard.text().contains(if at % 3 == 1 { DENIED } else { BLOCKED }), "{at}"),
            }
            assert!(!heard.text().contains("zz") || delivered, "{at}: {}", heard.text());
            judged += 1;
        }
    }
    assert_eq!(judged, 64);
    let document = stage.home.verified_document().unwrap();
    let decisions = document.decisions();
    assert_eq!(decisions.len(), 64);
    for at in 0..64 {
        let wanted = match at {
            _ if at % 3 == 0 => "allow",
            _ if at % 3 == 2 => "policy_deny",
            _ if at % 2 == 0 => "user_approve",
            _ => "user_deny",
        };
        let argument = format!("{}\"", command(at));
        let of_it: Vec<_> =
            decisions.iter().filter(|decided| decided.arguments.contains(&argument)).collect();
        assert_eq!((of_it.len(), of_it[0].decision.as_str()), (1, wanted), "{at}: {of_it:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_reply_with_three_fates() {
    let stage = Stage::set(Settings::default()).await;
    let agent = stage.agent.clone();
    let asking = tokio::spawn(async move {
        agent.ask(&Ask::shell(&["mkfs.ext4 /dev/sda", "rm -rf ~/projects", "ls"])).await
    });
    let holds = stage.api.wait_for_holds(1).unwrap();
    assert_eq!(stage.api.answer(&id_of(&holds[0]), "approve").unwrap().body["decision"], "user_approve");
    let heard = asking.await.unwrap();
    let calls: Vec<_> = heard.calls().into_iter().map(|call| call.arguments).collect();
    assert_eq!(calls, ["{\"command\":\"rm -rf ~/projects\"}", "{\"command\":\"ls\"}"]);
    assert!(heard.text().contains(BLOCKED));
    assert!(stage.api.holds().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_answers_and_the_call_is_denied() {
    let stage = Stage::set(Settings { window_seconds: 1, ..Settings::default() }).await;
    let began = Instant::now();
    let heard = stage.agent.ask(&Ask::shell(&["rm -rf ~/projects"])).await;
    assert!(began.elapsed() >= Duration::from_millis(950), "{:?}", began.elapsed());
    assert!(heard.calls().is_empty());
    assert!(heard.text().contains("nobody answered in time"), "{}", heard.text());
    let decided = stage.home.verified_document().unwrap().decisions().pop().unwrap();
    assert_eq!((decided.verdict.as_str(), decided.decision.as_str()), ("hold", "timeout_deny"));
    assert!(stage.api.holds().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_leaves_ends_its_hold() {
    let stage = Stage::set(Settings::default()).await;
    for http2 in [false, true] {
        let agent = stage.agent.clone();
        let ask = Ask::shell(&["rm -rf ~/projects"]);
        // HTTP/2 keeps the connection and drops the stream alone.
        let kept = if http2 { Some(agent.connect_http2(ask.dialect.host()).await.unwrap()) } else { None };
        let sender = kept.clone();
        let asking = tokio::spawn(async move {
            match sender {
                None => agent.ask(&ask).await.body.len(),
                Some(mut sender) => {
                    let request = http_request(&ask);
                    let (reply, mut body) = sender.send_request(request, false).unwrap();
                    body.send_data(ask.body().to_string().into(), true).unwrap();
                    let (_head, mut body) = reply.await.unwrap().into_parts();
                    while body.data().await.is_some() {}
                    0
                }
            }
        });
        let holds = stage.api.wait_for_holds(1).unwrap();
        asking.abort();
        // The task is gone when it is joined, and its connection with it.
        assert!(asking.await.unwrap_err().is_cancelled());
        stage.api.wait_for_holds(0).unwrap();
        assert_eq!(stage.api.answer(&id_of(&holds[0]), "approve").unwrap().status, 404);
        let decided = stage.home.verified_document().unwrap().decisions().pop().unwrap();
        assert_eq!(decided.decision, "client_disconnected", "HTTP/2: {http2}");
        if let Some(sender) = kept {
            // The connection serves others still.
            sender.ready().await.unwrap();
        }
    }
}

fn http_request(ask: &Ask) -> http::Request<()> {
    http::Request::post(format!("https://{}/v1/messages", ask.dialect.host()))
        .header("content-type", "application/json")
        .body(())
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_are_answered_at_the_command_line_by_the_beginning_of_their_id() {
    let stage = Stage::set(Settings::default()).await;
    for (answer, decision) in [("approve", "user_approve"), ("deny", "user_deny")] {
        let agent = stage.agent.clone();
        let asking = tokio::spawn(async move { agent.ask(&Ask::shell(&["rm -rf ~/projects"])).await });
        let id = id_of(&stage.api.wait_for_holds(1).unwrap()[0]);
        let listed = stage.home.run(["holds"]).unwrap();
        assert!(listed.out.contains("rm -rf ~/projects"), "{listed:?}");
        let told = stage.home.run([answer, &id[..20]]).unwrap();
        assert_eq!((told.code, told.out), (0, format!("{id}: {decision}\n")), "{}", told.err);
        assert_eq!(asking.await.unwrap().calls().len(), usize::from(answer == "approve"));
        let again = stage.home.run([answer, &id]).unwrap();
        assert_eq!(again.code, 1);
        assert!(again.err.contains("`vigil holds` lists those that wait"), "{}", again.err);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_client_gets_everything() {
    let stage = Stage::set(Settings::default()).await;
    let words = "word ".repeat(40_000);
    let mut ask = Ask::shell(&["ls"]);
    ask.text = format!("!say {words}\n!call Bash {{\"command\":\"ls\"}}");
    let slow = {
        let agent = stage.agent.clone();
        let ask = ask.clone();
        tokio::spawn(async move {
            let mut sender = agent.connect_http2(ask.dialect.host()).await.unwrap();
            let (reply, mut body) = sender.send_request(http_request(&ask), false).unwrap();
            body.send_data(ask.body().to_string().into(), true).unwrap();
            let (_head, mut body) = reply.await.unwrap().into_parts();
            let mut heard = vigil_e2e::Heard::default();
            while let Some(piece) = body.data().await {
                let piece = piece.unwrap();
                heard.body.extend_from_slice(&piece);
                if heard.body.len() < 400_000 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                body.flow_control().release_capacity(piece.len()).unwrap();
            }
            heard
        })
    };
    // Others are not slowed by it.
    let began = Instant::now();
    assert_eq!(stage.agent.ask(&Ask::shell(&["pwd"])).await.calls().len(), 1);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    let heard = slow.await.unwrap();
    assert_eq!(heard.calls().len(), 1);
    assert_eq!(heard.said().trim_end(), words.trim_end());
}
