//! # Password comparison not timing-safe (AUTH-007)
//!
//! ## What it does
//! Reports `==` and its kin between a password, or the digest of one, and another value. Presence checks, type tests, masks,
//! confirmation fields of the same form, comparisons of records with each other, and test files are left alone.
//!
//! ## Why is this bad
//! The operator stops at the first difference, so the time it takes tells how much of a guess was right. A comparison of
//! clear passwords also means that they are stored.
//!
//! ## Example
//! ```python
//! if user.password_hash == digest(attempt):
//!     login(user)
//! ```
//!
//! Use instead:
//! ```python
//! if hmac.compare_digest(user.password_hash, digest(attempt)):
//!     login(user)
//! ```
//!
//! ## References
//! - [CWE-208: Observable Timing Discrepancy](https://cwe.mitre.org/data/definitions/208.html)
//! - [`hmac.compare_digest`](https://docs.python.org/3/library/hmac.html#hmac.compare_digest)

use super::File;
use super::found::Found;
use super::name::{any, ends_with, words};
use super::redact::redact_literal;
use crate::facts::{Comparison, Operand};
use crate::rule::RuleId;
use crate::source::Span;

/// A line that calls one of these compares with care already.
const CAREFUL: &[&str] = &[
    "compare_digest",
    "timingsafeequal",
    "constanttimecompare",
    "constant_time_compare",
    "safe_str_cmp",
    "check_password_hash",
    "verify_password",
    "bcrypt.check",
    "bcrypt.compare",
    "argon2.verify",
    "pbkdf2",
    "scrypt",
];

/// Words of the second field of a form, or of a value that is no password.
const OTHER_FIELD: &[&str] = &[
    "confirm",
    "confirmation",
    "confirmed",
    "repeat",
    "repeated",
    "again",
    "retype",
    "retyped",
    "reenter",
    "re",
    "verify",
    "verification",
    "match",
    "old",
    "new",
    "previous",
    "second",
    "unset",
    "missing",
    "undefined",
    "sentinel",
    "mask",
    "masked",
    "redacted",
    "placeholder",
    "empty",
    "unusable",
    "unchanged",
    "type",
    "width",
    "length",
];

pub(super) fn check(file: &File<'_>, found: &mut Found<'_>) {
    if file.is_test {
        return;
    }
    for comparison in &file.facts.comparisons {
        hide_literal(file, comparison, found);
        if !is_risky(comparison)
            || is_of_address(file, comparison)
            || is_careful(file.source.line(file.source.line_of(comparison.span.start)))
        {
            continue;
        }
        found
            .add(
                RuleId::Auth007,
                comparison.span,
                format!("`{}` on a password tells by its time how much of a guess was right.", comparison.operator),
                "Compare digests in constant time (`hmac.compare_digest`, `crypto.timingSafeEqual`), or let the password hasher verify.",
            )
            // A change would write the literal into the report.
            .fix(comparison.fix.clone().filter(|_| !compares_literal(comparison)));
    }
}

/// What a password is compared with may be one.
fn hide_literal(file: &File<'_>, comparison: &Comparison, found: &mut Found<'_>) {
    for (one, other) in [(&comparison.left, &comparison.right), (&comparison.right, &comparison.left)] {
        let Operand::Literal(written) = other else { continue };
        let place = file.source.slice(comparison.span).rfind(written.as_str());
        let value = written.trim_matches(['"', '\'', '`']);
        if let (true, Some(at), Some(with)) =
            (is_password(one) && is_guess(written), place, redact_literal(written, value))
        {
            let start = comparison.span.start + u32::try_from(at).unwrap_or(0);
            found.hide(Span::new(start, start + u32::try_from(written.len()).unwrap_or(0)), with);
        }
    }
}

fn compares_literal(comparison: &Comparison) -> bool {
    [&comparison.left, &comparison.right].into_iter().any(|side| matches!(side, Operand::Literal(_)))
}

