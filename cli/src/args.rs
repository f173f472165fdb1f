//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::exit;

/// A local-first firewall for AI agents.
///
/// Vigil sits between your AI clients and the AI providers. Text flows untouched; each action a reply asks for is
/// decided by rules, held for your answer where they say so, and written into a signed record. Nothing leaves this
/// machine but your own traffic, and names of packages when you scan without --offline.
#[derive(Debug, Parser)]
#[command(name = "vigil", version, max_term_width = 100, after_help = exit::HELP)]
pub(crate) struct Cli {
    /// Where Vigil keeps its state [default: $VIGIL_STATE_DIR, else ~/.local/state/vigil]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// See it work in a minute: a simulated provider, a scripted agent, a held call, the record
    Demo(Demo),
    /// Run a program behind Vigil, without touching the system
    Run(Run),
    /// Start the daemon in the foreground
    Up(Up),
    /// Show how the daemon, the record and the clients are
    Status(Status),
    /// List the calls that wait for an answer
    Holds(Holds),
    /// Let a held call pass
    Approve(Answer),
    /// Refuse a held call
    Deny(Answer),
    /// Show what was decided
    Log(Log),
    /// Write the record as a document that a stranger can verify
    Export(Export),
    /// Verify a document or a live store: same report and exit code as `vigil-verify`
    Verify(Verify),
    /// The local certificate authority: where it is, who trusts it
    #[command(subcommand)]
    Ca(Ca),
    /// Check or show the configuration
    #[command(subcommand)]
    Config(Config),
    /// Measure what Vigil costs on this machine
    Bench(Bench),
    /// Find what AI agents get wrong in code: packages, authorization, secrets, tests
    Scan(Box<Scan>),
    /// Check the packages of a project alone
    Deps(Deps),
    /// Check the tests of a project alone
    Tests(Tests),
    /// Write a `.vigil.yaml` for `vigil scan`
    Init(Init),
    /// List the rules of `vigil scan`, or show one in full
    Rules(Rules),
    /// Judge the tool call that an agent hands to its hooks on standard input
    Hook(Hook),
    /// Serve an editor: findings and quick fixes over the language server protocol
    Lsp(Lsp),
    /// Play recorded sessions of agents through the planes: what would be held, and why
    Replay(Replay),
    /// The models that score calls: what they know of your agents, and how to have it forgotten
    #[command(subcommand)]
    Model(Model),
    /// Print a completion script for a shell
    Completions(Completions),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  vigil demo\n  vigil demo --answer deny | cat\n  vigil demo --quick")]
pub(crate) struct Demo {
    /// Answer the held call by itself instead of asking
    #[arg(long, value_parser = ["approve", "deny", "timeout"])]
    pub(crate) answer: Option<String>,
    /// Leave out the latency table
    #[arg(long)]
    pub(crate) quick: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  vigil run -- claude\n  vigil run -- codex exec 'fix the tests'\n  \
    vigil run -- python agent.py\n  vigil run --print-env -- true\n\n\
    The daemon is started when none runs, and stays. The exit code is that of the command, 128 + n after signal n.")]
pub(crate) struct Run {
    /// Print the variables that the command would get, and do not run it
    #[arg(long)]
    pub(crate) print_env: bool,
    /// Config file for a daemon that must be started
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  vigil up\n  vigil up --config vigil.toml --state-dir /tmp/vigil-try\n\n\
    Prints one JSON line on stdout when it is ready; logs go to stderr. SIGTERM or Ctrl-C ends it: held calls are\n\
    denied, the record is sealed."
)]
pub(crate) struct Up {
    /// Config file [default: ~/.config/vigil/vigil.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  vigil status\n  vigil status --json | jq .store")]
pub(crate) struct Status {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  vigil holds\n  vigil holds --json")]
pub(crate) struct Holds {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  vigil approve 01JQ000000000000000000000B-0\n  vigil approve --always 01JQ000000000000000000000B-0\n  \
    vigil deny 01JQ000000000000000000000B-0"
)]
pub(crate) struct Answer {
    /// The hold, as `vigil holds` shows it; its first characters are enough when they name one hold
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// With approve: also let calls like it pass from now on
    #[arg(long)]
    pub(crate) always: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  vigil log\n  vigil log -n 200 --decision user_deny\n  vigil log --tool 'Bash' --json"
)]
pub(crate) struct Log {
    /// How many, newest first
    #[arg(short = 'n', long, default_value_t = 20, value_name = "N")]
    pub(crate) limit: u32,
    /// Only this tool
    #[arg(long)]
    pub(crate) tool: Option<String>,
    /// Only this decision: allow, user_deny, policy_deny, …
    #[arg(long)]
    pub(crate) decision: Option<String>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  vigil export --out audit.voaf.json\n  vigil export | vigil-verify -")]
pub(crate) struct Export {
    /// Where to write it [default: stdout]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Verify {
    /// What `vigil-verify` takes
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    pub(crate) args: Vec<OsString>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Ca {
    /// Print the path of the certificate that clients must trust
    Path,
    /// Make this user's or the system's store trust it: shows the commands and asks first
    Install(CaChange),
    /// Take it out of the store again: shows the commands and asks first
    Remove(CaChange),
    /// Tell which stores and variables make clients trust it
    Check,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  vigil ca install\n  vigil ca install --yes\n  vigil ca remove --dry-run"
)]
pub(crate) struct CaChange {
    /// Do it without asking
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Only show the commands
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Check a config file and the policy it names
    Check(ConfigFile),
    /// Show what a config file means, every key with its value
    Show(ConfigShow),
}

#[derive(Debug, Args)]
pub(crate) struct ConfigFile {
    /// Config file [default: ~/.config/vigil/vigil.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ConfigShow {
    /// Config file [default: ~/.config/vigil/vigil.toml, if it is there]
    #[arg(long, value_name = "FILE", conflicts_with = "default")]
    pub(crate) config: Option<PathBuf>,
    /// Print a commented file with every key at its default
    #[arg(long)]
    pub(crate) default: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  vigil bench\n  vigil bench --quick\n  vigil bench --rounds 9 --json bench.json\n  \
    vigil bench --only request_2k,sse_events\n\n\
    Compares a direct connection, a bare relay and Vigil, each server in its own process, on loopback. Takes about\n\
    four minutes; the figures mean something on a quiet machine. Exit code 0, goals met or not."
)]
pub(crate) struct Bench {
    /// Interleaved rounds of each measurement [default: 5, with --quick 2]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) rounds: Option<u32>,
    /// A tenth of the requests: to see that it works
    #[arg(long)]
    pub(crate) quick: bool,
    /// Also write all figures as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Only these measurements
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = vigil_bench::suite::MEASUREMENTS)]
    pub(crate) only: Vec<String>,
    /// Measure the direct way and the relay alone
    #[arg(long, hide = true)]
    pub(crate) without_vigil: bool,
    /// Be one of the servers; the bench starts these itself
    #[arg(long, hide = true, value_name = "NAME", value_parser = vigil_bench::serve::SERVERS)]
    pub(crate) serve: Option<String>,
}

