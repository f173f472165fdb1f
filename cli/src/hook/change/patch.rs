//! Patches of Codex and of OpenAI's `apply_patch`:
//!
//! ```text
//! *** Begin Patch
//! *** Add File: a.py
//! +text
//! *** Update File: b.py
//! *** Move to: c.py
//! @@ def f():
//!  context
//! -old
//! +new
//! *** End of File
//! *** Delete File: d.py
//! *** End Patch
//! ```

/// What a patch does to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FilePatch {
    /// The file is new and has this text.
    Add(String),
    /// Parts of it change.
    Update(Vec<Hunk>),
}

/// A file of a patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Patched {
    /// Where it is.
    pub(crate) path: String,
    /// Where it will be, when it moves.
    pub(crate) moved: Option<String>,
    /// What happens to it.
    pub(crate) patch: FilePatch,
}

impl Patched {
    fn new(path: &str, patch: FilePatch) -> Self {
        Self { path: path.trim().to_owned(), moved: None, patch }
    }
}

/// One part that changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hunk {
    /// A line above it, from where it is looked for.
    heading: Option<String>,
    /// Lines as they were.
    old: Vec<String>,
    /// Lines as they will be.
    new: Vec<String>,
    /// It stands at the end of the file.
    at_end: bool,
}

const BEGIN: &str = "*** Begin Patch";
const END: &str = "*** End Patch";
/// Most files and hunks of one patch that are read.
const MAX_PARTS: usize = 2_000;
/// Most lines that are compared to find the places of one patch.
const MAX_COMPARISONS: u64 = 20_000_000;

impl FilePatch {
    /// The part of a text that is a patch.
    pub(crate) fn find(text: &str) -> Option<&str> {
        let (_, rest) = text.split_once(BEGIN)?;
        Some(rest.split_once(END).map_or(rest, |(patch, _)| patch))
    }

    /// The files that a patch writes, each with what happens to it. Deleted files are not among them.
    pub(crate) fn parse(patch: &str) -> Vec<Patched> {
        let mut files: Vec<Patched> = Vec::new();
        // Lines belong to the file above them, or to nobody.
        let mut open = false;
        for line in patch.lines().map(|line| line.strip_suffix('\r').unwrap_or(line)) {
            if files.len() > MAX_PARTS {
                break;
            }
            if let Some(path) = line.strip_prefix("*** Add File: ") {
                files.push(Patched::new(path, Self::Add(String::new())));
                open = true;
            } else if let Some(path) = line.strip_prefix("*** Update File: ") {
                files.push(Patched::new(path, Self::Update(Vec::new())));
                open = true;
            } else if line.starts_with("*** Delete File: ") {
                open = false;
            } else if let Some(file) = files.last_mut().filter(|_| open) {
                match line.strip_prefix("*** Move to: ") {
                    Some(path) => file.moved = Some(path.trim().to_owned()),
                    None => file.patch.take(line),
                }
            }
        }
        files
    }

    fn take(&mut self, line: &str) {
        match self {
            Self::Add(text) => {
                text.push_str(line.strip_prefix('+').unwrap_or(line));
                text.push('\n');
            }
            Self::Update(hunks) => {
                if line == "*** End of File" {
                    if let Some(hunk) = hunks.last_mut() {
                        hunk.at_end = true;
                    }
                } else if let Some(heading) = line.strip_prefix("@@") {
                    let heading = heading.trim();
                    let heading = (!heading.is_empty()).then(|| heading.to_owned());
                    if hunks.len() < MAX_PARTS {
                        hunks.push(Hunk { heading, ..Hunk::default() });
                    }
                } else {
                    if hunks.is_empty() {
                        hunks.push(Hunk::default());
                    }
                    if let Some(hunk) = hunks.last_mut() {
                        hunk.take(line);
                    }
                }
            }
        }
    }

    /// The text after the patch; `None` when it does not fit.
    pub(super) fn apply(&self, old: &str) -> Option<String> {
        let hunks = match self {
            Self::Add(text) => return Some(text.clone()),
            Self::Update(hunks) => hunks,
        };
        let lines: Vec<&str> = old.lines().collect();
        let mut text = String::with_capacity(old.len());
        // Lines above are in the text already.
        let mut done = 0;
        let mut seek = Seek { lines: &lines, left: MAX_COMPARISONS };
        let mut add = |lines: &mut dyn Iterator<Item = &str>| {
            for line in lines {
                text.push_str(line);
                text.push('\n');
            }
        };
        for hunk in hunks {
            let from = match &hunk.heading {
                Some(heading) => seek.find(std::slice::from_ref(heading), done)? + 1,
                None => done,
            };
            let at = hunk.place(&mut seek, from)?;
            add(&mut lines.get(done..at)?.iter().copied());
            add(&mut hunk.new.iter().map(String::as_str));
            done = at + hunk.old.len();
        }
        add(&mut lines.get(done..)?.iter().copied());
        Some(text)
    }