fn is_risky(comparison: &Comparison) -> bool {
    let (left, right) = (&comparison.left, &comparison.right);
    (is_password(left) && may_be_stored(right, left)) || (is_password(right) && may_be_stored(left, right))
}

fn is_password(operand: &Operand) -> bool {
    let Operand::Name { last, .. } = operand else { return false };
    let words = words(last);
    [
        &["password"][..],
        &["passwd"],
        &["pw"],
        &["pwd"],
        &["passphrase"],
        &["pass", "word"],
        &["password", "hash"],
        &["password", "digest"],
        &["passwd", "hash"],
    ]
    .iter()
    .any(|end| ends_with(&words, end))
        || words.last().is_some_and(|word| word.ends_with("password") || word.ends_with("passwd"))
}

/// The other side may be what is stored, or a guess at it.
fn may_be_stored(other: &Operand, password: &Operand) -> bool {
    match other {
        Operand::Literal(text) => is_guess(text),
        Operand::Name { last, whole } => {
            let Operand::Name { last: own, whole: own_whole } = password else { return true };
            let (theirs, ours) = (words(last), words(own));
            let other_field = any(&theirs, OTHER_FIELD)
                || any(&ours, OTHER_FIELD)
                || last.ends_with(|c: char| c.is_ascii_digit());
            let records = last == own && compares_records(whole, own_whole);
            !other_field && !records
        }
        // `self.password == getattr(other, "password", None)`: two records again.
        Operand::Call(name) => name != "getattr",
        Operand::Other => true,
    }
}

/// `one.password !== two.password` beside a comparison of their hosts: parts of two addresses.
fn is_of_address(file: &File<'_>, comparison: &Comparison) -> bool {
    let (Operand::Name { whole: left, .. }, Operand::Name { whole: right, .. }) =
        (&comparison.left, &comparison.right)
    else {
        return false;
    };
    let near = file.source.slice(around(file, comparison.span));
    [left, right].into_iter().all(|side| {
        side.rsplit_once('.').is_some_and(|(owner, _)| {
            ["host", "hostname", "protocol", "scheme", "netloc", "port"].iter().any(|part| {
                let member = format!("{owner}.{part}");
                near.match_indices(&member).any(|(at, _)| {
                    let after = near.get(at + member.len()..).and_then(|rest| rest.chars().next());
                    !after.is_some_and(|sign| sign.is_alphanumeric() || sign == '_')
                })
            })
        })
    })
}

/// A few lines around a span.
fn around(file: &File<'_>, span: Span) -> Span {
    const NEAR: usize = 300;
    let text = &file.source.text;
    let start = (0..=(span.start as usize).saturating_sub(NEAR)).rev().find(|at| text.is_char_boundary(*at));
    let end = ((span.end as usize + NEAR).min(text.len())..=text.len()).find(|at| text.is_char_boundary(*at));
    let place = |at: Option<usize>, other: u32| at.and_then(|at| u32::try_from(at).ok()).unwrap_or(other);
    Span::new(place(start, span.start), place(end, span.end))
}

/// `self.password == other.password`: two records, not a login.
fn compares_records(one: &str, two: &str) -> bool {
    let base = |whole: &str| whole.split('.').next().unwrap_or("").to_owned();
    let bases = [base(one), base(two)];
    bases.iter().any(|base| base == "self" || base == "this")
        && bases.iter().any(|base| matches!(base.as_str(), "other" | "o" | "rhs" | "that" | "another"))
}

/// A text that somebody might type; not an empty one, a type name, a mask, or a value of another type.
fn is_guess(literal: &str) -> bool {
    let text = literal.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) else { return false };
    let text = text.trim_matches(quote);
    text.chars().any(char::is_alphanumeric)
        && !matches!(
            text,
            "string"
                | "undefined"
                | "number"
                | "object"
                | "function"
                | "boolean"
                | "symbol"
                | "bigint"
                | "null"
        )
}

fn is_careful(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    CAREFUL.iter().any(|name| line.contains(name))
}
