//! `vigil run -- CMD`: any program behind Vigil, without touching the system.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context as _, bail};
use tokio::signal::unix::{SignalKind, signal};

use crate::Context;
use crate::args::Run;
use crate::child_env::{Behind, Changes};
use crate::client::{Client, Ready};
use crate::exit::{self, Ended, UsageError};

pub(crate) fn run(context: &Context, args: &Run) -> Ended {
    let state_dir = context.state_dir()?;
    let ready = match Client::find(&state_dir)? {
        Some(client) => client.ready,
        None => start_daemon(&state_dir, args.config.as_deref())?,
    };
    let behind = Behind {
        proxy: &ready.proxy,
        ca: &ready.ca,
        bundle_dir: &state_dir.join("bundles"),
        inherited: &context.inherited,
    };
    let changes = behind.changes()?;
    if args.print_env {
        return print(&changes);
    }
    let Some((program, arguments)) = args.command.split_first() else {
        return Err(UsageError("name a command: vigil run -- CMD".to_owned()).into());
    };
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).envs(&changes.set);
    for name in &changes.remove {
        command.env_remove(name);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(supervise(command, program))
}

/// Starts `vigil up` in the background and waits for its ready line.
fn start_daemon(state_dir: &Path, config: Option<&Path>) -> anyhow::Result<Ready> {
    crate::paths::private_directory(state_dir)?;
    let log_path = state_dir.join("vigil.log");
    let log = crate::paths::private_file(&log_path)?;
    let mut command = Command::new(std::env::current_exe().context("finding the vigil program")?);
    command.arg("up").arg("--state-dir").arg(state_dir);
    if let Some(config) = config {
        command.arg("--config").arg(config);
    }
    let mut daemon = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        // A group of its own: Ctrl-C at the command must not end the daemon.
        .process_group(0)
        .spawn()
        .context("starting the daemon")?;
    let mut line = String::new();
    if let Some(stdout) = daemon.stdout.take() {
        BufReader::new(stdout).read_line(&mut line)?;
    }
    if let Ok(ready) = serde_json::from_str::<Ready>(&line) {
        writeln!(
            anstream::stderr().lock(),
            "vigil: started the daemon (pid {}); it stays until `kill {}`, log in {}",
            ready.pid,
            ready.pid,
            log_path.display()
        )?;
        return Ok(ready);
    }
    // Another `vigil run` may have been faster; then its daemon holds the state directory.
    if let Some(client) = Client::find(state_dir)? {
        return Ok(client.ready);
    }
    let told = File::open(&log_path).map(|log| BufReader::new(log).lines().map_while(Result::ok).last());
    bail!(
        "the daemon did not start: {}",
        told.ok().flatten().unwrap_or_else(|| format!("see {}", log_path.display()))
    )
}

fn print(changes: &Changes) -> Ended {
    let mut out = std::io::stdout().lock();
    for name in &changes.remove {
        writeln!(out, "unset {name}")?;
    }
    for (name, value) in &changes.set {
        writeln!(out, "export {name}={}", quoted(value))?;
    }
    Ok(exit::OK)
}

/// A value as a POSIX shell reads it back.
fn quoted(value: &OsStr) -> String {
    format!("'{}'", value.to_string_lossy().replace('\'', "'\\''"))
}

/// Runs the command, passes signals on, and gives its exit code.
async fn supervise(mut command: tokio::process::Command, program: &OsStr) -> Ended {
    // Before the start: a signal that comes right after it must not end vigil and leave the command alone.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut quit = signal(SignalKind::quit())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut user1 = signal(SignalKind::user_defined1())?;
    let mut user2 = signal(SignalKind::user_defined2())?;
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let code = if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
            writeln!(anstream::stderr().lock(), "vigil: `{}` cannot be run: {error}", program.display())?;
            return Ok(code);
        }
    };
    loop {
        tokio::select! {
            status = child.wait() => return Ok(code_of(status?)),
            // The terminal sends Ctrl-C and Ctrl-\ to the whole group, so the command has them already when it is in
            // the foreground; a second one would end programs that ask once before they stop.
            _ = interrupt.recv() => if !std::io::IsTerminal::is_terminal(&std::io::stdin()) { pass_on(&child, "INT") },
            _ = quit.recv() => if !std::io::IsTerminal::is_terminal(&std::io::stdin()) { pass_on(&child, "QUIT") },
            _ = terminate.recv() => pass_on(&child, "TERM"),
            _ = hangup.recv() => pass_on(&child, "HUP"),
            _ = user1.recv() => pass_on(&child, "USR1"),
            _ = user2.recv() => pass_on(&child, "USR2"),
        }
    }
}

fn pass_on(child: &tokio::process::Child, name: &str) {
    let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw)
    else {
        return;
    };
    let signal = match name {
        "INT" => rustix::process::Signal::INT,
        "QUIT" => rustix::process::Signal::QUIT,
        "HUP" => rustix::process::Signal::HUP,
        "USR1" => rustix::process::Signal::USR1,
        "USR2" => rustix::process::Signal::USR2,
        _ => rustix::process::Signal::TERM,
    };
    // It may have ended a moment ago; `wait` tells.
    let _ended = rustix::process::kill_process(pid, signal);
}

fn code_of(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code & 0xff).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_value_reads_back() {
        assert_eq!(quoted(OsStr::new("a'b c")), "'a'\\''b c'");
    }

    #[test]
    fn a_signal_becomes_its_exit_code() {
        assert_eq!(code_of(ExitStatus::from_raw(15)), 143);
        assert_eq!(code_of(ExitStatus::from_raw(7 << 8)), 7);
    }
}
