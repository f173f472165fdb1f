//! `vigil verify`: the auditor, as it stands alone.

use std::io::IsTerminal as _;

use vigil_verify::Style;

use crate::Context;
use crate::args::Verify;
use crate::exit::Ended;

pub(crate) fn run(context: &Context, args: Verify) -> Ended {
    let plain = context.variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let style = if std::io::stdout().is_terminal() && !plain { Style::Colour } else { Style::Plain };
    let (mut stdin, mut stdout, mut stderr) =
        (std::io::stdin().lock(), std::io::stdout().lock(), std::io::stderr().lock());
    Ok(vigil_verify::run("vigil verify", args.args.into_iter(), &mut stdin, &mut stdout, &mut stderr, style))
}
