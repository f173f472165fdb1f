//! Packages that a command installs, as a manifest would declare them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use vigil_core::{Action, Resource, Verb};

/// Most packages of one command that are looked at.
const MAX_PACKAGES: usize = 200;

/// Packages that a command installs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Install {
    /// For PyPI: `requests`, `flask==3.0.0`.
    pub(crate) pypi: Vec<String>,
    /// The same by a tool that takes the indexes of `pyproject.toml`.
    pub(crate) pyproject: Vec<String>,
    /// The same by Pipenv.
    pub(crate) pipfile: Vec<String>,
    /// For npm: the name, and the version when one is named exactly.
    pub(crate) npm: Vec<(String, Option<String>)>,
    /// For crates.io, in the same way.
    pub(crate) cargo: Vec<(String, Option<String>)>,
    /// For the Go module proxy: modules on forges, whose paths tell where they end.
    pub(crate) go: Vec<(String, Option<String>)>,
    /// The command names another registry than the usual ones: names are compared, and nobody is asked.
    pub(crate) elsewhere: bool,
    /// What the command says itself to Go: `GOPROXY`, and what is private under `GOPRIVATE`.
    pub(crate) settings: BTreeMap<String, String>,
    /// Where the command runs.
    pub(crate) directory: PathBuf,
}

/// Words that name another registry.
const ELSEWHERE: &[&str] = &[
    "-i",
    "--index-url",
    "--extra-index-url",
    "--index",
    "--default-index",
    "-f",
    "--find-links",
    "--registry",
    "--source",
    "--pip-args",
];
/// Variables that do.
const ELSEWHERE_VARIABLES: &[&str] = &[
    "PIP_INDEX_URL=",
    "PIP_EXTRA_INDEX_URL=",
    "UV_INDEX",
    "UV_DEFAULT_INDEX=",
    "npm_config_registry=",
    "NPM_CONFIG_REGISTRY=",
    "PIP_FIND_LINKS=",
    "UV_FIND_LINKS=",
    "YARN_NPM_REGISTRY_SERVER=",
    "YARN_REGISTRY=",
    "BUN_CONFIG_REGISTRY=",
    "CARGO_REGISTRIES_",
    "CARGO_REGISTRY_DEFAULT=",
    "CARGO_SOURCE_",
];
/// Variables that name modules which are nobody else's business.
const PRIVATE_TO_GO: &[&str] = &["GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GONOSUMCHECK", "GOINSECURE"];

