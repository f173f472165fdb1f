//! Programs that read, write, move and delete files.

use vigil_core::{Resource, Verb};

use super::Command;
use super::option::{Operands, has, values};
use crate::action::draft::Draft;
use crate::action::shell::{Input, Shell, Word};

fn operands<'c>(command: &Command<'c>, valued: &str) -> Vec<&'c Word> {
    Operands::of(command.words, valued).rest(0).collect()
}

/// Adds an effect on one path.
fn add(shell: &mut Shell<'_>, verb: Verb, word: &Word, change: impl FnOnce(Draft) -> Draft) {
    if word.unknown {
        shell.drafts.remark("unknown_variable");
    }
    let draft = shell.draft(verb, word).map(change);
    shell.drafts.add_some(draft);
}

/// Deletes a path. A delete that takes the working directory itself leaves it.
fn delete(shell: &mut Shell<'_>, word: &Word, recursive: bool) {
    let located = shell.place.locate(&shell.scope.directory, &word.text);
    let all = recursive && shell.place.holds_the_work(&located.text);
    add(shell, Verb::Delete, word, |draft| draft.irreversible().recursive(recursive).outward(all));
}

pub(super) fn grep(shell: &mut Shell<'_>, command: &Command<'_>) {
    let valued = "-e -f -m -A -B -C -g -t -T --glob --type --type-not --include --exclude --exclude-dir --max-count -d --max-depth -j \
                  --regexp --file --context --after-context --before-context --iglob -M --color --colors -r --replace --sort";
    let named = has(command.words, &["--regexp", "--files", "--file"])
        || command.words.iter().any(|word| matches!(word.text.as_str(), "-e" | "-f"));
    let recursive = command.name.starts_with("rg")
        || command.name == "ag"
        || has(command.words, &["-r", "-R", "--recursive"]);
    // `-r` of grep takes no value; that of rg does.
    let valued =
        if command.name.ends_with("grep") { valued.replace(" -r --replace", "") } else { valued.to_owned() };
    let mut any = false;
    for word in Operands::of(command.words, &valued).rest(usize::from(!named)) {
        any = true;
        add(shell, Verb::Read, word, |draft| draft.recursive(recursive));
    }
    if !any && recursive && !command.input.given {
        add(shell, Verb::Read, &Word::literal("."), |draft| draft.recursive(true));
    }
}

pub(super) fn sed(shell: &mut Shell<'_>, command: &Command<'_>) {
    let given = command
        .words
        .iter()
        .any(|word| matches!(word.text.as_str(), "-e" | "-f") || word.text.starts_with("--expression"));
    let in_place = command.words.iter().any(|word| {
        let text = word.text.as_str();
        text.starts_with("--in-place")
            || (text.starts_with('-')
                && !text.starts_with("--")
                && text.contains('i')
                && !text.starts_with("-e"))
    });
    let mut words = operands(command, "-e -f --expression --file -l");
    // BSD: `sed -i '' script file`.
    if in_place && words.first().is_some_and(|word| word.text.is_empty()) {
        words.remove(0);
    }
    let script = if given || words.is_empty() { None } else { Some(words.remove(0)) };
    let verb = if in_place { Verb::Write } else { Verb::Read };
    for word in words {
        add(shell, verb, word, |draft| if in_place { draft.partial() } else { draft });
    }
    let scripts = script.map(|word| word.text.clone()).into_iter();
    for text in scripts.chain(values(command.words, &["-e", "--expression"]).map(|word| word.text)) {
        // `e` runs a command, `w file` writes one.
        let last = text.rsplit(['/', '|', '#', ',']).next().unwrap_or_default();
        let bare = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '$');
        if (text.starts_with('s') && last.len() < 6 && last.contains('e')) || bare.starts_with("e ") {
            shell.drafts.add(command.draft(Verb::Execute));
        }
        if let Some((_, file)) =
            text.rsplit_once(" w ").or_else(|| bare.strip_prefix("w ").map(|file| ("", file)))
        {
            shell.touch(Verb::Write, &Word::literal(file.trim()));
        }
    }
}

