//! The far side of a server process: `vigil bench --serve NAME`.
//!
//! It reads one JSON line from stdin (certificate, key and, for the relay, where to), prints one when it listens, and ends
//! when stdin does, so that it never outlives the bench.

use std::io::{BufRead as _, Read as _, Write as _};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::relay::Relay;
use crate::sim::Leaf;
use crate::upstream::Upstream;
use crate::wire::Route;

/// The names of the servers.
pub const SERVERS: [&str; 2] = ["upstream", "relay"];

/// Serves until stdin ends.
pub fn serve(name: &str) -> Result<()> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let told: Value = serde_json::from_str(&line).context("the line on stdin is not JSON")?;
    let leaf = Leaf::from_json(&told)?;
    let text =
        |name: &str| told.get(name).and_then(Value::as_str).with_context(|| format!("no `{name}` on stdin"));
    match name {
        "upstream" => {
            // One thread: the upstream shall cost little and the same every time.
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let upstream = Upstream::start(leaf.server(&["http/1.1"])?).await?;
                until_stdin_ends(upstream.address).await
            })
        }
        "relay" => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(async {
                let trust = Route::trusting(text("trust")?)?;
                let relay =
                    Relay::start(leaf.server(&[])?, text("host")?, text("upstream")?.parse()?, trust).await?;
                until_stdin_ends(relay.address).await
            })
        }
        other => bail!("no server is named `{other}`"),
    }
}

async fn until_stdin_ends(address: std::net::SocketAddr) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", json!({"ready": true, "address": address.to_string()}))?;
    stdout.flush()?;
    drop(stdout);
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().lock().read_to_end(&mut Vec::new()));
    ended.await??;
    Ok(())
}
