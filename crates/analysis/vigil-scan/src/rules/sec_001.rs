//! # Placeholder secret in code (SEC-001)
//!
//! ## What it does
//! Reports a credential whose value is what a template left behind: `changeme`, `your-api-key-here`, `replace-me`. It looks
//! at names that end like a credential (`password`, `API_KEY`, `authToken`) in assignments, annotated fields, keyword
//! arguments and keys of mappings. Test files are left alone.
//!
//! ## Why is this bad
//! The program starts, the placeholder becomes the password, and everybody who has seen the template knows it.
//!
//! ## Example
//! ```python
//! API_KEY = "your-api-key-here"
//! ```
//!
//! Use instead:
//! ```python
//! API_KEY = os.environ["API_KEY"]
//! ```
//!
//! ## Options
//! - `secrets.placeholder_patterns`: regular expressions that replace the built-in ones, letter case ignored.
//!
//! ## References
//! - [CWE-798: Use of Hard-coded Credentials](https://cwe.mitre.org/data/definitions/798.html)

use super::File;
use super::credential::{Credential, credentials};
use super::found::Found;
use super::redact::redact;
use crate::rule::RuleId;

pub(super) fn check(file: &File<'_>, found: &mut Found<'_>) {
    if file.is_test {
        return;
    }
    for credential in credentials(file).filter(|credential| is_placeholder(file, *credential)) {
        let binding = credential.binding;
        let line = file.source.line_of(binding.span.start);
        if !found.reported(line, &[RuleId::Sec001, RuleId::Sec003, RuleId::Sec004]) {
            let preview = redact(&binding.value.value);
            found
                .add(
                    RuleId::Sec001,
                    binding.span,
                    format!("`{}` holds a placeholder (`{preview}`).", binding.name),
                    "Read the value from the environment or a secret store, and stop when it is missing.",
                )
                .with("value_preview", preview);
        }
    }
}

/// The value is a placeholder by the patterns of the configuration.
pub(super) fn is_placeholder(file: &File<'_>, credential: Credential<'_>) -> bool {
    file.config.secrets.placeholder_patterns.is_match(&credential.binding.value.value)
}
