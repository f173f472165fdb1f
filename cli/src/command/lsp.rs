//! `vigil lsp`: the scanner in an editor.

use crate::Context;
use crate::args::Lsp;
use crate::exit::Ended;
use crate::scan::{Judge, Packages};

pub(crate) fn run(context: &Context, args: Lsp) -> Ended {
    let flags = Packages::flags(context, args.offline);
    let packages = Packages::of(context, args.offline);
    crate::lsp::serve(Judge::new(args.config).with_packages(packages, flags))
}
