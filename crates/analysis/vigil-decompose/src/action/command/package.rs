//! Package managers: what they install, remove, publish and run.

use vigil_core::{Resource, Verb};

use super::Command;
use super::option::{Operands, has, values};
use crate::action::draft::Draft;
use crate::action::shell::{Shell, Word};

/// The ecosystem whose packages a program installs.
pub(crate) fn ecosystem_of(program: &str) -> &'static str {
    match program {
        "npm" | "pnpm" | "yarn" | "bun" | "npx" | "pnpx" | "bunx" | "deno" | "nvm" | "volta" | "corepack" => {
            "npm"
        }
        "pip" | "pip3" | "uv" | "uvx" | "poetry" | "pipenv" | "pdm" | "pipx" | "easy_install" | "pyenv" => {
            "pypi"
        }
        "conda" | "mamba" | "micromamba" => "conda",
        "cargo" | "rustup" => "crates",
        "go" => "go",
        "gem" | "bundle" | "bundler" | "rbenv" => "rubygems",
        "composer" => "packagist",
        "dotnet" | "nuget" => "nuget",
        "apt" | "apt-get" | "aptitude" | "dpkg" => "apt",
        "dnf" | "yum" | "rpm" | "zypper" => "rpm",
        "pacman" | "yay" => "pacman",
        "apk" => "apk",
        "brew" | "port" => "homebrew",
        "snap" => "snap",
        "flatpak" => "flatpak",
        "winget" | "choco" | "scoop" => "windows",
        "nix" | "nix-env" | "nix-shell" => "nix",
        "cpan" | "cpanm" => "cpan",
        "luarocks" => "luarocks",
        "mvn" | "gradle" | "sdk" => "maven",
        "mix" | "hex" => "hex",
        "cabal" | "stack" => "hackage",
        "opam" => "opam",
        _ => "other",
    }
}