/// What the command installs from the registries that are known, if anything.
pub(super) fn of(action: &Action, text: &str, directory: &Path) -> Option<Install> {
    let mut install = Install {
        directory: directory.to_owned(),
        elsewhere: ELSEWHERE_VARIABLES.iter().any(|name| text.contains(name)),
        ..Install::default()
    };
    install.hear(text);
    for effect in action.effects.iter().filter(|effect| effect.verb == Verb::Install).take(MAX_PACKAGES) {
        let Resource::Package { ecosystem, name } = &effect.resource else { continue };
        let command = &effect.command;
        install.elsewhere |= command.iter().any(|word| {
            ELSEWHERE.iter().any(|flag| {
                word.strip_prefix(flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
            })
        });
        let word = command.iter().find(|word| word.starts_with(name.as_str())).unwrap_or(name);
        match ecosystem.as_str() {
            "pypi" if is_pypi_name(name) && names_a_package(word, name) => {
                install.list_of(command).push(pypi(word, name));
            }
            "npm"
                if is_npm_name(name)
                    && names_a_package(word, name)
                    && !is_own_program(command, name, directory) =>
            {
                install.npm.push((name.clone(), exact_version(word, name)));
            }
            "crates" if is_crate_name(name) && !command.iter().any(|word| LOCAL.contains(&word.as_str())) => {
                install.cargo.push((name.clone(), exact_version(word, name)));
            }
            "go" => install.go.extend(module(word)),
            _ => {}
        }
    }
    for list in [&mut install.pypi, &mut install.pyproject, &mut install.pipfile] {
        list.sort();
        list.dedup();
    }
    install.npm.sort();
    install.npm.dedup();
    for list in [&mut install.cargo, &mut install.go] {
        list.sort();
        list.dedup();
    }
    let python = [&install.pypi, &install.pyproject, &install.pipfile];
    let any = python.iter().any(|list| !list.is_empty()) || !install.npm.is_empty();
    (any || !install.cargo.is_empty() || !install.go.is_empty()).then_some(install)
}

impl Install {
    /// Where a command for Python lists its packages.
    fn list_of(&mut self, command: &[String]) -> &mut Vec<String> {
        let words: Vec<&str> =
            command.iter().map(|word| word.rsplit('/').next().unwrap_or(word)).take(4).collect();
        let is_tool = words.windows(2).any(|two| two == ["uv", "tool"] || two == ["uvx", "--from"]);
        let has = |tools: &[&str]| words.iter().any(|word| tools.contains(word));
        if has(&["pipenv"]) {
            &mut self.pipfile
        } else if has(&["uv", "poetry", "pdm", "rye", "hatch"]) && !is_tool {
            &mut self.pyproject
        } else {
            &mut self.pypi
        }
    }

    /// Takes what the command says to Go: `GOPRIVATE=… go get …`, `export GOPROXY=…`, `go env -w GOPRIVATE=…`.
    fn hear(&mut self, text: &str) {
        for word in text.split(|sign: char| sign.is_whitespace() || ";&()".contains(sign)) {
            let Some((name, value)) = word.split_once('=') else { continue };
            let quotes = ['"', '\''];
            let (name, value) = (name.trim_start_matches(quotes), value.trim_matches(quotes));
            let is_private = PRIVATE_TO_GO.contains(&name);
            // An empty value takes nothing back: what was private may still be.
            if value.is_empty() || !(is_private || name == "GOPROXY") {
                continue;
            }
            // What it stands for is not known.
            self.elsewhere |= value.contains(['$', '`', '"', '\'']);
            let known = self.settings.entry(if is_private { "GOPRIVATE" } else { name }.to_owned());
            let known = known.or_insert_with(|| value.to_owned());
            if is_private && known != value {
                known.push(',');
                known.push_str(value);
            }
            // Which of two proxies is meant is not known either.
            self.elsewhere |= !is_private && known != value;
        }
    }
}

/// Words that take crates from somewhere else.
const LOCAL: &[&str] = &["--git", "--path", "--index"];

fn is_crate_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= 64
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// The module of `github.com/a/b/cmd/c@v1.2.3`: a repository of a forge, with the version when one is named.
fn module(word: &str) -> Option<(String, Option<String>)> {
    let (path, version) = word.split_once('@').unwrap_or((word, ""));
    let parts: Vec<&str> = path.split('/').collect();
    let [
        host @ ("github.com" | "gitlab.com" | "bitbucket.org" | "codeberg.org"),
        owner,
        repository,
        rest @ ..,
    ] = parts.as_slice()
    else {
        return None;
    };
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    };
    let major = rest.first().filter(|part| {
        part.strip_prefix('v')
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    });
    let name = [Some(host), Some(owner), Some(repository), major].into_iter().flatten().copied();
    // A module may begin further down, and then its versions are not those of the repository.
    let is_version = version.starts_with('v')
        && version.matches('.').count() >= 2
        && rest.len() == usize::from(major.is_some());
    (plain(owner) && plain(repository))
        .then(|| (name.collect::<Vec<_>>().join("/"), is_version.then(|| version.to_owned())))
}

/// The word is the name with a version or extras, and no address, file or alias.
fn names_a_package(word: &str, name: &str) -> bool {
    let rest = word.strip_prefix(name).unwrap_or_default();
    !word.contains("://")
        && !rest.contains([':', '/'])
        && !["whl", "gz", "zip", "tgz", "txt"].iter().any(|end| word.rsplit('.').next() == Some(*end))
}

