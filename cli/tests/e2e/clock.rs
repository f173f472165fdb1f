//! A clock that is set back: holds end, records stay in order, nothing is lost.

use std::path::Path;

use vigil_e2e::{Agent, Ask, Home, Providers, Settings};

use super::vigil;

/// Where Debian puts the library that lies to a program about the time.
const LIAR: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// Sets the daemon's clock off by so much, at once.
fn set_clock(file: &Path, offset: &str) {
    // Renamed, because the daemon reads it at any moment.
    let fresh = file.with_extension("new");
    std::fs::write(&fresh, format!("{offset}\n")).unwrap();
    std::fs::rename(&fresh, file).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_back_stops_no_hold_and_no_record() {
    if !Path::new(LIAR).exists() {
        eprintln!("skipped: no {LIAR} (Debian package faketime)");
        return;
    }
    let providers = Providers::start().await.unwrap();
    let settings = Settings { window_seconds: 2, ..Settings::default() };
    let mut home = Home::new(&vigil(), Some(&providers), &settings).unwrap();
    let clock = home.path().join("clock");
    set_clock(&clock, "+0s");
    home.variables = vec![
        ("LD_PRELOAD", LIAR.into()),
        ("FAKETIME_TIMESTAMP_FILE", clock.clone().into()),
        ("FAKETIME_NO_CACHE", "1".into()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
    ];
    let daemon = home.start().unwrap();
    let agent = Agent::of(&daemon).unwrap();
    assert_eq!(agent.ask(&Ask::shell(&["ls first"])).await.calls().len(), 1);

    set_clock(&clock, "-2h");
    assert_eq!(agent.ask(&Ask::shell(&["ls second"])).await.calls().len(), 1);
    let held = agent.ask(&Ask::shell(&["rm -rf ~/projects"])).await;
    assert!(held.calls().is_empty(), "the window of a hold did not end: {}", held.text());
    assert!(daemon.logged().unwrap().contains("was set back by"), "{}", daemon.logged().unwrap());
    assert_eq!(daemon.stop().unwrap().code, Some(0));

    // A start under the earlier time, on a record that is ahead of it.
    let daemon = home.start().unwrap();
    let agent = Agent::of(&daemon).unwrap();
    assert_eq!(agent.ask(&Ask::shell(&["ls third"])).await.calls().len(), 1);
    assert_eq!(daemon.stop().unwrap().code, Some(0));
    home.variables.clear();
    let document = home.verified_document().unwrap();
    let decisions: Vec<String> =
        document.decisions().iter().map(|decided| decided.decision.clone()).collect();
    assert_eq!(decisions, ["allow", "allow", "timeout_deny", "allow"]);
}