pub(super) fn awk(shell: &mut Shell<'_>, command: &Command<'_>) {
    let words = operands(command, "-F -v -f --file --assign --field-separator");
    let from_file = command.words.iter().any(|word| word.text == "-f");
    for word in words.iter().skip(usize::from(!from_file)) {
        shell.touch(Verb::Read, word);
    }
    let program = words.first().map(|word| word.text.as_str()).unwrap_or_default();
    let pipes = program.contains("| \"") || program.contains("|\"") || program.contains("|& ");
    if program.contains("system(") || pipes || program.contains("| getline") || program.contains("|getline") {
        shell.drafts.add(command.draft(Verb::Execute));
    }
    if let Some((_, rest)) = program.split_once("> \"").or_else(|| program.split_once(">\""))
        && let Some((file, _)) = rest.split_once('"')
    {
        shell.touch(Verb::Write, &Word::literal(file));
    }
}

pub(super) fn find(shell: &mut Shell<'_>, command: &Command<'_>) {
    let split = command
        .words
        .iter()
        .position(|word| {
            word.text.starts_with('-') && !matches!(word.text.as_str(), "-L" | "-H" | "-P")
                || matches!(word.text.as_str(), "(" | "!")
        })
        .unwrap_or(command.words.len());
    let (roots, tests) = command.words.split_at_checked(split).unwrap_or((command.words, &[]));
    let here = [Word::literal(".")];
    let roots: Vec<Word> = roots.iter().filter(|word| !word.text.starts_with('-')).cloned().collect();
    let roots = if roots.is_empty() { here.to_vec() } else { roots };
    for root in &roots {
        add(shell, Verb::Read, root, |draft| draft.recursive(true));
    }
    for (at, word) in tests.iter().enumerate() {
        match word.text.as_str() {
            "-delete" => roots.iter().for_each(|root| delete(shell, root, true)),
            "-exec" | "-execdir" | "-ok" | "-okdir" => {
                let run: Vec<Word> = tests
                    .iter()
                    .skip(at + 1)
                    .take_while(|word| !matches!(word.text.as_str(), ";" | "+"))
                    .cloned()
                    .collect();
                for root in roots.iter().take(8) {
                    let below = Word {
                        text: format!("{}/*", root.text.trim_end_matches('/')),
                        unknown: root.unknown,
                        glob: true,
                    };
                    let words: Vec<Word> = run
                        .iter()
                        .map(|word| {
                            if word.text == "{}" {
                                below.clone()
                            } else {
                                Word { text: word.text.replace("{}", &below.text), ..word.clone() }
                            }
                        })
                        .collect();
                    shell.run(&words, &Input::default());
                }
            }
            "-fprint" | "-fls" | "-fprintf" | "-fprint0" => {
                if let Some(file) = tests.get(at + 1) {
                    shell.touch(Verb::Write, file);
                }
            }
            _ => {}
        }
    }
}

pub(super) fn fd(shell: &mut Shell<'_>, command: &Command<'_>) {
    let split = command
        .words
        .iter()
        .position(|word| matches!(word.text.as_str(), "-x" | "-X" | "--exec" | "--exec-batch"));
    let (search, run) =
        command.words.split_at_checked(split.unwrap_or(command.words.len())).unwrap_or((&[], &[]));
    let roots: Vec<&Word> =
        Operands::of(search, "-e -t -d -E --extension --type --max-depth --exclude").rest(1).collect();
    let here = Word::literal(".");
    let root = roots.first().copied().unwrap_or(&here);
    add(shell, Verb::Read, root, |draft| draft.recursive(true));
    if let Some((_, run)) = run.split_first() {
        let below = Word { text: format!("{}/*", root.text), unknown: root.unknown, glob: true };
        let mut words: Vec<Word> = run
            .iter()
            .map(|word| if word.text.contains("{}") { below.clone() } else { word.clone() })
            .collect();
        if words == run {
            words.push(below);
        }
        shell.run(&words, &Input::default());
    }
}

