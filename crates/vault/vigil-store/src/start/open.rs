//! Opening a state directory: find its state, act on it, and be ready to record.

use std::io;
use std::path::Path;
use std::sync::Arc;

use vigil_core::SecretStore;

use super::State;
use super::find::Opening;
use crate::archive::ArchiveError;
use crate::chain::{Anchors, KeyError, RandomPool};
use crate::clock::Clock;
use crate::dir::{DirError, StateDir};
use crate::evidence::Evidence;
use crate::export::ExportInfo;
use crate::journal::{self, Journal, Position, VersionError};
use crate::record::{Body, Lifecycle};
use crate::seal::{SealError, SealThread};
use crate::writer::{Draft, WriteError, Writer};

/// The folder of the journal.
const JOURNAL: &str = "journal";

/// A store that is ready.
pub(crate) struct Opened {
    pub(crate) dir: StateDir,
    pub(crate) writer: Writer,
    pub(crate) thread: SealThread,
    pub(crate) state: State,
    pub(crate) detail: String,
    /// Whether the user should still see the detail later: anything but a chain that begins or goes on.
    pub(crate) is_notable: bool,
}

/// Opens the store of a state directory, or begins one.
pub(crate) fn open(
    path: &Path,
    secrets: &Arc<dyn SecretStore>,
    clock: Clock,
    app_version: &str,
) -> Result<Opened, OpenError> {
    let dir = StateDir::claim(path)?;
    let folder = dir.folder(JOURNAL)?;
    journal::check_versions(&folder)?;
    let (anchors, anchor) = Anchors::load(&**secrets);
    let info = ExportInfo { now: clock(), app_version: app_version.to_owned() };
    let mut opening = Opening { dir: path, folder, secrets, info, anchor, remarks: Vec::new() };
    let (state, mut sealer, first) = opening.find(anchors)?;

    let segment = journal::segments(&opening.folder).map_err(|error| DirError::of(path, error))?;
    let segment = segment.last().map_or(1, |last| last + 1);
    let begun = Journal::begin(&opening.folder, segment);
    let journal = begun.map_err(|error| DirError::of(&opening.folder, error))?;
    sealer.reader.seek(Position { segment, offset: 0 });
    let mut writer = Writer { journal, head: sealer.head.clone(), clock, random: RandomPool::default() };
    let is_new = matches!(first, Some(Body::ChainUpgrade(_)));
    if let Some(first) = first {
        let draft = Draft { id: None, body: first, evidence: Evidence::default() };
        writer.append(draft, true)?;
    }
    while sealer.reader.position() != writer.journal.end() {
        sealer.seal_some(writer.journal.end())?;
    }
    if is_new {
        sealer.anchor_anew()?
    } else {
        sealer.anchor()?
    }
    let thread = SealThread::start(sealer).map_err(OpenError::Thread)?;
    let is_notable = opening.remarks.len() > 1 || !matches!(state, State::Empty | State::Verified);
    let detail = opening.remarks.join("; ");
    Ok(Opened { dir, writer, thread, state, detail, is_notable })
}

/// A `lifecycle` record.
pub(crate) fn lifecycle(event: &str, app_version: &str, reason: Option<String>) -> Body {
    Body::Lifecycle(Lifecycle { event: event.to_owned(), app_version: app_version.to_owned(), reason })
}

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The state directory cannot be used.
    #[error(transparent)]
    Dir(#[from] DirError),
    /// The journal of the process before is left to the version of Vigil that wrote it.
    #[error(transparent)]
    Journal(#[from] VersionError),
    /// The keys cannot be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The archive cannot be used just now.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The journal of the process before cannot be sealed just now.
    #[error("what was recorded before cannot be sealed: {0}")]
    Seal(#[from] SealError),
    /// The first record cannot be written.
    #[error("nothing can be recorded: {0}")]
    Write(String),
    /// No thread.
    #[error("the sealing thread cannot be started: {0}")]
    Thread(#[source] io::Error),
}

impl From<WriteError> for OpenError {
    fn from(error: WriteError) -> Self {
        Self::Write(error.to_string())
    }
}
