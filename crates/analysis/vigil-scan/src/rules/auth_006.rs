//! # Insecure cookie configuration (AUTH-006)
//!
//! ## What it does
//! Reports a cookie that is set on a reply without `secure`, `httponly` or `samesite`, or with one of them switched off.
//! Cookies that are deleted, cookies of a client, and cookies in test files are left alone.
//!
//! ## Why is this bad
//! Without `secure` the cookie travels in clear, without `httponly` any script of the page reads it, and without `samesite`
//! other sites send it along.
//!
//! ## Example
//! ```python
//! response.set_cookie("session", token)
//! ```
//!
//! Use instead:
//! ```python
//! response.set_cookie("session", token, secure=True, httponly=True, samesite="Lax")
//! ```
//!
//! ## References
//! - [CWE-614: Sensitive Cookie in HTTPS Session Without 'Secure' Attribute](https://cwe.mitre.org/data/definitions/614.html)
//! - [Set-Cookie](https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie)

use serde_json::Value;

use super::File;
use super::found::Found;
use crate::rule::RuleId;

pub(super) fn check(file: &File<'_>, found: &mut Found<'_>) {
    if file.is_test {
        return;
    }
    for cookie in file.facts.cookies.iter().filter(|cookie| !cookie.missing.is_empty()) {
        let missing: Vec<Value> = cookie.missing.iter().map(|flag| Value::from(*flag)).collect();
        found
            .add(
                RuleId::Auth006,
                cookie.span,
                format!("The cookie is set without {}.", list(&cookie.missing)),
                "Set `secure`, `httponly` and `samesite`; leave one out only where the page needs it, and say why.",
            )
            .with("missing_flags", missing)
            .fix(cookie.fix.clone());
    }
}

/// `a`, `a` and `b`, `a`, `b` and `c`.
fn list(flags: &[&str]) -> String {
    let quoted: Vec<String> = flags.iter().map(|flag| format!("`{flag}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
