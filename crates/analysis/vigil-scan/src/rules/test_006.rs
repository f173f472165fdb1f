//! # Mock mirrors implementation (TEST-006)
//!
//! ## What it does
//! Reports an assertion that what a mock answered equals the literal which the same test told it to return: the mock itself
//! is called, or what was patched, and nothing stands between. A value that passes through the code under test is left
//! alone, as are the tests of a mock library. Texts and their quotes, `true` and `True`, `null` and `None` are the same.
//!
//! ## Why is this bad
//! The test shows that the mock works. The code under test does not even run.
//!
//! ## Example
//! ```python
//! def test_price():
//!     api = Mock()
//!     api.price.return_value = 40
//!     price = api.price("pear")
//!     assert price == 40
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

use std::path::Path;

use super::File;
use super::found::Found;
use crate::facts::{Literal, Test};
use crate::rule::RuleId;

pub(super) fn check(file: &File<'_>, found: &mut Found<'_>) {
    if !file.config.tests.detect_mock_mirrors || tests_mocks(&file.source.path) {
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
    let called = asserted.origin.as_ref()?;
    let mut mocks = test.mock_values.iter().rev().filter(|mock| mock.origin.as_ref() == Some(called));
    mocks.find(|mock| mock.value == asserted.value)
}

/// The tests of a mock library: `testmock/…`, `test_mock.py`, `mock.test.ts`.
fn tests_mocks(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
    let stem = name.split('.').next().unwrap_or(name);
    let folder = path.parent().and_then(Path::file_name).and_then(|folder| folder.to_str()).unwrap_or("");
    [stem, folder]
        .iter()
        .any(|part| matches!(*part, "mock" | "testmock" | "test_mock" | "mock_test" | "testmocks"))
}