pub(super) fn sort(shell: &mut Shell<'_>, command: &Command<'_>) {
    for word in operands(command, "-k -t -o -S -T --key --output --field-separator") {
        shell.touch(Verb::Read, word);
    }
    for word in values(command.words, &["-o", "--output"]) {
        shell.touch(Verb::Write, &word);
    }
}

/// `tr`, `cut`, `base64`: the operands of `tr` are no files.
pub(super) fn filter(shell: &mut Shell<'_>, command: &Command<'_>) {
    if command.name != "tr" {
        for word in operands(command, "-d -f -c -b -w -i -o --delimiter --fields --characters --wrap") {
            shell.touch(Verb::Read, word);
        }
    }
}

pub(super) fn remove(shell: &mut Shell<'_>, command: &Command<'_>) {
    let recursive = has(command.words, &["-r", "-R", "--recursive"]);
    let mut words = operands(command, "-n -s --iterations --size");
    if command.name == "gio" {
        match words.first().map(|word| word.text.as_str()) {
            Some("trash" | "remove") => words.remove(0),
            _ => return shell.drafts.add(command.draft(Verb::Execute)),
        };
    }
    let trash = command.name.starts_with("trash");
    for word in words {
        match command.name {
            "rmdir" => add(shell, Verb::Delete, word, Draft::reversible),
            _ if trash => add(shell, Verb::Delete, word, Draft::partial),
            _ => delete(shell, word, recursive || word.glob),
        }
    }
}

pub(super) fn truncate(shell: &mut Shell<'_>, command: &Command<'_>) {
    for word in operands(command, "-s -r --size --reference") {
        delete(shell, word, false);
    }
}

