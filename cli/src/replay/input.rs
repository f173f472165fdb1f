//! Files of recorded sessions, line by line, unpacked where they are packed.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::session::ToolBox;
use crate::exit::UsageError;

/// How long one line may be: a session with its whole conversation.
const MAX_LINE_BYTES: u64 = 256 << 20;

/// A file of sessions.
pub(crate) struct Source {
    path: PathBuf,
    lines: Box<dyn BufRead + Send + Sync>,
    line: usize,
    pub(crate) tools: ToolBox,
}

/// Opens a file. The tools of its suites are read from `suites.json` beside it, when there is one.
pub(crate) fn open(path: &Path) -> anyhow::Result<Source> {
    let unreadable =
        |error: std::io::Error| UsageError(format!("sessions `{}` cannot be read: {error}", path.display()));
    let file = File::open(path).map_err(unreadable)?;
    let packed = path.extension().is_some_and(|extension| extension == "zst");
    let lines: Box<dyn BufRead + Send + Sync> = match packed {
        true => Box::new(BufReader::new(zstd::Decoder::new(file).map_err(unreadable)?)),
        false => Box::new(BufReader::new(file)),
    };
    let suites = path.with_file_name("suites.json");
    let tools = match std::fs::read(&suites) {
        Ok(bytes) => ToolBox::parse(&bytes).with_context(|| format!("reading `{}`", suites.display()))?,
        Err(_absent) => ToolBox::default(),
    };
    Ok(Source { path: path.to_owned(), lines, line: 0, tools })
}

impl Source {
    /// The next lines that are not empty, at most `most`, each with its number. None at the end.
    pub(crate) fn next(&mut self, most: usize) -> anyhow::Result<Vec<(usize, Vec<u8>)>> {
        let mut batch = Vec::new();
        while batch.len() < most {
            let mut line = Vec::new();
            let read = (&mut self.lines).take(MAX_LINE_BYTES).read_until(b'\n', &mut line);
            let read = read.with_context(|| format!("reading `{}`", self.path.display()))?;
            if read == 0 {
                break;
            }
            self.line += 1;
            if line.iter().any(|byte| !byte.is_ascii_whitespace()) {
                batch.push((self.line, line));
            }
        }
        Ok(batch)
    }

    /// Where a line stands, for messages.
    pub(crate) fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }
}
