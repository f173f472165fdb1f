//! # Trivial assertion (TEST-002)
//!
//! ## What it does
//! Reports the assertions of a test when all of them hold for nearly every value: `assert result`, `is not None`,
//! `toBeDefined()`, `assert True`, two constants that are equal. One assertion that tells more is enough.
//!
//! ## Why is this bad
//! The test looks like one and tells nothing about what the code computes.
//!
//! ## Example
//! ```python
//! def test_invoice():
//!     invoice = build(lines)
//!     assert invoice is not None
//! ```
//!
//! Use instead:
//! ```python
//! def test_invoice():
//!     invoice = build(lines)
//!     assert invoice.total == 40
//! ```
//!
//! ## Options
//! - `tests.detect_trivial_asserts`: `false` switches the rule off.
//!
//! ## References
//! - [Test smells: redundant assertion](https://testsmells.org/pages/testsmells.html)

use super::File;
use super::found::Found;
use crate::rule::RuleId;

pub(super) fn check(file: &File<'_>, found: &mut Found<'_>) {
    if !file.config.tests.detect_trivial_asserts {
        return;
    }
    for test in file.facts.tests.iter().filter(|test| !test.skipped) {
        if !test.assertions.iter().all(|assertion| assertion.trivial) {
            continue;
        }
        let mut last = None;
        for assertion in &test.assertions {
            let line = file.source.line_of(assertion.span.start);
            if last.replace(line) == Some(line) {
                continue;
            }
            found
                .add(
                    RuleId::Test002,
                    assertion.span,
                    format!("`{}` only asserts what nearly every value fulfils.", test.name),
                    "Assert the value that this input should give.",
                )
                .with("test_name", test.name.as_str());
        }
    }
}
