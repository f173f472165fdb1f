//! `git`, and the command lines of its forges.

use vigil_core::{Resource, Verb};

use super::option::{Operands, has, values};
use super::{Command, fetch_url, host_of};
use crate::action::draft::Draft;
use crate::action::shell::{Shell, Word};

pub(super) fn git(shell: &mut Shell<'_>, command: &Command<'_>) {
    let mut words = command.words.iter();
    let before = shell.scope.directory.clone();
    while let Some(word) = words.as_slice().first() {
        match word.text.as_str() {
            "-C" => {
                words.next();
                if let Some(word) = words.next() {
                    shell.scope.directory = shell.place.enter(&shell.scope.directory, &word.text);
                }
            }
            "-c" => {
                words.next();
                if let Some(setting) = words.next() {
                    configured(shell, &setting.text);
                }
            }
            "--git-dir" | "--work-tree" | "--namespace" => {
                words.next();
                words.next();
            }
            text if text.starts_with('-') => drop(words.next()),
            _ => break,
        }
    }
    if let Some((verb, rest)) = words.as_slice().split_first() {
        subcommand(shell, command, &verb.text, rest);
    }
    shell.scope.directory = before;
}

/// Settings that name a program to run.
fn configured(shell: &mut Shell<'_>, setting: &str) {
    let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
    let name = name.to_ascii_lowercase();
    let runs = [
        "pager",
        "editor",
        "sshcommand",
        "hookspath",
        "fsmonitor",
        "askpass",
        "textconv",
        "helper",
        "external",
        "cmd",
        "program",
    ]
    .iter()
    .any(|part| name.ends_with(part));
    if runs && !matches!(value, "" | "cat" | "true" | "less" | "false" | "vim" | "nano" | ":") {
        shell.drafts.add(Draft::new(Verb::Execute, Resource::Command(vec![setting.to_owned()])).from(value));
    } else if let Some(text) = value.strip_prefix('!').filter(|_| name.starts_with("alias.")) {
        shell.subshell(text);
    }
}

