//! `vigil scan`: finds what AI agents get wrong in code.

use vigil_scan::Flags;

use crate::Context;
use crate::args::Scan;
use crate::exit::Ended;
use crate::scan::{Fixing, Plan, What, run, watch};

pub(crate) fn run_scan(context: &Context, args: Scan) -> Ended {
    let what = match (args.changed_only, args.diff, args.staged, args.stdin_filename) {
        (true, ..) => What::ChangedOnly,
        (_, Some(revision), ..) => What::Diff(revision),
        (_, _, true, _) => What::Staged,
        (.., Some(name)) => What::Stdin(name),
        _ => What::Everything,
    };
    let again = args.watch;
    let plan = Plan {
        paths: args.paths,
        config: args.config,
        flags: Flags {
            fail_on: args.fail_on,
            categories: args.category,
            rules: args.rule,
            exclude_rules: args.exclude_rule,
            languages: args.language,
            offline: args.offline,
            no_ignore: args.no_ignore,
            ..Flags::default()
        },
        formats: args.format,
        output: args.output,
        what,
        baseline: args.baseline,
        update_baseline: args.update_baseline,
        fix: match (args.fix, args.dry_run, args.yes) {
            (false, ..) => None,
            (_, true, _) => Some(Fixing::Show),
            (.., true) => Some(Fixing::Make),
            _ => Some(Fixing::Ask),
        },
        list_files: args.list_files,
        no_cache: args.no_cache,
        require_registry: args.require_registry,
        require_complete: args.require_complete,
        quiet: args.quiet,
        verbose: args.verbose,
    };
    if again { watch(context, &plan) } else { run(context, plan) }
}
