//! A process that is killed at any moment loses nothing it said was recorded.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use vigil_core::Ruling;
use vigil_core::message::{VaultInput, VaultOutput};
use vigil_store::{ActionFilter, Reader};

use crate::fixture::*;

const CHILD_DIR: &str = "VIGIL_STORE_CRASH_DIR";
/// A longer campaign sets this variable to the number of kills.
const KILLS: &str = "VIGIL_STORE_KILLS";
const KILLS_HERE: u32 = 50;

/// Not a test of its own: the process that is killed. It prints the `seq` of each record it was told of.
#[test]
fn child_records_until_it_is_killed() {
    #[expect(clippy::disallowed_methods, reason = "tells the child from an ordinary test run")]
    let Ok(dir) = std::env::var(CHILD_DIR) else { return };
    let dir = Path::new(&dir);
    let (mut vault, _) = open(&dir.join("state"), Arc::new(FileSecrets(dir.join("secrets"))));
    let mut out = std::io::stdout();
    for number in 0.. {
        let ruling = if number % 50 == 49 { Ruling::UserDeny } else { Ruling::Allow };
        let said = hear(&mut vault, VaultInput::Decision(Arc::new(decision(number, ruling))));
        let Some(VaultOutput::Recorded(recorded)) = said.first() else { panic!("{said:?}") };
        writeln!(out, "seq {} {}", recorded.seq, recorded.record).unwrap();
        if number % 300 == 299 {
            hear(&mut vault, VaultInput::Seal);
        }
    }
}

#[test]
fn nothing_recorded_is_lost_when_the_process_is_killed() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("secrets")).unwrap();
    let mut told: Vec<(u64, String)> = Vec::new();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    #[expect(clippy::disallowed_methods, reason = "a campaign is longer than a test")]
    let kills = std::env::var(KILLS).ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS_HERE);
    for number in 0..kills {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // Every third is killed at some moment of its start.
        let (after_first, micros) = (number % 3 != 0, 200 + random % 60_000);
        told.extend(run_and_kill(
            root.path(),
            after_first,
            Duration::from_micros(if after_first { micros } else { 3 * micros }),
        ));
    }
    assert!(told.len() > kills as usize, "the children recorded only {} times", told.len());
    let state = root.path().join("state");
    let secrets = Arc::new(FileSecrets(root.path().join("secrets")));
    let (mut vault, found) = open(&state, secrets.clone());
    assert_eq!(found.state, "verified", "{}", found.detail);
    hear(&mut vault, VaultInput::Seal);
    let all = Reader::open(&state).unwrap().actions(&ActionFilter::default(), usize::MAX, None).unwrap();
    let kept: std::collections::HashMap<u64, String> =
        all.into_iter().map(|entry| (entry.seq, entry.id)).collect();
    for (seq, id) in &told {
        assert_eq!(kept.get(seq), Some(id), "record {seq}");
    }
    // Each killed process may have recorded one more than it could say.
    assert!(kept.len() <= told.len() + kills as usize);
    check_document(&export_text(&state, &*secrets));
}

/// Starts a child, lets it go on for a while, from its first record or from its start, kills it, and gives what it said.
fn run_and_kill(root: &Path, after_first: bool, after: Duration) -> Vec<(u64, String)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child_records_until_it_is_killed", "--nocapture"])
        .env(CHILD_DIR, root)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut told = Vec::new();
    let mut hear = |line: String| {
        let mut words = line.split(' ');
        if words.next() == Some("seq") {
            let seq = words.next().unwrap().parse().unwrap();
            told.push((seq, words.next().unwrap_or_default().to_owned()));
        }
        told.len()
    };
    if after_first {
        while hear(lines.next().expect("a child that records").unwrap()) == 0 {}
    }
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    for line in lines.map_while(Result::ok) {
        hear(line);
    }
    // The last line may be cut off.
    told.retain(|(_, id)| id.len() == 26);
    told
}
