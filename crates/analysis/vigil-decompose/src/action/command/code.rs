//! Interpreters: a shell's text is taken apart, a program's text is searched for what it calls.

use vigil_core::{Resource, Verb};

use super::option::Operands;
use super::{Command, fetch_url, send_url};
use crate::action::draft::Draft;
use crate::action::shell::{Shell, Word};

/// `sh`, `bash`, …: the text of `-c`, a file, or what comes through the pipe.
pub(super) fn shell(shell: &mut Shell<'_>, command: &Command<'_>) {
    // `-c` may stand among others: `bash -lc TEXT`. Its text is the first word that is no flag; when there is none,
    // whatever follows is looked at.
    let at = command.words.iter().position(|word| {
        word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains('c')
    });
    let after = at.and_then(|at| command.words.get(at + 1..)).unwrap_or_default();
    if let Some(text) = after.iter().find(|word| !word.text.starts_with('-')).or(after.first()) {
        if text.unknown {
            shell.drafts.remark("unknown_program");
            shell.drafts.add(command.draft(Verb::Execute));
        }
        // What the outer shell did not know the inner one may: `$1` of `sh -c`.
        return shell.subshell(&text.text);
    }
    if at.is_some() {
        // `-c` without a text that can be seen.
        return shell.drafts.add(command.draft(Verb::Execute));
    }
    match Operands::of(command.words, "-o -O --rcfile --init-file").rest(0).next() {
        Some(file) => execute_file(shell, command, file),
        None if command.has(&["--version", "--help"]) => {}
        None => standard_input(shell, command),
    }
}

/// A shell or interpreter that runs what it reads.
pub(super) fn standard_input(shell: &mut Shell<'_>, command: &Command<'_>) {
    match &command.input.text {
        Some(text) if is_shell(command.name) => shell.subshell(text),
        Some(text) => program(shell, command, text),
        None if command.input.given => {
            let fetched = command.input.fetched;
            if fetched {
                shell.drafts.remark("executes_what_it_fetches");
            }
            shell.drafts.add(Draft::new(Verb::Execute, Resource::Unknown).irreversible().outward(fetched));
        }
        // It waits for a person.
        None => shell.drafts.add(command.draft(Verb::Execute).partial()),
    }
}

fn is_shell(name: &str) -> bool {
    matches!(
        name,
        "sh" | "bash"
            | "zsh"
            | "dash"
            | "ksh"
            | "fish"
            | "ash"
            | "rbash"
            | "sudo"
            | "su"
            | "runuser"
            | "doas"
            | "chroot"
    )
}

fn execute_file(shell: &mut Shell<'_>, command: &Command<'_>, file: &Word) {
    let located = shell.place.locate(&shell.scope.directory, &file.text);
    // `bash <(curl …)` runs what came over the network.
    let piped = file.unknown || located.text.starts_with("/dev/fd/") || located.text == "/dev/stdin";
    let draft = command.draft(Verb::Execute).outward(located.outward || piped);
    shell.drafts.add(if located.outward || piped { draft } else { draft.partial() });
}

pub(super) fn source(shell: &mut Shell<'_>, command: &Command<'_>) {
    let Some(file) = command.words.first() else { return };
    let environment =
        ["activate", "conda.sh", ".venv", "nvm.sh", "env.sh"].iter().any(|end| file.text.ends_with(end));
    match environment && !file.unknown {
        true => shell.drafts.add(command.draft(Verb::Execute).partial()),
        false => execute_file(shell, command, file),
    }
}

