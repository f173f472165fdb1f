//! The shell itself, the machine and its services.

use vigil_core::{Resource, Verb};

use super::Command;
use super::option::{Operands, has, value_of};
use crate::action::draft::Draft;
use crate::action::place::Directory;
use crate::action::shell::{Shell, Word};

/// Builtins without an effect outside the shell; `read` and its like make variables unknown.
pub(super) fn quiet(shell: &mut Shell<'_>, command: &Command<'_>) {
    match command.name {
        "read" | "mapfile" | "readarray" | "getopts" | "let" | "unset" => {
            for word in Operands::of(command.words, "-p -n -t -d -u -a").rest(0) {
                shell.scope.assign(word.text.split('=').next().unwrap_or_default(), None);
            }
        }
        "set" if !command.words.is_empty() => {
            for name in ["1", "2", "3", "4", "5", "6", "7", "8", "9", "@", "*"] {
                shell.scope.assign(name, None);
            }
        }
        "shift" => {
            for name in ["1", "2", "3", "4", "5", "6", "7", "8", "9", "@", "*"] {
                shell.scope.assign(name, None);
            }
        }
        "printf" => {
            if let [flag, name, ..] = command.words
                && flag.text == "-v"
            {
                shell.scope.assign(&name.text, None);
            }
        }
        "pushd" => {
            if let Some(word) = command.words.first() {
                shell.scope.directory = enter(shell, word);
            }
        }
        "popd" => shell.scope.directory = Directory::Unknown,
        // An alias may be used later in ways nobody follows: what it says counts at once.
        "alias" => {
            for word in command.words {
                if let Some((_, text)) = word.text.split_once('=') {
                    shell.subshell(text);
                }
            }
        }
        _ => {}
    }
}

fn enter(shell: &Shell<'_>, word: &Word) -> Directory {
    match word.unknown || word.glob {
        true => Directory::Unknown,
        false => shell.place.enter(&shell.scope.directory, &word.text),
    }
}

pub(super) fn change_directory(shell: &mut Shell<'_>, command: &Command<'_>) {
    let word = command
        .words
        .iter()
        .find(|word| !matches!(word.text.as_str(), "-P" | "-L" | "-e" | "-@" | "--" | "/d"));
    shell.scope.directory = match word {
        Some(word) => enter(shell, word),
        None => Directory::At("~".to_owned()),
    };
}

pub(super) fn evaluate(shell: &mut Shell<'_>, command: &Command<'_>) {
    if command.words.iter().any(|word| word.unknown) {
        shell.drafts.remark("unknown_program");
        shell.drafts.add(command.draft(Verb::Execute));
    } else {
        let words: Vec<&str> = command.words.iter().map(|word| word.text.as_str()).collect();
        shell.script(&words.join(" "));
    }
}

pub(super) fn trap(shell: &mut Shell<'_>, command: &Command<'_>) {
    if let Some(word) = command.words.iter().find(|word| !word.text.starts_with('-')) {
        shell.subshell(&word.text);
    }
}

/// Programs that look at the machine, and change it with some words.
pub(super) fn look(shell: &mut Shell<'_>, command: &Command<'_>) {
    const CHANGING: &[&str] = &[
        "add",
        "del",
        "delete",
        "set",
        "flush",
        "up",
        "down",
        "-w",
        "--write",
        "--fix",
        "--unsafe-fixes",
        "-o",
        "remount",
        "format",
    ];
    let changes = match command.name {
        "ip" | "ifconfig" | "route" | "arp" | "mount" | "sysctl" => {
            command.words.iter().any(|word| {
                CHANGING.contains(&word.text.as_str())
                    || (word.text.contains('=') && command.name == "sysctl")
            }) || (command.name == "mount" && command.words.len() > 1)
        }
        _ => false,
    };
    let writes = matches!(command.name, "ruff") && has(command.words, &["--fix", "--unsafe-fixes"])
        || command.verb() == "format";
    shell.drafts.add(match (changes, writes) {
        (true, _) => command.draft(Verb::Configure).outward(true),
        (_, true) => command.draft(Verb::Execute).partial(),
        _ => command.draft(Verb::Read).reversible(),
    });
}

/// `env` with a command runs it; without one it prints the environment, which holds keys.
pub(super) fn environment(shell: &mut Shell<'_>, command: &Command<'_>) {
    let mut words = command.words.iter();
    let mut rest: Vec<Word> = Vec::new();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        match text {
            "-u" | "--unset" => drop(words.next()),
            "-C" | "--chdir" => {
                if let Some(word) = words.next() {
                    shell.scope.directory = enter(shell, word);
                }
            }
            "-S" | "--split-string" => {
                let text: Vec<&str> = words.by_ref().map(|word| word.text.as_str()).collect();
                return shell.subshell(&text.join(" "));
            }
            _ if text.starts_with('-') => {}
            _ if text.contains('=') && command.name == "env" => {
                let (name, value) = text.split_once('=').unwrap_or((text, ""));
                super::variable(shell, name, &Word { text: value.to_owned(), ..word.clone() });
            }
            _ => {
                rest.push(word.clone());
                rest.extend(words.by_ref().cloned());
            }
        }
    }
    if command.name == "env" && !rest.is_empty() {
        shell.run(&rest, command.input);
        return;
    }
    // One named variable that does not sound like a secret is a look, everything is a credential.
    let harmless = !rest.is_empty() && rest.iter().all(|word| !secret_name(&word.text));
    if harmless {
        shell.drafts.add(command.draft(Verb::Read).reversible());
    } else {
        let draft = Draft::new(Verb::Read, Resource::Credential("environment".to_owned()));
        shell.drafts.add(draft.sourced(&command.sources()));
    }
}

