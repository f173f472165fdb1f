//! # Secret file not in gitignore (SEC-005)
//!
//! ## What it does
//! Reports a file whose name says that it holds secrets and that no `.gitignore` leaves out: `.env` and its kin, private
//! keys (`id_rsa`, `*.key`, `*.pem`, `*.p12`, `*.pfx`, `*.jks`), credentials of cloud providers and registries
//! (`credentials.json`, `service-account*.json`, `.npmrc` and `.pypirc` with a token, `.netrc`, `.htpasswd`). Examples
//! (`.env.example`), public keys, certificates, files without a value in them, and files among tests are left alone.
//!
//! ## Why is this bad
//! One `git add .` publishes the file, and removing it later does not remove it from the history.
//!
//! ## Example
//! ```text
//! .env             DB_PASSWORD=…
//! .gitignore       *.pyc
//! ```
//!
//! Use instead:
//! ```text
//! .env             DB_PASSWORD=…
//! .gitignore       *.pyc
//!                  .env
//! ```
//!
//! ## References
//! - [CWE-538: Insertion of Sensitive Information into Externally-Accessible File](https://cwe.mitre.org/data/definitions/538.html)
//! - [gitignore](https://git-scm.com/docs/gitignore)

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::credential::is_env_name;
use super::name::{any, words};
use super::{connection, place, shape};
use crate::config::Config;
use crate::finding::{Edit, Finding, Fix};
use crate::rule::RuleId;
use crate::source::Position;

/// As much of a file as is read to see whether it holds a secret.
const MAX_BYTES: u64 = 64 << 10;

/// Finds files that hold secrets and that git does not leave out.
///
/// `files` are the files below `root`, relative to it, hidden ones included; whether the walk left out what `.gitignore`
/// names does not matter. Where there is neither a repository nor a `.gitignore`, nothing is known about git, and nothing
/// is reported.
pub(crate) fn secret_files(root: &Path, files: &[PathBuf], config: &Config) -> Vec<Finding> {
    let mut candidates: Vec<(&PathBuf, Kind)> = files
        .iter()
        .filter(|path| path.is_relative() && !place::is_test(path))
        .filter_map(|path| Some((path, kind(path.file_name()?.to_str()?)?)))
        .collect();
    if !config.reports(RuleId::Sec005) || candidates.is_empty() {
        return Vec::new();
    }
    candidates.sort_unstable();
    let mut ignored = Ignored::of(root);
    let mut findings = Vec::new();
    for (path, kind) in candidates {
        if !ignored.knows_git(path) || ignored.covers(path) || !holds_a_secret(&root.join(path), kind) {
            continue;
        }
        findings.push(finding(root, path, kind, config));
    }
    findings
}

/// Whether a file of this name may hold secrets: what a walk has to hand to [`secret_files`].
pub(crate) fn is_secret_file_name(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| kind(name).is_some())
}

/// What a file's name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Environment,
    Pem,
    Key,
    Store,
    CloudCredentials,
    Registry,
    Logins,
}

fn kind(name: &str) -> Option<Kind> {
    let lower = name.to_ascii_lowercase();
    let ends = |end: &str| lower.ends_with(end);
    if lower == ".env" || lower == ".envrc" || lower.starts_with(".env.") || (ends(".env") && lower.len() > 4)
    {
        let example = any(
            &words(&lower),
            &[
                "example", "sample", "template", "defaults", "default", "dist", "schema", "vault", "test",
                "tpl", "d",
            ],
        );
        return (!example).then_some(Kind::Environment);
    }
    let cloud = lower == "credentials.json"
        || lower == "client_secret.json"
        || (ends(".json")
            && [
                "service-account",
                "service_account",
                "serviceaccount",
                "firebase-adminsdk",
                "client_secret_",
            ]
            .iter()
            .any(|part| lower.contains(part)));
    match lower.as_str() {
        "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519" => Some(Kind::Key),
        ".npmrc" | ".pypirc" | ".yarnrc" | ".yarnrc.yml" => Some(Kind::Registry),
        ".netrc" | "_netrc" | ".htpasswd" | ".git-credentials" | ".pgpass" => Some(Kind::Logins),
        "debug.keystore" => None,
        _ if cloud => Some(Kind::CloudCredentials),
        _ if ends(".pem") => Some(Kind::Pem),
        _ if ends(".key") || ends(".ppk") => Some(Kind::Key),
        _ if [".p12", ".pfx", ".jks", ".keystore", ".kdbx"].iter().any(|end| ends(end)) => Some(Kind::Store),
        _ => None,
    }
}

