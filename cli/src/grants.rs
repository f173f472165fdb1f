//! What the user always allows, kept as `[[grant]]` tables in `DIR/grants.toml`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use vigil_core::message::Grant;

const FILE: &str = "grants.toml";

/// The grants of an installation. A file that cannot be read is an error: a grant is never guessed.
pub(crate) fn load(state_dir: &Path) -> anyhow::Result<Vec<Grant>> {
    let path = file(state_dir);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("reading `{}`", path.display())),
    };
    vigil_policy::parse_grants(&text)
        .with_context(|| format!("`{}` is no file of grants; mend it or move it away", path.display()))
}

/// Adds one grant, durably, or changes nothing: half a table on a full disk would keep the next daemon from starting.
pub(crate) fn append(state_dir: &Path, grant: &Grant) -> anyhow::Result<()> {
    let path = file(state_dir);
    let mut text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("reading `{}`", path.display())),
    };
    text.push_str(&vigil_policy::format_grants([grant]));
    crate::paths::write_private(&path, text.as_bytes())
}

fn file(state_dir: &Path) -> PathBuf {
    state_dir.join(FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_come_back() {
        let home = tempfile::tempdir().unwrap();
        let grant = |path: &str| Grant {
            agent: "claude-cli".to_owned(),
            tool: "Bash".to_owned(),
            effects: vec![format!("delete path:{path}")],
        };
        append(home.path(), &grant("/tmp/\"x\"")).unwrap();
        append(home.path(), &grant("/tmp/y")).unwrap();
        assert_eq!(load(home.path()).unwrap(), [grant("/tmp/\"x\""), grant("/tmp/y")]);
    }

    #[test]
    fn a_grant_that_cannot_be_kept_leaves_the_file_as_it_was() {
        let home = tempfile::tempdir().unwrap();
        let grant = Grant { agent: "a".to_owned(), tool: "t".to_owned(), effects: Vec::new() };
        std::fs::create_dir(home.path().join(FILE)).unwrap();
        assert!(append(home.path(), &grant).is_err());
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1, "something was left behind");
    }

    #[test]
    fn a_broken_file_is_an_error_that_names_it() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join(FILE), "[[grant]]\nagent = 1\n").unwrap();
        assert!(load(home.path()).unwrap_err().to_string().contains("grants.toml"));
    }
}
