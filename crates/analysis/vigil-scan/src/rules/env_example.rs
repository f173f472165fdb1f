//! Values of example environment files.

use std::collections::HashMap;
use std::path::Path;

use super::credential::is_env_name;
use super::name::{any, words};

/// Names of files that show which variables a project reads.
const NAMES: &[&str] =
    &[".env.example", ".env.sample", ".env.template", ".env.defaults", "env.example", "env.sample"];

/// Shorter values are in every program.
const MIN_CHARS: usize = 5;

/// Values that say nothing about anybody.
const GENERIC: &[&str] = &[
    "true",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "0",
    "1",
    "none",
    "null",
    "undefined",
    "localhost",
    "127.0.0.1",
    "0.0.0.0",
    "development",
    "production",
    "staging",
    "test",
    "testing",
    "debug",
    "info",
    "warning",
    "error",
    "3000",
    "8000",
    "8080",
    "5000",
    "5432",
    "3306",
    "6379",
    "27017",
    "default",
    "password",
    "postgres",
    "mysql",
    "redis",
    "admin",
    "secret",
];

/// The values of a project's example environment files that should not stand in its code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvExamples {
    by_value: HashMap<String, Entry>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) file: String,
}

impl EnvExamples {
    /// Whether a file of this name shows which variables a project reads.
    pub fn is_name(name: &str) -> bool {
        NAMES.contains(&name)
    }

    /// Takes the entries of one file. The first file that names a value keeps it, so add them in a fixed order.
    pub fn add(&mut self, path: &Path, text: &str) {
        let file = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        for line in text.trim_start_matches('\u{FEFF}').lines() {
            if let Some((key, value)) = parse(line)
                && is_telling(key, value)
            {
                let entry = || Entry { key: key.to_owned(), file: file.clone() };
                self.by_value.entry(value.to_owned()).or_insert_with(entry);
            }
        }
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.by_value.is_empty()
    }

    pub(super) fn entry(&self, value: &str) -> Option<&Entry> {
        self.by_value.get(value)
    }
}

/// `NAME=value`, with `export`, quotes and a trailing comment taken off.
fn parse(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let line = line.strip_prefix("export ").map_or(line, str::trim_start);
    let (key, value) = line.split_once('=')?;
    let (key, value) = (key.trim_end(), value.trim());
    let is_key = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_key {
        return None;
    }
    let quoted = ['"', '\''].into_iter().find_map(|quote| {
        let (value, rest) = value.strip_prefix(quote)?.split_once(quote)?;
        let rest = rest.trim_start();
        (rest.is_empty() || rest.starts_with('#')).then_some(value)
    });
    let bare = || value.split_once(" #").map_or(value, |(value, _)| value).trim_end();
    Some((key, quoted.unwrap_or_else(bare)))
}

/// Finding the value in code means that it was copied: it belongs to a secret, or is no word that anybody would write.
fn is_telling(key: &str, value: &str) -> bool {
    value.chars().nth(MIN_CHARS - 1).is_some()
        && !value.starts_with('$')
        && !value.contains("${")
        && !GENERIC.contains(&value.to_ascii_lowercase().as_str())
        && (is_secret_key(key) || (!is_setting(key) && is_unusual(value)))
}

fn is_secret_key(key: &str) -> bool {
    let words = words(key);
    is_env_name(key)
        || any(&words, &["pin", "salt", "dsn", "cert", "key", "webhook"])
            && !any(&words, &["url", "host", "port", "name", "path", "file", "public"])
}

/// Settings whose values anybody may know.
fn is_setting(key: &str) -> bool {
    const SETTINGS: &[&str] = &[
        "url",
        "uri",
        "host",
        "hostname",
        "port",
        "name",
        "engine",
        "region",
        "path",
        "dir",
        "file",
        "level",
        "env",
        "mode",
        "timeout",
        "version",
        "domain",
        "origin",
        "origins",
        "hosts",
        "email",
        "from",
        "locale",
        "lang",
        "language",
        "tz",
        "timezone",
        "driver",
        "prefix",
        "bucket",
        "model",
        "format",
        "type",
        "scheme",
        "theme",
        "title",
        "user",
        "username",
        "endpoint",
        "date",
        "size",
        "ttl",
        "limit",
        "max",
        "min",
        "algorithm",
        "issuer",
        "audience",
        "server",
        "backend",
    ];
    any(&words(key), SETTINGS)
}

/// Letters and digits mixed, or punctuation: not a word, not a number, not an address.
fn is_unusual(value: &str) -> bool {
    let digit = value.chars().any(|c| c.is_ascii_digit());
    let letter = value.chars().any(char::is_alphabetic);
    digit && letter && !value.contains("://") && !value.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[(&str, &str)]) {
        let mut examples = EnvExamples::default();
        examples.add(Path::new("a/.env.example"), text);
        let mut found: Vec<_> =
            examples.by_value.iter().map(|(value, entry)| (entry.key.as_str(), value.as_str())).collect();
        found.sort_unstable();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn reads_every_usual_spelling() {
        check("GATEWAY_KEY=gw-sample-0042", &[("GATEWAY_KEY", "gw-sample-0042")]);
        check("export CAMERA_KEY='cam-0007' # sandbox", &[("CAMERA_KEY", "cam-0007")]);
        check("A_TOKEN=ab cd#ef # why", &[("A_TOKEN", "ab cd#ef")]);
        check("SANDBOX_ID = sandbox-9000\n# X=abcdefg1\n\nEMPTY=\n", &[("SANDBOX_ID", "sandbox-9000")]);
        check("SALT=a.b*c(d)+e", &[("SALT", "a.b*c(d)+e")]);
    }

    #[test]
    fn ordinary_settings_say_nothing() {
        check("APP_NAME=Orchard\nDB_ENGINE=postgres\nDEBUG=true\nPIN=4815\nLEVEL=WARNING", &[]);
        check("BASE=$HOME/data\nURL=${BASE}/x\nA_KEY=${B}-0042x", &[]);
        check(
            "SERVICE_PASS=orchid-lane\nPIN_CODE=48151",
            &[("PIN_CODE", "48151"), ("SERVICE_PASS", "orchid-lane")],
        );
    }
}
