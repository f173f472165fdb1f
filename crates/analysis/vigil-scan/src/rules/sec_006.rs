//! # Value copied from env example (SEC-006)
//!
//! ## What it does
//! Reports a text in the code that is exactly a value of the project's `.env.example` (or `.env.sample`, `.env.template`,
//! `.env.defaults`, `env.example`, `env.sample`), when the variable names a secret or the value mixes letters and digits.
//! Short and generic values, ordinary settings and test files are left alone.
//!
//! ## Why is this bad
//! The example is published with the source. A program that uses its values runs with secrets that everybody knows.
//!
//! ## Example
//! ```python
//! client = connect("gw-sample-0042")  # GATEWAY_KEY=gw-sample-0042 in .env.example
//! ```
//!
//! Use instead:
//! ```python
//! client = connect(os.environ["GATEWAY_KEY"])
//! ```
//!
//! ## Options
//! - `secrets.check_env_example`: `false` switches the rule off.
//!
//! ## References
//! - [CWE-798: Use of Hard-coded Credentials](https://cwe.mitre.org/data/definitions/798.html)

use super::File;
use super::credential::hide;
use super::found::Found;
use crate::rule::RuleId;

pub(super) fn check(file: &File<'_>, found: &mut Found<'_>) {
    if file.is_test || !file.config.secrets.check_env_example || file.env_examples.is_empty() {
        return;
    }
    let mut lines: Vec<(u32, &str)> = Vec::new();
    for text in file.facts.texts.iter().filter(|text| text.whole) {
        let Some(entry) = file.env_examples.entry(&text.value) else { continue };
        hide(text, found);
        let place = (file.source.line_of(text.span.start), text.value.as_str());
        if lines.contains(&place) {
            continue;
        }
        lines.push(place);
        found
            .add(
                RuleId::Sec006,
                text.span,
                format!("The value of `{}` in `{}` stands in the code.", entry.key, entry.file),
                format!("Read `{}` from the environment.", entry.key),
            )
            .with("env_key", entry.key.as_str())
            .with("env_file", entry.file.as_str());
    }
}