pub(super) fn interpreter(shell: &mut Shell<'_>, command: &Command<'_>) {
    let own: &[&str] = match command.name {
        name if name.starts_with("py") || name.starts_with("ipython") => &["-c"],
        "ruby" | "perl" | "lua" | "luajit" | "Rscript" | "julia" | "osascript" | "elixir" | "swift"
        | "groovy" | "scala" => &["-e", "-E"],
        "php" => &["-r"],
        "pwsh" | "powershell" => &["-c", "-Command", "-command", "-e"],
        _ => &["-e", "-E", "--eval", "-p", "--print"],
    };
    let at = command.words.iter().position(|word| own.contains(&word.text.as_str()));
    let file = command.words.iter().position(|word| !word.text.starts_with('-'));
    if let Some(text) = at
        .and_then(|at| command.words.get(at + 1))
        .filter(|_| file.is_none_or(|file| at.is_some_and(|at| at < file)))
    {
        if text.unknown {
            shell.drafts.remark("unknown_variable");
        }
        return program(shell, command, &text.text);
    }
    // `perl -pi -e`, `perl -i.bak -ne`: an editor of files.
    if command.name == "perl" || command.name == "ruby" {
        let glued =
            command.words.iter().position(|word| word.text.starts_with('-') && word.text.ends_with('e'));
        if let Some(at) = glued {
            let in_place =
                command.words.iter().any(|word| word.text.starts_with('-') && word.text.contains('i'));
            let text = command.words.get(at + 1).map(|word| word.text.clone()).unwrap_or_default();
            program(shell, command, &text);
            for word in command.words.iter().skip(at + 2) {
                shell.touch(if in_place { Verb::Write } else { Verb::Read }, word);
            }
            return;
        }
    }
    if let Some(at) = command
        .words
        .iter()
        .position(|word| word.text == "-m")
        .filter(|at| file.is_none_or(|file| at + 1 == file))
    {
        return module(shell, command, at);
    }
    match file.and_then(|file| command.words.get(file)) {
        Some(word) if word.text.contains("://") => {
            shell.drafts.add(fetch_url(&word.text));
            shell.drafts.add(command.draft(Verb::Execute).outward(true));
        }
        Some(word) => execute_file(shell, command, word),
        None if command.has(&["--version", "-V", "--help"]) => {}
        None => standard_input(shell, command),
    }
}

/// `python -m NAME`.
fn module(shell: &mut Shell<'_>, command: &Command<'_>, at: usize) {
    let name = command.words.get(at + 1).map(|word| word.text.as_str()).unwrap_or_default();
    let rest = command.words.get(at + 1..).unwrap_or_default();
    match name {
        "pip" | "pipx" | "uv" | "poetry" | "conda" => {
            shell.run(rest, command.input);
        }
        "http.server" | "SimpleHTTPServer" => shell.drafts.add(command.draft(Verb::Send).outward(true)),
        _ => shell.drafts.add(command.draft(Verb::Execute).partial()),
    }
}

