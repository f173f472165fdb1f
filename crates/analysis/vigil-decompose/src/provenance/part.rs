//! What of a value tells where it comes from.

/// Values that stand in every text and prove nothing.
pub(super) fn is_common(value: &str) -> bool {
    value.len() < 4
        || COMMON.contains(&value)
        || value.parse::<f64>().is_ok_and(|number| number.abs() < 100.0)
        || value.chars().all(|c| !c.is_alphanumeric())
}

const COMMON: &[&str] = &[
    "main",
    "master",
    "true",
    "false",
    "null",
    "none",
    "test",
    "tests",
    "json",
    "text",
    "name",
    "file",
    "files",
    "type",
    "http",
    "https",
    "head",
    "origin",
    "utf-8",
    "default",
    "index",
    "data",
    "info",
    "path",
    "user",
    "root",
    "home",
    "work",
    "build",
    "dist",
    "lib",
    "docs",
    "echo",
    "python",
    "python3",
    "node",
    "bash",
    "localhost",
    "127.0.0.1",
    "/tmp",
    "/dev/null",
    "develop",
    "latest",
    "./...",
    "/app",
    "content",
    "code",
    "config",
    "app",
    "src",
    "low",
    "high",
    "medium",
    "all",
    "setup",
];

/// The parts of a compound value that tell where it comes from: addresses, paths, numbers, names with marks in them.
pub(super) fn parts(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(|c: char| {
            c.is_whitespace()
                || matches!(
                    c,
                    '"' | '\''
                        | '`'
                        | '('
                        | ')'
                        | '['
                        | ']'
                        | '{'
                        | '}'
                        | '<'
                        | '>'
                        | ','
                        | ';'
                        | '|'
                        | '&'
                        | '\\'
                        | '='
                )
        })
        .map(|part| part.trim_matches([':', '.', '!', '?', '*', '$']))
        .filter(|part| {
            part.len() >= 4
                && !part.starts_with("--")
                && (part.contains(['@', '/', '_'])
                    || part.get(1..part.len() - 1).is_some_and(|inner| inner.contains('.'))
                    || part.bytes().filter(u8::is_ascii_digit).count() >= 4
                    || part.len() >= 20)
                && !part.bytes().all(|b| b == b'/' || b == b'.')
        })
        .take(MAX_PARTS)
}

/// How many parts of one value are looked up.
const MAX_PARTS: usize = 32;
