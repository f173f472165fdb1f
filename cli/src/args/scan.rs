//! The command line of the scanner.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use vigil_scan::{Category, Language, RuleId, Severity, Strategy};

use crate::exit;
use crate::hook::Client;

#[derive(Debug, Args)]
#[command(
    after_help = scan_help(),
    next_help_heading = "What is scanned"
)]
pub(crate) struct Scan {
    /// Files and directories [default: .]
    #[arg(value_name = "PATHS")]
    pub(crate) paths: Vec<PathBuf>,
    /// Only files that differ from the last commit
    #[arg(long, group = "change")]
    pub(crate) changed_only: bool,
    /// Only findings on lines that changed since this branch left REV
    #[arg(long, value_name = "REV", group = "change")]
    pub(crate) diff: Option<String>,
    /// Only findings on staged lines, with the staged content
    #[arg(long, group = "change")]
    pub(crate) staged: bool,
    /// Scan standard input as if it were this file
    #[arg(long, value_name = "PATH", group = "change", conflicts_with = "paths")]
    pub(crate) stdin_filename: Option<PathBuf>,
    /// Only these languages: python, javascript
    #[arg(short, long, value_name = "LANGUAGE", value_parser = language)]
    pub(crate) language: Vec<Language>,
    /// Also what .gitignore names
    #[arg(long)]
    pub(crate) no_ignore: bool,
    /// Print the files that would be scanned, and stop
    #[arg(long)]
    pub(crate) list_files: bool,

    /// Only these categories: dependency, auth, secrets, test-quality
    #[arg(short = 'C', long, value_name = "CATEGORY", value_parser = category, help_heading = "What is reported")]
    pub(crate) category: Vec<Category>,
    /// Only these rules
    #[arg(short, long, value_name = "ID", value_parser = rule, help_heading = "What is reported")]
    pub(crate) rule: Vec<RuleId>,
    /// Not these rules
    #[arg(short = 'R', long, value_name = "ID", value_parser = rule, help_heading = "What is reported")]
    pub(crate) exclude_rule: Vec<RuleId>,
    /// Lowest severity that makes exit code 1: critical, high, medium, low, info [default: high, or the configuration]
    #[arg(long, value_name = "SEVERITY", value_parser = severity, help_heading = "What is reported")]
    pub(crate) fail_on: Option<Severity>,
    /// Do not report what this file knows
    #[arg(long, value_name = "FILE", help_heading = "What is reported")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write the baseline anew [default file: .vigil-baseline.json]
    #[arg(long, conflicts_with = "change", help_heading = "What is reported")]
    pub(crate) update_baseline: bool,

    /// Mend what can be mended safely: shows the changes and asks first
    #[arg(long, conflicts_with_all = ["staged", "stdin_filename", "update_baseline"], help_heading = "What is mended")]
    pub(crate) fix: bool,
    /// Only show the changes
    #[arg(long, requires = "fix", conflicts_with = "yes", help_heading = "What is mended")]
    pub(crate) dry_run: bool,
    /// Make them without asking
    #[arg(long, short, requires = "fix", help_heading = "What is mended")]
    pub(crate) yes: bool,

    /// Report format, and its file: `-f sarif=out.sarif -f human`; human, json, junit, sarif, github, gitlab, markdown,
    /// agent
    #[arg(short, long, value_name = "FORMAT[=FILE]", help_heading = "How it is reported")]
    pub(crate) format: Vec<String>,
    /// File of the first format that names none
    #[arg(short, long, value_name = "FILE", help_heading = "How it is reported")]
    pub(crate) output: Option<PathBuf>,
    /// No header, no summary, no suggestions
    #[arg(short, long, help_heading = "How it is reported")]
    pub(crate) quiet: bool,
    /// Tell what is done, on standard error
    #[arg(short, long, help_heading = "How it is reported")]
    pub(crate) verbose: bool,

    /// Configuration file [default: .vigil.yaml here or above]
    #[arg(short, long, value_name = "FILE", help_heading = "Surroundings")]
    pub(crate) config: Option<PathBuf>,
    /// Ask no registry; without it, names of packages go to PyPI and npm, or to where the project gets them
    #[arg(long, help_heading = "Surroundings")]
    pub(crate) offline: bool,
    /// Exit code 4 when a registry does not answer
    #[arg(long, help_heading = "Surroundings")]
    pub(crate) require_registry: bool,
    /// Exit code 5 when something could not be read, or only in part
    #[arg(long, help_heading = "Surroundings")]
    pub(crate) require_complete: bool,
    /// Neither use nor write results of earlier scans
    #[arg(long, help_heading = "Surroundings")]
    pub(crate) no_cache: bool,
    /// Scan again whenever a file changes; Ctrl-C ends with the last exit code
    #[arg(long, conflicts_with_all = ["stdin_filename", "list_files", "update_baseline", "fix"], help_heading = "Surroundings")]
    pub(crate) watch: bool,
}

