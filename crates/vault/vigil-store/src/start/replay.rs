//! The journal of the process before: what of it is sealed now, and what cannot be (`voaf.md` §14.1.5).

use std::io;
use std::path::Path;

use crate::journal::{self, Position, Tail};
use crate::seal::{SealError, Sealer};

/// What a replay came to.
#[derive(Debug, Default)]
pub(super) struct Replay {
    /// Records sealed by it.
    pub(super) sealed: u64,
    /// Remarks for the user.
    pub(super) remarks: Vec<String>,
    /// Recorded entries that could not be sealed: the chain cannot go on as if they had not been.
    pub(super) damage: Option<String>,
}

/// Seals what the journal holds, segment by segment.
pub(super) fn replay(sealer: &mut Sealer, folder: &Path) -> Result<Replay, SealError> {
    let mut replay = Replay::default();
    let before = sealer.head.count;
    for segment in journal::segments(folder)? {
        if replay.damage.is_some() {
            set_aside(&mut replay, folder, segment)?;
            continue;
        }
        sealer.reader.seek(Position { segment, offset: 0 });
        match seal_segment(sealer) {
            Ok(Tail::Clean) => {}
            Ok(Tail::Torn(bytes)) => {
                replay.remarks.push(format!("{bytes} bytes of an unfinished journal entry were dropped"));
            }
            Ok(Tail::Damaged) => {
                replay.damage = Some("the journal is damaged before its last entry".to_owned());
                set_aside(&mut replay, folder, segment)?;
            }
            Ok(Tail::Foreign) => {
                replay.damage = Some(
                    "the journal holds a segment without version mark that this Vigil cannot read: an earlier one wrote it, \
                     or it was changed"
                        .to_owned(),
                );
                set_aside(&mut replay, folder, segment)?;
            }
            Err(error @ (SealError::Unlinked { .. } | SealError::Record(_) | SealError::Rotation(_))) => {
                replay.damage = Some(error.to_string());
                set_aside(&mut replay, folder, segment)?;
            }
            Err(error) => return Err(error),
        }
    }
    replay.sealed = sealer.head.count - before;
    if replay.sealed > 0 {
        replay
            .remarks
            .push(format!("{} records were still in the journal and are sealed now", replay.sealed));
    }
    Ok(replay)
}

/// Takes all segments out of the way of a chain that they do not belong to.
pub(super) fn set_all_aside(folder: &Path) -> io::Result<Vec<String>> {
    let mut replay = Replay::default();
    for segment in journal::segments(folder)? {
        set_aside(&mut replay, folder, segment)?;
    }
    Ok(replay.remarks)
}

fn seal_segment(sealer: &mut Sealer) -> Result<Tail, SealError> {
    let segment = sealer.reader.position().segment;
    loop {
        match sealer.seal_some(Position { segment, offset: u64::MAX }) {
            Ok(_) => {}
            // There is no published end: the segment ends where entries end.
            Err(SealError::Damaged) => return Ok(sealer.reader.tail()?),
            Err(error) => return Err(error),
        }
    }
}

fn set_aside(replay: &mut Replay, folder: &Path, segment: u64) -> io::Result<()> {
    let empty = journal::segment_path(folder, segment).metadata()?.len() == 0;
    if empty {
        return std::fs::remove_file(journal::segment_path(folder, segment));
    }
    let aside = journal::set_aside(folder, segment, "damaged")?;
    replay.remarks.push(format!("kept aside as `{}`", aside.display()));
    Ok(())
}
