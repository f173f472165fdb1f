//! Exit codes, in one place, as the help texts list them.

use std::process::ExitCode;

/// Everything went as asked.
pub(crate) const OK: u8 = 0;
/// Something failed; stderr says what and what to do next.
pub(crate) const FAILED: u8 = 1;
/// The command line, a config file or a policy file is wrong.
pub(crate) const USAGE: u8 = 2;
/// No daemon answers in the state directory.
pub(crate) const NO_DAEMON: u8 = 3;

/// `vigil scan`: no file was scanned.
pub(crate) const NOTHING_SCANNED: u8 = 3;
/// `vigil scan --require-registry`: a registry did not answer.
pub(crate) const NOT_VERIFIED: u8 = 4;
/// `vigil scan --require-complete`: something could not be read, or only in part.
pub(crate) const NOT_COMPLETE: u8 = 5;

/// For `--help`.
pub(crate) const HELP: &str = "\
Exit codes:
  0   done
  1   failed; stderr says what to do next
  2   wrong use: command line, config file or policy file
  3   no daemon is running in the state directory
  `vigil run` passes on the exit code of its command (128 + n after signal n),
  `vigil verify` has the codes of the record format: `vigil verify --help`";

/// For `vigil scan --help`.
pub(crate) const SCAN_HELP: &str = "\
Exit codes:
  0   nothing at or above --fail-on
  1   findings at or above --fail-on
  2   wrong use, a wrong configuration, or something failed
  3   no file was scanned
  4   with --require-registry: a registry did not answer
  5   with --require-complete: something could not be read, or only in part";

/// How a command ended without an error of its own.
pub(crate) type Ended = anyhow::Result<u8>;

/// What the user got wrong, as opposed to what failed: ends with [`USAGE`].
#[derive(Debug)]
pub(crate) struct UsageError(pub(crate) String);

impl std::fmt::Display for UsageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// No daemon answers: ends with [`NO_DAEMON`].
#[derive(Debug)]
pub(crate) struct NoDaemonError(pub(crate) String);

impl std::fmt::Display for NoDaemonError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoDaemonError {}

/// Tells an error once, with its chain, and chooses the exit code. A broken pipe is a quiet success.
pub(crate) fn tell(error: &anyhow::Error) -> ExitCode {
    ExitCode::from(told(error))
}

/// The same, for a command that goes on.
pub(crate) fn told(error: &anyhow::Error) -> u8 {
    let broken_pipe = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe);
    if broken_pipe {
        return OK;
    }
    let style = anstyle::AnsiColor::Red.on_default().bold();
    let mut text = format!("{style}vigil:{style:#} {error}");
    for cause in error.chain().skip(1) {
        text.push_str(": ");
        text.push_str(&cause.to_string());
    }
    // Stderr may be closed; there is nobody else to tell.
    let _closed = std::io::Write::write_fmt(&mut anstream::stderr().lock(), format_args!("{text}\n"));
    if error.downcast_ref::<UsageError>().is_some() {
        USAGE
    } else if error.downcast_ref::<NoDaemonError>().is_some() {
        NO_DAEMON
    } else {
        FAILED
    }
}