/// Reads all operands but the last, and does `verb` to the last, or to the value of `-t`.
fn onto(shell: &mut Shell<'_>, command: &Command<'_>, each: impl Fn(&mut Shell<'_>, &Word)) {
    let mut words = operands(command, "-t -S -m -o -g --target-directory --mode --owner --group --suffix");
    let target = values(command.words, &["-t", "--target-directory"]).next();
    let target = match target {
        Some(target) => Some(target),
        None if words.len() > 1 => words.pop().cloned(),
        None => None,
    };
    for word in words {
        each(shell, word);
    }
    if let Some(target) = target {
        add(shell, Verb::Write, &target, Draft::partial);
    }
}

pub(super) fn copy(shell: &mut Shell<'_>, command: &Command<'_>) {
    let recursive = has(command.words, &["-r", "-R", "-a", "--recursive", "--archive"]);
    onto(shell, command, |shell, word| add(shell, Verb::Read, word, |draft| draft.recursive(recursive)));
}

pub(super) fn move_(shell: &mut Shell<'_>, command: &Command<'_>) {
    onto(shell, command, |shell, word| {
        // Within the working directory a move can be undone; out of a place elsewhere it takes something away.
        add(shell, Verb::Write, word, Draft::partial);
        if shell.draft(Verb::Delete, word).is_some_and(|draft| draft.magnitude.outward) {
            add(shell, Verb::Delete, word, Draft::partial);
        }
    });
}

pub(super) fn link(shell: &mut Shell<'_>, command: &Command<'_>) {
    onto(shell, command, |shell, word| add(shell, Verb::Read, word, |draft| draft));
    if let [one] = operands(command, "-t -S").as_slice() {
        add(shell, Verb::Read, one, |draft| draft);
    }
}

pub(super) fn dd(shell: &mut Shell<'_>, command: &Command<'_>) {
    for word in command.words {
        if let Some(file) = word.text.strip_prefix("if=") {
            shell.touch(Verb::Read, &Word { text: file.to_owned(), ..word.clone() });
        } else if let Some(file) = word.text.strip_prefix("of=") {
            add(shell, Verb::Write, &Word { text: file.to_owned(), ..word.clone() }, Draft::irreversible);
        }
    }
}

pub(super) fn tar(shell: &mut Shell<'_>, command: &Command<'_>) {
    let mode = command.words.first().map(|word| word.text.as_str()).unwrap_or_default();
    let long = |flag: &str| has(command.words, &[flag]);
    let short = |letter: char| {
        (!mode.starts_with("--") && mode.trim_start_matches('-').contains(letter))
            || has(command.words, &[&format!("-{letter}")])
    };
    let extracts = short('x') || long("--extract") || long("--get");
    let creates = short('c') || short('r') || short('u') || long("--create");
    let runs = ["--checkpoint-action", "--to-command", "--use-compress-program", "-I"];
    if command
        .words
        .iter()
        .any(|word| runs.iter().any(|flag| word.text == *flag || word.text.starts_with(&format!("{flag}="))))
    {
        shell.drafts.add(command.draft(Verb::Execute));
    }
    let mut words = operands(
        command,
        "-C -f --directory --file -T -X --exclude --strip-components -I --checkpoint-action --to-command",
    );
    if !mode.starts_with('-') && !words.is_empty() {
        words.remove(0);
    }
    // `-f` is often among others (`xzf archive`), and then the archive is the first operand.
    let archive = values(command.words, &["--file"]).next().or_else(|| {
        let at =
            command.words.iter().position(|word| !word.text.starts_with("--") && word.text.ends_with('f'))?;
        command.words.get(at + 1).cloned()
    });
    if let Some(archive) = &archive {
        words.retain(|word| *word != archive);
        if archive.text != "-" {
            add(shell, if creates { Verb::Write } else { Verb::Read }, archive, |draft| draft);
        }
    }
    if creates {
        words.iter().for_each(|word| add(shell, Verb::Read, word, |draft| draft.recursive(true)));
    } else if extracts {
        let target =
            values(command.words, &["-C", "--directory"]).next().unwrap_or_else(|| Word::literal("."));
        add(shell, Verb::Write, &target, |draft| draft.partial().recursive(true));
    }
}

pub(super) fn zip(shell: &mut Shell<'_>, command: &Command<'_>) {
    let words = operands(command, "-x -i -P");
    for (at, word) in words.into_iter().enumerate() {
        add(shell, if at == 0 { Verb::Write } else { Verb::Read }, word, |draft| draft);
    }
}

/// Packers that put their output beside or over their input.
pub(super) fn compress(shell: &mut Shell<'_>, command: &Command<'_>) {
    let out = has(command.words, &["-c", "--stdout", "-l", "-t", "--list", "--test"]);
    let words = operands(command, "-d -o -x -P");
    for word in words.iter().take(if command.name == "unzip" { 1 } else { usize::MAX }) {
        add(shell, Verb::Read, word, |draft| draft);
        if !out && command.name != "unzip" {
            add(shell, Verb::Write, word, Draft::partial);
        }
    }
    if command.name == "unzip" && !out {
        let target = values(command.words, &["-d"]).next().unwrap_or_else(|| Word::literal("."));
        add(shell, Verb::Write, &target, |draft| draft.partial().recursive(true));
    }
}

pub(super) fn patch(shell: &mut Shell<'_>, command: &Command<'_>) {
    for word in values(command.words, &["-i", "--input"]) {
        shell.touch(Verb::Read, &word);
    }
    match &command.input.text {
        Some(text) => crate::action::patch::unified(shell.place, &shell.scope.directory, text, shell.drafts),
        None => {
            let target = operands(command, "-p -i -d -F --input --directory --strip")
                .first()
                .map_or_else(|| Word::literal("."), |word| (*word).clone());
            add(shell, Verb::Write, &target, |draft| draft.partial().recursive(true));
        }
    }
}

/// An editor that a script drives, or that waits for a person.
pub(super) fn editor(shell: &mut Shell<'_>, command: &Command<'_>) {
    for word in operands(command, "-c --cmd -S -u --eval") {
        add(shell, Verb::Write, word, Draft::partial);
    }
    let runs = command.words.iter().any(|word| word.text.contains('!') || word.text.contains("system("));
    if runs
        || command
            .input
            .text
            .as_deref()
            .is_some_and(|text| text.lines().any(|line| line.trim_start().starts_with('!')))
    {
        let draft = Draft::new(Verb::Execute, Resource::Command(command.argv())).sourced(&command.sources());
        shell.drafts.add(draft);
    }
}
