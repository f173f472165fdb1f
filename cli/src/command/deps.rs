//! `vigil deps`: the packages of a project alone.

use vigil_scan::{Category, Flags};

use crate::Context;
use crate::args::Deps;
use crate::exit::Ended;
use crate::scan::{Plan, run};

pub(crate) fn run_deps(context: &Context, args: Deps) -> Ended {
    run(
        context,
        Plan {
            paths: args.path.into_iter().collect(),
            config: args.common.config,
            flags: Flags {
                fail_on: args.common.fail_on,
                categories: vec![Category::Dependency],
                offline: args.offline,
                no_verify: args.no_verify,
                ..Flags::default()
            },
            formats: args.common.format,
            output: args.common.output,
            require_registry: args.require_registry,
            verbose: args.common.verbose,
            ..Plan::default()
        },
    )
}
