//! The scanner where code is written: agents' hooks, editors, watching, the files for pre-commit and GitHub.
//!
//! `VIGIL_BIN` names another binary to test.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on should stop where it is"
)]

mod hook;
mod lsp;
mod shipped;
mod watch;
mod wiring;

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The command under test, with nothing of this machine's surroundings.
fn vigil(directory: &Path) -> Command {
    let program =
        std::env::var_os("VIGIL_BIN").unwrap_or_else(|| OsStr::new(env!("CARGO_BIN_EXE_vigil")).to_owned());
    let mut command = Command::new(program);
    command.env_clear().env("HOME", directory).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.current_dir(directory);
    command
}

/// What a command said.
#[derive(Debug)]
struct Told {
    code: i32,
    out: String,
    err: String,
}

/// Runs a command with a text on standard input.
fn run(mut command: Command, input: &[u8]) -> Told {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Who has heard enough closes the pipe.
    let _closed = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Told {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A directory with these files.
fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    directory
}

/// The top of the workspace.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
