//! `vigil-verify`: the auditor as a program of its own.

use std::io::{IsTerminal, stderr, stdin, stdout};
use std::process::ExitCode;

use vigil_verify::{Style, run};

fn main() -> ExitCode {
    let quiet = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let style = if stdout().is_terminal() && !quiet { Style::Colour } else { Style::Plain };
    let args = std::env::args_os().skip(1);
    ExitCode::from(run(
        "vigil-verify",
        args,
        &mut stdin().lock(),
        &mut stdout().lock(),
        &mut stderr().lock(),
        style,
    ))
}
