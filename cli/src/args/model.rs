//! `vigil model`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  vigil model status\n  vigil model export --out my-model.json\n  vigil model reset --agent claude-cli\n\n\
    The models that ship with Vigil are the same for everybody. Beside them Vigil learns what is usual for each of your\n\
    agents, from calls that a rule or you allowed, on this machine alone: `personal.model` in the state directory, sealed\n\
    with a key of the key store. Each command asks the daemon when one runs, and looks at the file when none does."
)]
pub(crate) enum Model {
    /// Which models serve, and how much is known of each agent
    Status(ModelStatus),
    /// Forget what was learned of one agent, or of all
    Reset(ModelReset),
    /// Write what was learned, unsealed, as JSON
    Export(ModelExport),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  vigil model status\n  vigil model status --json | jq '.agents[].state'\n\n\
    cold: the population's models serve; warming: both speak; warm: enough is known of the agent."
)]
pub(crate) struct ModelStatus {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  vigil model reset\n  vigil model reset --agent claude-cli")]
pub(crate) struct ModelReset {
    /// Only this agent, as `vigil model status` names it
    #[arg(long, value_name = "NAME")]
    pub(crate) agent: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  vigil model export --out my-model.json\n  vigil model export | jq .agents"
)]
pub(crate) struct ModelExport {
    /// Where to write it, readable for you alone [default: stdout]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}
