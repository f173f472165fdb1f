//! # Low-entropy hardcoded secret (SEC-002)
//!
//! ## What it does
//! Reports a credential in the source that is easy to guess: six characters or more, and fewer bits of entropy for each
//! character than `secrets.min_entropy`. Random values are left to scanners for leaked keys. Names of headers and
//! variables, labels of forms, words of a grammar, references and test files are left alone.
//!
//! ## Why is this bad
//! Weak secrets fall to a word list even when nobody reads the source.
//!
//! ## Example
//! ```javascript
//! const db = { user: 'root', password: 'qwerty' };
//! ```
//!
//! Use instead:
//! ```javascript
//! const db = { user: 'root', password: process.env.DB_PASSWORD };
//! ```
//!
//! ## Options
//! - `secrets.min_entropy`: bits for each character, 3.0 unless said otherwise.
//!
//! ## References
//! - [CWE-798: Use of Hard-coded Credentials](https://cwe.mitre.org/data/definitions/798.html)
//! - [CWE-521: Weak Password Requirements](https://cwe.mitre.org/data/definitions/521.html)

use super::File;
use super::credential::credentials;
use super::entropy::{entropy, rounded};
use super::found::Found;
use super::name::{any, words};
use super::redact::redact;
use super::sec_001::is_placeholder;
use crate::rule::RuleId;

/// Shorter values are too often something else.
const MIN_CHARS: usize = 6;

pub(super) fn check(file: &File<'_>, found: &mut Found<'_>) {
    if file.is_test {
        return;
    }
    let taken = [RuleId::Sec001, RuleId::Sec002, RuleId::Sec003, RuleId::Sec004];
    for credential in credentials(file).filter(|credential| !is_placeholder(file, *credential)) {
        let binding = credential.binding;
        let value = binding.value.value.as_str();
        let length = value.chars().count();
        let bits = entropy(value);
        let weak = length >= MIN_CHARS && bits < file.config.secrets.min_entropy && !credential.is_harmless();
        if weak
            && !says_it_is_none(&binding.name)
            && !found.reported(file.source.line_of(binding.span.start), &taken)
        {
            found
                .add(
                    RuleId::Sec002,
                    binding.span,
                    format!("`{}` holds a secret that is easy to guess (`{}`).", binding.name, redact(value)),
                    "Read the value from the environment or a secret store, and replace it by a random one.",
                )
                .with("entropy", rounded(bits))
                .with("value_length", length);
        }
    }
}

/// `fake_secret_token`: the name says that it protects nothing.
fn says_it_is_none(name: &str) -> bool {
    any(&words(name), &["fake", "dummy", "mock", "mocked", "bogus", "stub", "sample"])
}
