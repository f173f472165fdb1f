//! What both endpoint rules need.

use super::File;
use super::found::Draft;
use super::guard::is_guarded;
use crate::facts::{Endpoint, HOLE};
use crate::source::{Source, Span};

/// Routes that nothing guards. What a test file opens is served to nobody.
pub(super) fn unguarded<'a>(file: &File<'a>) -> impl Iterator<Item = &'a Endpoint> + use<'a> {
    let guards = &file.config.auth.guards;
    let is_test = file.is_test;
    file.facts.endpoints.iter().filter(move |endpoint| !is_test && !is_guarded(endpoint, guards))
}

/// Notes the router of a route: whoever mounts it in another file may guard it there.
pub(super) fn belongs(draft: &mut Draft, endpoint: &Endpoint) {
    if let Some(router) = &endpoint.router {
        draft.with(ROUTER, router.as_str());
    }
}

/// The metadata that names the router of a route.
pub(crate) const ROUTER: &str = "router";

/// The route changes data.
pub(super) fn changes_data(endpoint: &Endpoint) -> bool {
    matches!(endpoint.method.as_str(), "POST" | "PUT" | "DELETE" | "PATCH")
}

/// The path as people read it.
pub(super) fn shown_path(endpoint: &Endpoint) -> String {
    endpoint.path.replace(HOLE, "…")
}

/// The first line of the span: what the handler does is not the point.
pub(super) fn head(source: &Source, span: Span) -> Span {
    let text = source.slice(span);
    let first = text.find(['\n', '\r']).map_or(text, |end| text.get(..end).unwrap_or(text)).trim_end();
    Span::new(span.start, span.start + u32::try_from(first.len()).unwrap_or(0))
}

/// What to put before the handler, in the words of the framework.
pub(super) fn advice(framework: &str) -> &'static str {
    match framework {
        "fastapi" | "starlette" => {
            "Add a dependency that checks the caller, such as `Depends(get_current_user)`, to the route or its router."
        }
        "flask" | "quart" => {
            "Put a guard such as `@login_required` below the route decorator, or before the whole blueprint."
        }
        "django" => "Wrap the view in `@login_required` or `@permission_required`.",
        "drf" => "Set `permission_classes` on the view.",
        "nest" => "Put `@UseGuards(...)` on the handler or its controller.",
        "next" => "Check the session at the head of the handler, and answer 401 without one.",
        "fastify" => "Add a `preHandler` that checks the caller to the route or its plugin.",
        _ => "Put a middleware that checks the caller before the handler, or before the whole router.",
    }
}