fn subcommand(shell: &mut Shell<'_>, command: &Command<'_>, verb: &str, rest: &[Word]) {
    let operands = |valued: &str| -> Vec<Word> { Operands::of(rest, valued).rest(0).cloned().collect() };
    let first = rest.iter().map(|word| word.text.as_str()).find(|text| !text.starts_with('-')).unwrap_or("");
    let read = |shell: &mut Shell<'_>| shell.drafts.add(command.draft(Verb::Read).reversible());
    let here = || Draft::new(Verb::Write, Resource::Command(command.argv())).sourced(&command.sources());
    match verb {
        "status" | "log" | "diff" | "show" | "blame" | "grep" | "ls-files" | "ls-tree" | "rev-parse"
        | "rev-list" | "describe" | "shortlog" | "reflog" | "cat-file" | "name-rev" | "merge-base"
        | "whatchanged" | "count-objects" | "fsck" | "help" | "version" | "check-ignore" | "diff-tree"
        | "for-each-ref" | "var" | "show-ref" | "bisect" | "difftool" | "range-diff" | "cherry"
        | "archive" | "bundle" | "format-patch" | "check-attr" | "verify-commit" => {
            if verb == "reflog" && matches!(first, "expire" | "delete") {
                shell.drafts.add(command.draft(Verb::Delete).irreversible());
            } else if verb == "bisect" && first == "run" {
                let words: Vec<Word> = rest.iter().skip(1).cloned().collect();
                shell.run(&words, command.input);
            } else {
                read(shell);
            }
        }
        "add" | "commit" | "stage" | "mv" | "init" | "notes" | "apply" | "am" | "merge" | "cherry-pick"
        | "revert" | "switch" | "tag" | "branch" | "stash" | "worktree" | "update-index" | "rebase"
        | "symbolic-ref" | "sparse-checkout" | "rm" => {
            let destroys = match verb {
                "branch" => {
                    has(rest, &["-D"]) || has(rest, &["--delete", "-d"]) && has(rest, &["-f", "--force"])
                }
                "stash" => matches!(first, "drop" | "clear"),
                "tag" => has(rest, &["-d", "--delete"]),
                "switch" => has(rest, &["--discard-changes", "-f", "--force"]),
                "worktree" => first == "remove" && has(rest, &["-f", "--force"]),
                "rm" => !has(rest, &["--cached"]),
                _ => false,
            };
            let looks = match verb {
                "branch" | "tag" => {
                    rest.is_empty()
                        || has(
                            rest,
                            &["-l", "--list", "-a", "-r", "-v", "--contains", "--show-current", "--merged"],
                        )
                }
                "stash" => matches!(first, "list" | "show"),
                "worktree" => first == "list",
                _ => false,
            };
            match (destroys && !looks, looks) {
                (true, _) if verb == "rm" => {
                    for word in operands("") {
                        // Git keeps what was committed.
                        let draft = shell
                            .draft(Verb::Delete, &word)
                            .map(|draft| draft.partial().recursive(has(rest, &["-r"])));
                        shell.drafts.add_some(draft);
                    }
                }
                (true, _) => shell.drafts.add(command.draft(Verb::Delete).irreversible()),
                (_, true) => read(shell),
                _ => shell.drafts.add(if verb == "rebase" { here().partial() } else { here() }),
            }
            for run in values(rest, &["--exec", "-x"]).filter(|_| verb == "rebase") {
                shell.subshell(&run.text);
            }
        }
        "checkout" | "restore" => {
            let paths: Vec<Word> = match rest.iter().position(|word| word.text == "--") {
                Some(at) => rest.iter().skip(at + 1).cloned().collect(),
                None if verb == "restore" && (!has(rest, &["--staged"]) || has(rest, &["--worktree"])) => {
                    operands("-s --source")
                }
                None => operands("-b -B")
                    .into_iter()
                    .filter(|word| word.text == "." || (word.text.contains('/') && word.text.contains('.')))
                    .collect(),
            };
            for path in &paths {
                // What was changed and not committed is gone.
                let draft = shell.draft(Verb::Delete, path).map(Draft::irreversible);
                let draft = draft.map(|draft| draft.recursive(path.text == "." || path.glob));
                shell.drafts.add_some(draft);
            }
            if paths.is_empty() {
                shell.drafts.add(if has(rest, &["-f", "--force"]) {
                    command.draft(Verb::Delete)
                } else {
                    here()
                });
            }
        }
        "reset" if has(rest, &["--hard", "--merge", "--keep"]) => {
            shell.drafts.add(command.draft(Verb::Delete).irreversible().recursive(true));
        }
        "reset" => shell.drafts.add(here()),
        "clean" if has(rest, &["-n", "--dry-run"]) => read(shell),
        "clean" => {
            let draft = shell
                .draft(Verb::Delete, &operands("-e").first().cloned().unwrap_or_else(|| Word::literal(".")));
            shell.drafts.add_some(draft.map(|draft| draft.irreversible().recursive(true)));
        }
        "push" => {
            let remote = operands("-o --push-option --repo")
                .first()
                .cloned()
                .unwrap_or_else(|| Word::literal("origin"));
            let destroys =
                has(rest, &["-f", "--force", "--force-with-lease", "--delete", "--mirror", "--prune"]);
            let resource = match host_of(&remote.text).filter(|_| remote.text.contains(['/', ':', '@'])) {
                Some(host) => Resource::Host(host),
                None => Resource::DataStore(format!("git:{}", remote.text)),
            };
            let draft = Draft::new(Verb::Send, resource).sourced(&command.sources()).outward(true);
            shell.drafts.add(if destroys { draft.irreversible() } else { draft.partial() });
        }
        "clone" | "fetch" | "pull" | "ls-remote" | "submodule" | "lfs" | "svn" | "remote" => {
            fetching(shell, command, verb, rest, first)
        }
        "config" => {
            let looks = has(rest, &["--get", "--list", "-l", "--get-all", "--get-regexp", "--show-origin"])
                || operands("-f --file").len() < 2;
            let global = has(rest, &["--global", "--system"]);
            if looks {
                return read(shell);
            }
            let identity = operands("-f --file").first().is_some_and(|name| name.text.starts_with("user."));
            let draft = command.draft(Verb::Configure).outward(global);
            shell.drafts.add(if identity && !global { draft.reversible() } else { draft });
            if let [name, value, ..] = operands("-f --file").as_slice() {
                configured(shell, &format!("{}={}", name.text, value.text));
            }
        }
        "gc" | "prune" | "filter-branch" | "filter-repo" | "update-ref" | "replace" => {
            shell.drafts.add(command.draft(Verb::Delete).irreversible());
        }
        "send-email" | "request-pull" => shell.drafts.add(command.draft(Verb::Send)),
        _ => shell.drafts.add(command.draft(Verb::Execute)),
    }
}