/// A line of `requirements.txt`: the version is kept where it is pinned.
fn pypi(word: &str, name: &str) -> String {
    let version = word.split_once("==").map(|(_, version)| version.trim());
    let plain = |version: &&str| {
        version.starts_with(|c: char| c.is_ascii_digit())
            && version.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
    };
    match version.filter(plain) {
        Some(version) => format!("{name}=={version}"),
        None => name.to_owned(),
    }
}

/// `1.2.3` of `name@1.2.3`.
fn exact_version(word: &str, name: &str) -> Option<String> {
    let version = word.strip_prefix(name)?.strip_prefix('@')?;
    let parts: Vec<&str> = version.splitn(3, '.').collect();
    let numbers =
        parts.iter().take(2).all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    (parts.len() == 3
        && numbers
        && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte)))
    .then(|| version.to_owned())
}

fn is_pypi_name(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric();
    name.bytes().all(|byte| inner(byte) || b"-_.".contains(&byte))
        && name.bytes().next().is_some_and(inner)
        && name.bytes().next_back().is_some_and(inner)
}

fn is_npm_name(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '_', '-'])
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
    };
    match name.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').is_some_and(|(scope, name)| part(scope) && part(name)),
        None => part(name),
    }
}

/// `npx NAME` runs what the project has installed under that name, whatever package it came from.
fn is_own_program(command: &[String], name: &str, directory: &Path) -> bool {
    let runs =
        command.iter().take(2).any(|word| matches!(word.as_str(), "npx" | "bunx" | "pnpx" | "exec" | "x"));
    runs && directory.ancestors().any(|above| above.join("node_modules/.bin").join(name).exists())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::deed::Deed;
    use super::super::shell::deeds;
    use super::*;

    fn install(command: &str) -> Install {
        match deeds(&Value::String(command.to_owned()), Path::new("/p")).as_slice() {
            [Deed::Install(install)] => install.clone(),
            [] => Install::default(),
            other => panic!("{command}: {other:?}"),
        }
    }

    #[track_caller]
    fn pypi(command: &str, names: &[&str]) {
        let Install { pypi, pyproject, pipfile, .. } = install(command);
        assert_eq!([pypi, pyproject, pipfile].concat(), names, "{command}");
    }

    #[track_caller]
    fn npm(command: &str, names: &[(&str, Option<&str>)]) {
        let found = install(command).npm;
        let found: Vec<_> = found.iter().map(|(name, version)| (name.as_str(), version.as_deref())).collect();
        assert_eq!(found, names, "{command}");
    }

    #[test]
    fn finds_what_goes_to_pypi() {
        pypi("pip install requests", &["requests"]);
        pypi("pip install 'requests[socks]>=2' flask==3.0.0", &["flask==3.0.0", "requests"]);
        pypi("cd api && sudo PIP_NO_INPUT=1 pip3 install x1", &["x1"]);
        pypi("python -m pip install --upgrade pip zzz", &["pip", "zzz"]);
        pypi("uv add a1 && uv pip install b1", &["a1", "b1"]);
        pypi("uv tool install c1 --with d1", &["c1", "d1"]);
        pypi("poetry add foo@^1.0 --group dev", &["foo"]);
        pypi("pipx install blackk", &["blackk"]);
        pypi("bash -c 'pip install q1'", &["q1"]);
    }

    #[test]
    fn finds_what_goes_to_npm() {
        npm("npm i left-pad@1.0.0 @a/b@^2", &[("@a/b", None), ("left-pad", Some("1.0.0"))]);
        npm("pnpm --filter web add zod", &[("zod", None)]);
        npm("yarn add a1 b1 && bun add c1", &[("a1", None), ("b1", None), ("c1", None)]);
        npm("npx cowsayy hello", &[("cowsayy", None)]);
        npm("npm exec -- foo1", &[("foo1", None)]);
    }

    #[test]
    fn finds_crates_and_modules() {
        let found = install("cargo add serdee tokio@1.38.0 --features full");
        assert_eq!(
            found.cargo,
            [("serdee".to_owned(), None), ("tokio".to_owned(), Some("1.38.0".to_owned()))]
        );
        let found = install("go get github.com/a/b/v2@v2.1.0 && go install github.com/c/d/cmd/e@latest");
        assert_eq!(
            found.go,
            [
                ("github.com/a/b/v2".to_owned(), Some("v2.1.0".to_owned())),
                ("github.com/c/d".to_owned(), None),
            ]
        );
    }

    #[test]
    fn leaves_alone_what_no_registry_knows() {
        for command in [
            "pip install -r requirements.txt",
            "pip install . ./local -e ../x",
            "pip install git+https://example.org/y.git foo.whl https://example.org/z.tar.gz",
            "npm ci",
            "npm install",
            "npm install ../x user/repo github:a/b file:../x git@github.com:a/b.git foo@npm:bar@1",
            "npm create vite my-app",
            "npm install $PKG",
            "conda install numpyy",
            "cargo add --git https://example.org/x serdee",
            "cargo install --path .",
            "go install ./cmd/x",
            "go get golang.org/x/tools/cmd/goimports@latest",
            "npx tsc --noEmit",
            "pip uninstall requests",
            "echo pip install x",
        ] {
            assert_eq!(install(command), Install::default(), "{command}");
        }
    }

    #[test]
    fn another_registry_is_not_asked() {
        for command in [
            "pip install -i https://example.org/simple x1",
            "pip install --index-url=https://example.org x1",
            "npm install x1 --registry https://example.org",
            "PIP_INDEX_URL=https://example.org pip install x1",
            "CARGO_REGISTRY_DEFAULT=corp cargo add x1",
        ] {
            assert!(install(command).elsewhere, "{command}");
        }
        assert!(!install("pip install x1").elsewhere);
    }

    #[track_caller]
    fn says(command: &str, settings: &[(&str, &str)], elsewhere: bool) {
        let found = install(command);
        let told: Vec<_> =
            found.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!((told.as_slice(), found.elsewhere), (settings, elsewhere), "{command}");
    }

    #[test]
    fn what_the_command_says_to_go_counts() {
        let get = "go get github.com/a/b";
        says(get, &[], false);
        says(&format!("GOPRIVATE=github.com/a {get}"), &[("GOPRIVATE", "github.com/a")], false);
        says(&format!("export GOPRIVATE='*.corp'; {get}"), &[("GOPRIVATE", "*.corp")], false);
        says(&format!("go env -w GONOSUMDB=x.y && {get}"), &[("GOPRIVATE", "x.y")], false);
        says(&format!("bash -c 'GOPRIVATE=x.y {get}'"), &[("GOPRIVATE", "x.y")], false);
        says(&format!("GOPRIVATE=x.y GOINSECURE=z.y {get}"), &[("GOPRIVATE", "x.y,z.y")], false);
        says(&format!("GOPROXY='https://a.b|direct' {get}"), &[("GOPROXY", "https://a.b|direct")], false);
        says(&format!("GOPROXY=off {get}; GOPROXY=direct {get}"), &[("GOPROXY", "off")], true);
        says(&format!("GOPRIVATE=$MINE {get}"), &[("GOPRIVATE", "$MINE")], true);
        says(&format!("GOPRIVATE= {get}"), &[], false);
    }

    #[test]
    fn a_program_of_the_project_is_no_package() {
        let directory = tempfile::tempdir().unwrap();
        let bin = directory.path().join("node_modules/.bin");
        std::fs::create_dir_all(&bin).unwrap();
        std::fs::write(bin.join("own-tool"), "").unwrap();
        let command = Value::String("npx own-tool && npx other-tool".to_owned());
        let found = deeds(&command, &directory.path().join("src"));
        assert!(
            matches!(found.as_slice(), [Deed::Install(install)] if install.npm == [("other-tool".to_owned(), None)]),
            "{found:?}"
        );
    }
}
