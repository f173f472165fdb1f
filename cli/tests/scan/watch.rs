//! `vigil scan --watch`: a change is seen, and a signal ends it with the last exit code.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::{project, vigil};

/// Longer than any scan of two files takes, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(directory: &Path) -> Self {
        let mut command = vigil(directory);
        command.args(["scan", "--offline", "--watch"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let reader = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            reader.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { child, lines }
    }

    /// Waits for the end of a round.
    fn round(&self) {
        while !self.lines.recv_timeout(PATIENCE).unwrap().contains("waiting for changes") {}
    }

    fn end(mut self, signal: rustix::process::Signal) -> Option<i32> {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, signal).unwrap();
        self.child.wait().unwrap().code()
    }
}

#[test]
fn a_change_is_scanned_and_the_last_code_stays() {
    let p = project(&[("app.py", "x = 1\n")]);
    let watch = Watch::start(p.path());
    watch.round();
    std::fs::write(p.path().join("app.py"), "API_KEY = \"changeme\"\n").unwrap();
    watch.round();
    assert_eq!(watch.end(rustix::process::Signal::INT), Some(1));
}

#[test]
fn a_mended_file_ends_well() {
    let p = project(&[("app.py", "API_KEY = \"changeme\"\n")]);
    let watch = Watch::start(p.path());
    watch.round();
    std::fs::write(p.path().join("other.py"), "x = 1\n").unwrap();
    watch.round();
    std::fs::remove_file(p.path().join("app.py")).unwrap();
    watch.round();
    assert_eq!(watch.end(rustix::process::Signal::TERM), Some(0));
}

#[test]
fn broken_settings_are_told_and_waited_for() {
    let p = project(&[("app.py", "x = 1\n"), (".vigil.yaml", "exclud: []\n")]);
    let watch = Watch::start(p.path());
    watch.round();
    std::fs::write(p.path().join(".vigil.yaml"), "exclude: []\n").unwrap();
    watch.round();
    assert_eq!(watch.end(rustix::process::Signal::INT), Some(0));
}
