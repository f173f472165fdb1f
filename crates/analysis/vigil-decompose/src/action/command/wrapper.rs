//! Programs that run another command.

use vigil_core::Verb;

use super::Command;
use super::option::values;
use crate::action::shell::{Input, Shell, Word};

/// The command that follows the flags, assignments and `skip` operands of a wrapper.
pub(super) fn run(shell: &mut Shell<'_>, command: &Command<'_>, valued: &str, mut skip: usize) {
    if matches!(command.name, "sudo" | "doas" | "run0" | "pkexec") {
        shell.drafts.add(command.draft(Verb::Grant));
        // Only among sudo's own flags: `sudo bash -ec TEXT` is no `sudoedit`.
        let mut own = command.words.iter().take_while(|word| word.text.starts_with('-'));
        if own.any(|word| matches!(word.text.as_str(), "-e" | "--edit")) {
            command
                .words
                .iter()
                .filter(|word| !word.text.starts_with('-'))
                .for_each(|word| shell.touch(Verb::Write, word));
            return;
        }
    }
    let mut words = command.words.iter();
    while let Some(word) = words.as_slice().first() {
        let text = word.text.as_str();
        if text == "--" {
            words.next();
            break;
        } else if text.starts_with('-') && text.len() > 1 {
            words.next();
            if valued.split(' ').any(|flag| flag == text) {
                words.next();
            }
            // `command -v x` looks x up.
            if command.name == "command" && matches!(text, "-v" | "-V") {
                return;
            }
        } else if is_assignment(text) && command.name != "command" {
            if let Some((name, value)) = text.split_once('=') {
                super::variable(shell, name, &Word { text: value.to_owned(), ..(*word).clone() });
            }
            words.next();
        } else if skip > 0 {
            skip -= 1;
            words.next();
        } else {
            break;
        }
    }
    let rest = words.as_slice();
    if rest.is_empty() {
        // `sudo -i`, `chroot DIR`: a shell, fed by whatever comes.
        if command.input.given || matches!(command.name, "chroot" | "gosu" | "su-exec") {
            super::code::standard_input(shell, command);
        }
        return;
    }
    // `flock FILE -c TEXT` and `busybox sh -c TEXT`: the second is a command like others.
    if let [flag, text, ..] = rest
        && flag.text == "-c"
    {
        return shell.subshell(&text.text);
    }
    shell.run(rest, command.input);
}

fn is_assignment(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !name.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// `xargs` and `parallel`: the command gets words that only the pipe knows.
pub(super) fn xargs(shell: &mut Shell<'_>, command: &Command<'_>) {
    const VALUED: &str = "-n -P -I -L -d -s -E -a -j --max-args --max-procs --replace --delimiter --arg-file --max-lines --jobs -S";
    let mut words = command.words.iter();
    let mut mark = None;
    while let Some(word) = words.as_slice().first() {
        let text = word.text.as_str();
        if !text.starts_with('-') || text.len() == 1 {
            break;
        }
        words.next();
        if let Some(rest) = text.strip_prefix("-I") {
            mark = Some(if rest.is_empty() {
                words.next().map(|word| word.text.clone()).unwrap_or_default()
            } else {
                rest.to_owned()
            });
        } else if VALUED.split(' ').any(|flag| flag == text) {
            words.next();
        }
    }
    let rest: Vec<Word> = words
        .as_slice()
        .iter()
        .take_while(|word| !matches!(word.text.as_str(), ":::" | "::::"))
        .cloned()
        .collect();
    let piped: Vec<Word> = match (&command.input.text, command.input.files_below.is_empty()) {
        (Some(text), _) => text.split_whitespace().take(32).map(Word::literal).collect(),
        (None, false) => command
            .input
            .files_below
            .iter()
            .map(|root| Word {
                text: format!("{}/*", root.text.trim_end_matches('/')),
                unknown: root.unknown,
                glob: true,
            })
            .collect(),
        (None, true) => vec![Word::opaque("$(…)")],
    };
    let mark = mark.or_else(|| rest.iter().any(|word| word.text.contains("{}")).then(|| "{}".to_owned()));
    let mut full: Vec<Word> = Vec::new();
    match mark {
        Some(mark) if !mark.is_empty() => {
            let all: Vec<&str> = piped.iter().map(|word| word.text.as_str()).collect();
            for word in rest {
                match word.text == mark {
                    true => full.extend(piped.iter().cloned()),
                    false => full.push(Word { text: word.text.replace(&mark, &all.join(" ")), ..word }),
                }
            }
        }
        _ => {
            full = rest;
            full.extend(piped);
        }
    }
    // Without a command of its own `xargs` echoes and `parallel` runs what it reads.
    let own = full.first().is_some_and(|word| !word.unknown && !word.glob);
    if own {
        shell.run(&full, &Input::default());
    } else if command.name == "parallel" {
        shell.drafts.add(command.draft(Verb::Execute));
    }
}

pub(super) fn watch(shell: &mut Shell<'_>, command: &Command<'_>) {
    let mut words = command.words.iter();
    while words.as_slice().first().is_some_and(|word| word.text.starts_with('-')) {
        if matches!(words.next().map(|word| word.text.as_str()), Some("-n" | "--interval" | "-q")) {
            words.next();
        }
    }
    let text: Vec<&str> = words.map(|word| word.text.as_str()).collect();
    shell.subshell(&text.join(" "));
}

pub(super) fn script(shell: &mut Shell<'_>, command: &Command<'_>) {
    let mut found = false;
    for text in values(command.words, &["-c", "--command"]) {
        found = true;
        shell.subshell(&text.text);
    }
    if !found {
        shell.drafts.add(command.draft(Verb::Execute));
    }
}

pub(super) fn su(shell: &mut Shell<'_>, command: &Command<'_>) {
    shell.drafts.add(command.draft(Verb::Grant).outward(true));
    for text in values(command.words, &["-c", "--command"]) {
        shell.subshell(&text.text);
    }
    if command.input.given {
        super::code::standard_input(shell, command);
    }
}

/// Terminal multiplexers: what is typed into another terminal is run there.
pub(super) fn terminal(shell: &mut Shell<'_>, command: &Command<'_>) {
    const LOOKING: &[&str] = &[
        "ls",
        "list-sessions",
        "list-windows",
        "list-panes",
        "capture-pane",
        "has-session",
        "-ls",
        "display-message",
        "kill-session",
    ];
    if LOOKING.contains(&command.verb()) || command.has(&["-ls"]) {
        return shell.drafts.add(command.draft(Verb::Read).reversible());
    }
    let mut words = command.words.iter().filter(|word| !word.text.starts_with('-'));
    let known = matches!(
        words.next().map(|word| word.text.as_str()),
        Some("send-keys" | "new-session" | "new" | "new-window" | "split-window" | "respawn-pane" | "send")
    );
    let last =
        command.words.iter().rev().find(|word| !matches!(word.text.as_str(), "Enter" | "C-m" | "ENTER"));
    match last {
        Some(last) if known && last.text.contains(' ') => shell.subshell(&last.text),
        _ => shell.drafts.add(command.draft(Verb::Execute).partial()),
    }
}
