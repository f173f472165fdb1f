//! # CORS allow all origins (AUTH-005)
//!
//! ## What it does
//! Reports a CORS setting that lets every origin call: `*` in a list of origins, a middleware whose default is everybody,
//! a hand-written `Access-Control-Allow-Origin: *`. Files whose path names them as code for development, tests or examples
//! are left alone.
//!
//! ## Why is this bad
//! Any page that a user has open can call the service from the user's browser and, with credentials allowed, as the user.
//!
//! ## Example
//! ```python
//! app.add_middleware(CORSMiddleware, allow_origins=["*"])
//! ```
//!
//! Use instead:
//! ```python
//! app.add_middleware(CORSMiddleware, allow_origins=["https://app.example.com"])
//! ```
//!
//! ## Options
//! - `auth.cors_allow_localhost`: `false` reports development files too.
//!
//! ## References
//! - [CWE-942: Permissive Cross-domain Policy with Untrusted Domains](https://cwe.mitre.org/data/definitions/942.html)
//! - [Cross-Origin Resource Sharing](https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS)

use super::File;
use super::found::Found;
use super::place::is_development;
use crate::rule::RuleId;

pub(super) fn check(file: &File<'_>, found: &mut Found<'_>) {
    if file.config.auth.cors_allow_localhost && (file.is_test || is_development(&file.source.path)) {
        return;
    }
    for cors in &file.facts.cors {
        let line = file.source.line_of(cors.span.start);
        if !found.reported(line, &[RuleId::Auth005]) {
            found
                .add(
                    RuleId::Auth005,
                    cors.span,
                    "Every web page may call this service from its visitors' browsers.",
                    "Name the origins that may call, and read them from the configuration where they differ.",
                )
                .with("framework", cors.framework);
        }
    }
}
