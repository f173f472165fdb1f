//! `vigil lsp`: the scanner in an editor.

use crate::args::Lsp;
use crate::exit::Ended;

pub(crate) fn run(args: Lsp) -> Ended {
    crate::lsp::serve(args.config)
}
