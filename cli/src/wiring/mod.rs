//! `vigil init --agent`: writes the call of `vigil hook` into a client's own settings.
//!
//! What is there stays, in its order; what is there already is not added again; a file that is no such settings file is
//! not touched.

mod ordered;
mod plan;

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use similar::TextDiff;

use crate::exit::{self, Ended, UsageError};
use crate::hook::Client;
use ordered::{Ordered, indent_of};

/// Larger settings are not read.
const MAX_SETTINGS_BYTES: u64 = 4 << 20;

/// A settings file and what becomes of it.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    path: PathBuf,
    before: Option<String>,
    after: String,
}

/// Shows the change, asks, and makes it. `yes` makes it without asking.
pub(crate) fn run(client: Client, directory: &Path, yes: bool) -> Ended {
    if !directory.is_dir() {
        return Err(UsageError(format!("`{}` is no directory", directory.display())).into());
    }
    let mut out = anstream::stdout().lock();
    let Some(change) = change(client, directory)? else {
        writeln!(out, "`{}` calls `vigil hook` already", directory.join(plan::file(client)).display())?;
        return Ok(exit::OK);
    };
    write!(out, "{}", change.diff(directory))?;
    if !yes && !confirmed(&mut out)? {
        writeln!(out, "Nothing was changed.")?;
        return Ok(exit::OK);
    }
    crate::scan::replace(&change.path, change.after.as_bytes())?;
    writeln!(out, "Wrote {}. {}", change.path.display(), plan::next(client))?;
    Ok(exit::OK)
}

/// What becomes of the settings below the directory; `None` when the hook is called already.
fn change(client: Client, directory: &Path) -> anyhow::Result<Option<Change>> {
    let path = directory.join(plan::file(client));
    let before = match std::fs::metadata(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("reading `{}`", path.display())),
        Ok(metadata) if metadata.len() > MAX_SETTINGS_BYTES => {
            bail!(UsageError(format!("`{}` is too large for settings", path.display())));
        }
        Ok(_) => {
            Some(std::fs::read_to_string(&path).with_context(|| format!("reading `{}`", path.display()))?)
        }
    };
    let refuse = |reason: String| {
        UsageError(format!("`{}` {reason}; mend it, or move it away, and try again", path.display()))
    };
    let mut settings = match before.as_deref().map(str::trim) {
        None | Some("") => Ordered::Object(Vec::new()),
        Some(text) => serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(text))
            .map_err(|error| refuse(format!("is no JSON ({error})")))?,
    };
    if !plan::merge(client, &mut settings).map_err(refuse)? {
        return Ok(None);
    }
    let after = settings.written(indent_of(before.as_deref().unwrap_or_default()))?;
    Ok(Some(Change { path, before, after }))
}

impl Change {
    /// The change as a unified diff.
    fn diff(&self, directory: &Path) -> String {
        let name = self.path.strip_prefix(directory).unwrap_or(&self.path).display().to_string();
        let before = self.before.as_deref().unwrap_or_default();
        let old = if self.before.is_some() { format!("a/{name}") } else { "/dev/null".to_owned() };
        TextDiff::from_lines(before, &self.after)
            .unified_diff()
            .header(&old, &format!("b/{name}"))
            .to_string()
    }
}

fn confirmed(out: &mut impl std::io::Write) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("there is no terminal to ask at; add `--yes` to make this change");
    }
    write!(out, "\nMake this change? [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn with(client: Client, text: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(plan::file(client));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
            Self(folder)
        }

        fn change(&self, client: Client) -> anyhow::Result<Option<Change>> {
            change(client, self.0.path())
        }
    }

    #[test]
    fn a_second_time_changes_nothing() {
        for client in Client::ALL {
            let folder = tempfile::tempdir().unwrap();
            let first = change(client, folder.path()).unwrap().unwrap();
            assert_eq!(first.before, None);
            assert!(first.after.contains("vigil hook --client"), "{}", first.after);
            let folder = Folder::with(client, &first.after);
            assert_eq!(folder.change(client).unwrap(), None, "{client:?}");
        }
    }

    #[test]
    fn what_is_there_stays_in_its_order() {
        let text = "{\n    \"zeta\": 1.0,\n    \"hooks\": {\n        \"Stop\": [],\n        \"PreToolUse\": [\n            {\n                \"matcher\": \"Bash\",\n                \"hooks\": []\n            }\n        ]\n    },\n    \"alpha\": \"ä\"\n}\n";
        let change = Folder::with(Client::ClaudeCode, text).change(Client::ClaudeCode).unwrap().unwrap();
        let kept: Vec<&str> =
            change.after.lines().filter(|line| text.lines().any(|old| old == *line)).collect();
        for line in text.lines() {
            assert!(
                kept.iter().any(|kept| kept.trim_end_matches(',') == line.trim_end_matches(',')),
                "{line} is gone:\n{}",
                change.after
            );
        }
        let removed = change.diff(change.path.parent().unwrap());
        let removed: Vec<&str> =
            removed.lines().filter(|line| line.starts_with('-') && !line.starts_with("---")).collect();
        assert!(
            removed.iter().all(|line| line.trim_start_matches('-').trim() == "}"),
            "at most a comma is added: {removed:?}"
        );
    }

    #[test]
    fn what_is_no_settings_file_is_refused() {
        for text in [
            "{",
            "[]",
            "3",
            "{\"hooks\": 3}",
            "{\"hooks\": {\"PreToolUse\": {}}}",
            "// comment\n{}",
            "{\"a\": 1, \"a\": 2}",
        ] {
            let folder = Folder::with(Client::ClaudeCode, text);
            let told = folder.change(Client::ClaudeCode).unwrap_err();
            assert!(told.downcast_ref::<UsageError>().is_some(), "{text}");
            let told = told.to_string();
            assert!(told.contains("settings.json") && told.contains("mend it"), "{text}: {told}");
        }
    }

    #[test]
    fn a_change_is_shown_as_a_diff() {
        let folder = tempfile::tempdir().unwrap();
        let diff = change(Client::Cursor, folder.path()).unwrap().unwrap().diff(folder.path());
        assert!(diff.starts_with("--- /dev/null\n+++ b/.cursor/hooks.json\n"), "{diff}");
        assert!(diff.contains("+  \"version\": 1"), "{diff}");
    }
}
