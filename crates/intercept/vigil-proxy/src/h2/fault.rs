//! Why a connection or a stream ends before its time.

use vigil_core::message::NoticeKind;

use super::hpack::HpackError;

/// The error codes of RFC 9113 §7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Code {
    NoError = 0,
    ProtocolError = 1,
    InternalError = 2,
    FlowControlError = 3,
    FrameSizeError = 6,
    Cancel = 8,
    CompressionError = 9,
    EnhanceYourCalm = 11,
}

/// What ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// Frames against RFC 9113.
    #[error("invalid HTTP/2: {0}")]
    Protocol(&'static str),
    /// A frame of the wrong length.
    #[error("invalid HTTP/2: {0}")]
    FrameSize(&'static str),
    /// More than the window allows.
    #[error("invalid HTTP/2: {0}")]
    FlowControl(&'static str),
    /// A header block that cannot be read.
    #[error("invalid HTTP/2: {0}")]
    Compression(#[from] HpackError),
    /// A limit.
    #[error("more than {limit} {what}")]
    Limit {
        /// How much is allowed.
        limit: usize,
        /// Of what.
        what: &'static str,
    },
    /// What would leave the gate.
    #[error("{0}")]
    Refused(&'static str),
}

impl Fault {
    /// What the peer is told.
    pub(super) fn code(self) -> Code {
        match self {
            Self::Protocol(_) => Code::ProtocolError,
            Self::FrameSize(_) => Code::FrameSizeError,
            Self::FlowControl(_) => Code::FlowControlError,
            Self::Compression(HpackError::ListTooLarge(_)) | Self::Limit { .. } => Code::EnhanceYourCalm,
            Self::Compression(_) => Code::CompressionError,
            Self::Refused(_) => Code::Cancel,
        }
    }

    /// What a person is told.
    pub(super) fn kind(self) -> NoticeKind {
        match self {
            Self::Compression(HpackError::ListTooLarge(_)) | Self::Limit { .. } => NoticeKind::Limit,
            Self::Refused(_) => NoticeKind::Refused,
            _ => NoticeKind::Malformed,
        }
    }
}
