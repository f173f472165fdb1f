//! What a simple command does: a table of programs, and a function where a row of a table cannot say it.

mod cloud;
mod code;
mod file;
mod git;
mod network;
mod option;
mod package;
mod system;
mod table;
mod wrapper;

use vigil_core::{Resource, Verb};

use self::option::Operands;
use self::table::Does;
use super::draft::Draft;
use super::shell::{Input, Shell, Word};

pub(crate) use network::{fetch_url, host_of, send_url};
pub(crate) use package::ecosystem_of;

/// A command with its words expanded.
pub(crate) struct Command<'c> {
    /// The program without its directory.
    pub(crate) name: &'c str,
    /// The program as written.
    pub(crate) program: &'c Word,
    /// The words after it.
    pub(crate) words: &'c [Word],
    /// What it reads.
    pub(crate) input: &'c Input,
}

impl Command<'_> {
    /// Program and arguments, for a resource.
    pub(crate) fn argv(&self) -> Vec<String> {
        spelled(core::iter::once(self.program).chain(self.words))
    }

    /// The values that came from the call: everything but the program and plain flags.
    pub(crate) fn sources(&self) -> Vec<String> {
        self.words
            .iter()
            .filter_map(|word| option::value_of(&word.text))
            .take(32)
            .map(str::to_owned)
            .collect()
    }

    /// An effect on the command itself.
    pub(crate) fn draft(&self, verb: Verb) -> Draft {
        Draft::new(verb, Resource::Command(self.argv())).sourced(&self.sources())
    }

    pub(crate) fn has(&self, flags: &[&str]) -> bool {
        option::has(self.words, flags)
    }

    /// The first word that is no flag.
    pub(crate) fn verb(&self) -> &str {
        self.words.iter().map(|word| word.text.as_str()).find(|text| !text.starts_with('-')).unwrap_or("")
    }
}

/// Program and arguments of a command whose words are known.
pub(crate) fn argv(words: &[Word]) -> Vec<String> {
    spelled(words.iter())
}

/// So many words of a command are told; `…` stands for the others.
const MAX_WORDS: usize = 64;

fn spelled<'w>(mut words: impl Iterator<Item = &'w Word>) -> Vec<String> {
    let mut argv: Vec<String> = words.by_ref().take(MAX_WORDS).map(|word| shorten(&word.text)).collect();
    if words.next().is_some() {
        argv.push("…".to_owned());
    }
    argv
}

pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(512) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Runs a command: adds its effects, and returns what it writes as far as that matters to the next in a pipe.
pub(crate) fn run(shell: &mut Shell<'_>, program: &Word, words: &[Word], input: &Input) -> Input {
    let name = program.text.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let command = Command { name, program, words, input };
    let argv = command.argv();
    let from = shell.drafts.effects.len();
    let outer = core::mem::replace(&mut shell.drafts.running, argv.clone());
    let output = effects(shell, &command);
    shell.drafts.running = outer;
    shell.drafts.ran(from, &argv);
    output
}

fn effects(shell: &mut Shell<'_>, command: &Command<'_>) -> Input {
    let Command { name, program, .. } = *command;
    if program.unknown || program.glob {
        shell.drafts.remark("unknown_program");
        shell.drafts.add(command.draft(Verb::Execute).from(program.text.as_str()));
        return Input::default();
    }
    // A file in the place of a well known program is not that program.
    let located =
        program.text.contains('/').then(|| shell.place.locate(&shell.scope.directory, &program.text));
    if let Some(located) =
        located.as_ref().filter(|located| !SYSTEM.iter().any(|root| located.text.starts_with(root)))
    {
        let known_place = located.text.contains("/bin/") && !located.outward;
        if !(known_place && table::find(name).is_some()) {
            let draft = command.draft(Verb::Execute).from(program.text.as_str()).outward(located.outward);
            shell.drafts.add(if located.outward { draft } else { draft.partial() });
            return Input::default();
        }
    }
    let asks = |word: &Word| matches!(word.text.as_str(), "--version" | "--help" | "-V");
    if command.words.len() == 1 && command.words.iter().all(asks) && table::find(name).is_some() {
        shell.drafts.add(command.draft(Verb::Read).reversible());
        return Input::default();
    }
    match table::find(name) {
        Some(row) => {
            apply(shell, command, row);
            output(command, row)
        }
        None => {
            shell.drafts.add(command.draft(Verb::Execute));
            Input::default()
        }
    }
}

/// Directories whose programs are what their names say.
const SYSTEM: &[&str] = &[
    "/bin/",
    "/usr/bin/",
    "/usr/local/bin/",
    "/sbin/",
    "/usr/sbin/",
    "/opt/homebrew/bin/",
    "/opt/miniconda",
];

