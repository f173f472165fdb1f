//! The end of one chain and the beginning of another (`voaf.md` §9).

use std::fs::{self, File, OpenOptions};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use super::OpenError;
use crate::archive::{self, Archive};
use crate::chain::{AnchorFound, Head};
use crate::dir;
use crate::export::{ExportInfo, export_from};
use crate::hex;
use crate::record::ChainUpgrade;

/// The format version of the chains we end.
const FORMAT_VERSION: &str = "2.0";

/// What is known of a chain that ends.
#[derive(Debug, Default)]
pub(super) struct Ended {
    pub(super) upgrade: ChainUpgrade,
    pub(super) remarks: Vec<String>,
}

/// The store is lost and the anchor survived.
pub(super) fn lost(anchor: &Head) -> ChainUpgrade {
    ChainUpgrade {
        predecessor_format_version: Some(FORMAT_VERSION.to_owned()),
        predecessor_document_sha256: None,
        predecessor_record_count: i64::try_from(anchor.count).ok(),
        predecessor_head_hash: Some(anchor.hash.clone()),
    }
}

/// Archives a chain as a document and puts its file aside. What cannot be exported is kept as a file only.
pub(super) fn end_chain(
    state_dir: &Path,
    archive: Archive,
    anchor: &AnchorFound,
    info: &ExportInfo,
) -> Result<Ended, OpenError> {
    let count = archive::count(archive.db())?;
    let last = archive::row(archive.db(), count.saturating_sub(1)).ok().flatten();
    let genesis = archive::chain_row(archive.db()).ok().flatten().map(|row| row.genesis).unwrap_or_default();
    let stem = format!("chain-{}", genesis.get(..16).unwrap_or("unknown"));
    let document = dir::free_name(state_dir, &stem, ".voaf.json");
    let mut ended = Ended::default();
    let digest = match archive_document(archive.db(), anchor, info, &document) {
        Ok(digest) => {
            ended.remarks.push(format!("the old chain is archived as `{}`", document.display()));
            Some(digest)
        }
        Err(why) => {
            // A part of a document is none.
            let _ = fs::remove_file(&document);
            ended.remarks.push(format!("the old chain could not be exported: {why}"));
            None
        }
    };
    let path = archive.close()?;
    let kept = put_file_aside(&path, &stem)?;
    ended.remarks.push(format!("its store is kept as `{}`", kept.display()));
    ended.upgrade = match (last, anchor) {
        (Some(last), _) => ChainUpgrade {
            predecessor_format_version: Some(FORMAT_VERSION.to_owned()),
            predecessor_document_sha256: digest,
            predecessor_record_count: i64::try_from(count).ok(),
            predecessor_head_hash: Some(hex::encode(&last.hash)),
        },
        (None, AnchorFound::Counts(anchor)) => lost(&anchor.head),
        (None, _) => ChainUpgrade::default(),
    };
    Ok(ended)
}

/// Puts a file that is no readable archive aside.
pub(super) fn put_unreadable_aside(path: &Path, anchor: &AnchorFound) -> Result<Ended, OpenError> {
    let kept = put_file_aside(path, "chain-unreadable")?;
    let upgrade = match anchor {
        AnchorFound::Counts(anchor) if anchor.head.count > 0 => lost(&anchor.head),
        _ => ChainUpgrade {
            predecessor_format_version: Some(FORMAT_VERSION.to_owned()),
            ..ChainUpgrade::default()
        },
    };
    Ok(Ended { upgrade, remarks: vec![format!("the unreadable store is kept as `{}`", kept.display())] })
}

/// Renames an archive with its side files.
fn put_file_aside(path: &Path, stem: &str) -> Result<PathBuf, OpenError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let kept = dir::free_name(folder, stem, ".db");
    let renamed = ["", "-wal", "-shm"].iter().try_for_each(|suffix| {
        let side = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        if side(path).exists() { fs::rename(side(path), side(&kept)) } else { Ok(()) }
    });
    renamed.and_then(|()| dir::sync(folder)).map_err(|error| dir::DirError::of(path, error))?;
    Ok(kept)
}

/// Writes the document, reads it again as JSON, and gives its digest.
fn archive_document(
    db: &Connection,
    anchor: &AnchorFound,
    info: &ExportInfo,
    path: &Path,
) -> Result<String, String> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    let file = dir::private(&mut options).open(path).map_err(|error| error.to_string())?;
    export_from(db, anchor, info, &file).map_err(|error| error.to_string())?;
    file.sync_all().map_err(|error| error.to_string())?;
    let read = || File::open(path).map_err(|error| error.to_string());
    serde_json::from_reader::<_, serde::de::IgnoredAny>(BufReader::new(read()?))
        .map_err(|error| format!("the archived document does not read back: {error}"))?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; 1 << 16];
    let mut file = read()?;
    loop {
        let length = std::io::Read::read(&mut file, &mut chunk).map_err(|error| error.to_string())?;
        if length == 0 {
            break;
        }
        hasher.update(chunk.get(..length).unwrap_or_default());
    }
    let digest: [u8; 32] = hasher.finalize().into();
    Ok(hex::encode(&digest))
}
