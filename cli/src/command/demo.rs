//! `vigil demo`: see it work in a minute.

use crate::Context;
use crate::args::Demo;
use crate::exit::Ended;

pub(crate) fn run(context: &Context, args: &Demo) -> Ended {
    // The demo tells what happens itself; only what goes wrong is logged beside it.
    if context.variable("VIGIL_LOG").is_some() {
        super::up::log_to_stderr(context);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(crate::demo::run(args))
}
