//! # No status code assertion in API test (TEST-005)
//!
//! ## What it does
//! Reports a test that calls an endpoint (a test client, `requests`, `supertest`, `fetch`) and never looks at the status of
//! a reply. Methods that check it themselves (`raise_for_status`, `assertContains`, `.expect(200)`) count.
//!
//! ## Why is this bad
//! An error page has a body too. The test passes on 404 and 500 as long as the part it looks at is there.
//!
//! ## Example
//! ```python
//! def test_create(client):
//!     reply = client.post("/notes", json={"text": "x"})
//!     assert reply.json()["text"] == "x"
//! ```
//!
//! Use instead:
//! ```python
//! def test_create(client):
//!     reply = client.post("/notes", json={"text": "x"})
//!     assert reply.status_code == 201
//!     assert reply.json()["text"] == "x"
//! ```
//!
//! ## References
//! - [HTTP response status codes](https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Status)

use super::File;
use super::endpoint::head;
use super::found::Found;
use crate::rule::RuleId;

pub(super) fn check(file: &File<'_>, found: &mut Found<'_>) {
    for test in file.facts.tests.iter().filter(|test| !test.skipped && !test.checks_status) {
        if !test.http_calls.is_empty() {
            found
                .add(
                    RuleId::Test005,
                    head(file.source, test.head),
                    format!("`{}` calls an endpoint and never looks at the status of the reply.", test.name),
                    "Assert the status before the body.",
                )
                .with("test_name", test.name.as_str());
        }
    }
}