    /// The new texts, to be found again in the file.
    pub(super) fn fragments(&self) -> Vec<String> {
        match self {
            Self::Add(text) => vec![text.clone()],
            Self::Update(hunks) => hunks.iter().map(|hunk| hunk.new.join("\n")).collect(),
        }
    }
}

impl Hunk {
    fn take(&mut self, line: &str) {
        if let Some(new) = line.strip_prefix('+') {
            self.new.push(new.to_owned());
        } else if let Some(old) = line.strip_prefix('-') {
            self.old.push(old.to_owned());
        } else {
            let context = line.strip_prefix(' ').unwrap_or(line);
            self.old.push(context.to_owned());
            self.new.push(context.to_owned());
        }
    }

    fn place(&self, seek: &mut Seek<'_>, from: usize) -> Option<usize> {
        if self.old.is_empty() {
            return Some(if self.heading.is_some() { from } else { seek.lines.len() });
        }
        let last = seek.lines.len().checked_sub(self.old.len());
        if let Some(last) = last.filter(|&last| self.at_end && last >= from)
            && seek.find(&self.old, last) == Some(last)
        {
            return Some(last);
        }
        seek.find(&self.old, from)
    }
}

/// Finds lines again.
struct Seek<'l> {
    lines: &'l [&'l str],
    /// Comparisons that are left.
    left: u64,
}

impl Seek<'_> {
    /// As they are, else without white space at their ends, else without any around them.
    fn find(&mut self, wanted: &[String], from: usize) -> Option<usize> {
        let same: [fn(&str, &str) -> bool; 3] = [
            |one, other| one == other,
            |one, other| one.trim_end() == other.trim_end(),
            |one, other| one.trim() == other.trim(),
        ];
        let rest = self.lines.get(from..)?;
        for same in same {
            for (at, window) in rest.windows(wanted.len()).enumerate() {
                let compared =
                    window.iter().zip(wanted).take_while(|(line, wanted)| same(line, wanted)).count();
                if compared == wanted.len() {
                    return Some(from + at);
                }
                self.left = self.left.checked_sub(compared as u64 + 1)?;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(patch: &str, old: &str, expect: Option<&str>) {
        let text = format!("apply_patch <<'EOF'\n{BEGIN}\n*** Update File: a.py\n{patch}\n{END}\nEOF\n");
        let files = FilePatch::parse(FilePatch::find(&text).unwrap());
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].path, "a.py");
        assert_eq!(files[0].patch.apply(old).as_deref(), expect, "{patch}");
    }

    #[test]
    fn changes_lines_where_their_context_stands() {
        check("@@\n a\n-b\n+x\n c", "a\nb\nc\n", Some("a\nx\nc\n"));
        check(" a\n+x", "a\nb\n", Some("a\nx\nb\n"));
        check(
            "@@ def g():\n-    b\n+    x",
            "def f():\n    b\ndef g():\n    b\n",
            Some("def f():\n    b\ndef g():\n    x\n"),
        );
        check("@@\n-a\n+x\n@@\n-a\n+y", "a\nb\na\n", Some("x\nb\ny\n"));
        check("@@\n-a\n+x\n*** End of File", "a\nb\na\n", Some("a\nb\nx\n"));
        check("@@\n+last", "a\n", Some("a\nlast\n"));
    }

    #[test]
    fn forgives_white_space() {
        check("@@\n-a\n+x", "a  \n", Some("x\n"));
        check("@@\n-a\n+x", "\ta\n", Some("x\n"));
        check("@@\r\n-a\r\n+x\r", "a\r\n", Some("x\n"));
    }

    #[test]
    fn what_does_not_fit_writes_nothing() {
        check("@@\n-gone\n+x", "a\n", None);
        check("@@ gone\n-a\n+x", "a\n", None);
    }

    #[test]
    fn tells_files_apart() {
        let patch = "\n*** Add File: new.py\n+a\n+b\n*** Delete File: gone.py\n*** Update File: old.py\n*** Move to: there.py\n@@\n-x\n+y\n";
        let files = FilePatch::parse(patch);
        assert_eq!(files[0], Patched::new("new.py", FilePatch::Add("a\nb\n".to_owned())));
        assert_eq!((files[1].path.as_str(), files[1].moved.as_deref()), ("old.py", Some("there.py")));
        assert_eq!(files[1].patch.apply("x\n").as_deref(), Some("y\n"));
        assert_eq!(files[1].patch.fragments(), ["y"]);
    }

    #[test]
    fn garbage_is_no_patch() {
        assert_eq!(FilePatch::find("*** Update File: a"), None);
        assert_eq!(FilePatch::parse("text\n+x\n"), []);
    }
}
