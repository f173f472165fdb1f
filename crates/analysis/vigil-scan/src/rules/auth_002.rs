//! # Destructive endpoint without authorization (AUTH-002)
//!
//! ## What it does
//! Reports a route for `POST`, `PUT`, `PATCH` or `DELETE` when nothing that checks the caller stands before its handler.
//! `POST /login` is reported too: whoever opens it to everybody says so with a suppression. Routes in test files are left
//! alone.
//!
//! ## Why is this bad
//! Anybody who finds the address can change or delete data. Scanners of the open internet find such addresses in hours.
//!
//! ## Example
//! ```javascript
//! router.delete('/playlists/:id', async (req, res) => {
//!   await playlists.destroy(req.params.id);
//!   res.sendStatus(204);
//! });
//! ```
//!
//! Use instead:
//! ```javascript
//! router.delete('/playlists/:id', requireAuth, async (req, res) => {
//!   await playlists.destroy(req.params.id, { owner: req.user.id });
//!   res.sendStatus(204);
//! });
//! ```
//!
//! ## Options
//! - `auth.require_auth_on_mutating`: `false` switches the rule off.
//! - `auth.guards`: names of the project's own guards, with `*`.
//!
//! ## References
//! - [CWE-862: Missing Authorization](https://cwe.mitre.org/data/definitions/862.html)

use super::File;
use super::endpoint::{advice, belongs, changes_data, head, shown_path, unguarded};
use super::found::Found;
use crate::rule::RuleId;

pub(super) fn check(file: &File<'_>, found: &mut Found<'_>) {
    if !file.config.auth.require_auth_on_mutating {
        return;
    }
    for endpoint in unguarded(file).filter(|endpoint| changes_data(endpoint)) {
        let path = shown_path(endpoint);
        let draft = found
            .add(
                RuleId::Auth002,
                head(file.source, endpoint.span),
                format!("`{} {path}` changes data, and nothing checks who calls it.", endpoint.method),
                advice(endpoint.framework),
            )
            .with("method", endpoint.method.as_str())
            .with("path", path)
            .with("framework", endpoint.framework);
        belongs(draft, endpoint);
    }
}
