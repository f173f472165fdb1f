//! `vigil hook`: what an agent is about to write or install, judged.

use std::ffi::OsString;
use std::io::Write as _;

use crate::Context;
use crate::args;
use crate::exit::{self, Ended};
use crate::hook::{Client, Hook, Online};

pub(crate) fn run(context: &Context, args: &args::Hook) -> Ended {
    match answer(context, args) {
        Ok(answer) => {
            // A client that does not listen any more has gone on.
            let _closed = std::io::stdout().lock().write_all(answer.out.as_bytes());
            let _closed = std::io::stderr().lock().write_all(answer.err.as_bytes());
            Ok(answer.code)
        }
        Err(error) => {
            let _closed =
                writeln!(std::io::stderr().lock(), "vigil hook: {error:#}; the call was not checked");
            Ok(exit::OK)
        }
    }
}

fn answer(context: &Context, args: &args::Hook) -> anyhow::Result<crate::hook::Answer> {
    let client = match args.client.as_str() {
        "auto" => None,
        word => Some(Client::parse(word).ok_or_else(|| anyhow::anyhow!("no client is called `{word}`"))?),
    };
    let hook = Hook {
        client,
        config: args.config.clone(),
        directory: std::env::current_dir()?,
        online: Online::of(context, args.offline),
    };
    hook.answer(std::io::stdin().lock())
}

/// Whether a command line asks for the hook: clients take its exit codes for answers, so wrong use must not be one.
pub(crate) fn is_asked(arguments: impl Iterator<Item = OsString>) -> bool {
    arguments
        .skip(1)
        .find(|argument| !argument.to_string_lossy().starts_with('-'))
        .is_some_and(|word| word == "hook")
}
