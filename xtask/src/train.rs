//! `cargo xtask train`: the shipped models of `vigil-detect`, from the recorded sessions in `../shared/traces`.
//!
//! The sessions are played by `vigil replay --features`, so training sees the numbers that the daemon sees. The same
//! sessions, seed and code give the same bytes; `--check` says whether they still do.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use vigil_detect::train::{Plan, Trajectory};
use vigil_detect::{FEATURE_VERSION, Population, Step};

use crate::workspace::root;

const FILES: [&str; 4] = [
    "train-agentdojo.jsonl.zst",
    "train-agentdyn.jsonl.zst",
    "train-mini-swe-agent.jsonl.zst",
    "train-tau-bench.jsonl.zst",
];

/// Writes the models and their manifest. `replay`: what `vigil replay --features` wrote of the sessions, when it was run already.
pub(crate) fn write(replay: Option<&str>) -> Result<Vec<String>> {
    for (name, bytes) in made(replay)? {
        let path = folder().join(name);
        fs::write(&path, bytes).with_context(|| format!("writing `{}`", path.display()))?;
    }
    Ok(Vec::new())
}

/// Says whether the models in the repository are those that would be made.
pub(crate) fn check() -> Result<Vec<String>> {
    // The manifest names the commit at which the models were made, which is not this one.
    let timeless = |bytes: &[u8]| {
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"commit = "));
        lines.map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    let differs = |(name, bytes): &(&str, Vec<u8>)| match fs::read(folder().join(name)) {
        Ok(there) if name.ends_with(".toml") => timeless(&there) != timeless(bytes),
        Ok(there) => there != *bytes,
        Err(_) => true,
    };
    let made = made(None)?;
    let faults = made.iter().filter(|file| differs(file));
    Ok(faults.map(|(name, _)| format!("`{name}` is another one; run `cargo xtask train`")).collect())
}

fn folder() -> PathBuf {
    root().join("crates/analysis/vigil-detect/models")
}

fn traces() -> Result<PathBuf> {
    let shared = std::env::var_os("VIGIL_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let traces = shared.join("traces");
    if !traces.is_dir() {
        bail!("no recorded sessions in `{}`; name the folder above it in VIGIL_SHARED", traces.display());
    }
    Ok(traces)
}

fn made(replay: Option<&str>) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let traces = traces()?;
    let sessions = sessions(&traces, replay)?;
    let population = Plan::default().train(&sessions).context("there is nothing to learn from")?;
    let model = population.to_bytes();
    let read = Population::read(&model).context("the model that was made cannot be read")?;
    if read != population {
        bail!("the model that was made is not the one that is read");
    }
    let manifest = manifest(&traces, &sessions, &model)?;
    Ok(vec![("population.model", model), ("manifest.toml", manifest.into_bytes())])
}

/// What a session's line in a file of sessions tells about the injection.
#[derive(Deserialize)]
struct Label {
    session_id: String,
    suite: String,
    user_task: String,
    label: String,
    #[serde(default)]
    injected_goal_actions: Option<Vec<Place>>,
}

#[derive(Deserialize)]
struct Place {
    step: u64,
    call: u64,
}

/// A line of a replay.
#[derive(Deserialize)]
struct Line {
    session_id: String,
    #[serde(default)]
    step: u64,
    #[serde(default)]
    call: u64,
    features: Option<Vec<f64>>,
}

fn sessions(traces: &Path, replay: Option<&str>) -> Result<Vec<Trajectory>> {
    let mut order = Vec::new();
    let mut of = BTreeMap::new();
    for file in FILES {
        let unpacked =
            Command::new("zstd").arg("-dc").arg(traces.join(file)).output().context("running `zstd`")?;
        if !unpacked.status.success() {
            bail!("`zstd -dc {file}` failed");
        }
        for line in unpacked.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let label: Label = serde_json::from_slice(line).with_context(|| format!("reading `{file}`"))?;
            let goals = label.injected_goal_actions.unwrap_or_default();
            let goals: Vec<(u64, u64)> = goals.into_iter().map(|place| (place.step, place.call)).collect();
            let task = format!("{}/{}", label.suite, label.user_task);
            order.push(label.session_id.clone());
            let ordinary = label.label == "benign";
            of.insert(label.session_id, (Trajectory { task, ordinary, ..Trajectory::default() }, goals));
        }
    }
    let replay = match replay {
        Some(path) => PathBuf::from(path),
        None => replayed(traces)?,
    };
    for line in BufReader::new(fs::File::open(&replay)?).lines() {
        let line: Line = serde_json::from_str(&line?).context("reading what `vigil replay` wrote")?;
        let Some(numbers) = line.features else { continue };
        let step =
            Step::from_numbers(&numbers).context("`vigil replay` wrote features of another version")?;
        let known = of.get_mut(&line.session_id);
        let (session, goals) = known.with_context(|| format!("no session `{}`", line.session_id))?;
        session.steps.push(step);
        session.injected.push(goals.contains(&(line.step, line.call)));
    }
    Ok(order.iter().filter_map(|id| of.remove(id)).map(|(session, _)| session).collect())
}

/// Plays all sessions; the file with what was seen.
fn replayed(traces: &Path) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let folder = root().join("target/train");
    fs::create_dir_all(&folder).with_context(|| format!("making `{}`", folder.display()))?;
    let out = folder.join("replay.jsonl");
    let ended = Command::new(cargo)
        .args([
            "run",
            "--quiet",
            "--package",
            "vigil",
            "--bin",
            "vigil",
            "--",
            "replay",
            "--features",
            "--json",
        ])
        .arg(&out)
        .args(FILES.map(|file| traces.join(file)))
        .current_dir(root())
        .stdout(std::process::Stdio::null())
        .status()
        .context("running `vigil replay`")?;
    if !ended.success() {
        bail!("`vigil replay` failed");
    }
    Ok(out)
}

fn manifest(traces: &Path, sessions: &[Trajectory], model: &[u8]) -> Result<String> {
    let mut out = String::from(
        "# What the shipped models were made of. Written by `cargo xtask train`.\n# What they are worth is measured in docs/design/detection.md.\n\n",
    );
    writeln!(out, "format = 1\nfeature_version = {FEATURE_VERSION}\nseed = {}", Plan::default().seed)?;
    writeln!(out, "commit = \"{}\"", commit()?)?;
    let steps: usize = sessions.iter().map(|session| session.steps.len()).sum();
    writeln!(out, "sessions = {}\nsteps = {steps}", sessions.len())?;
    writeln!(out, "\n[models]\n\"population.model\" = \"{}\"", hex(model))?;
    writeln!(out, "\n# Recorded sessions: ../shared/traces, SHA-256 of each file.\n[data]")?;
    for file in FILES {
        let bytes = fs::read(traces.join(file)).with_context(|| format!("reading `{file}`"))?;
        writeln!(out, "\"{file}\" = \"{}\"", hex(&bytes))?;
    }
    Ok(out)
}

/// The commit of the code that makes the models.
fn commit() -> Result<String> {
    let said = Command::new("git")
        .args(["rev-parse", "HEAD"])
        .current_dir(root())
        .output()
        .context("running `git`")?;
    Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
