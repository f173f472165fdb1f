//! Connection strings that carry a password.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// What stands for user and password.
pub(super) const REDACTED: &str = "***:***";

/// Databases, caches and queues whose addresses carry credentials, with a driver behind `+` if there is one.
static CONNECTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)(?:\b|_)(?P<scheme>postgresql|postgres|mysql|mariadb|mongodb|redis|rediss|amqp|amqps|rabbitmq|sqlserver|mssql|cockroachdb|clickhouse|oracle|neo4j|bolt)(?:\+[a-z0-9_]+)?://(?P<credentials>(?P<user>[^\s:/@"'`<>]*):(?P<password>[^\s/@"'`<>]+))@(?P<host>[^\s:/@"'`?;,<>]*)"#,
    )
    .ok()
});

/// A connection string within a text.
pub(super) struct Connection<'t> {
    pub(super) scheme: &'t str,
    pub(super) user: &'t str,
    pub(super) password: &'t str,
    pub(super) host: &'t str,
    /// User and password, as written.
    pub(super) credentials: &'t str,
    /// The byte range in the text, from the scheme to the host.
    pub(super) range: Range<usize>,
}

/// All connection strings with a password.
pub(super) fn connections(text: &str) -> Vec<Connection<'_>> {
    if !text.contains("://") || !text.contains('@') {
        return Vec::new();
    }
    let Some(pattern) = CONNECTION.as_ref() else { return Vec::new() };
    pattern
        .captures_iter(text)
        .filter_map(|found| {
            let part = |name| found.name(name).map_or("", |part| part.as_str());
            let scheme = found.name("scheme")?;
            Some(Connection {
                scheme: scheme.as_str(),
                user: part("user"),
                password: part("password"),
                host: part("host"),
                credentials: part("credentials"),
                range: scheme.start()..found.get(0)?.end(),
            })
        })
        .collect()
}

/// Where user names and passwords stand, whether or not they are worth a finding.
pub(super) fn credentials(text: &str) -> Vec<Range<usize>> {
    if !text.contains("://") || !text.contains('@') {
        return Vec::new();
    }
    let Some(pattern) = CONNECTION.as_ref() else { return Vec::new() };
    let found = pattern.captures_iter(text);
    found.filter_map(|found| found.name("credentials").map(|part| part.range())).collect()
}

/// The password is known: nothing puts it in later, and it is no mask.
pub(super) fn is_literal(password: &str) -> bool {
    let percent_is_an_escape = password.match_indices('%').all(|(at, _)| {
        let digits = password.as_bytes().get(at + 1..at + 3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    let put_in_later = !percent_is_an_escape || password.contains(['$', '{', '}', crate::facts::HOLE]);
    let mask = password.chars().all(|c| matches!(c, '*' | '•' | '.' | 'x' | 'X' | '_' | '#' | '…'))
        || (password.starts_with('[') && password.ends_with(']'));
    !put_in_later && !mask
}

/// The host is this machine or a name that documentation reserves.
pub(super) fn is_local(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    matches!(host.as_str(), "" | "localhost" | "127.0.0.1" | "0.0.0.0" | "[::1]" | "host" | "hostname")
        || [".localhost", ".test", ".invalid", ".example", "example.com", "example.org", "example.net"]
            .iter()
            .any(|end| host.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[(&str, &str)]) {
        let found: Vec<_> = connections(text)
            .into_iter()
            .filter(|connection| is_literal(connection.password))
            .map(|connection| (connection.user, connection.password))
            .collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn reads_user_and_password() {
        check("postgresql+asyncpg://ledger:tulip-77@db/x", &[("ledger", "tulip-77")]);
        check("rediss://:plum@cache:6380/0", &[("", "plum")]);
        check("MongoDB+srv://a:b%40c@m/app", &[("a", "b%40c")]);
        check("jdbc:mysql://a:bcd@m/app", &[("a", "bcd")]);
    }

    #[test]
    fn a_port_is_no_password() {
        check("redis://cache.invalid:6379/0 ops@shop.invalid", &[]);
        check("https://bot:walnut@hooks.invalid", &[]);
    }

    #[test]
    fn what_is_put_in_later_is_no_password() {
        check("mysql://shop:%s@db/shop", &[]);
        check("postgres://svc:${DB_PASS}@db/app", &[]);
        check("postgres://\u{FFFC}:\u{FFFC}@db/app", &[]);
        check("postgres://user:****@db/app", &[]);
    }
}
