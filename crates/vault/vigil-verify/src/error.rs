//! Why there is no report.

use std::io;

/// The document could not be judged at all. What is wrong *with* a document is in the report instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The document cannot be opened or read.
    #[error("cannot read the document: {0}")]
    Read(#[source] io::Error),
    /// A single value is longer than this program holds.
    #[error(
        "one value of the document is longer than {limit_mib} MiB, the most this program holds in memory"
    )]
    ValueTooLarge {
        /// The limit.
        limit_mib: usize,
    },
    /// What has to be remembered about odd records is more than this program holds.
    #[error("the document has more {what} than this program can remember")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
    },
    /// Working space on disk cannot be written or read.
    #[error("cannot use the directory for temporary files: {0}; set TMPDIR to a directory with free space")]
    Scratch(#[source] io::Error),
    /// The store of a state directory cannot be read.
    #[cfg(feature = "store")]
    #[error("cannot read the store: {0}")]
    Store(#[source] crate::store::StoreError),
    /// This build has no reader of stores.
    #[cfg(not(feature = "store"))]
    #[error(
        "this build reads documents only; use `vigil verify --store`, or build it with `--features store`"
    )]
    NoStore,
    /// A worker stopped without an answer.
    #[error("internal error: a worker thread stopped")]
    Worker,
}

impl VerifyError {
    /// The exit code (spec 12.9): 10 for a document that cannot be read, 11 for what is this program's own.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Read(_) => 10,
            #[cfg(feature = "store")]
            Self::Store(crate::store::StoreError::Copy(_)) => 11,
            #[cfg(feature = "store")]
            Self::Store(_) => 10,
            #[cfg(not(feature = "store"))]
            Self::NoStore => 10,
            Self::ValueTooLarge { .. } | Self::TooMany { .. } | Self::Scratch(_) | Self::Worker => 11,
        }
    }
}
