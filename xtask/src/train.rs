//! `cargo xtask train`: the shipped models of `vigil-detect`, from the recorded sessions in `../shared/traces`.
//!
//! The sessions are played by `vigil replay --features`, so training sees the numbers that the daemon sees. The same
//! sessions, seed and code give the same bytes; `--check` says whether they still do.
//!
//! The model of characters is made first, from the texts alone: it gives one of the features that the sessions are played with.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use vigil_detect::train::{Letters, Metrics, Plan, Trajectory};
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
    let recorded = Recorded::read()?;
    // The sessions are played with it.
    save(LETTERS, &recorded.letters)?;
    for (name, bytes) in made(recorded, replay)? {
        save(name, &bytes)?;
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
    let differs = |name: &str, bytes: &[u8]| match fs::read(folder().join(name)) {
        Ok(there) if name.ends_with(".toml") => timeless(&there) != timeless(bytes),
        Ok(there) => there != *bytes,
        Err(_) => true,
    };
    let fault = |name: &str| format!("`{name}` is another one; run `cargo xtask train`");
    let recorded = Recorded::read()?;
    if differs(LETTERS, &recorded.letters) {
        return Ok(vec![fault(LETTERS)]);
    }
    let made = made(recorded, None)?;
    let faults = made.iter().filter(|(name, bytes)| differs(name, bytes));
    Ok(faults.map(|(name, _)| fault(name)).collect())
}

fn save(name: &str, bytes: &[u8]) -> Result<()> {
    let path = folder().join(name);
    fs::write(&path, bytes).with_context(|| format!("writing `{}`", path.display()))
}

/// The model of characters.
const LETTERS: &str = "letters.model";

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

fn made(recorded: Recorded, replay: Option<&str>) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let (traces, letters) = (recorded.traces.clone(), recorded.letters.clone());
    let sessions = recorded.played(replay)?;
    let population = Plan::default().train(&sessions).context("there is nothing to learn from")?;
    let model = population.to_bytes();
    let read = Population::read(&model).context("the model that was made cannot be read")?;
    if read != population {
        bail!("the model that was made is not the one that is read");
    }
    let metrics = Metrics::of(&population, &sessions).context("there is nothing to tell apart")?;
    let models = [(LETTERS, letters), ("population.model", model)];
    let manifest = manifest(&traces, &sessions, &models, &metrics)?;
    Ok(models.into_iter().chain([("manifest.toml", manifest.into_bytes())]).collect())
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
    user_prompt: String,
    steps: Vec<Said>,
}

/// A step of a recorded session, as far as it is a text that the models are told of.
#[derive(Deserialize)]
struct Said {
    role: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    tool_output: Option<String>,
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

/// The recorded sessions without their calls, and what their texts teach.
struct Recorded {
    traces: PathBuf,
    order: Vec<String>,
    /// By session, with the places of the injected calls.
    sessions: BTreeMap<String, (Trajectory, Vec<(u64, u64)>)>,
    letters: Vec<u8>,
}

impl Recorded {
    fn read() -> Result<Self> {
        let traces = traces()?;
        let (mut order, mut sessions, mut letters) = (Vec::new(), BTreeMap::new(), Letters::default());
        for file in FILES {
            let unpacked =
                Command::new("zstd").arg("-dc").arg(traces.join(file)).output().context("running `zstd`")?;
            if !unpacked.status.success() {
                bail!("`zstd -dc {file}` failed");
            }
            for line in unpacked.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let label: Label =
                    serde_json::from_slice(line).with_context(|| format!("reading `{file}`"))?;
                let task = format!("{}/{}", label.suite, label.user_task);
                let ordinary = label.label == "benign";
                let group = label.suite;
                let session = Trajectory { task, group, ordinary, ..Trajectory::default() };
                if session.teaches() {
                    let heard = label.steps.iter().filter(|step| step.role != "assistant");
                    let texts = heard.flat_map(|step| [&step.text, &step.tool_output]).flatten();
                    texts.chain([&label.user_prompt]).for_each(|text| letters.see(text));
                }
                let goals = label.injected_goal_actions.unwrap_or_default();
                let goals = goals.into_iter().map(|place| (place.step, place.call)).collect();
                order.push(label.session_id.clone());
                sessions.insert(label.session_id, (session, goals));
            }
        }
        Ok(Self { traces, order, sessions, letters: letters.to_bytes() })
    }

    /// The sessions with their calls.
    fn played(mut self, replay: Option<&str>) -> Result<Vec<Trajectory>> {
        let replay = match replay {
            Some(path) => PathBuf::from(path),
            None => replayed(&self.traces)?,
        };
        for line in BufReader::new(fs::File::open(&replay)?).lines() {
            let line: Line = serde_json::from_str(&line?).context("reading what `vigil replay` wrote")?;
            let Some(numbers) = line.features else { continue };
            let step =
                Step::from_numbers(&numbers).context("`vigil replay` wrote features of another version")?;
            let known = self.sessions.get_mut(&line.session_id);
            let (session, goals) = known.with_context(|| format!("no session `{}`", line.session_id))?;
            session.steps.push(step);
            session.injected.push(goals.contains(&(line.step, line.call)));
        }
        let Self { order, mut sessions, .. } = self;
        Ok(order.iter().filter_map(|id| sessions.remove(id)).map(|(session, _)| session).collect())
    }
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

fn manifest(
    traces: &Path,
    sessions: &[Trajectory],
    models: &[(&str, Vec<u8>)],
    metrics: &Metrics,
) -> Result<String> {
    let mut out = String::from(
        "# What the shipped models were made of. Written by `cargo xtask train`.\n# What they are worth is measured in docs/design/detection.md.\n\n",
    );
    writeln!(out, "format = 1\nfeature_version = {FEATURE_VERSION}\nseed = {}", Plan::default().seed)?;
    writeln!(out, "commit = \"{}\"", commit()?)?;
    let steps: usize = sessions.iter().map(|session| session.steps.len()).sum();
    writeln!(out, "sessions = {}\nsteps = {steps}", sessions.len())?;
    writeln!(out, "\n[models]")?;
    for (name, bytes) in models {
        writeln!(out, "\"{name}\" = \"{}\"", hex(bytes))?;
    }
    let Metrics { told_apart, lstm_nats, shown, sessions: (ordinary, attacked) } = metrics;
    writeln!(
        out,
        "\n# Of each model by itself, how well its lowest p-value tells {attacked} attacked sessions from {ordinary} ordinary ones that\n# taught it nothing (AUROC); the p-values have the same ordinary sessions for reference. The combination has seen them all:\n# its figures are those of docs/design/detection.md, from sessions that were left out.\n[metrics]"
    )?;
    for (model, auroc) in told_apart {
        writeln!(out, "{model}_auroc = {auroc:.3}")?;
    }
    writeln!(out, "lstm_nats_per_event = {lstm_nats:.3}\nordinary_calls_shown_in_sample = {shown:.4}")?;
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
