//! `vigil tests`: whether the tests of a project test anything.

use std::path::{Path, PathBuf};

use vigil_scan::{Category, Flags};

use crate::Context;
use crate::args::Tests;
use crate::exit::Ended;
use crate::scan::{Plan, run};

pub(crate) fn run_tests(context: &Context, args: Tests) -> Ended {
    let paths = match args.paths.is_empty() {
        false => args.paths,
        // Tests that lie beside the code are found from the top.
        true if Path::new("tests").is_dir() => vec![PathBuf::from("tests")],
        true => vec![PathBuf::from(".")],
    };
    run(
        context,
        Plan {
            paths,
            config: args.common.config,
            flags: Flags {
                fail_on: args.common.fail_on,
                categories: vec![Category::TestQuality],
                min_assertions: args.min_assertions,
                offline: true,
                ..Flags::default()
            },
            formats: args.common.format,
            output: args.common.output,
            verbose: args.common.verbose,
            ..Plan::default()
        },
    )
}
