//! Containers, clusters, clouds and databases.

use vigil_core::{Resource, Verb};

use super::Command;
use super::option::{Operands, values};
use crate::action::draft::Draft;
use crate::action::shell::{Shell, Word};
use crate::action::sql;

pub(super) fn docker(shell: &mut Shell<'_>, command: &Command<'_>) {
    const VALUED: &str = "-v --volume -e --env -p --publish --name -w --workdir -u --user --network --mount --entrypoint -f --file -t --tag --platform \
                          --env-file -H --host -c --context --build-arg --target -l --label --add-host --cap-add --device --memory --cpus --project-name --profile";
    let words: Vec<Word> = Operands::of(command.words, VALUED).rest(0).cloned().collect();
    let mut verbs = words.iter().map(|word| word.text.as_str());
    let mut verb = verbs.next().unwrap_or_default();
    let mut skip = 1;
    if matches!(
        verb,
        "compose"
            | "container"
            | "image"
            | "volume"
            | "network"
            | "system"
            | "builder"
            | "buildx"
            | "context"
    ) {
        verb = verbs.next().unwrap_or_default();
        skip = 2;
    }
    let operand = words.get(skip).cloned();
    match verb {
        "ps" | "images" | "ls" | "list" | "logs" | "inspect" | "stats" | "top" | "version" | "info"
        | "history" | "port" | "diff" | "config" | "df" | "search" | "" => {
            shell.drafts.add(command.draft(Verb::Read).reversible());
        }
        "rm" | "rmi" | "prune" | "down" | "kill" => {
            let volumes = command.has(&["-v", "--volumes", "--all", "-a"]) || matches!(verb, "prune");
            let draft = command.draft(Verb::Delete).recursive(volumes);
            shell.drafts.add(if volumes { draft.irreversible() } else { draft.partial() });
        }
        "pull" => {
            let image = operand.map(|word| word.text).unwrap_or_default();
            shell.drafts.add(
                Draft::new(
                    Verb::Install,
                    Resource::Package { ecosystem: "docker".to_owned(), name: image.clone() },
                )
                .from(image),
            );
        }
        "push" => shell.drafts.add(command.draft(Verb::Send)),
        "login" | "logout" => shell.drafts.add(command.draft(Verb::Grant).outward(true)),
        "exec" | "run" | "create" => {
            // A container that sees the host's root, its socket or all its devices is the host.
            let mut open = command.has(&["--privileged"])
                || command
                    .words
                    .iter()
                    .any(|word| matches!(word.text.as_str(), "--pid=host" | "--net=host" | "--network=host"));
            for mount in values(command.words, &["-v", "--volume", "--mount"]) {
                let from = mount
                    .text
                    .split([':', ','])
                    .next()
                    .unwrap_or_default()
                    .trim_start_matches("type=bind")
                    .to_owned();
                open |= from == "/" || from.contains("docker.sock");
                if from.starts_with(['/', '~', '.', '$']) {
                    let word = Word { text: from, ..mount };
                    let read_only = mount.text.ends_with(":ro");
                    shell.touch(if read_only { Verb::Read } else { Verb::Write }, &word);
                }
            }
            let draft = command.draft(Verb::Execute).outward(open);
            shell.drafts.add(if open { draft } else { draft.partial() });
            if open {
                shell.drafts.add(command.draft(Verb::Grant).outward(true));
            }
            let inner: Vec<Word> = words.iter().skip(skip + 1).cloned().collect();
            if !inner.is_empty() && (open || verb == "exec") {
                // Paths inside a container are not those outside, but what deletes there deletes something.
                let at = command.words.iter().position(|word| Some(word) == inner.first()).unwrap_or(0);
                let inner: Vec<Word> = command.words.iter().skip(at).cloned().collect();
                shell.run(&inner, command.input);
            }
        }
        _ => shell.drafts.add(command.draft(Verb::Execute).partial()),
    }
}

