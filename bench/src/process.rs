//! The servers of a run, each in a process of its own, and how they end.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{ChildStdin, Command};
use tokio::time::timeout;

/// A server that said it is ready. Dropped without [`Server::end`], it is killed.
pub(crate) struct Server {
    name: &'static str,
    process: tokio::process::Child,
    /// While it is open the server stays: so none outlives a bench that was killed.
    stdin: Option<ChildStdin>,
    log: PathBuf,
    pub(crate) pid: u32,
}

/// Asks a process to end, as the platform does that. The process is a child that was not yet waited for.
pub type Terminate = fn(u32) -> std::io::Result<()>;

const TO_START: Duration = Duration::from_secs(30);
const TO_END: Duration = Duration::from_secs(10);

impl Server {
    /// Starts a server, hands it one line, and waits for the JSON line that says where it is.
    pub(crate) async fn start(
        name: &'static str,
        mut command: Command,
        told: Option<&Value>,
        home: &Path,
    ) -> Result<(Self, Value)> {
        let log = home.join(format!("{name}.log"));
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log)?)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting the {name}"))?;
        let mut stdin = process.stdin.take();
        if let (Some(stdin), Some(told)) = (stdin.as_mut(), told) {
            stdin.write_all(format!("{told}\n").as_bytes()).await?;
            stdin.flush().await?;
        }
        let pid = process.id().unwrap_or_default();
        let stdout = process.stdout.take().context("a server without stdout")?;
        let server = Self { name, process, stdin, log, pid };
        let mut line = String::new();
        let mut reader = BufReader::new(stdout);
        let read = timeout(TO_START, reader.read_line(&mut line)).await;
        match (read, serde_json::from_str(&line)) {
            (Ok(Ok(_)), Ok(ready)) => Ok((server, ready)),
            (Err(_), _) => {
                bail!("the {name} was not ready after {} s{}", TO_START.as_secs(), server.last_words())
            }
            _ => bail!("the {name} did not start{}", server.last_words()),
        }
    }

    /// Whether it still runs; the error tells how it ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        match self.process.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("the {} ended during the run: {status}{}", self.name, self.last_words()),
        }
    }

    /// Asks it to end, waits, and kills it when it does not.
    pub(crate) async fn end(mut self, terminate: Terminate) -> Result<ExitStatus> {
        drop(self.stdin.take());
        if let Some(pid) = self.process.id() {
            // It may have ended by itself a moment ago; `wait` tells.
            let _ended = terminate(pid);
        }
        if let Ok(status) = timeout(TO_END, self.process.wait()).await {
            return Ok(status?);
        }
        self.process.kill().await?;
        bail!("the {} did not end within {} s and was killed", self.name, TO_END.as_secs())
    }

    /// The last line of its log, to be put behind a message.
    fn last_words(&self) -> String {
        let log = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&log);
        text.lines()
            .rfind(|line| !line.trim().is_empty())
            .map_or_else(String::new, |line| format!(": {line}"))
    }
}

/// A directory of this run alone, gone when it is dropped.
pub(crate) struct Home {
    pub(crate) path: PathBuf,
}

impl Home {
    pub(crate) fn create() -> Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        let path = std::env::temp_dir().join(format!("vigil-bench-{}", std::process::id()));
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("making the directory `{}`", path.display()))?;
        Ok(Self { path })
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // What stays behind are files in a temporary place.
        let _left = std::fs::remove_dir_all(&self.path);
    }
}
