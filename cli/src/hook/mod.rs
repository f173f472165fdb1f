//! `vigil hook`: what an agent is about to write or install, judged before it happens.
//!
//! The client hands the tool call to the hook on standard input. Its protocol's module reads it ([`client`]); the call
//! becomes [`deed`]s: texts that will stand in files, and packages that will be installed. Those are judged by the same
//! scanner as everything else, and the protocol's module says the result in the client's own words.
//!
//! A hook that fails lets the call pass: it says so in one line on standard error and ends with 0. An agent that cannot
//! write because its checker is broken would only teach people to remove the checker.

mod change;
mod client;
mod deed;
mod install;
mod judge;
mod packages;
mod placed;
mod report;
mod shell;
mod spoken;
mod workspace;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::Value;

pub(crate) use client::Client;
pub(crate) use packages::Online;

/// Larger calls are not read. The largest files that agents write have some hundred kilobytes.
const MAX_CALL_BYTES: u64 = 16 << 20;

/// What a hook is told besides the call.
pub(crate) struct Hook {
    /// Who calls; `None` tells by the call.
    pub(crate) client: Option<Client>,
    /// The configuration that was named.
    pub(crate) config: Option<PathBuf>,
    /// The directory the hook runs in.
    pub(crate) directory: PathBuf,
    /// Where registries are, and whether they may be asked.
    pub(crate) online: Online,
}

/// What goes back to the client.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// For standard output.
    pub(crate) out: String,
    /// For standard error.
    pub(crate) err: String,
    /// The exit code.
    pub(crate) code: u8,
}

impl Hook {
    /// Reads the call and answers it.
    pub(crate) fn answer(&self, input: impl std::io::Read) -> anyhow::Result<Answer> {
        let mut bytes = Vec::new();
        input.take(MAX_CALL_BYTES + 1).read_to_end(&mut bytes).context("reading the call")?;
        if bytes.len() as u64 > MAX_CALL_BYTES {
            bail!("the call has more than {} MiB", MAX_CALL_BYTES >> 20);
        }
        let call: Value = serde_json::from_slice(&bytes).context("the call on standard input is no JSON")?;
        if !call.is_object() {
            bail!("the call on standard input is no JSON object");
        }
        let Some(client) = self.client.or_else(|| Client::of(&call)) else {
            bail!("no known client sends such a call; name it with `--client`");
        };
        let Some(event) = client.event(&call, &self.directory) else { return Ok(Answer::default()) };
        let deeds = deed::of(&event);
        if deeds.is_empty() {
            return Ok(Answer::default());
        }
        let report = judge::judge(&deeds, &event, self);
        let mut answer = match report.findings.is_empty() {
            true => Answer::default(),
            false => client.say(&event, &report),
        };
        for line in &report.unchecked {
            answer.err.push_str(&format!("vigil hook: {line}\n"));
        }
        Ok(answer)
    }
}

/// A path as people read it: relative to the directory when it lies below.
fn shown(path: &Path, directory: &Path) -> PathBuf {
    match path.strip_prefix(directory) {
        Ok(relative) if relative.components().next().is_some() => relative.to_owned(),
        _ => path.to_owned(),
    }
}
