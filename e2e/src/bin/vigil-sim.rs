//! The provider simulator as a process: `vigil-sim ROOT.pem [HOST …]`.
//!
//! Writes the root that its clients must trust to `ROOT.pem`, prints one ready line, `{"address":"127.0.0.1:PORT"}`, and
//! plays the hosts until its stdin ends, so that it cannot outlive the test that started it. What it answers is told by
//! each request: see [`vigil_bench::sim`].

use std::io::Write as _;

use anyhow::{Context as _, Result};
use vigil_bench::sim::{Authority, Simulator, SimulatorOptions};

const HOSTS: [&str; 3] = ["api.anthropic.com", "api.openai.com", "generativelanguage.googleapis.com"];

#[tokio::main]
async fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let root = args.next().context("name a file for the root certificate: vigil-sim ROOT.pem [HOST …]")?;
    let named: Vec<String> = args.collect();
    let hosts: Vec<&str> =
        if named.is_empty() { HOSTS.to_vec() } else { named.iter().map(String::as_str).collect() };

    let authority = Authority::generate()?;
    std::fs::write(&root, authority.root_pem()).with_context(|| format!("writing `{root}`"))?;
    let simulator = Simulator::start(&authority, &hosts, SimulatorOptions::default()).await?;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", serde_json::json!({ "address": simulator.address.to_string() }))?;
    stdout.flush()?;
    drop(stdout);

    tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink()).await?;
    Ok(())
}
