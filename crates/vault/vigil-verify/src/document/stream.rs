//! The entries of one array or object, in batches.

use std::io::Read;

use crate::error::VerifyError;
use crate::json::Malformed;
use crate::json::list::Batch;
use crate::json::scan::{MAX_VALUE_BYTES, ScanError, Scanner};

/// Why the text was not read to its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It is not JSON.
    Malformed,
    /// There will be no report.
    Error(VerifyError),
}

impl From<ScanError> for Stop {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Malformed => Self::Malformed,
            ScanError::TooLarge => {
                Self::Error(VerifyError::ValueTooLarge { limit_mib: MAX_VALUE_BYTES >> 20 })
            }
            ScanError::Io(error) => Self::Error(VerifyError::Read(error)),
        }
    }
}

impl From<Malformed> for Stop {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// Cuts the entries behind an opening bracket that was consumed, to the closing one.
#[derive(Debug)]
pub(crate) struct Entries<'a, R> {
    scanner: &'a mut Scanner<R>,
    close: u8,
    next: u64,
    ended: bool,
}

impl<'a, R: Read> Entries<'a, R> {
    pub(crate) fn array(scanner: &'a mut Scanner<R>) -> Self {
        Self { scanner, close: b']', next: 0, ended: false }
    }

    /// Each entry comes as an object of that one member.
    pub(crate) fn object(scanner: &'a mut Scanner<R>) -> Self {
        Self { scanner, close: b'}', next: 0, ended: false }
    }

    /// The next batch; `None` behind the closing bracket.
    pub(crate) fn next(&mut self) -> Result<Option<Batch>, Stop> {
        let mut batch = Batch::at(self.next);
        while !self.ended && !batch.is_full() {
            if !self.scanner.entry(self.next == 0, self.close)? {
                self.ended = true;
                break;
            }
            if self.close == b'}' {
                self.member(batch.text())?;
            } else {
                self.scanner.value(batch.text())?;
            }
            batch.end_value();
            self.next += 1;
        }
        Ok((batch.len() > 0).then_some(batch))
    }

    fn member(&mut self, text: &mut Vec<u8>) -> Result<(), Stop> {
        if self.scanner.peek()? != Some(b'"') {
            return Err(Stop::Malformed);
        }
        text.push(b'{');
        self.scanner.value(text)?;
        self.scanner.expect(b':')?;
        text.push(b':');
        self.scanner.value(text)?;
        text.push(b'}');
        Ok(())
    }
}
