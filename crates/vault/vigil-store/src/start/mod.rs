//! What a store is found to be when it is opened, and what is done about it (`voaf.md` §9, 10).

mod begin;
mod find;
mod inspect;
mod open;
mod replay;

pub(crate) use inspect::check_record;
pub use open::OpenError;
pub(crate) use open::{lifecycle, open};

/// The states of `voaf.md` §10.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Empty,
    Lost,
    Unanchored,
    Broken,
    Truncated,
    Verified,
}

impl State {
    pub(crate) const fn token(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Lost => "lost",
            Self::Unanchored => "unanchored",
            Self::Broken => "broken",
            Self::Truncated => "truncated",
            Self::Verified => "verified",
        }
    }
}
