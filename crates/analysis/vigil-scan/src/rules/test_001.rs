//! # Test without assertions (TEST-001)
//!
//! ## What it does
//! Reports a test that makes fewer assertions than `tests.min_assertions_per_test`. Assertions are `assert` statements,
//! methods of test classes, `expect(...)`, `raises` blocks, checks of mocks, and calls of helpers that assert: those of the
//! project's test files are read, others are known by their names (`assert_*`, `check_*`, `expect*`, `verify*`). Skipped tests,
//! fixtures and tests without a body are left alone, as are tests that say in their name or in a comment that nothing shall
//! go wrong: `test_close_twice_does_not_raise`, `# must not raise`, "should not throw".
//!
//! ## Why is this bad
//! The test runs the code, counts as coverage, and passes whatever the code does.
//!
//! ## Example
//! ```python
//! def test_total():
//!     total([1, 2])
//! ```
//!
//! Use instead:
//! ```python
//! def test_total():
//!     assert total([1, 2]) == 3
//! ```
//!
//! ## Options
//! - `tests.min_assertions_per_test`: 1 unless said otherwise.
//! - `tests.assertion_functions`: names of functions that assert, with `*`.
//!
//! ## References
//! - [Test smells: unknown test](https://testsmells.org/pages/testsmells.html)

use super::File;
use super::endpoint::head;
use super::found::Found;
use crate::rule::RuleId;

pub(super) fn check(file: &File<'_>, found: &mut Found<'_>) {
    let least = file.config.tests.min_assertions_per_test;
    for test in file.facts.tests.iter().filter(|test| !test.skipped) {
        let count = test.assertions.len();
        if count >= least as usize || test.wants_no_error {
            continue;
        }
        let message = match count {
            0 => format!("`{}` asserts nothing, so it passes whatever the code does.", test.name),
            1 => format!("`{}` makes one assertion; {least} are asked for.", test.name),
            _ => format!("`{}` makes {count} assertions; {least} are asked for.", test.name),
        };
        found
            .add(
                RuleId::Test001,
                head(file.source, test.head),
                message,
                "Assert what the code under test returns or changes.",
            )
            .with("test_name", test.name.as_str())
            .with("assertion_count", count)
            .with("min_required", least);
    }
}