pub(super) fn run(shell: &mut Shell<'_>, command: &Command<'_>) {
    let words = command.words;
    let valued = "-r --requirement -c --constraint -i --index-url --extra-index-url -C --prefix --cwd -t --target -w --workspace --filter \
                  -p --package -f --find-links --features --manifest-path --channel -n --name --python --directory --project -m --group --registry --version -e --editable";
    let rest: Vec<Word> = Operands::of(words, valued).rest(0).cloned().collect();
    let verb = rest.first().map(|word| word.text.as_str()).unwrap_or_default();
    // `uv pip install`, `poetry self add`, `rustup component add`, `dotnet tool install`, `npm exec`.
    let (verb, skip) =
        match (command.name, verb, rest.get(1).map(|word| word.text.as_str()).unwrap_or_default()) {
            ("uv", "pip" | "tool" | "python", second)
            | ("poetry", "self" | "env", second)
            | ("rustup", "component" | "target" | "toolchain", second)
            | ("dotnet", "tool" | "package", second)
            | ("yarn", "global", second)
            | ("nix", "profile", second)
            | ("conda" | "mamba", "env", second)
            | ("corepack", "pnpm" | "yarn" | "npm", second)
            | ("go", "mod" | "work", second) => (second, 2),
            _ => (verb, 1),
        };
    let names: Vec<Word> = rest.iter().skip(skip).cloned().collect();
    let install = |shell: &mut Shell<'_>, names: &[Word]| install(shell, command, names);
    match (command.name, verb) {
        ("npx" | "pnpx" | "bunx" | "uvx", _) => run_package(shell, command, words),
        ("pipx", "run") | ("npm" | "pnpm" | "bun" | "yarn", "exec" | "x" | "dlx" | "create" | "init")
            if !names.is_empty() || matches!(verb, "exec" | "x" | "dlx") =>
        {
            run_package(shell, command, &names);
        }
        (
            "uv" | "poetry" | "pipenv" | "pdm" | "conda" | "mamba" | "bundle" | "pyenv" | "mise" | "asdf"
            | "rbenv" | "nix" | "rustup" | "micromamba",
            "run" | "exec" | "shell" | "develop",
        ) => {
            let inner = inner(words);
            match inner.is_empty() {
                true => shell.drafts.add(command.draft(Verb::Execute).partial()),
                false => {
                    for package in values(words, &["--with"]) {
                        install(shell, &[package]);
                    }
                    shell.run(&inner, command.input);
                }
            }
        }
        ("dpkg", _) | ("rpm" | "pacman" | "yay", _) => {
            let flags: String = words
                .iter()
                .filter(|word| word.text.starts_with('-'))
                .map(|word| word.text.as_str())
                .collect();
            if flags.contains("-i")
                || flags.contains("-U")
                || flags.contains("-S") && !flags.contains("-Ss") && !flags.contains("-Si")
                || flags.contains("--install")
            {
                install(shell, &rest);
            } else if flags.contains("-r")
                || flags.contains("-R")
                || flags.contains("-e")
                || flags.contains("--purge")
            {
                shell.drafts.add(command.draft(Verb::Delete).partial().outward(true));
            } else {
                shell.drafts.add(command.draft(Verb::Read).reversible());
            }
        }
        ("go", "run") | ("deno", "run" | "eval" | "task" | "test") | ("dotnet", "run" | "test" | "build") => {
            shell.drafts.add(command.draft(Verb::Execute).partial());
        }
        (
            _,
            "install" | "i" | "add" | "ci" | "get" | "sync" | "require" | "upgrade" | "update"
            | "dist-upgrade" | "full-upgrade" | "in" | "reinstall" | "isntall" | "build-dep" | "groupinstall"
            | "localinstall" | "tap" | "use" | "import" | "create",
        ) => install(shell, &names),
        ("go", "download" | "tidy") | ("cpan" | "cpanm" | "easy_install" | "nix-env" | "nix-shell", _) => {
            install(shell, &rest)
        }
        ("yarn" | "bundle" | "composer", "") => install(shell, &[]),
        (
            _,
            "uninstall" | "remove" | "rm" | "purge" | "autoremove" | "un" | "unlink" | "delete" | "prune",
        ) => {
            shell.drafts.add(command.draft(Verb::Delete).partial());
        }
        (_, "publish" | "upload" | "push" | "unpublish" | "deprecate" | "yank" | "dist-tag") => {
            shell.drafts.add(command.draft(Verb::Send).irreversible());
        }
        (_, "login" | "adduser" | "token" | "owner" | "access" | "logout" | "signin") => {
            shell.drafts.add(command.draft(Verb::Grant).outward(true))
        }
        (_, "config" | "set" | "add-repository" | "link" | "source" | "default" | "override") => {
            shell.drafts.add(command.draft(Verb::Configure))
        }
        (
            _,
            "list" | "ls" | "show" | "info" | "view" | "search" | "outdated" | "why" | "tree" | "audit"
            | "freeze" | "check" | "metadata" | "env" | "version" | "help" | "--version" | "policy"
            | "depends" | "locate-project" | "doctor" | "cache" | "licenses" | "pack" | "verify-project"
            | "which" | "where" | "explain" | "leaves" | "deps" | "query" | "doc" | "vet" | "fmt" | "pkgid"
            | "whoami" | "root" | "bin" | "prefix" | "debug" | "inspect",
        ) => {
            shell.drafts.add(command.draft(Verb::Read).reversible());
        }
        (_, "download") => shell
            .drafts
            .add(Draft::new(Verb::Fetch, Resource::Command(command.argv())).sourced(&command.sources())),
        _ => shell.drafts.add(command.draft(Verb::Execute).partial()),
    }
}

