//! # Unprotected sensitive endpoint (AUTH-001)
//!
//! ## What it does
//! Reports a route that reads something sensitive (`/users`, `/admin`, `/billing`, `/account`, `/sessions`, `/api/v1/…`)
//! when nothing that checks the caller stands before its handler: no dependency, decorator, middleware, router or
//! application guard, and no check at the head of the handler. Routes in test files are left alone, as are the places
//! where people without a login must get in.
//!
//! ## Why is this bad
//! Generated handlers do what the prompt asked for. The prompt rarely says who may call them, and a route without a guard
//! works in every demonstration.
//!
//! ## Example
//! ```python
//! @app.get("/users/{user_id}")
//! async def read_user(user_id: int):
//!     return await users.load(user_id)
//! ```
//!
//! Use instead:
//! ```python
//! @app.get("/users/{user_id}")
//! async def read_user(user_id: int, caller: User = Depends(get_current_user)):
//!     return await users.load(user_id, visible_to=caller)
//! ```
//!
//! ## Options
//! - `auth.guards`: names of the project's own guards, with `*`.
//!
//! ## References
//! - [CWE-306: Missing Authentication for Critical Function](https://cwe.mitre.org/data/definitions/306.html)
//! - [OWASP Top 10 for LLM applications, LLM06: Excessive Agency](https://genai.owasp.org/llmrisk/llm062025-excessive-agency/)

use super::File;
use super::endpoint::{advice, belongs, changes_data, head, shown_path, unguarded};
use super::found::Found;
use super::place::is_sensitive_route;
use crate::rule::RuleId;

pub(super) fn check(file: &File<'_>, found: &mut Found<'_>) {
    for endpoint in unguarded(file) {
        let reads = !changes_data(endpoint) && !matches!(endpoint.method.as_str(), "OPTIONS" | "TRACE");
        if reads && is_sensitive_route(&endpoint.path) {
            let path = shown_path(endpoint);
            let draft = found
                .add(
                    RuleId::Auth001,
                    head(file.source, endpoint.span),
                    format!("`{} {path}` is sensitive, and nothing checks who calls it.", endpoint.method),
                    advice(endpoint.framework),
                )
                .with("method", endpoint.method.as_str())
                .with("path", path)
                .with("framework", endpoint.framework);
            belongs(draft, endpoint);
        }
    }
}