fn apply(shell: &mut Shell<'_>, command: &Command<'_>, row: &table::Row) {
    let operands = || Operands::of(command.words, row.valued);
    match row.does {
        Does::Look => shell.drafts.add(command.draft(Verb::Read).reversible()),
        Does::Read { skip } => operands().rest(skip).for_each(|word| shell.touch(Verb::Read, word)),
        Does::Write => operands().rest(0).for_each(|word| shell.touch(Verb::Write, word)),
        Does::Grant => shell.drafts.add(command.draft(Verb::Grant).outward(true)),
        Does::Run => shell.drafts.add(command.draft(Verb::Execute).partial()),
        Does::Wrap { skip } => wrapper::run(shell, command, row.valued, skip),
        Does::By(function) => function(shell, command),
    }
}

/// What a command hands to the next one in a pipe.
fn output(command: &Command<'_>, row: &table::Row) -> Input {
    let words: Vec<&str> = command.words.iter().map(|word| word.text.as_str()).collect();
    let plain = |text: String| Input { given: true, text: Some(text), ..Input::default() };
    let known = command.words.iter().all(|word| !word.unknown);
    match command.name {
        "echo" if known => {
            let said: Vec<&str> = words
                .iter()
                .copied()
                .skip_while(|word| matches!(*word, "-e" | "-n" | "-ne" | "-en"))
                .collect();
            plain(said.join(" ").replace("\\n", "\n"))
        }
        "printf" if known => plain(words.join(" ").replace("\\n", "\n").replace("%s ", "")),
        "cat" if words.is_empty() => command.input.clone(),
        "curl" | "wget" | "fetch" | "http" | "https" | "xh" | "nc" | "ncat" | "ssh" | "aria2c" => {
            Input { given: true, fetched: true, ..Input::default() }
        }
        "find" | "fd" | "fdfind" | "ls" | "rg" | "grep" | "egrep" | "git" | "ag"
            if command.input.files_below.is_empty() =>
        {
            let roots: Vec<Word> = match command.name {
                "find" => command
                    .words
                    .iter()
                    .take_while(|word| !word.text.starts_with(['-', '(', '!']))
                    .cloned()
                    .collect(),
                "ls" => Operands::of(command.words, row.valued).rest(0).cloned().collect(),
                "git" => Vec::new(),
                _ => Operands::of(command.words, row.valued).rest(1).cloned().collect(),
            };
            let files_below = if roots.is_empty() { vec![Word::literal(".")] } else { roots };
            Input { given: true, fetched: command.input.fetched, files_below, text: None }
        }
        // Filters: what comes out is some of what went in.
        "head" | "tail" | "sort" | "uniq" | "grep" | "egrep" | "rg" | "tee" => {
            Input { given: true, text: None, ..command.input.clone() }
        }
        _ => Input { given: true, fetched: command.input.fetched, ..Input::default() },
    }
}

/// An assignment that makes other programs run something.
pub(crate) fn variable(shell: &mut Shell<'_>, name: &str, value: &Word) {
    const RUN: &[&str] = &[
        "GIT_SSH_COMMAND",
        "GIT_EXTERNAL_DIFF",
        "GIT_ASKPASS",
        "SSH_ASKPASS",
        "GIT_PAGER",
        "PAGER",
        "MANPAGER",
        "EDITOR",
        "VISUAL",
        "GIT_EDITOR",
        "GIT_SEQUENCE_EDITOR",
        "BROWSER",
        "PROMPT_COMMAND",
    ];
    const LOAD: &[&str] = &[
        "LD_PRELOAD",
        "LD_AUDIT",
        "DYLD_INSERT_LIBRARIES",
        "BASH_ENV",
        "ENV",
        "PYTHONSTARTUP",
        "PERL5OPT",
        "RUBYOPT",
        "NODE_OPTIONS",
        "GCONV_PATH",
        "JAVA_TOOL_OPTIONS",
    ];
    let numeric =
        value.text.starts_with("--max") || value.text.is_empty() || !value.text.contains(['/', '.', '=']);
    if RUN.contains(&name) && !value.text.is_empty() {
        shell.subshell(&value.text);
    } else if LOAD.contains(&name) && !(numeric || name == "NODE_OPTIONS" && value.text.starts_with("--max-"))
    {
        let argv = vec![format!("{name}={}", value.text)];
        shell.drafts.add(Draft::new(Verb::Execute, Resource::Command(argv)).from(value.text.as_str()));
    }
}
