//! `--fix`: shows the changes, asks, and makes them.

use std::io::{BufRead as _, IsTerminal as _, Write};

use vigil_scan::{FileFix, Report, Settings};

use super::run::Fixing;
use crate::exit::UsageError;

/// Shows the changes of a report and makes them when that is wanted. Says whether a file was written. On standard output
/// only when a person reads it; programs get their report there.
pub(crate) fn apply(
    report: &Report,
    settings: &Settings,
    fixing: Fixing,
    human: bool,
) -> anyhow::Result<bool> {
    let (fixes, notes) = vigil_scan::fixes(report, settings);
    let mut out: Box<dyn Write> =
        if human { Box::new(anstream::stdout()) } else { Box::new(anstream::stderr()) };
    for fix in &fixes {
        write!(out, "{}", coloured(&fix.diff()))?;
    }
    for note in &notes {
        let file = note.file.as_ref().map_or_else(String::new, |file| format!("{}: ", file.display()));
        writeln!(out, "{file}{}", note.message)?;
    }
    if fixes.is_empty() {
        writeln!(out, "Nothing that can be mended safely.")?;
        return Ok(false);
    }
    let changes: usize = fixes.iter().map(|fix| fix.titles.len()).sum();
    let told = format!("{} in {}", counted(changes, "change"), counted(fixes.len(), "file"));
    match fixing {
        Fixing::Show => {
            writeln!(out, "{told}; leave out --dry-run to make them")?;
            return Ok(false);
        }
        Fixing::Ask if !agreed(&told)? => return Ok(false),
        Fixing::Ask | Fixing::Make => {}
    }
    let mut written = 0;
    for fix in &fixes {
        if untouched(fix) {
            super::replace(&fix.path, &fix.after)?;
            written += 1;
        } else {
            writeln!(out, "{}: not fixed, it changed meanwhile", fix.shown.display())?;
        }
    }
    writeln!(out, "{told} made")?;
    Ok(written > 0)
}

/// `1 file`, `2 files`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Whether a file is still what the change was made for.
fn untouched(fix: &FileFix) -> bool {
    match &fix.before {
        Some(before) => std::fs::read(&fix.path).is_ok_and(|now| now == *before),
        None => !fix.path.exists(),
    }
}

fn agreed(told: &str) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        let message =
            "--fix asks before it writes, and there is no terminal to ask on; use --yes or --dry-run";
        return Err(UsageError(message.to_owned()).into());
    }
    write!(anstream::stderr(), "Make {told}? [y/N] ")?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// A diff in the colours that people know; the stream drops them where there is no terminal.
fn coloured(diff: &str) -> String {
    let mut text = String::new();
    for line in diff.lines() {
        let style = match line.as_bytes().first() {
            Some(b'+') => anstyle::AnsiColor::Green.on_default(),
            Some(b'-') => anstyle::AnsiColor::Red.on_default(),
            Some(b'@') => anstyle::AnsiColor::Cyan.on_default(),
            _ => anstyle::Style::new(),
        };
        // What stands in a file may hold codes of its own.
        let line: String =
            line.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect();
        text.push_str(&format!("{style}{line}{style:#}\n"));
    }
    text
}
