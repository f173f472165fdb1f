//! # Assert catches all exceptions (TEST-003)
//!
//! ## What it does
//! Reports a handler in a test that catches everything and does nothing (`except Exception: pass`, `catch {}`), and
//! `raises(Exception)` without a message to match. Handlers that check, raise again or fail the test are left alone.
//!
//! ## Why is this bad
//! A failing assertion, a typing error and a missing import end in the same handler, and the test passes.
//!
//! ## Example
//! ```python
//! def test_refuses_empty_input():
//!     try:
//!         parse("")
//!     except Exception:
//!         pass
//! ```
//!
//! Use instead:
//! ```python
//! def test_refuses_empty_input():
//!     with pytest.raises(ParseError, match="empty"):
//!         parse("")
//! ```
//!
//! ## References
//! - [`pytest.raises`](https://docs.pytest.org/en/stable/how-to/assert.html#assertions-about-expected-exceptions)

use super::File;
use super::endpoint::head;
use super::found::Found;
use crate::rule::RuleId;

pub(super) fn check(file: &File<'_>, found: &mut Found<'_>) {
    for test in file.facts.tests.iter().filter(|test| !test.skipped) {
        for handler in &test.swallowed {
            found
                .add(
                    RuleId::Test003,
                    head(file.source, *handler),
                    format!("`{}` passes whichever error is raised here.", test.name),
                    "Name the error that is expected, and check its message.",
                )
                .with("test_name", test.name.as_str());
        }
    }
}