fn scan_help() -> String {
    format!(
        "Examples:\n  vigil scan\n  vigil scan src tests --fail-on medium\n  vigil scan --staged\n  \
        vigil scan --diff origin/main -f sarif=vigil.sarif -f human\n\n{}",
        exit::SCAN_HELP
    )
}

#[derive(Debug, Args)]
#[command(after_help = exit::SCAN_HELP)]
pub(crate) struct Deps {
    /// A directory or a manifest [default: .]
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    /// Ask the registries: the default
    #[arg(long, overrides_with = "no_verify")]
    pub(crate) verify: bool,
    /// Do not ask the registries
    #[arg(long)]
    pub(crate) no_verify: bool,
    /// Ask no registry
    #[arg(long)]
    pub(crate) offline: bool,
    /// Exit code 4 when a registry does not answer
    #[arg(long)]
    pub(crate) require_registry: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Debug, Args)]
#[command(after_help = exit::SCAN_HELP)]
pub(crate) struct Tests {
    /// Files and directories [default: tests, or . where there is none]
    #[arg(value_name = "TEST_PATHS")]
    pub(crate) paths: Vec<PathBuf>,
    /// Fewer assertions in a test are too few [default: 1, or the configuration]
    #[arg(long, value_name = "N")]
    pub(crate) min_assertions: Option<u32>,
    /// Kept for older scripts; tests need no network
    #[arg(long, hide = true)]
    pub(crate) offline: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What `vigil deps` and `vigil tests` share.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Report format, and its file
    #[arg(short, long, value_name = "FORMAT[=FILE]")]
    pub(crate) format: Vec<String>,
    /// File of the first format that names none
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Configuration file [default: .vigil.yaml here or above]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Lowest severity that makes exit code 1 [default: high, or the configuration]
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    pub(crate) fail_on: Option<Severity>,
    /// Tell what is done, on standard error
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Where to write it
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) path: PathBuf,
    /// How strict: strict, standard, relaxed
    #[arg(long, value_name = "STRATEGY", default_value = "standard", value_parser = strategy)]
    pub(crate) strategy: Strategy,
    /// Write over a file that is there
    #[arg(long)]
    pub(crate) force: bool,
    /// Instead, make this agent ask `vigil hook` before it writes or installs: claude-code, codex, gemini, cursor
    #[arg(long, value_name = "AGENT", value_parser = agent, conflicts_with_all = ["strategy", "force"])]
    pub(crate) agent: Option<Client>,
    /// With --agent: change the settings without asking
    #[arg(long, short, requires = "agent")]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Rules {
    /// Show this rule in full
    #[arg(value_name = "ID", value_parser = rule)]
    pub(crate) id: Option<RuleId>,
    /// How to show it
    #[arg(short, long, value_enum, default_value_t = RulesFormat::Table)]
    pub(crate) format: RulesFormat,
    /// Write the published pages into this directory, as `cargo xtask docs` does
    #[arg(long, value_name = "DIR", hide = true, conflicts_with_all = ["id", "format"])]
    pub(crate) pages: Option<PathBuf>,
}

/// How rules are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RulesFormat {
    /// For people
    Table,
    /// For programs
    Json,
}

fn rule(code: &str) -> Result<RuleId, String> {
    RuleId::parse_or_tell(code)
}

fn severity(word: &str) -> Result<Severity, String> {
    Severity::parse(word).ok_or_else(|| unknown("severity", Severity::ALL.map(Severity::name).as_slice()))
}

fn category(word: &str) -> Result<Category, String> {
    Category::parse(word).ok_or_else(|| unknown("category", Category::ALL.map(Category::name).as_slice()))
}

fn language(word: &str) -> Result<Language, String> {
    Language::parse(word).ok_or_else(|| unknown("language", Language::ALL.map(Language::name).as_slice()))
}

fn strategy(word: &str) -> Result<Strategy, String> {
    Strategy::parse(word).ok_or_else(|| unknown("strategy", Strategy::ALL.map(Strategy::name).as_slice()))
}

fn unknown(kind: &str, known: &[&str]) -> String {
    format!("no such {kind}; known are {}", known.join(", "))
}

fn agent(word: &str) -> Result<Client, String> {
    Client::parse(word).ok_or_else(|| unknown("agent", Client::ALL.map(Client::name).as_slice()))
}
