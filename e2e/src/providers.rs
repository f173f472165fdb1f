//! The providers of a test: one simulator that plays all of them, with an authority of its own.

use vigil_bench::sim::{Authority, Simulator, SimulatorOptions};

/// The hosts that the simulator plays.
pub const HOSTS: [&str; 3] = ["api.anthropic.com", "api.openai.com", "generativelanguage.googleapis.com"];

/// Simulated providers. They end when the value is dropped.
pub struct Providers {
    /// Who signs their certificates.
    pub authority: Authority,
    /// The server.
    pub simulator: Simulator,
}

impl Providers {
    /// Starts them on a free port, with HTTP/1.1 and HTTP/2.
    pub async fn start() -> anyhow::Result<Self> {
        let authority = Authority::generate()?;
        let simulator = Simulator::start(&authority, &HOSTS, SimulatorOptions::default()).await?;
        Ok(Self { authority, simulator })
    }
}
