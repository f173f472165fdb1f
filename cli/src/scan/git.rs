//! What git says about changes. Each question is one short process; whatever git cannot answer is an error.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use vigil_scan::{Changes, Language, Staged};

use crate::exit::UsageError;

/// Files, by their paths from the top, and what they hold.
type Contents = Vec<(PathBuf, Vec<u8>)>;

/// A repository.
pub(crate) struct Repository {
    /// Its top directory.
    pub(crate) top: PathBuf,
    directory: PathBuf,
}

/// Largest staged file that is read.
const MAX_STAGED_BYTES: u64 = 64 << 20;

impl Repository {
    /// The repository around a directory.
    pub(crate) fn around(directory: &Path) -> anyhow::Result<Self> {
        let repository = Self { top: directory.to_owned(), directory: directory.to_owned() };
        let top = repository.ask(["rev-parse", "--show-toplevel"])?;
        let top = native(top.strip_suffix(b"\n").unwrap_or(&top));
        Ok(Self { top, directory: directory.to_owned() })
    }

    /// Files that differ from the last commit, new ones among them, as new as a whole.
    pub(crate) fn changed_files(&self, paths: &[PathBuf]) -> anyhow::Result<Changes> {
        let mut arguments =
            ["status", "--porcelain=v1", "--untracked-files=all", "--ignore-submodules", "-z", "--"]
                .map(OsStr::new)
                .to_vec();
        arguments.extend(paths.iter().map(|path| path.as_os_str()));
        let told = self.ask(arguments)?;
        let mut changes = Changes::default();
        let mut entries = told.split(|&byte| byte == 0);
        while let Some(entry) = entries.next() {
            let Some((status, path)) = entry.split_at_checked(3) else { continue };
            let (index, tree) =
                (status.first().copied().unwrap_or(b' '), status.get(1).copied().unwrap_or(b' '));
            // The name it had before follows.
            if matches!(index, b'R' | b'C') || matches!(tree, b'R' | b'C') {
                entries.next();
            }
            if tree != b'D' && !(index == b'D' && tree == b' ') {
                changes.add_new(native(path));
            }
        }
        Ok(changes)
    }

