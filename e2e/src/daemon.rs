//! A running `vigil up`.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::Home;

/// A daemon. It is killed when the value is dropped.
pub struct Daemon {
    child: Child,
    rest: Receiver<String>,
    /// Where clients point their proxy variables.
    pub proxy: SocketAddr,
    /// The local API, as `http://ip:port`.
    pub api: String,
    /// The certificate that clients must trust.
    pub ca: PathBuf,
    /// What it logs.
    pub log: PathBuf,
}

/// How a daemon ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The exit code, when it ended by itself.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What stood on stdout after the ready line.
    pub more_on_stdout: String,
}

const READY_PATIENCE: Duration = Duration::from_secs(30);

impl Daemon {
    pub(crate) fn start(home: &Home) -> Result<Self> {
        let log = home.path().join("daemon.log");
        let mut child = spawn(home, &log)?;
        let stdout = child.stdout.take().context("the daemon has no stdout")?;
        let (say, hear) = channel();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            let (mut line, mut more) = (String::new(), String::new());
            // A daemon that was killed leaves a closed pipe, which reads as an empty rest.
            let _read = reader.read_line(&mut line);
            let _nobody_waits = say.send(line);
            let _read = reader.read_to_string(&mut more);
            let _nobody_waits = say.send(more);
        });
        let line = hear.recv_timeout(READY_PATIENCE).unwrap_or_default();
        let Ok(ready) = serde_json::from_str::<Value>(&line) else {
            // It may have ended already; either way there is nothing more to wait for.
            let _ended = child.kill();
            let _ended = child.wait();
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            bail!("no ready line but `{}`; the log says: {log}", line.trim());
        };
        let text = |key: &str| {
            ready.get(key).and_then(Value::as_str).with_context(|| format!("no `{key}` in {line}"))
        };
        Ok(Self {
            proxy: text("proxy")?.parse()?,
            api: text("api")?.to_owned(),
            ca: PathBuf::from(text("ca")?),
            child,
            rest: hear,
            log,
        })
    }

    /// Starts `vigil up` and does not wait for it.
    pub fn spawn(home: &Home) -> Result<Child> {
        spawn(home, &home.path().join("daemon.log"))
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The root certificate that clients must trust, as PEM.
    pub fn ca_pem(&self) -> Result<String> {
        Ok(std::fs::read_to_string(&self.ca)?)
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let id = Pid::from_raw(i32::try_from(self.child.id())?).context("a process has an id")?;
        Ok(kill_process(id, signal)?)
    }

    /// Kills it as `kill -9` does, and waits until it is gone.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end and waits for that.
    pub fn stop(self) -> Result<Ended> {
        self.signal(Signal::TERM)?;
        self.wait(Duration::from_secs(20))
    }

    /// Waits until it has ended. An error when it does not.
    pub fn wait(mut self, patience: Duration) -> Result<Ended> {
        let until = Instant::now() + patience;
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            if Instant::now() > until {
                bail!("the daemon did not end in {patience:?}");
            }
            std::thread::sleep(Duration::from_millis(3));
        };
        let more_on_stdout = self.rest.recv_timeout(Duration::from_secs(5)).unwrap_or_default();
        Ok(Ended { code: status.code(), signal: status.signal(), more_on_stdout })
    }

    /// What it has logged so far.
    pub fn logged(&self) -> Result<String> {
        Ok(std::fs::read_to_string(&self.log)?)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended before.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

fn spawn(home: &Home, log: &Path) -> Result<Child> {
    let log = File::options().create(true).append(true).open(log)?;
    home.command(["up", "--config"])
        .arg(&home.config)
        .arg("--state-dir")
        .arg(&home.state)
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .context("starting vigil up")
}