/// Looks into the file: an empty one, a public key or a template holds no secret.
fn holds_a_secret(path: &Path, kind: Kind) -> bool {
    let mut bytes = Vec::new();
    let is_file = std::fs::metadata(path).is_ok_and(|about| about.is_file());
    if !is_file || File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes)).is_err() {
        return false;
    }
    let text = String::from_utf8_lossy(&bytes);
    let has = |part: &str| text.contains(part);
    match kind {
        Kind::Environment => text.lines().any(assigns_a_secret),
        Kind::Pem => has("PRIVATE KEY"),
        Kind::Key => {
            let public = (has("PUBLIC KEY") || has("CERTIFICATE")) && !has("PRIVATE KEY");
            !text.trim().is_empty() && !public && !bytes.starts_with(b"PK\x03\x04")
        }
        Kind::Store => !bytes.is_empty(),
        Kind::CloudCredentials => {
            ["private_key", "client_secret", "secret", "password", "token", "api_key", "apiKey"]
                .iter()
                .any(|key| has(key))
        }
        Kind::Registry => text.lines().any(holds_a_token),
        Kind::Logins => text.lines().any(|line| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#') && (line.contains(':') || line.contains("password"))
        }),
    }
}

/// `DB_PASSWORD=walnut`.
fn assigns_a_secret(line: &str) -> bool {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line);
    let Some((key, value)) = line.split_once('=') else { return false };
    let value = value.trim().trim_matches(['"', '\'']);
    !key.starts_with('#')
        && ((is_env_name(key.trim()) && value.chars().count() >= 3 && !shape::is_reference(value))
            || connection::connections(value).iter().any(|found| connection::is_literal(found.password)))
}

/// `//registry.npmjs.org/:_authToken=npm_…`, `password = pypi-…`.
fn holds_a_token(line: &str) -> bool {
    let line = line.trim();
    let Some((key, value)) = line.split_once(['=', ':']).filter(|_| !line.starts_with(['#', ';'])) else {
        return false;
    };
    let (key, value) = match line.rsplit_once('=') {
        Some(pair) => pair,
        None => (key, value),
    };
    let key = key.to_ascii_lowercase();
    let value = value.trim().trim_matches(['"', '\'']);
    ["_authtoken", "_auth", "_password", "password", "npmauthtoken", "npmauthident"]
        .iter()
        .any(|end| key.trim_end().trim_end_matches(':').ends_with(end))
        && value.len() >= 3
        && !value.contains("${")
        && !value.starts_with('$')
}

fn finding(root: &Path, path: &Path, kind: Kind, config: &Config) -> Finding {
    let shown = path.to_string_lossy().replace('\\', "/");
    let what = match kind {
        Kind::Environment => "secrets of the environment",
        Kind::Pem | Kind::Key => "a private key",
        Kind::Store => "keys",
        Kind::CloudCredentials => "credentials of a service",
        Kind::Registry => "the token of a registry",
        Kind::Logins => "logins",
    };
    let entry = match (kind, path.file_name().and_then(OsStr::to_str)) {
        (Kind::Environment, Some(name)) => name.to_owned(),
        _ => format!("/{shown}"),
    };
    let start = Position { line: 1, column: 1 };
    Finding {
        rule: RuleId::Sec005,
        severity: config.severity(RuleId::Sec005),
        message: format!("`{shown}` holds {what}, and no `.gitignore` leaves it out."),
        suggestion: format!(
            "Add `{entry}` to `.gitignore`; if the file was ever committed, replace what is in it."
        ),
        file: path.to_owned(),
        start,
        end: start,
        snippet: String::new(),
        mark: 0..0,
        metadata: BTreeMap::new(),
        fix: Some(gitignore_entry(root, &entry)),
    }
}

