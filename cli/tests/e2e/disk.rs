//! A full disk: nothing is released that cannot be recorded, text flows, and what is owed is recorded later.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use vigil_e2e::{Agent, Ask, Home, Providers, Settings};

use super::vigil;

/// A small file system of its own. It is gone when the value is dropped.
struct SmallDisk {
    place: PathBuf,
}

impl SmallDisk {
    /// Nothing where this user may not mount.
    fn mount(place: &Path) -> Option<Self> {
        std::fs::create_dir(place).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=3m,mode=0700", "tmpfs"]).arg(place);
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        mounted.then(|| Self { place: place.to_owned() })
    }

    fn set_read_only(&self) {
        let status = Command::new("mount").args(["-o", "remount,ro"]).arg(&self.place).status().unwrap();
        assert!(status.success());
    }

    fn fill(&self) {
        let mut ballast = std::fs::File::options().create(true).append(true).open(self.ballast()).unwrap();
        while ballast.write_all(&[7; 4096]).is_ok() {}
        // The last bytes, which a whole page did not fit into.
        while ballast.write_all(&[7]).is_ok() {}
    }

    fn empty(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.place.join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, because a daemon that failed a test may still be there.
        let _unmounted = Command::new("umount").arg("-l").arg(&self.place).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stops_calls_and_nothing_else() {
    let providers = Providers::start().await.unwrap();
    let home = Home::new(&vigil(), Some(&providers), &Settings::default()).unwrap();
    let Some(disk) = SmallDisk::mount(&home.state) else {
        eprintln!("skipped: a small file system cannot be mounted here");
        return;
    };
    let daemon = home.start().unwrap();
    let api = home.api(&daemon).unwrap();
    let agent = Agent::of(&daemon).unwrap();
    assert_eq!(agent.ask(&Ask::shell(&["ls first"])).await.calls().len(), 1);

    disk.fill();
    // What is left of the journal's last page takes a few records.
    let mut refused = None;
    let mut delivered = 1;
    for number in 0..200 {
        let heard = agent.ask(&Ask::shell(&[&format!("ls number{number}")])).await;
        assert_eq!(heard.broke, None, "{}", heard.text());
        if heard.calls().is_empty() {
            refused = Some(heard);
            break;
        }
        delivered += 1;
    }
    let refused = refused.expect("a call was released though nothing can be written");
    assert!(refused.said().starts_with("Working on it."), "text does not flow: {}", refused.text());
    assert!(refused.said().contains("Vigil"), "no word about why: {}", refused.text());
    let mut talk = Ask::shell(&[]);
    talk.text = "!say Only talk.".to_owned();
    assert_eq!(agent.ask(&talk).await.said(), "Only talk.");
    let status = api.wait_for_status(|status| status["store"]["writable"] == false).unwrap();
    assert!(status["unrecorded"].as_u64().unwrap() >= 1, "{status:#}");
    let shown = home.run(["status"]).unwrap();
    assert!(shown.out.contains("records cannot be written: no call is released"), "{}", shown.out);
    assert!(
        agent.ask(&Ask::shell(&["rm -rf ~/projects"])).await.calls().is_empty(),
        "held or not, it waits for no disk"
    );

    disk.empty();
    api.wait_for_status(|status| status["store"]["writable"] == true).unwrap();
    assert_eq!(agent.ask(&Ask::shell(&["ls last"])).await.calls().len(), 1);
    delivered += 1;
    let document = home.verified_document().unwrap();
    let decisions = document.decisions();
    assert_eq!(decisions.iter().filter(|decided| decided.delivers()).count(), delivered);
    let owed = decisions
        .iter()
        .filter(|decided| (decided.verdict.as_str(), decided.decision.as_str()) == ("hold", "fault_deny"));
    assert!(owed.count() >= 1, "what was owed is not recorded: {decisions:?}");
    assert_eq!(daemon.stop().unwrap().code, Some(0));
    home.verified_document().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_directory_that_cannot_be_written_is_told_and_left_as_it_is() {
    let providers = Providers::start().await.unwrap();
    let home = Home::new(&vigil(), Some(&providers), &Settings::default()).unwrap();
    let Some(disk) = SmallDisk::mount(&home.state) else {
        eprintln!("skipped: a small file system cannot be mounted here");
        return;
    };
    let daemon = home.start().unwrap();
    assert_eq!(Agent::of(&daemon).unwrap().ask(&Ask::shell(&["ls"])).await.calls().len(), 1);
    assert_eq!(daemon.stop().unwrap().code, Some(0));

    disk.set_read_only();
    let refused = home
        .run([
            OsStr::new("up"),
            "--config".as_ref(),
            home.config.as_ref(),
            "--state-dir".as_ref(),
            home.state.as_ref(),
        ])
        .unwrap();
    assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{}", refused.err);
    assert!(refused.err.contains("Read-only file system"), "{}", refused.err);
    assert!(refused.err.contains(home.state.to_str().unwrap()), "{}", refused.err);
    assert_eq!(home.verified_document().unwrap().decisions().len(), 1);
}
