//! What can be wrong with a configuration, told with file, line and the nearest word that would be right.

use std::path::{Path, PathBuf};

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file says something that means nothing.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Column, from 1.
        column: u64,
        /// What is wrong, and what would be right.
        message: String,
    },
    /// The file is not there, or cannot be read.
    #[error("config file `{}` cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A word on the command line or in the environment.
    #[error("{0}")]
    Word(String),
}

impl ConfigError {
    /// The same error with paths as they look from a directory.
    pub(super) fn seen_from(mut self, directory: &Path) -> Self {
        if let Self::Wrong { path, .. } | Self::Unreadable { path, .. } = &mut self
            && let Ok(relative) = path.strip_prefix(directory)
        {
            *path = relative.to_owned();
        }
        self
    }
}

/// Of `known`, the word that was probably meant by `word`.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Long texts are no misspelt words, and comparing them takes long.
    if word.len() > 64 {
        return None;
    }
    let lower = word.to_lowercase();
    let (near, best) = known
        .into_iter()
        .map(|known| (known, strsim::normalized_damerau_levenshtein(&lower, &known.to_lowercase())))
        .fold(None, |best: Option<(&str, f64)>, next| match best {
            Some(best) if best.1 >= next.1 => Some(best),
            _ => Some(next),
        })?;
    (best >= 0.5).then_some(near)
}

/// "unknown KIND `word`", with the word that was probably meant, else all of them.
pub(crate) fn unknown(kind: &str, word: &str, known: &[&str]) -> String {
    let shown: String = word.chars().take(64).collect();
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("unknown {kind} `{shown}`; did you mean `{near}`?"),
        None => format!("unknown {kind} `{shown}`; known are {}", listed(known)),
    }
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
