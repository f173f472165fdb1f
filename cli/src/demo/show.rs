//! What the demo looks like. 80 columns, colours on a terminal only.

use std::io::{Result, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anstyle::{AnsiColor, Style};
use anyhow::Context as _;
use anyhow::Result as Told;
use serde_json::Value;
use vigil_core::message::Said;

use super::scene::{Person, Scene, Seen};
use crate::client::Ready;
use crate::command::table::short;

const TITLE: Style = AnsiColor::Cyan.on_default().bold();
const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const POOR: Style = AnsiColor::Yellow.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const WIDTH: usize = 78;
const INDENT: &str = "             ";

/// The screen. Clones write to the same one.
#[derive(Clone)]
pub(crate) struct Show {
    /// Columns already used on the line of streamed text; 0 when no such line is open.
    column: Arc<AtomicUsize>,
}

impl Show {
    pub(crate) fn new() -> Self {
        Self { column: Arc::new(AtomicUsize::new(0)) }
    }

    fn line(&self, text: std::fmt::Arguments<'_>) -> Result<()> {
        let mut out = anstream::stdout().lock();
        if self.column.swap(0, Ordering::Relaxed) > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{text}")
    }

    pub(crate) fn title(&self) -> Result<()> {
        self.line(format_args!("\n  {TITLE}vigil demo{TITLE:#}   a local-first firewall for AI agents"))?;
        self.line(format_args!(
            "  {DIM}A simulated provider, a scripted agent; real TLS, a real daemon and record.{DIM:#}"
        ))
    }

    pub(crate) fn started(&self, ready: &Ready, state_dir: &Path) -> Result<()> {
        self.line(format_args!("  {DIM}proxy {}   state {}{DIM:#}", ready.proxy, state_dir.display()))
    }

    pub(crate) fn heading(&self, number: usize, title: &str, aside: &str) -> Result<()> {
        let gap = WIDTH.saturating_sub(5 + title.chars().count() + aside.chars().count()).max(2);
        self.line(format_args!(
            "\n  {TITLE}{number}{TITLE:#}  {BOLD}{title}{BOLD:#}{:gap$}{DIM}{aside}{DIM:#}",
            ""
        ))
    }

    pub(crate) fn scene(&self, number: usize, scene: &Scene) -> Result<()> {
        self.heading(number, scene.title, scene.dialect.name())?;
        self.line(format_args!("     {DIM}user{DIM:#}    {}", scene.task))
    }

    /// Writes a piece of streamed text where the last one ended.
    pub(crate) fn text(&self, text: &str) {
        let mut out = anstream::stdout().lock();
        let mut column = self.column.load(Ordering::Relaxed);
        let mut write = || -> Result<()> {
            if column == 0 {
                write!(out, "     {DIM}model{DIM:#}   ")?;
                column = INDENT.len();
            }
            for word in text.split_inclusive(' ') {
                if column + word.chars().count() > WIDTH {
                    write!(out, "\n{INDENT}")?;
                    column = INDENT.len();
                }
                write!(out, "{}", short(word, WIDTH))?;
                column += word.chars().count();
            }
            out.flush()
        };
        // A closed stdout is told by the next whole line.
        let _closed = write();
        self.column.store(column, Ordering::Relaxed);
    }

    pub(crate) fn held(&self, hold: &Value, person: Person) -> Told<()> {
        let text = |pointer: &str| hold.pointer(pointer).and_then(Value::as_str).unwrap_or("-");
        self.line(format_args!(
            "     {POOR}HELD{POOR:#}    {BOLD}{}{BOLD:#}  {}",
            text("/tool"),
            short(text("/arguments/command"), 58)
        ))?;
        for effect in hold.get("effects").and_then(Value::as_array).into_iter().flatten() {
            let part = |key: &str| effect.get(key).and_then(Value::as_str).unwrap_or("-");
            self.line(format_args!(
                "{INDENT}{} {}  {DIM}{}, from {}{DIM:#}",
                part("verb"),
                short(part("of"), 40),
                part("reversibility"),
                part("provenance")
            ))?;
        }
        self.line(format_args!("{INDENT}{DIM}rule{DIM:#} {}", short(text("/rule"), 60)))?;
        self.line(format_args!("{INDENT}{DIM}why{DIM:#}  {}", short(text("/reason"), 60)))?;
        for reason in hold.get("tier_reasons").and_then(Value::as_array).into_iter().flatten() {
            let reason = reason.as_str().unwrap_or("-");
            self.line(format_args!("{INDENT}{DIM}{}{DIM:#}  {}", text("/tier"), short(reason, 58)))?;
        }
        if person == Person::Absent {
            self.line(format_args!(
                "{INDENT}{DIM}Nobody is here to answer: it will be denied in a few seconds.{DIM:#}"
            ))?;
        }
        Ok(())
    }

    /// Asks at the terminal. Anything but yes is no.
    pub(crate) async fn ask(&self) -> Told<Option<Said>> {
        {
            let mut out = anstream::stdout().lock();
            write!(out, "{INDENT}{BOLD}Let it pass? [y/N]{BOLD:#} ")?;
            out.flush()?;
        }
        let line = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map(|_| line)
        });
        let line = line.await.context("asking at the terminal")??;
        Ok(Some(if matches!(line.trim(), "y" | "Y" | "yes") { Said::Approve } else { Said::Deny }))
    }

    pub(crate) fn decided(&self, action: &Value) -> Result<()> {
        let text = |key: &str| action.get(key).and_then(Value::as_str).unwrap_or("-");
        let rule = action.pointer("/rule_ids/0").and_then(Value::as_str).unwrap_or("-");
        let (style, word) = match (text("verdict"), text("decision")) {
            ("allow", "allow") => (GOOD, "allowed"),
            ("hold", "user_approve") => (GOOD, "approved"),
            ("hold", "timeout_deny") => (BAD, "denied: nobody answered"),
            _ => (BAD, "denied"),
        };
        self.line(format_args!(
            "     {style}{word}{style:#}  {}  {DIM}{}, record {}{DIM:#}",
            text("tool"),
            short(rule, 40),
            action.get("seq").unwrap_or(&Value::Null)
        ))
    }

    pub(crate) fn outcome(&self, seen: &Seen) -> Result<()> {
        if let (Some(text), Some(held)) = (seen.last_text_before_hold, seen.held_at) {
            let waited = held.saturating_sub(text);
            self.line(format_args!(
                "     {DIM}agent   had all text {:.1} ms before the call was held{DIM:#}",
                waited.as_secs_f64() * 1e3
            ))?;
        }
        for (name, at) in &seen.calls {
            self.line(format_args!(
                "     {DIM}agent   received the call `{name}` after {} ms{DIM:#}",
                at.as_millis()
            ))?;
        }
        if seen.calls.is_empty() {
            self.line(format_args!(
                "     {DIM}agent   received no call, but this text in its place:{DIM:#}"
            ))?;
            for line in wrapped(&seen.instead, WIDTH - INDENT.len()) {
                self.line(format_args!("{INDENT}{line}"))?;
            }
        }
        Ok(())
    }

    pub(crate) fn verified(&self, records: u64, report: &str, code: u8) -> Result<()> {
        for line in report.lines().filter(|line| !line.trim().is_empty()) {
            self.line(format_args!("  {line}"))?;
        }
        let (style, word) = if code == 0 { (GOOD, "verified") } else { (BAD, "not verified") };
        self.line(format_args!("     {style}{word}{style:#}  {records} records, exit code {code}"))
    }

    pub(crate) fn table(&self, table: &str) -> Result<()> {
        for line in table.lines() {
            self.line(format_args!("     {line}"))?;
        }
        Ok(())
    }

    pub(crate) fn farewell(&self, as_told: bool) -> Result<()> {
        if as_told {
            self.line(format_args!(
                "\n  {GOOD}Everything went as it should.{GOOD:#} Next: {BOLD}vigil run -- claude{BOLD:#}\n"
            ))
        } else {
            self.line(format_args!("\n  {BAD}Something did not go as it should; see above.{BAD:#}\n"))
        }
    }
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let word = short(word, width);
        let fits = lines.last().is_none_or(|line| line.chars().count() + 1 + word.chars().count() <= width);
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(&word),
            Some(line) if fits => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn a_line_is_no_longer_than_its_room() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
    }
}