/// Whether a variable's name says that it holds a secret.
pub(crate) fn secret_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    ["KEY", "TOKEN", "SECRET", "PASSW", "CREDENTIAL", "PRIVATE"].iter().any(|part| upper.contains(part))
}

pub(super) fn change_mode(shell: &mut Shell<'_>, command: &Command<'_>) {
    let recursive = has(command.words, &["-R", "--recursive"]);
    let mut words = command.words.iter().filter(|word| {
        !word.text.starts_with("--") && !matches!(word.text.as_str(), "-R" | "-v" | "-f" | "-h")
    });
    let mode = words.next().map(|word| word.text.clone()).unwrap_or_default();
    // A script that becomes executable is ordinary; rights for everybody or for root are not.
    let grants = matches!(mode.as_str(), "777" | "0777" | "a+rwx" | "o+w" | "a+w" | "666")
        || mode.contains("+s")
        || (mode.len() == 4 && mode.starts_with(['4', '2', '6']));
    let harmless = matches!(
        mode.as_str(),
        "+x" | "u+x" | "a+x" | "755" | "0755" | "644" | "0644" | "600" | "700" | "ug+x"
    );
    for word in words {
        let verb = if grants {
            Verb::Grant
        } else if harmless {
            Verb::Write
        } else {
            Verb::Configure
        };
        let draft = shell.draft(verb, word).map(|draft| draft.recursive(recursive).partial());
        let draft = draft.map(|draft| if harmless { draft.reversible() } else { draft });
        shell.drafts.add_some(draft);
    }
}

pub(super) fn disk(shell: &mut Shell<'_>, command: &Command<'_>) {
    let target =
        command.words.iter().rev().find(|word| word.text.contains("dev")).map(|word| word.text.clone());
    let resource = target.map_or(Resource::Command(command.argv()), Resource::Path);
    let draft = Draft::new(Verb::Delete, resource).irreversible().recursive(true).outward(true);
    shell.drafts.add(draft.sourced(&command.sources()));
}

pub(super) fn service(shell: &mut Shell<'_>, command: &Command<'_>) {
    const LOOKING: &[&str] = &[
        "status",
        "list",
        "show",
        "is-active",
        "is-enabled",
        "list-units",
        "list-unit-files",
        "read",
        "print",
        "-l",
        "-L",
        "--list",
        "query",
        "cat",
        "get",
        "device",
    ];
    let verb = command
        .words
        .iter()
        .map(|word| word.text.as_str())
        .find(|text| !text.starts_with("--"))
        .unwrap_or_default();
    if LOOKING.contains(&verb) || LOOKING.contains(&command.verb()) {
        shell.drafts.add(command.draft(Verb::Read).reversible());
    } else {
        shell.drafts.add(command.draft(Verb::Configure).outward(true));
    }
}

/// Ends processes: of the agent's own by number, or whatever has a name.
pub(super) fn kill(shell: &mut Shell<'_>, command: &Command<'_>) {
    let machine = matches!(command.name, "shutdown" | "reboot" | "halt" | "poweroff" | "init");
    if command.name == "kill" && (command.has(&["-l", "-0"]) || command.words.is_empty()) {
        return;
    }
    let draft = command.draft(Verb::Execute).outward(machine);
    shell.drafts.add(if machine { draft } else { draft.partial() });
}

/// Password stores and key tools.
pub(super) fn secret(shell: &mut Shell<'_>, command: &Command<'_>) {
    let harmless = matches!(command.name, "gpg" | "gpg2")
        && command.has(&["--verify", "--list-keys", "--dearmor", "--import"]);
    let draft = match harmless {
        true => command.draft(Verb::Execute).partial(),
        false => Draft::new(Verb::Read, Resource::Credential(command.argv().join(" "))),
    };
    shell.drafts.add(draft.sourced(&command.sources()));
}

/// Another agent.
pub(super) fn agent(shell: &mut Shell<'_>, command: &Command<'_>) {
    let looks =
        matches!(command.verb(), "list" | "ps" | "show" | "doctor") || command.has(&["--version", "--help"]);
    if looks {
        return shell.drafts.add(command.draft(Verb::Read).reversible());
    }
    let configures = matches!(command.verb(), "mcp" | "config" | "plugin" | "update");
    let unsafe_mode =
        command.words.iter().filter_map(|word| value_of(&word.text).or(Some(word.text.as_str()))).any(
            |text| {
                text.contains("dangerously")
                    || text.contains("--yolo")
                    || text.contains("full-auto")
                    || text.contains("bypass")
            },
        );
    let draft = command.draft(if configures { Verb::Configure } else { Verb::Delegate }).outward(unsafe_mode);
    shell.drafts.add(if unsafe_mode { draft.irreversible() } else { draft });
}
