//! Content codings of replies, undone piece by piece: what the server flushed is out at once.
//!
//! Each coding has one file with a state machine of the same face: `push(bytes, sink)` and `is_complete()`.

mod brotli;
mod gzip;
mod inflate;
mod zstd;

use vigil_core::message::NoticeKind;

/// How much is decoded before it is handed on.
const PIECE: usize = 32 * 1024;
/// Up to here a reply may be as compressible as it likes.
const FREE_BYTES: u64 = 1024 * 1024;

/// A content coding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Identity,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    /// Reads the field `content-encoding`.
    pub(crate) fn of_field(value: Option<&[u8]>) -> Result<Self, CodingError> {
        let Some(value) = value else { return Ok(Self::Identity) };
        let text = String::from_utf8_lossy(value).trim().to_ascii_lowercase();
        match text.as_str() {
            "" | "identity" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "deflate" => Ok(Self::Deflate),
            "br" => Ok(Self::Brotli),
            "zstd" => Ok(Self::Zstd),
            _ => Err(CodingError::Unknown(text)),
        }
    }
}

/// What a decoder may put out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CodingLimits {
    pub(crate) decoded_bytes: u64,
    /// Decoded bytes per coded byte, over the first megabyte.
    pub(crate) ratio: u64,
}

/// Why a coded body cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CodingError {
    #[error("its content coding `{0}` is not one of gzip, deflate, br, zstd")]
    Unknown(String),
    #[error("its {coding} coding is broken: {what}")]
    Broken { coding: &'static str, what: String },
    #[error("its {0} coding is cut short")]
    Short(&'static str),
    #[error("it is larger than `limits.decoded_bytes`, {0} bytes")]
    TooLarge(u64),
    #[error("it grows more than `limits.decompression_ratio`, {0}-fold, when it is decoded")]
    TooDense(u64),
    #[error("no memory for a decoder")]
    NoMemory,
}

impl CodingError {
    pub(crate) fn notice(&self) -> NoticeKind {
        match self {
            Self::TooLarge(_) | Self::TooDense(_) | Self::NoMemory => NoticeKind::Limit,
            Self::Unknown(_) | Self::Broken { .. } | Self::Short(_) => NoticeKind::Malformed,
        }
    }

    fn broken(coding: &'static str, what: impl ToString) -> Self {
        Self::Broken { coding, what: what.to_string() }
    }
}

/// Where decoded bytes go.
type Sink<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), CodingError>;

/// Undoes one coding of one body.
pub(crate) struct Decoder {
    machine: Machine,
    limits: CodingLimits,
    taken: u64,
    given: u64,
}

enum Machine {
    Identity,
    Gzip(Box<gzip::Gzip>),
    Deflate(Box<inflate::Deflate>),
    Brotli(Box<brotli::Brotli>),
    Zstd(Box<zstd::Zstd>),
    Failed(CodingError),
}

impl Decoder {
    pub(crate) fn new(coding: Coding, limits: CodingLimits) -> Self {
        let machine = match coding {
            Coding::Identity => Machine::Identity,
            Coding::Gzip => Machine::Gzip(Box::default()),
            Coding::Deflate => Machine::Deflate(Box::default()),
            Coding::Brotli => Machine::Brotli(Box::default()),
            Coding::Zstd => match zstd::Zstd::new() {
                Ok(machine) => Machine::Zstd(Box::new(machine)),
                Err(error) => Machine::Failed(error),
            },
        };
        Self { machine, limits, taken: 0, given: 0 }
    }

    /// Decodes the next bytes and hands on what they give, in pieces.
    pub(crate) fn push(&mut self, bytes: &[u8], sink: &mut dyn FnMut(&[u8])) -> Result<(), CodingError> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.taken += bytes.len() as u64;
        let (limits, taken, given) = (self.limits, self.taken, &mut self.given);
        let mut counted = |piece: &[u8]| {
            *given += piece.len() as u64;
            if *given > limits.decoded_bytes {
                return Err(CodingError::TooLarge(limits.decoded_bytes));
            }
            if *given > FREE_BYTES && *given / taken.max(1) > limits.ratio {
                return Err(CodingError::TooDense(limits.ratio));
            }
            sink(piece);
            Ok(())
        };
        let done = match &mut self.machine {
            Machine::Identity => {
                sink(bytes);
                return Ok(());
            }
            Machine::Gzip(machine) => machine.push(bytes, &mut counted),
            Machine::Deflate(machine) => machine.push(bytes, &mut counted),
            Machine::Brotli(machine) => machine.push(bytes, &mut counted),
            Machine::Zstd(machine) => machine.push(bytes, &mut counted),
            Machine::Failed(error) => Err(error.clone()),
        };
        if let Err(error) = &done {
            self.machine = Machine::Failed(error.clone());
        }
        done
    }

    /// The body ended: the coding must have ended too. An empty body has no coding.
    pub(crate) fn finish(&self) -> Result<(), CodingError> {
        if self.taken == 0 {
            return Ok(());
        }
        let (complete, coding) = match &self.machine {
            Machine::Identity => (true, "identity"),
            Machine::Gzip(machine) => (machine.is_complete(), "gzip"),
            Machine::Deflate(machine) => (machine.is_complete(), "deflate"),
            Machine::Brotli(machine) => (machine.is_complete(), "br"),
            Machine::Zstd(machine) => (machine.is_complete(), "zstd"),
            Machine::Failed(error) => return Err(error.clone()),
        };
        if complete { Ok(()) } else { Err(CodingError::Short(coding)) }
    }
}

#[cfg(test)]
mod tests;
