//! Where things lie and who may look at them: wrong modes, a second daemon, a place that cannot be written.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use vigil_e2e::{Ask, Home, Settings};

use super::{Stage, vigil};

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// What `vigil up` says when it does not start, and its exit code.
fn refusal(home: &Home) -> (i32, String) {
    let config = home.config.to_str().unwrap();
    let told = home.run(["up", "--config", config]).unwrap();
    assert_eq!(told.out, "", "a daemon that does not start says nothing on stdout");
    (told.code, told.err)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_modes_are_refused_with_the_command_that_mends_them() {
    let home = Home::new(&vigil(), None, &Settings::default()).unwrap();
    assert_eq!(home.start().unwrap().stop().unwrap().code, Some(0));
    for (file, bad, good) in [
        ("", 0o755, 0o700),
        ("keys", 0o750, 0o700),
        ("keys/record-key", 0o644, 0o600),
        ("keys/ca-intermediate-key", 0o640, 0o600),
    ] {
        let path = home.state.join(file);
        mode(&path, bad);
        let (code, told) = refusal(&home);
        let command = format!("chmod {good:o} '{}'", path.to_str().unwrap().trim_end_matches('/'));
        assert!(code == 1 && told.contains(&command), "{file}: {code} {told}");
        mode(&path, good);
    }
    assert_eq!(home.start().unwrap().stop().unwrap().code, Some(0));
    home.verified_document().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_belongs_to_another_user_is_refused() {
    let home = Home::new(&vigil(), None, &Settings::default()).unwrap();
    assert_eq!(home.start().unwrap().stop().unwrap().code, Some(0));
    for file in ["", "keys"] {
        let path = home.state.join(file);
        if std::os::unix::fs::chown(&path, Some(4711), None).is_err() {
            eprintln!("skipped: only the superuser gives files away");
            return;
        }
        let (code, told) = refusal(&home);
        assert!(code == 1 && told.contains("belongs to the user 4711"), "{file}: {code} {told}");
        std::os::unix::fs::chown(&path, Some(0), None).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_daemon_on_the_same_state_is_refused_and_the_first_goes_on() {
    let stage = Stage::set(Settings::default()).await;
    let (code, told) = refusal(&stage.home);
    let pid = stage.daemon.id();
    assert!(code == 1 && told.contains(&format!("another Vigil (process {pid})")), "{code} {told}");
    assert_eq!(stage.agent.ask(&Ask::shell(&["ls"])).await.calls().len(), 1);
    assert_eq!(stage.home.run(["status"]).unwrap().code, 0);
    assert_eq!(stage.daemon.stop().unwrap().code, Some(0));
    assert_eq!(stage.home.verified_document().unwrap().decisions().len(), 1);
}

/// The superuser writes wherever a mode forbids it, so the place is one where nobody can make a file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_that_cannot_be_written_is_told() {
    let mut home = Home::new(&vigil(), None, &Settings::default()).unwrap();
    home.state = "/proc/vigil-state".into();
    let (code, told) = refusal(&home);
    assert!(code == 1 && told.contains("/proc/vigil-state"), "{code} {told}");
    let file = home.path().join("occupied");
    std::fs::write(&file, "").unwrap();
    home.state = file.join("state");
    let (code, told) = refusal(&home);
    assert!(code == 1 && told.contains("occupied/state"), "{code} {told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_is_taken_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let home = Home::new(&vigil(), None, &Settings::default()).unwrap();
    let text = std::fs::read_to_string(&home.config).unwrap();
    for section in ["[proxy]", "[api]"] {
        let here = format!("{section}\nlisten = \"127.0.0.1:0\"");
        std::fs::write(&home.config, text.replace(&here, &format!("{section}\nlisten = \"{address}\"")))
            .unwrap();
        let (code, told) = refusal(&home);
        assert!(code == 1 && told.contains(&address), "{section}: {code} {told}");
    }
}
