//! The `vigil` command: the composition root. It reads the command line, the environment, the files and the clock, builds
//! the planes and hands them to the pipeline.

mod api;
mod archive;
mod args;
mod child_env;
mod client;
mod clock;
mod command;
mod config;
mod daemon;
mod demo;
mod exit;
mod grants;
mod hook;
mod lsp;
mod paths;
mod personal;
mod replay;
mod scan;
mod secrets;
mod trust;
mod wiring;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Cli, Command};

/// A message is made by one thread and dropped by another. With the system's allocator they wait for each other's locks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What every command gets: where things lie and what the surroundings are.
pub(crate) struct Context {
    places: paths::Places,
    state_dir: Option<PathBuf>,
    inherited: std::collections::BTreeMap<std::ffi::OsString, std::ffi::OsString>,
}

impl Context {
    /// The state directory: `--state-dir`, else `VIGIL_STATE_DIR`, else the platform's place. Always absolute.
    fn state_dir(&self) -> anyhow::Result<PathBuf> {
        let chosen = match &self.state_dir {
            Some(chosen) => chosen.clone(),
            None => self.places.state_dir()?,
        };
        Ok(std::path::absolute(chosen)?)
    }

    /// One variable of the environment that this process was started with.
    fn variable(&self, name: &str) -> Option<&std::ffi::OsStr> {
        self.inherited.get(std::ffi::OsStr::new(name)).map(|value| value.as_os_str())
    }
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are asked for and go to stdout; clap knows which is which.
            let _closed = error.print();
            if error.use_stderr() && command::hook::is_asked(std::env::args_os()) {
                return ExitCode::from(exit::OK);
            }
            return ExitCode::from(if error.use_stderr() { exit::USAGE } else { exit::OK });
        }
    };
    let inherited: std::collections::BTreeMap<_, _> = std::env::vars_os().collect();
    let path = |name: &str| inherited.get(std::ffi::OsStr::new(name)).map(PathBuf::from);
    let context = Context {
        places: paths::Places {
            home: path("HOME"),
            xdg_config_home: path("XDG_CONFIG_HOME"),
            xdg_state_home: path("XDG_STATE_HOME"),
        },
        state_dir: cli.state_dir.clone().or_else(|| path("VIGIL_STATE_DIR")),
        inherited,
    };
    let ended = match cli.command {
        Command::Demo(args) => command::demo::run(&context, &args),
        Command::Run(args) => command::run::run(&context, &args),
        Command::Up(args) => command::up::run(&context, &args),
        Command::Status(args) => command::status::run(&context, &args),
        Command::Holds(args) => command::holds::run(&context, &args),
        Command::Approve(args) => command::answer::run(&context, &args, true),
        Command::Deny(args) => command::answer::run(&context, &args, false),
        Command::Log(args) => command::log::run(&context, &args),
        Command::Export(args) => command::export::run(&context, &args),
        Command::Verify(args) => command::verify::run(&context, args),
        Command::Ca(args) => command::ca::run(&context, &args),
        Command::Config(args) => command::config::run(&context, &args),
        Command::Bench(args) => command::bench::run(&context, &args),
        Command::Scan(args) => command::scan::run_scan(&context, *args),
        Command::Deps(args) => command::deps::run_deps(&context, args),
        Command::Tests(args) => command::tests::run_tests(&context, args),
        Command::Init(args) => command::init::run(&context, &args),
        Command::Rules(args) => command::rules::run(&context, &args),
        Command::Hook(args) => command::hook::run(&context, &args),
        Command::Lsp(args) => command::lsp::run(&context, args),
        Command::Replay(args) => command::replay::run(&context, &args),
        Command::Model(args) => command::model::run(&context, &args),
        Command::Completions(args) => command::completions::run(&args),
    };
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => exit::tell(&error),
    }
}
