//! # Sensitive env with default value (SEC-004)
//!
//! ## What it does
//! Reports a lookup in the environment that names a secret (`SECRET_KEY`, `DB_PASSWORD`, `OPENAI_API_KEY`) and has a default
//! of three characters or more in the source. Names are judged by their words: `KEYBOARD_LAYOUT`, `AUTHOR` and
//! `JWT_ALGORITHM` name no secret. Test files are left alone.
//!
//! ## Why is this bad
//! When the variable is missing in production nobody notices: the service runs, with a secret that stands in its source.
//!
//! ## Example
//! ```python
//! SECRET_KEY = os.getenv("SECRET_KEY", "dev-secret")
//! ```
//!
//! Use instead:
//! ```python
//! SECRET_KEY = os.environ["SECRET_KEY"]
//! ```
//!
//! ## References
//! - [CWE-1188: Initialization of a Resource with an Insecure Default](https://cwe.mitre.org/data/definitions/1188.html)
//! - [The twelve-factor app: config](https://12factor.net/config)

use super::File;
use super::credential::{is_env_name, is_literal};
use super::found::Found;
use super::redact::redact;
use crate::facts::EnvDefault;
use crate::finding::{Edit, Fix};
use crate::rule::RuleId;

/// Defaults that are no secret under any name.
const HARMLESS: &[&str] = &["true", "false", "none", "null", "undefined", "yes", "nil"];

pub(super) fn check(file: &File<'_>, found: &mut Found<'_>) {
    if file.is_test {
        return;
    }
    for lookup in &file.facts.env_defaults {
        let default = lookup.default.value.as_str();
        let harmless = HARMLESS.contains(&default.to_ascii_lowercase().as_str());
        if !is_literal(&lookup.default) || harmless || !is_env_name(&lookup.name) {
            continue;
        }
        found
            .add(
                RuleId::Sec004,
                lookup.span,
                format!("`{}` falls back to a default in the source (`{}`).", lookup.name, redact(default)),
                format!(
                    "Use `{}`, so that a missing variable is noticed at the start.",
                    lookup.without_default
                ),
            )
            .with("env_key", lookup.name.as_str())
            .with("default_length", default.chars().count())
            .fix(without_default(lookup));
    }
}

fn without_default(lookup: &EnvDefault) -> Option<Fix> {
    if lookup.without_default.is_empty() {
        return None;
    }
    let edit = Edit { start: lookup.span.start, end: lookup.span.end, text: lookup.without_default.clone() };
    Some(Fix { title: "Take the default away".to_owned(), edits: vec![edit], file: None })
}
