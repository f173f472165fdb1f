//! The command line of what brings the scanner to where code is written.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  vigil init --agent claude-code\n  \
    vigil hook < call.json\n  vigil hook --client gemini --offline < call.json\n\n\
    Prints nothing when nothing is wrong. What it finds is said in the client's own protocol: a refusal before the tool\n\
    runs, a text for the model after it. The exit code is 0, except that Claude Code hears 2 after a tool has run; when\n\
    the hook itself fails, the call passes and one line on stderr says why.")]
pub(crate) struct Hook {
    /// Who calls: claude-code, codex, gemini, cursor, or auto to tell by the call
    #[arg(long, value_name = "CLIENT", default_value = "auto")]
    pub(crate) client: String,
    /// Configuration file [default: .vigil.yaml where the file lies, or above]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Ask no registry
    #[arg(long)]
    pub(crate) offline: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Editors start it themselves: point a generic language client at `vigil lsp` for Python,\n\
    JavaScript and TypeScript files, and for manifests such as requirements.txt, package.json,\n\
    Cargo.toml, go.mod and pom.xml. Registries are asked about the packages of a manifest when it is\n\
    opened or saved, not while it is typed."
)]
pub(crate) struct Lsp {
    /// Configuration file [default: .vigil.yaml where a file lies, or above]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Ask no registry
    #[arg(long)]
    pub(crate) offline: bool,
    /// Kept for clients that add it; standard input and output are all there is
    #[arg(long, hide = true)]
    pub(crate) stdio: bool,
}
