//! `docs/guide/cli.md`, made from the help texts of the program itself, and `docs/rules`, made from its rules.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
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

/// Writes the files.
pub(crate) fn write() -> Result<Vec<String>> {
    let text = text()?;
    let path = path();
    fs::write(&path, text).with_context(|| format!("writing `{}`", path.display()))?;
    write_pages(&pages())?;
    let stale = stale_pages(&pages())?;
    for name in stale {
        fs::remove_file(pages().join(name))?;
    }
    Ok(Vec::new())
}

/// Says whether the files are what would be written.
pub(crate) fn check() -> Result<Vec<String>> {
    let mut faults = Vec::new();
    let out_of_date = |path: &Path| format!("`{}` is out of date; run `cargo xtask docs`", path.display());
    let path = path();
    if fs::read_to_string(&path).unwrap_or_default() != text()? {
        faults.push(out_of_date(&path));
    }
    let fresh = root().join("target/xtask-docs");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).with_context(|| format!("emptying `{}`", fresh.display()))?;
    }
    write_pages(&fresh)?;
    for entry in fs::read_dir(&fresh)? {
        let entry = entry?;
        let have = pages().join(entry.file_name());
        if fs::read(&have).unwrap_or_default() != fs::read(entry.path())? {
            faults.push(out_of_date(&have));
        }
    }
    faults.extend(stale_pages(&fresh)?.iter().map(|name| out_of_date(&pages().join(name))));
    fs::remove_dir_all(&fresh)?;
    faults.sort();
    Ok(faults)
}

/// The pages of the rules.
fn pages() -> PathBuf {
    root().join("docs/rules")
}

fn write_pages(folder: &Path) -> Result<()> {
    let output =
        vigil().args(["rules", "--pages"]).arg(folder).output().context("running `vigil rules --pages`")?;
    if !output.status.success() {
        bail!("`vigil rules --pages` failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// Pages that lie in `docs/rules` and not among the fresh ones, or speak of no rule any more.
fn stale_pages(fresh: &Path) -> Result<Vec<OsString>> {
    let output = vigil().args(["rules", "--format", "json"]).output().context("running `vigil rules`")?;
    let known = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut stale = Vec::new();
    for entry in fs::read_dir(pages())? {
        let name = entry?.file_name();
        let stem = Path::new(&name).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if stem != "README" && (!fresh.join(&name).exists() || !known.contains(&format!("\"{stem}\""))) {
            stale.push(name);
        }
    }
    stale.sort();
    Ok(stale)
}

/// The program itself.
fn vigil() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(["run", "--quiet", "--package", "vigil", "--"]);
    command
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
        let output = vigil()
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
