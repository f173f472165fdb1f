//! How commands talk to the running daemon: `DIR/daemon.json` says where, `DIR/api-token` opens.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::exit::NoDaemonError;

/// The ready line of `vigil up`, also kept in `DIR/daemon.json` while the daemon runs.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Ready {
    pub(crate) ready: bool,
    pub(crate) proxy: String,
    pub(crate) api: String,
    pub(crate) ca: PathBuf,
    pub(crate) pid: u32,
}

const DAEMON_FILE: &str = "daemon.json";

impl Ready {
    pub(crate) fn keep(&self, state_dir: &Path) -> anyhow::Result<()> {
        crate::paths::write_private(&state_dir.join(DAEMON_FILE), serde_json::to_string(self)?.as_bytes())
    }

    pub(crate) fn forget(state_dir: &Path) {
        // Whoever finds a stale file asks the daemon, which does not answer.
        let _gone = std::fs::remove_file(state_dir.join(DAEMON_FILE));
    }
}

/// A daemon that answered.
pub(crate) struct Client {
    pub(crate) ready: Ready,
    token: Zeroizing<String>,
    agent: ureq::Agent,
}

impl Client {
    /// Finds the daemon of a state directory. The error says how to start one.
    pub(crate) fn connect(state_dir: &Path) -> anyhow::Result<Self> {
        match Self::find(state_dir)? {
            Some(client) => Ok(client),
            None => Err(NoDaemonError(format!(
                "no daemon is running in `{}`; start one with `vigil up`, or run a program with `vigil run -- CMD`",
                state_dir.display()
            ))
            .into()),
        }
    }

    /// Finds the daemon of a state directory, if there is one.
    pub(crate) fn find(state_dir: &Path) -> anyhow::Result<Option<Self>> {
        let Ok(text) = std::fs::read_to_string(state_dir.join(DAEMON_FILE)) else { return Ok(None) };
        let Ok(ready) = serde_json::from_str::<Ready>(&text) else { return Ok(None) };
        let Ok(token) = std::fs::read_to_string(state_dir.join("api-token")) else { return Ok(None) };
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(70)))
            .http_status_as_error(false)
            .proxy(None)
            .build()
            .into();
        let client = Self { ready, token: Zeroizing::new(token.trim().to_owned()), agent };
        Ok(client.get("/v1/status").is_ok().then_some(client))
    }

    pub(crate) fn get(&self, path: &str) -> anyhow::Result<Value> {
        let response = self
            .agent
            .get(format!("{}{path}", self.ready.api))
            .header("authorization", format!("Bearer {}", self.token.as_str()))
            .call();
        read(response, path)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let response = self
            .agent
            .post(format!("{}{path}", self.ready.api))
            .header("authorization", format!("Bearer {}", self.token.as_str()))
            .send_json(body);
        read(response, path)
    }
}

fn read(
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    path: &str,
) -> anyhow::Result<Value> {
    let mut response = response.with_context(|| format!("asking the daemon for `{path}`"))?;
    let status = response.status();
    let value: Value =
        response.body_mut().read_json().with_context(|| format!("reading the answer to `{path}`"))?;
    if status.is_success() {
        return Ok(value);
    }
    match value.get("error").and_then(Value::as_str) {
        Some("no_such_hold") => bail!("no such hold: it was answered already, or its window is over"),
        Some("not_sealed") => bail!("the daemon could not seal its record; `vigil status` tells why"),
        Some("not_kept") => {
            bail!("{}", value.get("told").and_then(Value::as_str).unwrap_or("the daemon could not keep it"))
        }
        Some(code) => bail!("the daemon refused `{path}`: {code}"),
        None => bail!("the daemon answered `{path}` with status {status}"),
    }
}
