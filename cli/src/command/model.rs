//! `vigil model`: which models serve, what was learned, and how to have it forgotten.

use std::io::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use vigil_detect::{Detector, Ensemble, Personal};
use vigil_store::StateDir;

use super::table::{short, table};
use crate::Context;
use crate::api::models_json;
use crate::args::{Model, ModelExport, ModelReset, ModelStatus};
use crate::client::Client;
use crate::config::KeyStore;
use crate::exit::{self, Ended, UsageError};
use crate::personal::{self, Keeper};

pub(crate) fn run(context: &Context, args: &Model) -> Ended {
    let state_dir = context.state_dir()?;
    match args {
        Model::Status(args) => status(&state_dir, args),
        Model::Reset(args) => reset(&state_dir, args),
        Model::Export(args) => export(&state_dir, args),
    }
}

fn status(state_dir: &Path, args: &ModelStatus) -> Ended {
    let models = match Client::find(state_dir)? {
        Some(client) => client.get("/v1/models")?,
        None => told(kept(state_dir)?.map(|(_, personal)| personal))?,
    };
    tell(&models, args.json)
}

fn reset(state_dir: &Path, args: &ModelReset) -> Ended {
    let agents = |models: &Value| models.get("agents").and_then(Value::as_array).cloned().unwrap_or_default();
    let known = |models: &Value, agent: &str| {
        agents(models).iter().any(|known| known.get("agent").and_then(Value::as_str) == Some(agent))
    };
    let unknown =
        |agent: &str| UsageError(format!("nothing is known of an agent `{agent}`; see `vigil model status`"));
    let client = Client::find(state_dir)?;
    let _claim = match client {
        Some(_) => None,
        // A daemon that starts meanwhile would read the file and write it again.
        None => claim(state_dir)?,
    };
    if args.agent.is_none() {
        personal::remove_refused(state_dir)?;
    }
    let models = match client {
        Some(client) => {
            if let Some(agent) = args.agent.as_deref()
                && !known(&client.get("/v1/models")?, agent)
            {
                return Err(unknown(agent).into());
            }
            client.post("/v1/models/reset", &json!({ "agent": args.agent }))?
        }
        None => {
            let kept = kept(state_dir)?;
            let Some((keeper, mut personal)) = kept else {
                if let Some(agent) = &args.agent {
                    return Err(unknown(agent).into());
                }
                return tell(&told(None)?, args.json);
            };
            match &args.agent {
                Some(agent) if !personal.agents().any(|(known, _)| known == agent) => {
                    return Err(unknown(agent).into());
                }
                Some(agent) => {
                    personal.reset(Some(agent));
                    keeper.keep(&personal.to_bytes())?;
                }
                None => {
                    personal.reset(None);
                    keeper.forget()?;
                }
            }
            told(Some(personal))?
        }
    };
    tell(&models, args.json)
}

/// With a daemon and without, the file is read: the daemon keeps what it learned before it answers.
fn export(state_dir: &Path, args: &ModelExport) -> Ended {
    if let Some(client) = Client::find(state_dir)? {
        let models = client.get("/v1/models")?;
        if let Some(why) = models.get("unkept").and_then(Value::as_str) {
            anyhow::bail!("the daemon could not keep what the models learned: {why}");
        }
    }
    let personal = kept(state_dir)?.map(|(_, personal)| personal).unwrap_or_default();
    let bytes = BASE64.encode(personal.to_bytes());
    let mut document = told(Some(personal))?;
    if let Some(members) = document.as_object_mut() {
        members.insert("personal".to_owned(), Value::String(bytes));
    }
    let text = serde_json::to_string_pretty(&document)? + "\n";
    match &args.out {
        Some(path) => crate::paths::write_private(path, text.as_bytes())?,
        None => std::io::stdout().lock().write_all(text.as_bytes())?,
    }
    Ok(exit::OK)
}

/// Keeps a daemon from starting. Where there is no state directory nothing is made.
fn claim(state_dir: &Path) -> anyhow::Result<Option<StateDir>> {
    Ok(if state_dir.is_dir() { Some(StateDir::claim(state_dir)?) } else { None })
}

/// What is on the disk; nothing when nothing was ever learned.
fn kept(state_dir: &Path) -> anyhow::Result<Option<(Keeper, Personal)>> {
    if !personal::is_there(state_dir) {
        return Ok(None);
    }
    let secrets = crate::secrets::open(state_dir, KeyStore::Auto)?;
    let keeper = Keeper::open(state_dir, &*secrets)?;
    let personal = keeper.read().map_err(|refused| {
        let path = keeper.path().display();
        anyhow::anyhow!(
            "the personal model `{path}` cannot be used: {refused:#}; the next start moves it aside"
        )
    })?;
    Ok(Some((keeper, personal)))
}

/// The models of this program with what was learned, as the daemon would tell them.
fn told(personal: Option<Personal>) -> anyhow::Result<Value> {
    let ensemble = std::sync::Arc::new(Ensemble::shipped()?);
    let detector = Detector::new(ensemble, personal.unwrap_or_default());
    Ok(models_json(&vigil_decompose::Watch::models(&detector), None))
}

fn tell(models: &Value, as_json: bool) -> Ended {
    let mut out = anstream::stdout().lock();
    if as_json {
        writeln!(out, "{}", serde_json::to_string_pretty(models)?)?;
        return Ok(exit::OK);
    }
    let population = models.get("population").and_then(Value::as_str).unwrap_or("none");
    let version = models.get("feature_version").and_then(Value::as_u64).unwrap_or(0);
    writeln!(out, "Models     {population}, features version {version}")?;
    let agents = models.get("agents").and_then(Value::as_array).cloned().unwrap_or_default();
    if agents.is_empty() {
        writeln!(out, "Nothing was learned on this machine; the population's models serve.")?;
        return Ok(exit::OK);
    }
    let mut shown = table(&["AGENT", "STATE", "CALLS"]);
    for agent in &agents {
        let text = |key: &str| agent.get(key).and_then(Value::as_str).unwrap_or("-").to_owned();
        let calls = agent.get("calls").and_then(Value::as_u64).unwrap_or(0);
        shown.add_row([short(&text("agent"), 64), text("state"), calls.to_string()]);
    }
    writeln!(out, "{shown}")?;
    Ok(exit::OK)
}
