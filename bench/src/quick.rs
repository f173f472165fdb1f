//! The short latency table of the demo: one size, one connection, interleaved rounds.

use std::time::Instant;

use anyhow::Result;
use serde_json::json;

use crate::measure::{Samples, shown};
use crate::relay::Relay;
use crate::sim::Authority;
use crate::wire::{Connection, Route};

const ROUNDS: usize = 5;
const REQUESTS: usize = 120;
const WARM_UP: usize = 30;

/// Measures a 2 KB request on a kept-alive connection: direct, through a bare relay, through Vigil.
pub async fn table(authority: &Authority, direct: &Route, vigil: &Route) -> Result<String> {
    let server = authority.server(&[&direct.host], &[])?;
    let relay = Relay::start(server, &direct.host, direct.address, direct.trust.clone()).await?;
    let relayed = Route { address: relay.address, through_proxy: true, ..direct.clone() };
    let request = json!({
        "model": "demo", "max_tokens": 16,
        "messages": [{"role": "user", "content": "x".repeat(2048)}],
    })
    .to_string();
    let mut columns = [("direct", direct), ("bare relay", &relayed), ("vigil", vigil)]
        .map(|(name, route)| (name, route.clone(), Samples::default()));
    for _ in 0..ROUNDS {
        for (_, route, samples) in &mut columns {
            let mut connection = Connection::open(route).await?;
            for number in 0..WARM_UP + REQUESTS {
                let sent = Instant::now();
                connection.post(&route.host, "/v1/messages", &[], request.as_bytes()).await?;
                connection.receive(|_, _| {}).await?;
                if number >= WARM_UP {
                    samples.add(sent.elapsed());
                }
            }
        }
    }
    let mut text =
        format!("{:<12}{:>10}{:>10}{:>10}{:>16}\n", "2 KB request", "p50", "p99", "p99.9", "added at p50");
    let base = columns.first_mut().map(|(_, _, samples)| samples.quantile(0.5)).unwrap_or_default();
    for (name, _, samples) in &mut columns {
        let p50 = samples.quantile(0.5);
        let added = if *name == "direct" { "-".to_owned() } else { shown(p50.saturating_sub(base)) };
        text.push_str(&format!(
            "{name:<12}{:>10}{:>10}{:>10}{added:>16}\n",
            shown(p50),
            shown(samples.quantile(0.99)),
            shown(samples.quantile(0.999)),
        ));
    }
    text.push_str("all in one process; `vigil bench` measures with each server in its own");
    Ok(text)
}