    /// Lines that differ from where this branch left `revision`, in the files on the disk; files that git does not know are
    /// new as a whole.
    pub(crate) fn since(&self, revision: &str, paths: &[PathBuf]) -> anyhow::Result<Changes> {
        let commit = format!("{revision}^{{commit}}");
        let known = self.run(["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
        if known.is_none() {
            let message = format!(
                "git knows no revision `{revision}`; fetch it first (in CI: `fetch-depth: 0`, or `git fetch origin {revision}`)"
            );
            return Err(UsageError(message).into());
        }
        let Some(base) = self.run(["merge-base", "--end-of-options", revision, "HEAD"])? else {
            let message = format!(
                "`{revision}` and HEAD have no common history here; fetch more of it (in CI: `fetch-depth: 0`)"
            );
            return Err(UsageError(message).into());
        };
        let base = String::from_utf8_lossy(&base).trim().to_owned();
        let mut changes = Changes::parse(&self.diff(&[&base], paths)?);
        let mut arguments = ["ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--"]
            .map(OsStr::new)
            .to_vec();
        arguments.extend(paths.iter().map(|path| path.as_os_str()));
        for path in self.ask(arguments)?.split(|&byte| byte == 0).filter(|path| !path.is_empty()) {
            changes.add_new(native(path));
        }
        Ok(changes)
    }

    /// Lines that are staged, the staged contents, and the rest of what would be committed.
    pub(crate) fn staged(&self, paths: &[PathBuf]) -> anyhow::Result<Staged> {
        let changes = Changes::parse(&self.diff(&["--cached"], paths)?);
        let contents = self.contents(changes.files().map(Path::to_owned).collect())?;
        let listed = |bytes: &[u8]| -> Vec<PathBuf> {
            bytes.split(|&byte| byte == 0).filter(|path| !path.is_empty()).map(native).collect()
        };
        let index = listed(&self.ask(["ls-files", "--cached", "--full-name", "-z", "--", ":/"])?);
        // Files that are another on the disk than in the index.
        let other =
            ["diff", "--name-only", "--no-renames", "--no-relative", "--ignore-submodules", "-z", "--", ":/"];
        let mut unlike = listed(&self.ask(other)?);
        let known: BTreeSet<&PathBuf> = index.iter().collect();
        let read = |path: &Path| vigil_scan::is_manifest(path) || Language::of_path(path).is_some();
        unlike.retain(|path| read(path) && known.contains(path));
        unlike.dedup();
        Ok(Staged { changes, contents, index, unlike_disk: self.contents(unlike)? })
    }

    fn diff(&self, what: &[&str], paths: &[PathBuf]) -> anyhow::Result<Vec<u8>> {
        let mut arguments: Vec<&OsStr> = [
            "diff",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--no-relative",
            "--ignore-submodules",
            "--find-renames",
            "--unified=0",
            "--src-prefix=a/",
            "--dst-prefix=b/",
        ]
        .map(OsStr::new)
        .to_vec();
        arguments.extend(what.iter().map(OsStr::new));
        arguments.push(OsStr::new("--"));
        arguments.extend(paths.iter().map(|path| path.as_os_str()));
        self.ask(arguments)
    }

    /// The staged contents of files, by their paths from the top.
    fn contents(&self, paths: Vec<PathBuf>) -> anyhow::Result<Contents> {
        // The batch protocol is one line a question.
        let (plain, odd): (Vec<_>, Vec<_>) =
            paths.into_iter().partition(|path| !path.as_os_str().as_encoded_bytes().contains(&b'\n'));
        let mut contents = Vec::new();
        for path in odd {
            let mut name = std::ffi::OsString::from(":");
            name.push(&path);
            contents.push((path, self.ask([OsStr::new("show"), name.as_os_str()])?));
        }
        if plain.is_empty() {
            return Ok(contents);
        }
        let mut child = self
            .command(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(unstarted)?;
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            anyhow::bail!("git has no standard input or output");
        };
        let questions: Vec<u8> = plain
            .iter()
            .flat_map(|path| [b":".as_slice(), path.as_os_str().as_encoded_bytes(), b"\n"].concat())
            .collect();
        let asking = std::thread::spawn(move || stdin.write_all(&questions));
        let mut answers = BufReader::new(stdout);
        for path in plain {
            let mut head = String::new();
            answers.read_line(&mut head)?;
            let mut words = head.split_whitespace().rev();
            let size = words.next().and_then(|size| size.parse::<u64>().ok());
            let (Some(size), Some("blob")) = (size, words.next()) else {
                anyhow::bail!("git has no staged content for `{}`: {}", path.display(), head.trim());
            };
            let mut bytes = Vec::new();
            let kept = size.min(MAX_STAGED_BYTES);
            answers.by_ref().take(kept).read_to_end(&mut bytes)?;
            std::io::copy(&mut answers.by_ref().take(size - kept + 1), &mut std::io::sink())?;
            contents.push((path, bytes));
        }
        // It ends when its questions do.
        let _asked = asking.join();
        child.wait()?;
        contents.sort();
        Ok(contents)
    }

    fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new("git");
        command
            .args(["-c", "core.quotePath=true", "--no-pager"])
            .args(arguments)
            .current_dir(&self.directory)
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        command
    }

    /// What git says; `None` when it says no.
    fn run<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
    ) -> anyhow::Result<Option<Vec<u8>>> {
        let output = self.command(arguments).output().map_err(unstarted)?;
        Ok(output.status.success().then_some(output.stdout))
    }

    /// What git says, or its error.
    fn ask<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> anyhow::Result<Vec<u8>> {
        let output = self.command(arguments).output().map_err(unstarted)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let told = String::from_utf8_lossy(&output.stderr);
        let line = told.lines().next().unwrap_or_default().trim_start_matches("fatal: ").to_owned();
        Err(UsageError(format!("git cannot say what changed in `{}`: {line}", self.directory.display()))
            .into())
    }
}

fn unstarted(error: std::io::Error) -> anyhow::Error {
    UsageError(format!("git cannot be started: {error}; install it, or name the files to scan")).into()
}

fn native(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(OsStr::from_bytes(bytes))
}
