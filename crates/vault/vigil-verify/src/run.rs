//! The program, with its streams as arguments, so that `vigil verify` is the same program.

use std::ffi::OsString;
use std::io::{self, Read, Write};

use crate::args::{Command, HELP};
use crate::report::Style;
use crate::source::Source;
use crate::verify::verify;

/// Runs with the arguments behind the program's name and gives the exit code (spec 12.9).
///
/// The report goes to `stdout`, everything else to `stderr`; `stdin` is read only when the document is `-`.
pub fn run(
    args: impl Iterator<Item = OsString>,
    stdin: &mut dyn Read,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
    style: Style,
) -> u8 {
    let (document, json, options) = match Command::parse(args) {
        Ok(Command::Help) => return print(HELP, 0, stdout, stderr),
        Ok(Command::Version) => {
            return print(concat!("vigil-verify ", env!("CARGO_PKG_VERSION"), "\n"), 0, stdout, stderr);
        }
        Ok(Command::Verify { document, json, options }) => (document, json, options),
        Err(error) => return tell(stderr, &format!("{error}; see `vigil-verify --help`"), 10),
    };
    let name = document.to_string_lossy();
    let source = if name == "-" { Source::spool(stdin) } else { Source::open(&document) };
    match source.and_then(|source| verify(&source, &options)) {
        Ok(report) => {
            let text = if json { report.to_json() } else { report.to_text(&name, style) };
            print(&text, report.exit_code(), stdout, stderr)
        }
        Err(error) => tell(stderr, &format!("`{name}`: {error}"), error.exit_code()),
    }
}

fn print(text: &str, code: u8, stdout: &mut dyn Write, stderr: &mut dyn Write) -> u8 {
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => code,
        // Nobody is listening; the exit code still says that the report was not written.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => 11,
        Err(error) => tell(stderr, &format!("cannot write the report: {error}"), 11),
    }
}

fn tell(stderr: &mut dyn Write, message: &str, code: u8) -> u8 {
    // If this cannot be written either, the exit code is all there is.
    let _ = writeln!(stderr, "vigil-verify: {message}");
    code
}
