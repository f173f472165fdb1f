//! Changes of files, and the texts that come of them.

mod lines;
mod notebook;
mod patch;
mod replace;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

pub(crate) use lines::Lines;
pub(crate) use notebook::Cell;
pub(crate) use patch::FilePatch;
pub(crate) use replace::{Insertion, Replacement};

/// Larger files are not judged here: the scanner would not read them either.
const MAX_FILE_BYTES: u64 = 16 << 20;
/// Edits times bytes of the file: more would take longer than a client waits.
const MAX_EDITED_BYTES: usize = 512 << 20;

/// A file and how it changes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Write {
    pub(crate) path: PathBuf,
    pub(crate) change: Change,
}

/// How a file changes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// It gets this text.
    Whole(String),
    /// This text is added at its end.
    Append(String),
    /// Texts in it are replaced, one after the other.
    Replace(Vec<Replacement>),
    /// Lines are inserted.
    Insert(Insertion),
    /// A cell of a notebook.
    Cell(Cell),
    /// A patch.
    Patch(FilePatch),
    /// No file: a program that a command runs, judged for the secrets in it.
    Said(String),
}

/// A file as it will be, or is after the change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    /// The text before, where it is known.
    pub(crate) old: Option<String>,
    /// The text afterwards.
    pub(crate) text: String,
    /// Which lines of the text the change brought.
    pub(crate) changed: Lines,
}

impl Write {
    /// The file as it will be. `None` when nothing will be written: the client refuses what does not fit the file.
    pub(crate) fn before(&self) -> Result<Option<Draft>, String> {
        if let Change::Whole(text) | Change::Patch(FilePatch::Add(text)) = &self.change
            && text.len() as u64 > MAX_FILE_BYTES
        {
            return Err(too_large(&self.path));
        }
        if let Change::Said(text) = &self.change {
            return Ok(Some(Draft { old: None, text: text.clone(), changed: Lines::All }));
        }
        let old = content(&self.path)?;
        let known = old.as_deref().unwrap_or_default();
        if let Change::Replace(replacements) = &self.change
            && replacements.len().saturating_mul(known.len()) > MAX_EDITED_BYTES
        {
            return Err(format!("`{}` is too large for {} edits", self.path.display(), replacements.len()));
        }
        let text = match &self.change {
            Change::Whole(text) => Some(text.clone()),
            Change::Append(text) => Some(format!("{known}{text}")),
            Change::Replace(replacements) => replace::apply(replacements, known),
            Change::Insert(insertion) => Some(insertion.apply(known)),
            Change::Cell(cell) => return Ok(cell.draft(known)),
            Change::Patch(patch) => patch.apply(known),
            Change::Said(_) => None,
        };
        let Some(text) = text else { return Ok(None) };
        let changed = Lines::between(known, &text);
        Ok(Some(Draft { old, text, changed }))
    }

    /// The file as it is, with the lines that the change seems to have brought.
    pub(crate) fn after(&self) -> Result<Option<Draft>, String> {
        // What was run cannot be mended any more.
        if matches!(self.change, Change::Said(_)) {
            return Ok(None);
        }
        let Some(text) = content(&self.path)? else { return Ok(None) };
        let changed = match &self.change {
            Change::Whole(_) | Change::Cell(_) | Change::Said(_) => Lines::All,
            Change::Append(new) => Lines::of_fragments(&text, [new.as_str()]),
            Change::Replace(replacements) => {
                Lines::of_fragments(&text, replacements.iter().map(|replacement| replacement.new.as_str()))
            }
            Change::Insert(insertion) => Lines::of_fragments(&text, [insertion.text.as_str()]),
            Change::Patch(patch) => {
                let fragments = patch.fragments();
                Lines::of_fragments(&text, fragments.iter().map(String::as_str))
            }
        };
        Ok(Some(Draft { old: None, text, changed }))
    }
}

/// The text of a file, `None` where there is none. What is not UTF-8 is replaced: lines stay where they are.
fn content(path: &Path) -> Result<Option<String>, String> {
    let told = |error: std::io::Error| format!("`{}` cannot be read: {error}", path.display());
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(told(error)),
    };
    if !metadata.is_file() {
        return Err(format!("`{}` is no file", path.display()));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(told)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(told)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(too_large(path));
    }
    Ok(Some(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }))
}

fn too_large(path: &Path) -> String {
    format!("`{}` has more than {} MiB", path.display(), MAX_FILE_BYTES >> 20)
}
