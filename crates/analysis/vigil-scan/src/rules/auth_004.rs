//! # Hardcoded JWT secret (AUTH-004)
//!
//! ## What it does
//! Reports a signing secret that stands in the source and is easy to guess (below 4 bits of entropy for each character):
//! the value of a name such as `SECRET_KEY`, `JWT_SECRET` or `secretKey`, and a literal that is handed to a token library
//! as its key. Names of environment variables and headers, references and labels are no secrets.
//!
//! ## Why is this bad
//! Whoever reads the source, or guesses the word, signs tokens for any user. A language model writes the same few secrets
//! again and again, and attackers try those first.
//!
//! ## Example
//! ```python
//! JWT_SECRET = "super-secret-key"
//! ```
//!
//! Use instead:
//! ```python
//! JWT_SECRET = os.environ["JWT_SECRET"]
//! ```
//!
//! ## References
//! - [CWE-798: Use of Hard-coded Credentials](https://cwe.mitre.org/data/definitions/798.html)

use super::File;
use super::credential::{Credential, holds_env_default, is_literal};
use super::entropy::{entropy, rounded};
use super::found::Found;
use super::name::{ends_with, words};
use super::redact::redact;
use super::shape;
use crate::facts::{Binding, BindingKind, Text};
use crate::rule::RuleId;
use crate::source::{Language, Span};

/// From this entropy on a value is taken for a random one.
const RANDOM: f64 = 4.0;

pub(super) fn check(file: &File<'_>, found: &mut Found<'_>) {
    if file.is_test {
        return;
    }
    let mut values = Vec::new();
    for binding in file.facts.bindings.iter().filter(|binding| signs(file, binding)) {
        let line = file.source.line_of(binding.span.start);
        if is_weak(&binding.value) && !found.reported(line, &[RuleId::Auth004]) {
            values.push(binding.value.value.as_str());
            report(found, binding.span, &binding.value, &format!("`{}`", binding.name));
        }
    }
    for key in &file.facts.signing_keys {
        let line = file.source.line_of(key.span.start);
        let known = values.contains(&key.value.as_str()) || found.reported(line, &[RuleId::Auth004]);
        if is_weak(key) && !known && !shape::is_reference(&key.value) {
            report(found, key.span, key, "The signing key");
        }
    }
}

fn report(found: &mut Found<'_>, span: Span, value: &Text, what: &str) {
    found
        .add(
            RuleId::Auth004,
            span,
            format!("{what} stands in the source (`{}`), and whoever reads it can sign tokens.", redact(&value.value)),
            "Read it from the environment or a secret store, make it random (`openssl rand -base64 48`), and replace the one that was published.",
        )
        .with("entropy", rounded(entropy(&value.value)))
        .with("value_length", value.value.chars().count());
}

fn is_weak(value: &Text) -> bool {
    is_literal(value) && entropy(&value.value) < RANDOM
}

/// The name is one that frameworks and token libraries sign with.
fn signs(file: &File<'_>, binding: &Binding) -> bool {
    if binding.kind == BindingKind::Markup
        || holds_env_default(file.facts, binding)
        || !is_signing_name(file, &binding.name)
    {
        return false;
    }
    !is_own_name_of_no_signer(file, binding)
        && (is_own_name(binding) || !Credential { binding }.is_harmless())
}

/// `secret: 'secret'`: a weak secret where something is signed, and a name of itself elsewhere.
fn is_own_name_of_no_signer(file: &File<'_>, binding: &Binding) -> bool {
    is_own_name(binding) && {
        let text = file.source.text.to_ascii_lowercase();
        !["jwt", "session", "hmac", "cookie"].iter().any(|word| text.contains(word))
    }
}

fn is_own_name(binding: &Binding) -> bool {
    binding.name.eq_ignore_ascii_case(&binding.value.value)
}

fn is_signing_name(file: &File<'_>, name: &str) -> bool {
    let words = words(name);
    let one_case = name.chars().all(|c| !c.is_lowercase()) || name.chars().all(|c| !c.is_uppercase());
    let camel = !name.contains('_');
    let compound = ends_with(&words, &["secret", "key"])
        || ends_with(&words, &["jwt", "secret"])
        || ends_with(&words, &["jwt", "secret", "key"]);
    if compound {
        return one_case || camel;
    }
    match file.language {
        Some(Language::JavaScript) => {
            name == "secret" || name.ends_with("_secret") || name.ends_with("SECRET")
        }
        _ => name.ends_with("SECRET"),
    }
}
