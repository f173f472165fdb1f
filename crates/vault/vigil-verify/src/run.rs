//! The program, with its streams as arguments, so that `vigil verify` is the same program.

use std::ffi::OsString;
use std::io::{self, Read, Write};

use crate::args::{Command, Subject, help};
use crate::report::Style;
use crate::source::Source;
use crate::verify::{verify, verify_store};

/// Runs with the arguments behind the program's name and gives the exit code (spec 12.9).
///
/// `program` is what the user typed to get here: `vigil-verify` or `vigil verify`. The report goes to `stdout`,
/// everything else to `stderr`; `stdin` is read only when the document is `-`.
pub fn run(
    program: &str,
    args: impl Iterator<Item = OsString>,
    stdin: &mut dyn Read,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
    style: Style,
) -> u8 {
    let mut terminal = Terminal { program, stdout, stderr };
    let (subject, json, options) = match Command::parse(args) {
        Ok(Command::Help) => return terminal.print(&help(program), 0),
        Ok(Command::Version) => {
            return terminal.print(&format!("{program} {}\n", env!("CARGO_PKG_VERSION")), 0);
        }
        Ok(Command::Verify { subject, json, options }) => (subject, json, options),
        Err(error) => return terminal.tell(&format!("{error}; see `{program} --help`"), 10),
    };
    let (name, report) = match &subject {
        Subject::Document(path) => {
            let source = if path.as_os_str() == "-" { Source::spool(stdin) } else { Source::open(path) };
            (path.to_string_lossy(), source.and_then(|source| verify(&source, &options)))
        }
        Subject::Store(directory) => (directory.to_string_lossy(), verify_store(directory, &options)),
    };
    match report {
        Ok(report) => {
            let text = if json { report.to_json() } else { report.to_text(&name, style) };
            terminal.print(&text, report.exit_code())
        }
        Err(error) => terminal.tell(&format!("`{name}`: {error}"), error.exit_code()),
    }
}

struct Terminal<'a> {
    program: &'a str,
    stdout: &'a mut dyn Write,
    stderr: &'a mut dyn Write,
}

impl Terminal<'_> {
    fn print(&mut self, text: &str, code: u8) -> u8 {
        match self.stdout.write_all(text.as_bytes()).and_then(|()| self.stdout.flush()) {
            Ok(()) => code,
            // Nobody is listening; the exit code still says that the report was not written.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => 11,
            Err(error) => self.tell(&format!("cannot write the report: {error}"), 11),
        }
    }

    fn tell(&mut self, message: &str, code: u8) -> u8 {
        // If this cannot be written either, the exit code is all there is.
        let _ = writeln!(self.stderr, "{}: {message}", self.program);
        code
    }
}
