//! Changes that mend findings: collected from a report, checked against the files as they are now, and shown as a diff.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use crate::config::Settings;
use crate::engine::{fixes_of, secrets_of};
use crate::files;
use crate::finding::{Edit, Finding, Fix, Note, NoteKind};
use crate::report::Report;

/// One file and what it becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFix {
    /// The file, absolute.
    pub path: PathBuf,
    /// The file as reports name it.
    pub shown: PathBuf,
    /// What it holds now; `None` when it is made.
    pub before: Option<Vec<u8>>,
    /// What it will hold.
    pub after: Vec<u8>,
    /// What the changes do, in the order of the file.
    pub titles: Vec<String>,
    /// Secrets as they are written, the longest first, and what is shown instead.
    secrets: Vec<(String, String)>,
}

impl FileFix {
    /// The change as a unified diff, without the secrets that stand around it.
    pub fn diff(&self) -> String {
        let shown = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            self.secrets.iter().fold(text, |text, (secret, with)| text.replace(secret.as_str(), with))
        };
        let before = shown(self.before.as_deref().unwrap_or_default());
        let after = shown(&self.after);
        let name = self.shown.to_string_lossy();
        let old = if self.before.is_some() { format!("a/{name}") } else { "/dev/null".to_owned() };
        TextDiff::from_lines(before.as_str(), after.as_str())
            .unified_diff()
            .context_radius(2)
            .header(&old, &format!("b/{name}"))
            .to_string()
    }
}

/// Collects the changes of a report. The notes tell which are left out, and why.
pub fn fixes(report: &Report, settings: &Settings) -> (Vec<FileFix>, Vec<Note>) {
    let mut by_file: BTreeMap<&Path, Vec<(&Finding, &Fix)>> = BTreeMap::new();
    for finding in &report.findings {
        if let Some(fix) = &finding.fix {
            by_file.entry(fix.file.as_deref().unwrap_or(&finding.file)).or_default().push((finding, fix));
        }
    }
    let (mut files, mut notes) = (Vec::new(), Vec::new());
    for (shown, wanted) in by_file {
        let mut tell = |message: &str| {
            let message = message.to_owned();
            notes.push(Note { file: Some(shown.to_owned()), line: None, kind: NoteKind::Info, message });
        };
        let path = report.root.join(shown);
        let before = match files::read(&path, settings.config.files.max_bytes) {
            Ok(bytes) => Some(bytes),
            Err(_) if !path.exists() && wanted.iter().all(|(_, fix)| fix.file.is_some()) => None,
            Err(unread) => {
                tell(&format!("not fixed: {unread}"));
                continue;
            }
        };
        let bytes = before.clone().unwrap_or_default();
        // A file that changed since the scan is another file.
        let fresh = fixes_of(shown, &bytes, &settings.config_for(&path));
        let mut accepted: Vec<Edit> = Vec::new();
        let mut titles = Vec::new();
        for (finding, fix) in wanted {
            let holds = fix.file.is_some()
                || fresh.iter().any(|(start, known)| *start == finding.start && known == fix);
            if !holds || !fix.edits.iter().all(|edit| within(edit, bytes.len())) {
                tell("not fixed: the file changed since it was scanned");
                continue;
            }
            if fix.edits.iter().any(|edit| accepted.iter().any(|other| collide(edit, other))) {
                tell("one change waits for another; run --fix again");
                continue;
            }
            for edit in &fix.edits {
                if !accepted.contains(edit) {
                    accepted.push(edit.clone());
                }
            }
            titles.push(fix.title.clone());
        }
        if accepted.is_empty() {
            continue;
        }
        let after = changed(&bytes, accepted);
        let mut secrets = secrets_of(shown, &bytes, &settings.config_for(&path));
        secrets.retain(|(secret, _)| secret.len() >= 3);
        secrets.sort_by_key(|(secret, _)| (std::cmp::Reverse(secret.len()), secret.clone()));
        secrets.dedup();
        files.push(FileFix { path, shown: shown.to_owned(), before, after, titles, secrets });
    }
    notes.sort_unstable();
    notes.dedup();
    (files, notes)
}

fn within(edit: &Edit, length: usize) -> bool {
    edit.start <= edit.end && edit.end as usize <= length
}

/// Whether two different edits touch the same bytes. Two insertions at one place follow each other.
fn collide(one: &Edit, other: &Edit) -> bool {
    if one == other {
        return false;
    }
    let insertions = one.start == one.end && other.start == other.end;
    !insertions && one.start < other.end.max(other.start + 1) && other.start < one.end.max(one.start + 1)
}

fn changed(bytes: &[u8], mut edits: Vec<Edit>) -> Vec<u8> {
    edits.sort_by_key(|edit| (edit.start, edit.end));
    let mut after = Vec::with_capacity(bytes.len() + 64);
    let mut at = 0;
    for edit in edits {
        let (start, end) = (edit.start as usize, edit.end as usize);
        after.extend_from_slice(bytes.get(at..start).unwrap_or_default());
        after.extend_from_slice(edit.text.as_bytes());
        at = end;
    }
    after.extend_from_slice(bytes.get(at..).unwrap_or_default());
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: u32, end: u32, text: &str) -> Edit {
        Edit { start, end, text: text.to_owned() }
    }

    #[test]
    fn edits_are_applied_from_the_first_to_the_last() {
        let edits = vec![edit(4, 5, "X"), edit(0, 0, ">"), edit(2, 2, "+"), edit(2, 2, "-")];
        assert_eq!(changed(b"abcdef", edits), b">ab+-cdXf");
    }

    #[test]
    fn edits_that_touch_the_same_bytes_collide() {
        assert!(collide(&edit(0, 3, "x"), &edit(2, 4, "y")));
        assert!(collide(&edit(0, 3, "x"), &edit(0, 0, "y")));
        assert!(!collide(&edit(0, 3, "x"), &edit(0, 3, "x")));
        assert!(!collide(&edit(0, 3, "x"), &edit(3, 4, "y")));
        assert!(!collide(&edit(3, 3, "x"), &edit(3, 3, "y")));
    }

    #[test]
    fn a_fix_is_shown_as_a_diff() {
        let fix = FileFix {
            path: "/p/a.py".into(),
            shown: "a.py".into(),
            before: Some(b"a\nb\nc\n".to_vec()),
            after: b"a\nB\nc\n".to_vec(),
            titles: Vec::new(),
            secrets: vec![("a".to_owned(), "…".to_owned())],
        };
        assert_eq!(fix.diff(), "--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,3 @@\n …\n-b\n+B\n c\n");
    }
}