mod hook;
mod model;
mod scan;
pub(crate) use hook::{Hook, Lsp};
pub(crate) use model::{Model, ModelExport, ModelReset, ModelStatus};
pub(crate) use scan::{Deps, Init, Rules, RulesFormat, Scan, Tests};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  vigil replay sessions.jsonl\n  vigil replay --profile strict --json out.jsonl train-*.jsonl.zst\n  \
    vigil replay --policy policy.toml --workdir /testbed sessions.jsonl.zst\n\n\
    A session is one JSON object on a line: `session_id`, `user_prompt` and `steps`, each with a\n\
    `role`: assistant (`text`, `tool_calls` of `name` and `arguments`), tool (`name`,\n\
    `tool_output`) or user (`text`). The tools of its `suite` come from `suites.json` beside the\n\
    file. Every held call is approved, and the session goes on as recorded. The models that ship\n\
    with Vigil score each call; what was learned on this machine takes no part.\n\
    The same files and policy give the same output, byte for byte."
)]
pub(crate) struct Replay {
    /// Files of recorded sessions, `.jsonl` or `.jsonl.zst`
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Decide by this policy file
    #[arg(long, value_name = "FILE", conflicts_with = "profile")]
    pub(crate) policy: Option<PathBuf>,
    /// Decide by this profile alone
    #[arg(long, default_value = "balanced", value_parser = ["observe", "balanced", "strict"])]
    pub(crate) profile: String,
    /// Write one JSON line for each call and for each session
    #[arg(long, value_name = "OUT")]
    pub(crate) json: Option<PathBuf>,
    /// With --json: also write the features of each call, as the models see them
    #[arg(long, requires = "json")]
    pub(crate) features: bool,
    /// The directory the agents worked in; recordings leave out the system text that says so
    #[arg(long, value_name = "DIR")]
    pub(crate) workdir: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Which shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}
