//! Stores that are not as they were left: Vigil starts, says what it found, keeps what is there, and goes on verifiably.

use std::path::{Path, PathBuf};

use vigil_e2e::{Ask, Home, Settings};

use super::Stage;

/// A store of two sealed sessions with decisions, not running.
async fn sealed() -> Stage {
    let stage = Stage::set(Settings::default()).await;
    for _ in 0..5 {
        stage.agent.ask(&Ask::shell(&["ls", "mkfs.ext4 /dev/sda"])).await;
    }
    stage.restart()
}

/// Ends the daemon, damages the store, starts again. Gives the state that is told, and the number of records before.
async fn damaged(harm: impl Fn(&Home)) -> (Stage, String, usize) {
    let stage = sealed().await;
    let before = stage.home.verified_document().unwrap().len();
    let Stage { _providers, home, daemon, .. } = stage;
    assert_eq!(daemon.stop().unwrap().code, Some(0));
    harm(&home);
    let daemon = home.start().unwrap();
    let api = home.api(&daemon).unwrap();
    let agent = vigil_e2e::Agent::of(&daemon).unwrap();
    let status = api
        .wait_for_status(|status| status.pointer("/store/state").is_some_and(|state| state.is_string()))
        .unwrap();
    let state = status.pointer("/store/state").unwrap().as_str().unwrap().to_owned();
    let shown = home.run(["status"]).unwrap();
    assert!(shown.out.contains(&format!("record   {state},")), "{}", shown.out);
    assert!(daemon.logged().unwrap().contains(&format!("record {state}: ")), "{}", daemon.logged().unwrap());
    let stage = Stage { _providers, home, daemon, api, agent };
    goes_on(&stage).await;
    (stage, state, before)
}

/// Calls are decided and recorded as ever, and the auditor is content with the chain that goes on.
async fn goes_on(stage: &Stage) {
    assert_eq!(stage.agent.ask(&Ask::shell(&["ls"])).await.calls().len(), 1);
    let last = stage.home.verified_document().unwrap().decisions().pop().unwrap();
    assert_eq!((last.verdict.as_str(), last.decision.as_str()), ("allow", "allow"));
}

fn database(home: &Home) -> PathBuf {
    home.state.join("chain.db")
}

/// All files of the state directory that are put aside, at any depth.
fn aside(home: &Home) -> Vec<String> {
    fn walk(place: &Path, names: &mut Vec<String>) {
        for entry in std::fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, names) } else { names.push(path.display().to_string()) }
        }
    }
    let mut names = Vec::new();
    walk(&home.state, &mut names);
    let ordinary = [
        "/chain.db",
        "/chain.db-wal",
        "/chain.db-shm",
        ".journal",
        "/keys/",
        "/vigil.pid",
        "/daemon.json",
        "/api-token",
        "/key-store",
        "/ca.pem",
        "/ca-intermediate.pem",
    ];
    names.retain(|name| {
        !ordinary.iter().any(|known| name.ends_with(known) || (*known == "/keys/" && name.contains(known)))
    });
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_truncated_database_is_kept_and_a_new_chain_begins() {
    let (stage, state, before) = damaged(|home| {
        let file = std::fs::File::options().write(true).open(database(home)).unwrap();
        let length = file.metadata().unwrap().len();
        file.set_len(length / 2 / 4096 * 4096 + 100).unwrap();
    })
    .await;
    assert_eq!(state, "broken");
    assert!(!aside(&stage.home).is_empty(), "the old file is not kept");
    assert!(stage.home.verified_document().unwrap().len() < before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_none_is_kept() {
    let (stage, state, _) =
        damaged(|home| std::fs::write(database(home), b"not a database at all").unwrap()).await;
    assert_eq!(state, "broken");
    let kept = aside(&stage.home);
    assert!(kept.iter().any(|name| std::fs::read(name).unwrap() == b"not a database at all"), "{kept:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_database_is_told() {
    let (stage, state, before) = damaged(|home| std::fs::remove_file(database(home)).unwrap()).await;
    assert_eq!(state, "lost");
    let detail = stage.api.status().unwrap()["store"]["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(&format!("{} records", before + 2)) || detail.contains("counts"), "{detail}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_record_is_found() {
    let (stage, state, _) = damaged(|home| {
        let mut bytes = std::fs::read(database(home)).unwrap();
        // Every copy of the word, in the record and beside it.
        while let Some(at) = bytes.windows(11).position(|window| window == b"policy_deny") {
            bytes[at..at + 11].copy_from_slice(b"policy_seny");
        }
        std::fs::write(database(home), bytes).unwrap();
    })
    .await;
    assert_eq!(state, "broken");
    assert!(!aside(&stage.home).is_empty(), "the old file is not kept");
}

/// The journal of a killed daemon holds what is not sealed yet; a torn last entry is what a power cut leaves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_torn_journal_loses_no_record_that_took_effect_before() {
    let stage = sealed().await;
    let before = stage.home.verified_document().unwrap().len();
    assert_eq!(stage.agent.ask(&Ask::shell(&["ls", "pwd"])).await.calls().len(), 2);
    let Stage { _providers, home, daemon, .. } = stage;
    daemon.kill().unwrap();
    let journal = newest_journal(&home);
    let mut bytes = std::fs::read(&journal).unwrap();
    bytes.extend_from_slice(b"\x00\x00\x01\x00half an entry");
    std::fs::write(&journal, bytes).unwrap();
    let daemon = home.start().unwrap();
    let api = home.api(&daemon).unwrap();
    let agent = vigil_e2e::Agent::of(&daemon).unwrap();
    let stage = Stage { _providers, home, daemon, api, agent };
    goes_on(&stage).await;
    let status = stage.api.status().unwrap();
    let document = stage.home.verified_document().unwrap();
    // Either the tail was nothing but torn, or it was told as broken and the whole store put aside.
    match status["store"]["state"].as_str().unwrap() {
        "verified" | "unanchored" => assert!(document.len() > before + 2, "{} {before}", document.len()),
        "broken" => assert!(!aside(&stage.home).is_empty(), "{status}"),
        other => panic!("unexpected state {other}"),
    }
}

fn newest_journal(home: &Home) -> PathBuf {
    let mut files: Vec<_> =
        std::fs::read_dir(home.state.join("journal")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.pop().unwrap()
}
