//! `vigil init`: writes a `.vigil.yaml`, or the call of `vigil hook` into an agent's settings.

use std::io::Write as _;

use crate::Context;
use crate::args::Init;
use crate::exit::{self, Ended, UsageError};
use crate::scan::replace;

pub(crate) fn run(_context: &Context, args: &Init) -> Ended {
    if let Some(client) = args.agent {
        return crate::wiring::run(client, &args.path, args.yes);
    }
    if !args.path.is_dir() {
        return Err(UsageError(format!("`{}` is no directory", args.path.display())).into());
    }
    let file = args.path.join(vigil_scan::CONFIG_NAMES[0]);
    if file.exists() && !args.force {
        let message = format!("`{}` is there already\nUse --force to write it anew", file.display());
        return Err(UsageError(message).into());
    }
    replace(&file, args.strategy.template().as_bytes())?;
    writeln!(
        anstream::stdout().lock(),
        "Wrote {} with strategy {}; `vigil scan` uses it",
        file.display(),
        args.strategy.name()
    )?;
    Ok(exit::OK)
}
