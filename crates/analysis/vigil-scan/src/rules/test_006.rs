//! # Mock mirrors implementation (TEST-006)
//!
//! ## What it does
//! Reports an assertion that a value equals a literal which a mock of the same test was told to return. Texts and their
//! quotes, `true` and `True`, `null` and `None` are the same.
//!
//! ## Why is this bad
//! The test shows that the mock works. The code under test may return its argument unchanged and still pass.
//!
//! ## Example
//! ```python
//! def test_price():
//!     api = Mock()
//!     api.price.return_value = 40
//!     assert total(api) == 40
//! ```
//!
//! Use instead:
//! ```python
//! def test_price_includes_tax():
//!     api = Mock()
//!     api.price.return_value = 40
//!     assert total(api) == 47.6
//! ```
//!
//! ## Options
//! - `tests.detect_mock_mirrors`: `false` switches the rule off.
//!
//! ## References
//! - [Mocks aren't stubs](https://martinfowler.com/articles/mocksArentStubs.html)

use super::File;
use super::found::Found;
use crate::facts::{Literal, Test};
use crate::rule::RuleId;

pub(super) fn check(file: &File<'_>, found: &mut Found<'_>) {
    if !file.config.tests.detect_mock_mirrors {
        return;
    }
    for test in file.facts.tests.iter().filter(|test| !test.skipped) {
        for asserted in &test.asserted_values {
            let Some(mock) = mirrored(test, asserted) else { continue };
            let (mock_line, assert_line) =
                (file.source.line_of(mock.span.start), file.source.line_of(asserted.span.start));
            found
                .add(
                    RuleId::Test006,
                    asserted.span,
                    format!("`{}` asserts the value that its mock returns in line {mock_line}.", test.name),
                    "Assert what the code makes of the value, or test it without the mock.",
                )
                .with("test_name", test.name.as_str())
                .with("mock_line", mock_line)
                .with("assert_line", assert_line)
                .with("value", asserted.value.as_str());
        }
    }
}

/// The last mock of the test that returns the value.
fn mirrored<'a>(test: &'a Test, asserted: &Literal) -> Option<&'a Literal> {
    test.mock_values.iter().rev().find(|mock| mock.value == asserted.value)
}
