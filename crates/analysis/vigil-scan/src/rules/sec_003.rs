//! # Embedded connection string (SEC-003)
//!
//! ## What it does
//! Reports the address of a database, cache or queue that carries a password: PostgreSQL, MySQL, MariaDB, MongoDB, Redis,
//! AMQP, SQL Server and others, with their TLS and driver spellings. Passwords that are put in later, masks, comments and
//! documentation are left alone; in test files also addresses of this machine.
//!
//! ## Why is this bad
//! The address is all that somebody needs to read and change the data, and it stays in the history of the repository.
//!
//! ## Example
//! ```python
//! engine = create_engine("postgresql://ledger:tulip-77@db.internal/ledger")
//! ```
//!
//! Use instead:
//! ```python
//! engine = create_engine(os.environ["DATABASE_URL"])
//! ```
//!
//! ## References
//! - [CWE-798: Use of Hard-coded Credentials](https://cwe.mitre.org/data/definitions/798.html)

use super::File;
use super::connection::{Connection, connections, is_literal, is_local};
use super::found::Found;
use super::redact::redact;
use crate::facts::Text;
use crate::rule::RuleId;
use crate::source::Span;

pub(super) fn check(file: &File<'_>, found: &mut Found<'_>) {
    for text in &file.facts.texts {
        for connection in connections(&text.value) {
            let span = place(file, text, &connection);
            if !file.source.slice(text.span).contains(connection.credentials) {
                // Put together from parts, or written with escapes: the pattern does not see it in the line.
                found.hide(text.span, format!("{:?}", redact(&text.value)));
            }
            let excused = file.is_test && is_local(connection.host);
            let line = file.source.line_of(span.start);
            if !is_literal(connection.password) || excused || found.reported(line, &[RuleId::Sec003]) {
                continue;
            }
            found
                .add(
                    RuleId::Sec003,
                    span,
                    format!(
                        "The {} address carries its password (`{}`).",
                        connection.scheme.to_ascii_lowercase(),
                        redact(connection.password)
                    ),
                    "Read the address from the environment or a secret store, and replace the password.",
                )
                .with("username", redact(connection.user));
        }
    }
}

/// Where the connection string stands in the source; the whole text when escapes hide it.
fn place(file: &File<'_>, text: &Text, connection: &Connection<'_>) -> Span {
    let written = file.source.slice(text.span);
    let wanted = text.value.get(connection.range.clone()).unwrap_or("");
    let known = wanted.split(crate::facts::HOLE).next().unwrap_or(wanted);
    let (Some(at), false) = (written.find(known), known.is_empty()) else { return text.span };
    let start = text.span.start + u32::try_from(at).unwrap_or(0);
    Span::new(start, start + u32::try_from(known.len()).unwrap_or(0))
}