/// Cloud command lines: one word among the first ones tells what they do.
pub(super) fn cloud(shell: &mut Shell<'_>, command: &Command<'_>) {
    let words: Vec<&str> = Operands::of(command.words, "--region --profile --project -n --namespace --output -o --format --query --subscription -g --resource-group --context --zone -l -f")
        .rest(0)
        .map(|word| word.text.as_str())
        .collect();
    let starts = |prefixes: &[&str]| {
        words.iter().take(4).any(|word| {
            prefixes.iter().any(|prefix| {
                word.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            })
        })
    };
    let secret = words.iter().any(|word| {
        word.contains("secret")
            || word.contains("credential")
            || word.contains("access-key")
            || word.contains("print-access-token")
            || word.contains("get-token")
    });
    let draft = if starts(&[
        "delete",
        "destroy",
        "rm",
        "rb",
        "terminate",
        "remove",
        "purge",
        "uninstall",
        "drain",
        "nuke",
        "undeploy",
    ]) || words.iter().any(|word| word.starts_with("delete") || word.starts_with("terminate"))
    {
        let recursive = command.has(&["--recursive", "--all", "--force"]) || starts(&["destroy"]);
        command.draft(Verb::Delete).irreversible().recursive(recursive)
    } else if secret {
        let verb = if starts(&["create", "set", "put", "add"]) { Verb::Grant } else { Verb::Read };
        Draft::new(verb, Resource::Credential(command.argv().join(" "))).sourced(&command.sources())
    } else if words.first() == Some(&"iam") && !starts(&["list", "get", "describe"])
        || starts(&["login", "attach", "auth", "role", "assign", "authorize", "add-iam-policy-binding"])
    {
        command.draft(Verb::Grant)
    } else if starts(&[
        "get", "list", "describe", "ls", "show", "logs", "top", "version", "plan", "validate", "status",
        "explain", "diff", "help", "head", "fmt", "output", "config", "whoami", "init", "search", "template",
        "lint",
    ]) {
        command.draft(Verb::Fetch)
    } else if starts(&["cp", "sync", "mv", "rsync", "upload", "put-object", "publish", "send"]) {
        let down = words.iter().rev().nth(1).is_some_and(|word| word.contains("://"))
            && !words.last().is_some_and(|word| word.contains("://"));
        if down {
            if let Some(target) = words.last() {
                shell.touch(Verb::Write, &Word::literal(*target));
            }
            command.draft(Verb::Fetch)
        } else {
            command.draft(Verb::Send)
        }
    } else if starts(&[
        "apply", "deploy", "create", "update", "set", "patch", "scale", "rollout", "edit", "install",
        "upgrade", "import", "up", "modify", "run", "start", "stop",
    ]) {
        command.draft(Verb::Configure)
    } else if starts(&["exec", "ssh", "attach", "port-forward", "invoke"]) {
        if let Some(at) = command.words.iter().position(|word| word.text == "--") {
            let inner: Vec<Word> = command.words.iter().skip(at + 1).cloned().collect();
            shell.run(&inner, command.input);
        }
        command.draft(Verb::Execute)
    } else {
        command.draft(Verb::Execute)
    };
    let reads = matches!(draft.verb, Verb::Fetch | Verb::Read);
    shell.drafts.add(draft.outward(!reads));
}

/// Database clients: their SQL is taken apart.
pub(super) fn database(shell: &mut Shell<'_>, command: &Command<'_>) {
    let mut texts: Vec<String> =
        values(command.words, &["-c", "--command", "-e", "--execute", "--eval", "-q", "--query"])
            .map(|word| word.text)
            .collect();
    if matches!(command.name, "sqlite3" | "sqlite" | "duckdb") {
        let mut words = Operands::of(command.words, "-cmd -separator -init").rest(0);
        if let Some(file) = words.next() {
            shell.touch(Verb::Read, file);
        }
        texts.extend(words.map(|word| word.text.clone()));
    }
    texts.extend(command.input.text.clone());
    for file in values(command.words, &["-f", "--file"]) {
        shell.touch(Verb::Read, &file);
        shell.drafts.add(command.draft(Verb::Execute));
    }
    let remote = values(command.words, &["-h", "--host"])
        .any(|host| !matches!(host.text.as_str(), "localhost" | "127.0.0.1"))
        || command.words.iter().any(|word| {
            word.text.contains("://") && !word.text.contains("localhost") && !word.text.contains("127.0.0.1")
        });
    match command.name {
        "pg_dump" | "mysqldump" => {
            return shell.drafts.add(command.draft(Verb::Read).reversible().outward(remote));
        }
        "dropdb" => return shell.drafts.add(command.draft(Verb::Delete).irreversible()),
        "createdb" | "mysqladmin" => return shell.drafts.add(command.draft(Verb::Configure)),
        "redis-cli" | "mongo" | "mongosh" => {
            let text = command.argv().join(" ").to_ascii_lowercase();
            let verb = match () {
                () if ["flush", " del ", "unlink", "drop", "deletemany", "remove("]
                    .iter()
                    .any(|word| text.contains(word)) =>
                {
                    Verb::Delete
                }
                () if [
                    " get ", " keys ", " scan", " info", " ping", "find(", "count", " hget", " ttl ", "show ",
                ]
                .iter()
                .any(|word| text.contains(word)) =>
                {
                    Verb::Read
                }
                () => Verb::Execute,
            };
            return shell.drafts.add(command.draft(verb).outward(remote));
        }
        _ => {}
    }
    if texts.is_empty() {
        return shell.drafts.add(command.draft(Verb::Execute).outward(remote));
    }
    let effects = shell.drafts.effects.len();
    for text in &texts {
        for line in text.lines().filter(|line| {
            line.trim_start().starts_with("\\!")
                || line.trim_start().starts_with(".shell")
                || line.trim_start().starts_with(".system")
        }) {
            let line = line
                .trim_start()
                .trim_start_matches("\\!")
                .trim_start_matches(".shell")
                .trim_start_matches(".system");
            shell.subshell(line);
        }
        sql::decompose(text, shell.drafts);
    }
    for draft in shell.drafts.effects.iter_mut().skip(effects) {
        draft.magnitude.outward |= remote;
    }
}
