//! P1: a session connects to the provider that the client addressed and to nothing else.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use vigil_e2e::{Agent, Ask, Home, Providers, Settings};

use super::{id_of, vigil};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_speaks_to_nobody_but_the_provider() {
    if !Command::new("strace").arg("-V").output().is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: no strace here");
        return;
    }
    let providers = Providers::start().await.unwrap();
    let mut home = Home::new(&vigil(), Some(&providers), &Settings::default()).unwrap();
    let (trace, traced) = (home.path().join("trace"), home.path().join("traced-vigil"));
    // -D: the daemon stays the direct child, so that signals reach it.
    let script = format!(
        "#!/bin/sh\nexec strace -D -f -qq -e trace=connect,bind,sendto,sendmsg,sendmmsg -o '{}' '{}' \"$@\"\n",
        trace.display(),
        home.vigil.display()
    );
    std::fs::write(&traced, script).unwrap();
    std::fs::set_permissions(&traced, std::fs::Permissions::from_mode(0o755)).unwrap();
    let plain = std::mem::replace(&mut home.vigil, traced);
    let daemon = home.start();
    home.vigil = plain;
    let Ok(daemon) = daemon else {
        eprintln!("skipped: strace may not trace here");
        return;
    };
    let agent = Agent::of(&daemon).unwrap();
    let api = home.api(&daemon).unwrap();
    assert_eq!(agent.ask(&Ask::shell(&["ls"])).await.calls().len(), 1);
    assert!(agent.ask(&Ask::shell(&["mkfs.ext4 /dev/sda"])).await.calls().is_empty());
    let asking = {
        let agent = agent.clone();
        tokio::spawn(async move { agent.ask(&Ask::shell(&["rm -rf ~/projects"])).await })
    };
    let hold = id_of(&api.wait_for_holds(1).unwrap()[0]);
    api.answer(&hold, "approve").unwrap();
    assert_eq!(asking.await.unwrap().calls().len(), 1);
    home.verified_document().unwrap();
    assert_eq!(daemon.stop().unwrap().code, Some(0));

    let text = std::fs::read_to_string(&trace).unwrap();
    let of_network =
        |line: &&str| line.contains("AF_INET") || line.contains("AF_NETLINK") || line.contains("AF_PACKET");
    let provider = providers.simulator.address;
    let to_provider = format!("sin_port=htons({}), sin_addr=inet_addr(\"127.0.0.1\")", provider.port());
    let mut connects = 0;
    for line in text.lines().filter(of_network) {
        if line.contains(" bind(") {
            assert!(line.contains("inet_addr(\"127.0.0.1\")"), "listens beyond loopback: {line}");
        } else {
            assert!(
                line.contains(" connect(") && line.contains(&to_provider),
                "speaks to somebody else: {line}"
            );
            connects += 1;
        }
    }
    assert_eq!(connects, 3, "one connection for each exchange: {text}");
}
