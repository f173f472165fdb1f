//! Finding the state of a store, and acting on it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use vigil_core::SecretStore;

use super::begin::{end_chain, lost, put_unreadable_aside};
use super::inspect::{Sound, classify, inspect};
use super::replay::{replay, set_all_aside};
use super::{OpenError, State, lifecycle};
use crate::archive::{self, Archive, ArchiveError};
use crate::chain::{AnchorFound, Anchors, Frontier, Head, KeyError, RecordKey, kept_genesis, new_genesis};
use crate::dir::DirError;
use crate::export::ExportInfo;
use crate::journal::{Position, Reader};
use crate::record::{Body, ChainTruncation, ChainUpgrade};
use crate::seal::Sealer;

/// What is being opened.
pub(super) struct Opening<'a> {
    pub(super) dir: &'a Path,
    pub(super) folder: PathBuf,
    pub(super) secrets: &'a Arc<dyn SecretStore>,
    pub(super) info: ExportInfo,
    pub(super) anchor: AnchorFound,
    pub(super) remarks: Vec<String>,
}

impl Opening<'_> {
    /// The state, a sealer for the chain that goes on, and the record that says what happened.
    pub(super) fn find(&mut self, anchors: Anchors) -> Result<(State, Sealer, Option<Body>), OpenError> {
        let path = self.dir.join(archive::FILE);
        let is_there = path.exists();
        let archive = match Archive::open(&path) {
            Ok(archive) => archive,
            Err(error) if is_there && is_damage(&error) => {
                return self.unreadable(&path, &error, anchors);
            }
            Err(error) => return Err(error.into()),
        };
        let kept = kept_genesis(&**self.secrets).map_err(KeyError::from)?;
        let row = match archive::chain_row(archive.db()) {
            Ok(row) => row,
            Err(error) if is_damage(&error) => {
                drop(archive);
                return self.unreadable(&path, &error, anchors);
            }
            Err(error) => return Err(error.into()),
        };
        let Some(row) = row else { return self.nothing(archive, kept, anchors) };
        let sound = match inspect(archive.db(), row, kept.as_deref()) {
            Ok(Ok(sound)) => sound,
            Ok(Err(why)) => return self.broken(archive, why, anchors),
            Err(error) if is_damage(&error) => return self.broken(archive, error.to_string(), anchors),
            Err(error) => return Err(error.into()),
        };
        let last = archive::keys(archive.db())?.pop();
        let next = RecordKey::load_next(&**self.secrets)?;
        if next.is_some_and(|next| last.as_ref().is_some_and(|last| last.key_id == next.id())) {
            // A rotation was sealed, and the process ended before the new key took the old one's place.
            RecordKey::promote_next(&**self.secrets)?;
        }
        let key = RecordKey::load(&**self.secrets)?;
        let key = match (key, last) {
            (Some(key), Some(last)) if key.id() == last.key_id => key,
            _ if sound.head.count == 0 && sound.cut_from.is_none() => {
                return self.nothing(archive, kept, anchors);
            }
            _ => return self.keyless(archive, &sound, anchors),
        };
        self.sound(archive, sound, key, anchors)
    }

    /// The end of the chain is sound: replay the journal, then compare with the anchor.
    fn sound(
        &mut self,
        archive: Archive,
        sound: Sound,
        key: RecordKey,
        anchors: Anchors,
    ) -> Result<(State, Sealer, Option<Body>), OpenError> {
        let mut sealer = self.sealer(archive, &sound, key, anchors);
        if let Some(counted) = &sound.cut_from {
            let detail =
                format!("the store counts {} records and {} are there", counted.count, sound.head.count);
            return self.truncated(sealer, &sound.tree_at_checkpoint, counted.clone(), detail);
        }
        let replay = replay(&mut sealer, &self.folder)?;
        self.remarks.extend(replay.remarks);
        let sound = Sound { head: sealer.head.clone(), ..sound };
        let (state, detail) = classify(sealer.archive.db(), &sound, &self.anchor)?;
        match (state, replay.damage) {
            (State::Lost, _) => self.lost(sealer.archive, sealer.anchors, detail),
            (State::Truncated, _) => {
                let counted = match &self.anchor {
                    AnchorFound::Counts(anchor) => anchor.head.clone(),
                    _ => sound.head.clone(),
                };
                self.truncated(sealer, &sound.tree_at_checkpoint, counted, detail)
            }
            (State::Broken, _) => self.broken(sealer.archive, detail, sealer.anchors),
            (_, Some(damage)) => self.broken(sealer.archive, damage, sealer.anchors),
            (State::Unanchored, None) => {
                self.remarks.insert(0, detail);
                let reanchored = lifecycle("reanchored", &self.info.app_version, None);
                Ok((state, sealer, Some(reanchored)))
            }
            (State::Empty, None) => {
                self.remarks.insert(0, detail);
                Ok((state, sealer, Some(Body::ChainUpgrade(ChainUpgrade::default()))))
            }
            (State::Verified, None) => {
                self.remarks.insert(0, detail);
                Ok((state, sealer, None))
            }
        }
    }

    /// No chain was ever begun in this archive.
    fn nothing(
        &mut self,
        archive: Archive,
        kept: Option<String>,
        anchors: Anchors,
    ) -> Result<(State, Sealer, Option<Body>), OpenError> {
        match &self.anchor {
            AnchorFound::Counts(anchor) if anchor.head.count > 0 => {
                let detail = format!("the anchor counts {} records and none are there", anchor.head.count);
                self.lost(archive, anchors, detail)
            }
            AnchorFound::Unreadable(why) => {
                self.remarks.push(format!("no records, and the anchor cannot be read: {why}"));
                let (sealer, first) = self.begin(archive, None, ChainUpgrade::default(), anchors)?;
                Ok((State::Unanchored, sealer, Some(first)))
            }
            _ => {
                self.remarks.push("a new chain was begun".to_owned());
                let (sealer, first) = self.begin(archive, kept, ChainUpgrade::default(), anchors)?;
                Ok((State::Empty, sealer, Some(first)))
            }
        }
    }

    fn lost(
        &mut self,
        archive: Archive,
        anchors: Anchors,
        detail: String,
    ) -> Result<(State, Sealer, Option<Body>), OpenError> {
        let upgrade = match &self.anchor {
            AnchorFound::Counts(anchor) => lost(&anchor.head),
            _ => ChainUpgrade::default(),
        };
        self.remarks.insert(0, format!("{detail}; a new chain was begun that says so"));
        let (sealer, first) = self.begin(archive, None, upgrade, anchors)?;
        Ok((State::Lost, sealer, Some(first)))
    }

    /// The chain goes on, and its next record says that its tail was cut. It cannot go on when a checkpoint was
    /// signed over what is missing: one size would get a second root.
    fn truncated(
        &mut self,
        sealer: Sealer,
        tree_at_checkpoint: &Frontier,
        counted: Head,
        detail: String,
    ) -> Result<(State, Sealer, Option<Body>), OpenError> {
        let Sealer { archive, anchors, head, tree, checkpoint, .. } = sealer;
        let signed = signed_size(&**self.secrets)?;
        if signed > head.count || counted.count == head.count {
            self.remarks.insert(0, detail);
            return self.reroot(State::Truncated, archive, anchors);
        }
        self.remarks.insert(0, format!("{detail}; the chain goes on with a record of it"));
        self.remarks.extend(set_all_aside(&self.folder).map_err(|error| DirError::of(&self.folder, error))?);
        archive.go_on_from(&head, tree_at_checkpoint)?;
        let truncation = Body::ChainTruncation(ChainTruncation {
            anchor_entry_count: i64::try_from(counted.count).unwrap_or(i64::MAX),
            anchor_head_hash: counted.hash,
            observed_entry_count: i64::try_from(head.count).unwrap_or(i64::MAX),
            observed_head_hash: head.hash.clone(),
        });
        let sealer = Sealer { archive, anchors, head, tree, checkpoint, ..sealer };
        Ok((State::Truncated, sealer, Some(truncation)))
    }

    fn broken(
        &mut self,
        archive: Archive,
        why: String,
        anchors: Anchors,
    ) -> Result<(State, Sealer, Option<Body>), OpenError> {
        self.remarks.insert(0, why);
        self.reroot(State::Broken, archive, anchors)
    }

    /// A lost key cannot sign its own rotation, so its chain ends.
    fn keyless(
        &mut self,
        archive: Archive,
        sound: &Sound,
        anchors: Anchors,
    ) -> Result<(State, Sealer, Option<Body>), OpenError> {
        let (state, detail) = classify(archive.db(), sound, &self.anchor)?;
        self.remarks.insert(0, format!("{detail}; the key that signed them is gone"));
        self.reroot(state, archive, anchors)
    }

    fn unreadable(
        &mut self,
        path: &Path,
        error: &ArchiveError,
        anchors: Anchors,
    ) -> Result<(State, Sealer, Option<Body>), OpenError> {
        self.remarks.insert(0, error.to_string());
        let ended = put_unreadable_aside(path, &self.anchor)?;
        self.remarks.extend(ended.remarks);
        let (sealer, first) = self.begin(Archive::open(path)?, None, ended.upgrade, anchors)?;
        Ok((State::Broken, sealer, Some(first)))
    }

    /// Ends the chain and begins another.
    fn reroot(
        &mut self,
        state: State,
        archive: Archive,
        anchors: Anchors,
    ) -> Result<(State, Sealer, Option<Body>), OpenError> {
        let ended = end_chain(self.dir, archive, &self.anchor, &self.info)?;
        self.remarks.extend(ended.remarks);
        self.remarks.push("a new chain was begun".to_owned());
        let archive = Archive::open(&self.dir.join(archive::FILE))?;
        let (sealer, first) = self.begin(archive, None, ended.upgrade, anchors)?;
        Ok((state, sealer, Some(first)))
    }

    /// A new chain in an empty archive, under a new nonce unless one was made and never used.
    fn begin(
        &mut self,
        archive: Archive,
        kept: Option<String>,
        upgrade: ChainUpgrade,
        anchors: Anchors,
    ) -> Result<(Sealer, Body), OpenError> {
        self.remarks.extend(set_all_aside(&self.folder).map_err(|error| DirError::of(&self.folder, error))?);
        let key = match RecordKey::load(&**self.secrets)? {
            Some(key) => key,
            None => RecordKey::generate(&**self.secrets)?,
        };
        let genesis = match kept {
            Some(kept) => kept,
            None => new_genesis(&**self.secrets)?,
        };
        archive.begin(&genesis, key.id(), &key.public())?;
        // An anchor of the chain before stays until record 0 is sealed: a crash before that leaves a lost store,
        // which is told, and never one that merely looks new.
        let sound = Sound {
            head: Head { count: 0, hash: genesis.clone() },
            genesis,
            cut_from: None,
            tree: Frontier::default(),
            tree_at_checkpoint: Frontier::default(),
            checkpoint: (0, [0; 32]),
        };
        Ok((self.sealer(archive, &sound, key, anchors), Body::ChainUpgrade(upgrade)))
    }

    fn sealer(&self, archive: Archive, sound: &Sound, key: RecordKey, anchors: Anchors) -> Sealer {
        let anchored = match &self.anchor {
            AnchorFound::Counts(anchor) if anchor.head == sound.head => anchor.head.count,
            _ => 0,
        };
        Sealer {
            archive,
            folder: self.folder.clone(),
            secrets: self.secrets.clone(),
            key,
            genesis: sound.genesis.clone(),
            head: sound.head.clone(),
            tree: sound.tree.clone(),
            checkpoint: sound.checkpoint,
            anchors,
            anchored,
            signed_size: None,
            reader: Reader::new(&self.folder, Position::default()),
        }
    }
}

/// The greatest size that a checkpoint was signed for, as kept outside the store.
fn signed_size(secrets: &dyn SecretStore) -> Result<u64, KeyError> {
    let kept = secrets.load(crate::seal::SIGNED_SIZE)?;
    let size = kept.and_then(|kept| core::str::from_utf8(kept.expose()).ok()?.trim_end().parse().ok());
    Ok(size.unwrap_or(0))
}

/// Whether the file is not what we wrote, in contrast to one that cannot be had just now.
fn is_damage(error: &ArchiveError) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, TypeMismatch};
    match error {
        ArchiveError::Sqlite(rusqlite::Error::SqliteFailure(failure, _)) => {
            matches!(
                failure.code,
                DatabaseCorrupt | NotADatabase | TypeMismatch | rusqlite::ErrorCode::Unknown
            )
        }
        ArchiveError::Sqlite(
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..),
        ) => true,
        _ => false,
    }
}
