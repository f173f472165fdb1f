//! `vigil ca`: where the local certificate authority is, and who trusts it.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::process::Command;

use anyhow::bail;

use crate::Context;
use crate::args::{self, CaChange};
use crate::daemon::ca_file;
use crate::exit::{self, Ended};
use crate::trust::{self, Step};

pub(crate) fn run(context: &Context, args: &args::Ca) -> Ended {
    let ca = ca_file(&context.state_dir()?);
    if !ca.is_file() {
        bail!(
            "there is no CA yet at `{}`; it is made at the first start: `vigil up` or `vigil run -- CMD`",
            ca.display()
        );
    }
    match args {
        args::Ca::Path => {
            writeln!(std::io::stdout().lock(), "{}", ca.display())?;
            Ok(exit::OK)
        }
        args::Ca::Install(args) => change(context, args, &ca, "install", trust::install),
        args::Ca::Remove(args) => change(context, args, &ca, "remove", trust::remove),
        args::Ca::Check => check(context, &ca),
    }
}

fn change(
    context: &Context,
    args: &CaChange,
    ca: &Path,
    what: &str,
    steps: impl Fn(trust::Platform, &Path, &Path) -> Vec<Step>,
) -> Ended {
    let home = context.places.home.clone().unwrap_or_default();
    let steps: Vec<Step> =
        steps(trust::Platform::here(), ca, &home).into_iter().filter(trust::applies).collect();
    let mut out = anstream::stdout().lock();
    if steps.is_empty() {
        bail!("no trust store was found that vigil knows; point your client at `{}` instead", ca.display());
    }
    writeln!(out, "To {what} the certificate of the local CA, vigil will run:\n")?;
    for step in &steps {
        writeln!(out, "  {}\n      {}", step.shown(), step.why)?;
    }
    if args.dry_run {
        return Ok(exit::OK);
    }
    if !args.yes && !confirmed(&mut out)? {
        writeln!(out, "Nothing was changed.")?;
        return Ok(exit::OK);
    }
    for step in &steps {
        let Some((program, arguments)) = step.command.split_first() else { continue };
        let status = Command::new(program).args(arguments).status();
        match status {
            Ok(status) if status.success() => writeln!(out, "done: {}", step.shown())?,
            Ok(status) => bail!("`{}` ended with {status}; steps before it are done", step.shown()),
            Err(error) => bail!("`{}` cannot be run: {error}", step.shown()),
        }
    }
    Ok(exit::OK)
}

fn confirmed(out: &mut impl std::io::Write) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("there is no terminal to ask at; add `--yes` to do it, or `--dry-run` to look only");
    }
    write!(out, "\nGo on? [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn check(context: &Context, ca: &Path) -> Ended {
    let mut out = anstream::stdout().lock();
    writeln!(out, "certificate  {}", ca.display())?;
    let ours = std::fs::read_to_string(ca)?;
    let trusted = trust::platform_trusts(&ours);
    writeln!(
        out,
        "platform     {}",
        if trusted { "trusts it" } else { "does not trust it; `vigil ca install` would" }
    )?;
    for name in trust::VARIABLES {
        let Some(value) = context.variable(name) else { continue };
        let holds = std::fs::read_to_string(value).is_ok_and(|text| trust::holds(&text, &ours));
        let told =
            if holds { "has it" } else { "does not have it; programs that read this variable will refuse" };
        writeln!(out, "{name}  {}: {told}", value.display())?;
    }
    writeln!(out, "\n`vigil run -- CMD` needs none of this: it sets the variables for the command alone.")?;
    Ok(exit::OK)
}