fn fetching(shell: &mut Shell<'_>, command: &Command<'_>, verb: &str, rest: &[Word], first: &str) {
    if verb == "remote" {
        let verb = if matches!(first, "" | "show" | "get-url") { Verb::Read } else { Verb::Configure };
        return shell.drafts.add(command.draft(verb).reversible());
    }
    if verb == "submodule" && matches!(first, "" | "status" | "summary" | "foreach") && first != "foreach" {
        return shell.drafts.add(command.draft(Verb::Read).reversible());
    }
    if verb == "submodule" && first == "foreach" {
        let text: Vec<&str> = rest
            .iter()
            .skip(1)
            .map(|word| word.text.as_str())
            .filter(|text| !text.starts_with("--"))
            .collect();
        return shell.subshell(&text.join(" "));
    }
    let words: Vec<Word> =
        Operands::of(rest, "-b --branch --depth -o --origin -j --jobs -c --config --reference")
            .rest(0)
            .cloned()
            .collect();
    for setting in values(rest, &["-c", "--config"]) {
        configured(shell, &setting.text);
    }
    let address = words.iter().find(|word| word.text.contains(['/', ':']));
    if address.is_some_and(|word| word.text.starts_with("ext::")) {
        return shell.drafts.add(command.draft(Verb::Execute));
    }
    match address {
        Some(word) if word.text.contains("://") => shell.drafts.add(fetch_url(&word.text)),
        Some(word) => {
            let resource = host_of(&word.text).map_or(Resource::Unknown, Resource::Host);
            shell.drafts.add(Draft::new(Verb::Fetch, resource).from(word.text.as_str()));
        }
        None => shell.drafts.add(
            Draft::new(Verb::Fetch, Resource::DataStore("git:origin".to_owned())).sourced(&command.sources()),
        ),
    }
    let target = match verb {
        "clone" => words.get(1).cloned().or_else(|| {
            let name = address?
                .text
                .trim_end_matches('/')
                .trim_end_matches(".git")
                .rsplit(['/', ':'])
                .next()?
                .to_owned();
            Some(Word::literal(name))
        }),
        "pull" => Some(Word::literal(".")),
        _ => None,
    };
    if let Some(target) = target {
        shell.touch(Verb::Write, &target);
    }
}

/// `gh` and its like: what they look at stays, what they change leaves the machine.
pub(super) fn forge(shell: &mut Shell<'_>, command: &Command<'_>) {
    let mut verbs = command.words.iter().map(|word| word.text.as_str()).filter(|text| !text.starts_with('-'));
    let (noun, verb) = (verbs.next().unwrap_or_default(), verbs.next().unwrap_or_default());
    let method = values(command.words, &["-X", "--method"]).next().map(|word| word.text.to_ascii_uppercase());
    let fields = command.has(&["-f", "-F", "--field", "--raw-field", "--input"]);
    let looks = match noun {
        "api" => method.as_deref().unwrap_or(if fields { "POST" } else { "GET" }) == "GET",
        "auth" => verb == "status",
        "search" | "status" | "browse" | "" | "help" | "version" => true,
        _ => matches!(
            verb,
            "list" | "view" | "status" | "diff" | "checks" | "watch" | "download" | "clone" | "checkout" | ""
        ),
    };
    let draft = match (noun, verb) {
        ("auth", "token") => Draft::new(Verb::Read, Resource::Credential(command.argv().join(" "))),
        ("auth", _) if !looks => command.draft(Verb::Grant).outward(true),
        ("secret" | "ssh-key" | "gpg-key" | "variable", _) if !looks => {
            command.draft(Verb::Grant).outward(true)
        }
        (_, "delete") => command.draft(Verb::Delete).outward(true),
        ("alias" | "extension" | "config", _) if !looks => command.draft(Verb::Configure),
        _ if looks => command.draft(Verb::Fetch),
        _ => command.draft(Verb::Send),
    };
    shell.drafts.add(draft.sourced(&command.sources()));
}