/// The entry at the end of the root's `.gitignore`.
fn gitignore_entry(root: &Path, entry: &str) -> Fix {
    let have = std::fs::read(root.join(".gitignore")).unwrap_or_default();
    let at = u32::try_from(have.len()).unwrap_or(u32::MAX);
    let newline = if have.last().is_none_or(|last| *last == b'\n') { "" } else { "\n" };
    let escaped: String = entry
        .chars()
        .flat_map(|c| {
            matches!(c, '*' | '?' | '[' | ']' | '\\' | '!' | '#' | ' ').then_some('\\').into_iter().chain([c])
        })
        .collect();
    Fix {
        title: format!("Add `{entry}` to `.gitignore`"),
        edits: vec![Edit { start: at, end: at, text: format!("{newline}{escaped}\n") }],
        file: Some(PathBuf::from(".gitignore")),
    }
}

/// What git leaves out, read as needed.
struct Ignored {
    /// The top of the repository, or the root where there is none.
    top: PathBuf,
    root: PathBuf,
    is_repository: bool,
    /// The `.gitignore` of each directory that was looked into.
    read: BTreeMap<PathBuf, Option<Gitignore>>,
}

impl Ignored {
    fn of(root: &Path) -> Self {
        let repository = root.ancestors().find(|directory| directory.join(".git").exists());
        Self {
            top: repository.unwrap_or(root).to_owned(),
            root: root.to_owned(),
            is_repository: repository.is_some(),
            read: BTreeMap::new(),
        }
    }

    fn knows_git(&mut self, path: &Path) -> bool {
        self.is_repository
            || self.directories(path).iter().any(|directory| self.gitignore(directory).is_some())
    }

    /// The deepest file that speaks of the path decides.
    fn covers(&mut self, path: &Path) -> bool {
        let whole = self.root.join(path);
        for directory in self.directories(path) {
            if let Some(rules) = self.gitignore(&directory) {
                let found = rules.matched_path_or_any_parents(&whole, false);
                if !found.is_none() {
                    return found.is_ignore();
                }
            }
        }
        false
    }

    /// Directories from the file's own up to the top.
    fn directories(&self, path: &Path) -> Vec<PathBuf> {
        let whole = self.root.join(path);
        let above = whole.ancestors().skip(1);
        above.take_while(|directory| directory.starts_with(&self.top)).map(Path::to_owned).collect()
    }