/// The command after `run`, without the flags between.
fn inner(words: &[Word]) -> Vec<Word> {
    let mut words = words
        .iter()
        .skip_while(|word| !matches!(word.text.as_str(), "run" | "exec" | "shell" | "develop"))
        .skip(1);
    let mut inner: Vec<Word> = Vec::new();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if inner.is_empty() && text.starts_with('-') {
            if matches!(
                text,
                "-n" | "--name"
                    | "-p"
                    | "--prefix"
                    | "--with"
                    | "--python"
                    | "--extra"
                    | "--group"
                    | "--env-file"
                    | "--directory"
                    | "--project"
                    | "--package"
            ) {
                words.next();
            }
            continue;
        }
        inner.push(word.clone());
    }
    inner
}

/// Downloads a package and runs it.
fn run_package(shell: &mut Shell<'_>, command: &Command<'_>, words: &[Word]) {
    for text in values(words, &["-c", "--call"]) {
        shell.subshell(&text.text);
    }
    let named: Vec<Word> = values(words, &["-p", "--package", "--from"]).collect();
    let operands: Vec<Word> =
        Operands::of(words, "-p --package --from -c --call --python --with").rest(0).cloned().collect();
    // Tools that a project has among its own: running them is running the project.
    let own = operands.first().is_some_and(|word| OWN.contains(&word.text.as_str()));
    let packages: &[Word] = if named.is_empty() { operands.get(..1).unwrap_or_default() } else { &named };
    if !own && !has(words, &["--no-install", "--offline"]) {
        install(shell, command, packages);
    }
    shell.drafts.add(command.draft(Verb::Execute).partial());
}

const OWN: &[&str] = &[
    "tsc",
    "eslint",
    "prettier",
    "jest",
    "vitest",
    "mocha",
    "playwright",
    "vite",
    "next",
    "webpack",
    "ts-node",
    "tsx",
    "rollup",
    "esbuild",
    "biome",
    "turbo",
    "nx",
    "ng",
    "storybook",
    "tailwindcss",
    "prisma",
    "drizzle-kit",
    "cypress",
    "stylelint",
    "pytest",
    "ruff",
    "mypy",
    "black",
];

/// Installs packages by name; without a name what the lock file or the manifest lists.
fn install(shell: &mut Shell<'_>, command: &Command<'_>, names: &[Word]) {
    let ecosystem = ecosystem_of(command.name).to_owned();
    let count = u32::try_from(names.len()).unwrap_or(u32::MAX);
    let lists: Vec<Word> = values(command.words, &["-r", "--requirement", "-e", "--editable"])
        .filter(|_| matches!(ecosystem.as_str(), "pypi"))
        .collect();
    for list in &lists {
        shell.touch(Verb::Read, list);
    }
    // Another source than the usual one decides what is installed.
    let elsewhere =
        has(command.words, &["--index-url", "--extra-index-url", "--registry", "--index", "--find-links"]);
    let mut any = false;
    for word in names {
        any = true;
        let name = word.text.as_str();
        let local = name == "." || name.starts_with(['.', '/', '~']);
        let address = name.contains("://") || name.starts_with("git+") || name.starts_with("github:");
        let plain = if local || address { name } else { package_name(name) };
        let mut draft = Draft::new(
            Verb::Install,
            Resource::Package { ecosystem: ecosystem.clone(), name: plain.to_owned() },
        )
        .from(name);
        draft.magnitude.count = count.max(1);
        let draft = draft.outward(elsewhere || address || word.unknown);
        shell.drafts.add(if address { draft.irreversible() } else { draft });
    }
    if !any {
        // The manifest names them: nothing that the call itself says.
        let name = lists.first().map_or_else(String::new, |list| list.text.clone());
        let draft = Draft::new(Verb::Install, Resource::Package { ecosystem, name }).outward(elsewhere);
        shell.drafts.add(draft.recursive(true));
    }
}

/// `left-pad@1.0`, `requests[socks]>=2`, `serde@1`: the name alone.
fn package_name(text: &str) -> &str {
    let (scope, rest) = match text.strip_prefix('@') {
        Some(rest) => (1, rest),
        None => (0, text),
    };
    let end = rest.find(['@', '=', '<', '>', '~', '!', '[', ' ', '^']).unwrap_or(rest.len());
    text.get(..scope + end).unwrap_or(text)
}
