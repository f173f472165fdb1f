//! Which lines a change touches, from what `git diff --unified=0` prints.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::finding::Finding;

/// The lines of each changed file, as the file is after the change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    files: BTreeMap<PathBuf, Lines>,
}

/// Changed lines of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Lines {
    /// The file is new.
    All,
    /// First and last line of each change.
    Ranges(Vec<(u32, u32)>),
}

impl Changes {
    /// Reads a diff; paths are relative to the top of the repository.
    pub fn parse(diff: &[u8]) -> Self {
        let mut changes = Self::default();
        let mut current: Option<PathBuf> = None;
        // Lines of content that are still to come: they may look like headers.
        let mut content = 0_u64;
        for line in diff.split(|&byte| byte == b'\n') {
            if content > 0 {
                // "\ No newline at end of file" is none of them.
                if line.first() != Some(&b'\\') {
                    content -= 1;
                }
                continue;
            }
            if let Some(name) = line.strip_prefix(b"+++ ") {
                current = path(name);
                if let Some(path) = &current {
                    changes.files.entry(path.clone()).or_insert_with(|| Lines::Ranges(Vec::new()));
                }
            } else if let Some(header) = line.strip_prefix(b"@@ ") {
                let Some((removed, start, count)) = hunk(header) else { continue };
                content = u64::from(removed) + u64::from(count);
                let range = match count {
                    // Lines went away: what stood around them has changed its meaning.
                    0 => (start.max(1), start.saturating_add(1)),
                    count => (start, start.saturating_add(count - 1)),
                };
                if let Some(Lines::Ranges(ranges)) =
                    current.as_ref().and_then(|path| changes.files.get_mut(path))
                {
                    ranges.push(range);
                }
            }
        }
        changes
    }

    /// Adds a file that is new as a whole.
    pub fn add_new(&mut self, path: impl Into<PathBuf>) {
        self.files.insert(path.into(), Lines::All);
    }

    /// The changed files, in order.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.keys().map(PathBuf::as_path)
    }

    /// Nothing changed.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Whether a finding stands on changed lines. Its file is relative to the top of the repository.
    pub(crate) fn touch(&self, finding: &Finding) -> bool {
        match self.files.get(&finding.file) {
            None => false,
            Some(Lines::All) => true,
            Some(Lines::Ranges(ranges)) => {
                let last = finding.end.line.max(finding.start.line);
                ranges.iter().any(|(from, to)| *from <= last && finding.start.line <= *to)
            }
        }
    }
}

/// The path of a `+++` line; `None` for `/dev/null`.
fn path(name: &[u8]) -> Option<PathBuf> {
    let name = name.strip_suffix(b"\r").unwrap_or(name);
    let name = name.strip_suffix(b"\t").unwrap_or(name);
    let unquoted = match name {
        [b'"', inner @ .., b'"'] => unquote(inner),
        plain => plain.to_vec(),
    };
    let path = unquoted.strip_prefix(b"b/")?;
    Some(native(path))
}

#[cfg(unix)]
fn native(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn native(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// Undoes git's quoting: `\t`, `\"`, `\303\244`.
fn unquote(quoted: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match rest {
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..] => {
                out.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
                rest = after;
            }
            [escaped, after @ ..] => {
                out.push(match escaped {
                    b'a' => 7,
                    b'b' => 8,
                    b't' => b'\t',
                    b'n' => b'\n',
                    b'v' => 11,
                    b'f' => 12,
                    b'r' => b'\r',
                    other => *other,
                });
                rest = after;
            }
            [] => {}
        }
    }
    out
}

/// `-3,2 +5 @@ …`: how many lines went, the first line that came, and how many.
fn hunk(header: &[u8]) -> Option<(u32, u32, u32)> {
    // The text behind the second `@@` is source and may be anything.
    let header = String::from_utf8_lossy(header.get(..64).unwrap_or(header));
    let mut words = header.split(' ');
    let (_, removed) = range(words.next()?.strip_prefix('-')?)?;
    let (start, count) = range(words.next()?.strip_prefix('+')?)?;
    Some((removed, start, count))
}

fn range(text: &str) -> Option<(u32, u32)> {
    match text.split_once(',') {
        Some((start, count)) => Some((start.parse().ok()?, count.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_git_prints() {
        let diff = b"diff --git a/old.py b/new.py\nsimilarity index 90%\nrename from old.py\nrename to new.py\n--- a/old.py\n\
            +++ b/new.py\n@@ -3 +3,2 @@ def f():\n-a\n+++ b/fake.py\n+b\n@@ -9,2 +9,0 @@\n-x\n-y\ndiff --git a/gone b/gone\n\
            --- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-z\n\\ No newline at end of file\ndiff --git a/x b/x\n--- /dev/null\n\
            +++ \"b/a\\tb\\303\\244.js\"\n@@ -0,0 +1 @@\n+q\n";
        let changes = Changes::parse(diff);
        let files: Vec<_> =
            changes.files.iter().map(|(path, lines)| (path.to_str().unwrap(), lines.clone())).collect();
        assert_eq!(
            files,
            [
                ("a\tb\u{e4}.js", Lines::Ranges(vec![(1, 1)])),
                ("new.py", Lines::Ranges(vec![(3, 4), (9, 10)])),
            ]
        );
    }

    #[test]
    fn nothing_is_nothing() {
        assert!(Changes::parse(b"").is_empty());
        assert!(Changes::parse(b"@@ -1 +1 @@\n").is_empty());
    }
}
