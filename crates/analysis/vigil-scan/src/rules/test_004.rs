//! # Skipped test without reason (TEST-004)
//!
//! ## What it does
//! Reports a test, or a group of tests, that is skipped and gives no reason: neither as an argument nor in a
//! comment. Skips under a condition are left alone, also a call in an `if` or an `except`.
//!
//! ## Why is this bad
//! Nobody dares to switch the test on again, and nobody notices that what it covered is no longer tested.
//!
//! ## Example
//! ```python
//! @pytest.mark.skip
//! def test_export(): ...
//! ```
//!
//! Use instead:
//! ```python
//! @pytest.mark.skip(reason="the export service is down until #482")
//! def test_export(): ...
//! ```
//!
//! ## References
//! - [Skipping tests in pytest](https://docs.pytest.org/en/stable/how-to/skipping.html)

use super::File;
use super::found::Found;
use crate::rule::RuleId;

pub(super) fn check(file: &File<'_>, found: &mut Found<'_>) {
    for skip in file.facts.skips.iter().filter(|skip| !skip.reasoned) {
        found
            .add(
                RuleId::Test004,
                super::endpoint::head(file.source, skip.span),
                "This does not run, and nobody says why.",
                "Give the reason, with the ticket that will bring it back, or delete the test.",
            )
            .fix(skip.fix.clone());
    }
}
