//! Tools shaped like an HTTP request: a method, an address, perhaps a body.

use super::{Tool, reach};
use crate::action::draft::Drafts;

/// Whether the arguments are a request; its effects are added then.
pub(super) fn decompose(tool: &Tool<'_>, drafts: &mut Drafts) -> bool {
    let Some(url) = tool.text(&["url", "uri", "endpoint"]) else { return false };
    let Some(method) = tool.text(&["method", "http_method", "verb"]) else { return false };
    let body = ["body", "data", "json", "payload", "form", "files"].iter().any(|name| {
        tool.arguments.get(name).is_some_and(|value| !value.is_null() && value.as_str() != Some(""))
    });
    let sends = body || !matches!(method.to_ascii_uppercase().as_str(), "GET" | "HEAD" | "OPTIONS");
    let deletes = method.eq_ignore_ascii_case("DELETE");
    let draft = reach(url, sends).from(tool.raw);
    if deletes {
        let resource = draft.resource.clone();
        drafts.add(
            crate::action::draft::Draft::new(vigil_core::Verb::Delete, resource).from(url).outward(true),
        );
    }
    drafts.add(draft);
    true
}
