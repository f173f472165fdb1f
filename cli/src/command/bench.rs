//! `vigil bench`: what Vigil costs on this machine.

use crate::Context;
use crate::args::Bench;
use crate::exit::Ended;

pub(crate) fn run(_context: &Context, _args: &Bench) -> Ended {
    anyhow::bail!("not yet")
}
