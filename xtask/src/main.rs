//! `cargo xtask`: everything CI runs that is not cargo itself.

mod docs;
mod doors;
mod planes;
mod train;
mod workspace;

use std::io::Write as _;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND
  planes          which crate may import which: workspace edges and approved third parties
  doors           ways around the planes that a manifest does not show
  docs            write docs/guide/cli.md from the help texts and docs/rules from the rules
  docs --check    say whether they are up to date
  train           make the shipped models from ../shared/traces
  train --replay FILE   the same from what `vigil replay --features --json FILE` wrote of them
  train --check   say whether they are still the same
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended = match words.as_slice() {
        ["planes"] => workspace::Workspace::read().and_then(|workspace| planes::check(&workspace)),
        ["doors"] => workspace::Workspace::read().and_then(|workspace| doors::check(&workspace)),
        ["docs"] => docs::write(),
        ["docs", "--check"] => docs::check(),
        ["train"] => train::write(None),
        ["train", "--replay", path] => train::write(Some(path)),
        ["train", "--check"] => train::check(),
        _ => {
            let _closed = std::io::stderr().write_all(USAGE.as_bytes());
            return ExitCode::from(2);
        }
    };
    let mut stderr = std::io::stderr().lock();
    match ended {
        Ok(faults) if faults.is_empty() => ExitCode::SUCCESS,
        Ok(faults) => {
            for fault in faults {
                let _closed = writeln!(stderr, "{fault}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            let _closed = writeln!(stderr, "xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
