//! `always_allow`, from the answer to the next start and the one after.

use vigil_e2e::{Ask, Settings};

use super::{Stage, id_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_always_allowed_is_narrow_and_survives_a_restart() {
    let stage = Stage::set(Settings { window_seconds: 1, ..Settings::default() }).await;
    let granted = Ask::shell(&["rm -rf ~/scratch"]);
    let agent = stage.agent.clone();
    let ask = granted.clone();
    let asking = tokio::spawn(async move { agent.ask(&ask).await });
    let hold = id_of(&stage.api.wait_for_holds(1).unwrap()[0]);
    let told = stage.home.run(["approve", "--always", &hold]).unwrap();
    assert_eq!((told.code, told.out), (0, format!("{hold}: always_allow\n")));
    assert_eq!(asking.await.unwrap().calls().len(), 1);

    // The same flows now, what is a little different does not.
    assert_eq!(stage.agent.ask(&granted).await.calls().len(), 1);
    for other in ["rm -rf ~/scratch2", "rm -rf ~/scratch ~/projects", "rm -rf ~/"] {
        assert!(stage.agent.ask(&Ask::shell(&[other])).await.calls().is_empty(), "{other}");
    }
    let mut other_agent = granted.clone();
    other_agent.user_agent = "somebody-else/2".to_owned();
    assert!(stage.agent.ask(&other_agent).await.calls().is_empty());

    let stage = stage.restart();
    assert_eq!(stage.agent.ask(&granted).await.calls().len(), 1);
    let last = stage.home.verified_document().unwrap().decisions().pop().unwrap();
    assert_eq!((last.verdict.as_str(), last.decision.as_str()), ("hold", "always_allow"));
    assert!(stage.agent.ask(&Ask::shell(&["mkfs.ext4 /dev/sda"])).await.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_file_of_grants_stops_the_start() {
    let stage = Stage::set(Settings::default()).await;
    assert_eq!(stage.daemon.stop().unwrap().code, Some(0));
    std::fs::write(stage.home.state.join("grants.toml"), "[[grant]]\nagent = 1\n").unwrap();
    let told = stage.home.start().err().unwrap().to_string();
    assert!(told.contains("grants.toml` is no file of grants; mend it or move it away"), "{told}");
}