/// The text of a program in another language: one execution, and the effects its calls show.
///
/// This is a search for names, not an analysis: a program can hide what it does, which is why it also counts as an
/// execution that only partly can be undone.
fn program(shell: &mut Shell<'_>, command: &Command<'_>, text: &str) {
    let literals = literals(text);
    let names = |list: &[&str]| list.iter().any(|name| text.contains(name));
    let paths: Vec<&String> = literals
        .iter()
        .filter(|text| {
            text.starts_with(['/', '~', '.'])
                || text.contains('/') && !text.contains("://") && !text.contains(' ')
        })
        .collect();
    let urls: Vec<&String> =
        literals.iter().filter(|text| text.starts_with("http://") || text.starts_with("https://")).collect();
    let mut draft = command.draft(Verb::Execute).partial();
    if names(&[
        "rmtree(",
        "os.remove(",
        "os.unlink(",
        ".unlink(",
        "rmSync(",
        "unlinkSync(",
        "os.rmdir(",
        "os.removedirs(",
        "fs.rm(",
        "fs.unlink(",
        "FileUtils.rm",
        "rimraf",
        "unlink(",
        "File.delete",
        "Remove-Item",
    ]) {
        let recursive = names(&["rmtree", "rmSync", "recursive", "rm_r", "rimraf", "-Recurse"]);
        for path in paths.iter().take(8) {
            let word = Word::literal(path.as_str());
            let deletes =
                shell.draft(Verb::Delete, &word).map(|draft| draft.irreversible().recursive(recursive));
            shell.drafts.add_some(deletes);
        }
        if paths.is_empty() {
            shell.drafts.add(
                Draft::new(Verb::Delete, Resource::Unknown)
                    .recursive(recursive)
                    .outward(recursive)
                    .sourced(&command.sources()),
            );
        }
    }
    if names(&[
        "os.system(",
        "subprocess.",
        "popen(",
        "child_process",
        "execSync(",
        "spawnSync(",
        "os.exec",
        "system(",
        "Kernel.exec",
        "shell_exec(",
        "do shell script",
        "pty.spawn",
        "%x",
    ]) {
        let texts: Vec<&String> = literals.iter().filter(|text| runs(text)).collect();
        if texts.is_empty() {
            draft = draft.irreversible();
        }
        for text in texts.into_iter().take(8) {
            shell.subshell(text);
        }
    }
    if names(&[
        "requests.",
        "urllib",
        "http.client",
        "httpx",
        "fetch(",
        "axios",
        "socket.",
        "net/http",
        "http.request",
        "https.request",
        "smtplib",
        "ftplib",
        "paramiko",
        "LWP",
        "aiohttp",
        "Invoke-WebRequest",
        "Net.WebClient",
    ]) {
        let sends = names(&[
            ".post(",
            ".put(",
            ".patch(",
            "\"POST\"",
            "'POST'",
            "sendall(",
            ".send(",
            "sendmail(",
            "data=",
            "body:",
            "files=",
            ".connect(",
        ]);
        for url in urls.iter().take(8) {
            shell.drafts.add(if sends { send_url(url) } else { fetch_url(url) });
        }
        if urls.is_empty() {
            let verb = if sends { Verb::Send } else { Verb::Fetch };
            shell.drafts.add(Draft::new(verb, Resource::Unknown).outward(true).sourced(&command.sources()));
        }
    }
    if names(&[
        "'w'",
        "\"w\"",
        "'a'",
        "\"a\"",
        "'wb'",
        "\"wb\"",
        "write_text(",
        "writeFile",
        "'r+'",
        "write_bytes(",
        "shutil.copy",
        "shutil.move",
        "os.rename",
        "Path(",
    ]) {
        for path in literals.iter().filter(|text| looks_like_file(text)).take(16) {
            shell.touch(Verb::Write, &Word::literal(path.as_str()));
        }
    } else {
        // A program that names a credential reads it.
        for path in paths.iter().take(16) {
            if crate::action::place::sensitivity(path) == crate::action::place::Sensitivity::Credential {
                shell.touch(Verb::Read, &Word::literal(path.as_str()));
            }
        }
    }
    let reads_environment = names(&["os.environ", "process.env", "ENV[", "getenv("]);
    if reads_environment
        && (literals.iter().any(|text| super::system::secret_name(text))
            || names(&["(os.environ", "dict(os.environ", "JSON.stringify(process.env"]))
    {
        shell.drafts.add(Draft::new(Verb::Read, Resource::Credential("environment".to_owned())));
    }
    if names(&[
        "exec(base64",
        "eval(base64",
        "exec(__import__",
        "b64decode(",
        "eval(atob",
        "exec(zlib",
        "marshal.loads",
    ]) && names(&["exec", "eval", "marshal"])
    {
        shell.drafts.remark("obfuscated_code");
        draft = draft.irreversible().outward(true);
    }
    shell.drafts.add(draft);
}

/// Whether a literal can be a command line.
fn runs(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    super::table::find(first).is_some()
        || (text.contains(' ') && first.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b == b'/'))
}

fn looks_like_file(text: &str) -> bool {
    let name = text.rsplit('/').next().unwrap_or(text);
    !text.contains([' ', '\n', '(', '<', '*', '%', '\\', '{'])
        && text.len() < 256
        && (text.starts_with(['/', '~'])
            || name.rsplit_once('.').is_some_and(|(stem, end)| {
                !stem.is_empty()
                    && (1..=5).contains(&end.len())
                    && end.bytes().all(|b| b.is_ascii_alphanumeric())
                    && !end.bytes().all(|b| b.is_ascii_digit())
            }))
        && !text.contains("://")
}

/// The string literals of a program, as far as simple quotes tell them.
fn literals(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\'', '`']) {
        let tail = rest.get(at..).unwrap_or_default();
        let quote = tail.chars().next().unwrap_or('"');
        let triple: String = core::iter::repeat_n(quote, 3).collect();
        let close = if tail.starts_with(&triple) { triple } else { quote.to_string() };
        let inner = tail.get(close.len()..).unwrap_or_default();
        let Some(end) = inner.find(&close) else { break };
        let literal = inner.get(..end).unwrap_or_default();
        if !literal.is_empty() && literal.len() <= 1024 {
            found.push(literal.to_owned());
        }
        if found.len() >= 128 {
            break;
        }
        rest = inner.get(end + close.len()..).unwrap_or_default();
    }
    found
}
