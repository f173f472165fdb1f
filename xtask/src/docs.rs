//! `docs/guide/cli.md`, made from the help texts of the program itself.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::workspace::root;

const COMMANDS: [&[&str]; 29] = [
    &[],
    &["demo"],
    &["run"],
    &["up"],
    &["status"],
    &["holds"],
    &["approve"],
    &["deny"],
    &["log"],
    &["export"],
    &["ca"],
    &["ca", "install"],
    &["ca", "remove"],
    &["config"],
    &["config", "show"],
    &["bench"],
    &["scan"],
    &["deps"],
    &["tests"],
    &["init"],
    &["rules"],
    &["hook"],
    &["lsp"],
    &["replay"],
    &["model"],
    &["model", "status"],
    &["model", "reset"],
    &["model", "export"],
    &["completions"],
];

/// Writes the file.
pub(crate) fn write() -> Result<Vec<String>> {
    let text = text()?;
    let path = path();
    fs::write(&path, text).with_context(|| format!("writing `{}`", path.display()))?;
    Ok(Vec::new())
}

/// Says whether the file is what would be written.
pub(crate) fn check() -> Result<Vec<String>> {
    let path = path();
    let have = fs::read_to_string(&path).unwrap_or_default();
    if have == text()? {
        Ok(Vec::new())
    } else {
        Ok(vec![format!("`{}` is out of date; run `cargo xtask docs`", path.display())])
    }
}

fn path() -> PathBuf {
    root().join("docs/guide/cli.md")
}

fn text() -> Result<String> {
    let mut text = String::from(
        "# The command line\n\nMade from the help texts by `cargo xtask docs`; do not edit.\n\
         `vigil verify` takes what `vigil-verify --help` tells.\n",
    );
    for words in COMMANDS {
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .current_dir(root())
            .args(["run", "--quiet", "--package", "vigil", "--"])
            .args(words)
            .arg("--help")
            .env("NO_COLOR", "1")
            .env("COLUMNS", "100")
            .output()
            .context("running `vigil --help`")?;
        if !output.status.success() {
            bail!("`vigil {} --help` failed: {}", words.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        let name = ["vigil"].iter().chain(words).copied().collect::<Vec<_>>().join(" ");
        let help = String::from_utf8_lossy(&output.stdout);
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        text.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", help.join("\n").trim_end()));
    }
    Ok(text)
}