    fn gitignore(&mut self, directory: &Path) -> Option<&Gitignore> {
        let top = &self.top;
        let entry = self.read.entry(directory.to_owned()).or_insert_with(|| {
            let mut builder = GitignoreBuilder::new(directory);
            let mut any = false;
            let own = directory.join(".gitignore");
            let exclude = directory.join(".git/info/exclude");
            for file in [Some(own), (directory == top).then_some(exclude)].into_iter().flatten() {
                if file.is_file() {
                    any = true;
                    // What cannot be read ignores nothing.
                    let _ = builder.add(file);
                }
            }
            any.then(|| builder.build().ok()).flatten()
        });
        entry.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &str)], expect: &[&str]) {
        let home = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let names: Vec<PathBuf> = files.iter().map(|(name, _)| PathBuf::from(name)).collect();
        let found = secret_files(home.path(), &names, &Config::default());
        let names: Vec<_> = found.iter().map(|finding| finding.file.to_string_lossy().into_owned()).collect();
        assert_eq!(names, expect);
    }

    const KEY: &str = "-----BEGIN PRIVATE KEY-----";

    #[test]
    fn finds_what_git_would_take() {
        check(&[(".env", "DB_PASSWORD=walnut\n"), (".gitignore", "*.pyc\n")], &[".env"]);
        check(&[("server.key", "not a real key\n"), (".gitignore", ".env\n")], &["server.key"]);
        check(&[("a/b.pem", KEY), (".gitignore", "")], &["a/b.pem"]);
        check(&[("app/.env", "A_TOKEN=abcd"), ("app/.gitignore", "x")], &["app/.env"]);
        check(&[(".npmrc", "//r/:_authToken=npm_abc"), (".gitignore", "")], &[".npmrc"]);
        check(
            &[("service-account-x.json", "{\"private_key\": \"\"}"), (".gitignore", "")],
            &["service-account-x.json"],
        );
    }

    #[test]
    fn leaves_alone_what_git_leaves_out() {
        check(&[(".env", "DB_PASSWORD=walnut\n"), (".gitignore", ".env\n")], &[]);
        check(&[("a/keys/x.key", "abc"), (".gitignore", "keys/\n")], &[]);
        check(&[("a/x.key", "abc"), ("a/.gitignore", "*.key\n"), (".gitignore", "")], &[]);
        check(&[("a/x.key", "abc"), ("a/.gitignore", "!x.key\n"), (".gitignore", "*.key")], &["a/x.key"]);
    }

    #[test]
    fn leaves_alone_what_holds_no_secret() {
        check(&[(".env.example", "DB_PASSWORD=walnut\n"), (".gitignore", "")], &[]);
        check(&[(".env", "PORT=3000\nDB_PASSWORD=\n# A_TOKEN=abcd\n"), (".gitignore", "")], &[]);
        check(&[("ca.pem", "-----BEGIN CERTIFICATE-----"), (".gitignore", "")], &[]);
        check(&[("empty.key", ""), ("tests/server.key", KEY), (".gitignore", "")], &[]);
        check(&[(".npmrc", "//r/:_authToken=${NPM_TOKEN}\nsave-exact=true"), (".gitignore", "")], &[]);
    }

    #[test]
    fn knows_files_by_their_names() {
        for name in [
            ".env",
            ".env.local",
            ".env.production",
            "prod.env",
            ".envrc",
            "id_rsa",
            "id_ed25519",
            "server.key",
            "a.pem",
            "a.p12",
            "a.pfx",
            "release.keystore",
            "credentials.json",
            "client_secret.json",
            "service-account.json",
            "my-firebase-adminsdk-x.json",
            ".npmrc",
            ".pypirc",
            ".netrc",
            ".htpasswd",
            ".git-credentials",
            "a.kdbx",
        ] {
            assert!(is_secret_file_name(OsStr::new(name)), "{name}");
        }
        for name in [
            ".env.example",
            ".env.sample",
            ".env.template",
            ".env.defaults",
            "env.example",
            ".env.dist",
            "id_rsa.pub",
            "a.crt",
            "package.json",
            "debug.keystore",
            "key.py",
            "environment.yml",
            ".env.vault",
            "keys.json",
            "env.d.ts",
        ] {
            assert!(!is_secret_file_name(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn says_nothing_where_nothing_is_known_about_git() {
        check(&[(".env", "DB_PASSWORD=walnut\n")], &[]);
    }

    #[test]
    fn the_fix_adds_a_line_of_its_own() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join(".gitignore"), "*.pyc").unwrap();
        std::fs::write(home.path().join("my key.pem"), KEY).unwrap();
        let found = secret_files(home.path(), &[PathBuf::from("my key.pem")], &Config::default());
        let fix = found[0].fix.as_ref().unwrap();
        assert_eq!(fix.edits[0], Edit { start: 5, end: 5, text: "\n/my\\ key.pem\n".to_owned() });
    }
}
