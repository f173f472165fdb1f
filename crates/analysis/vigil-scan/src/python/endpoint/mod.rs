//! Routes that a file opens, and what stands before their handlers.
//!
//! A router may be built, included and guarded below the routes that it holds, so routes are gathered first and completed
//! at the end.

mod body;
mod decorator;
mod dependency;
mod guard;
mod router;
mod urlconf;
mod view;

use std::collections::HashMap;

use ruff_python_ast::{Expr, ExprCall, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::names::Names;
use super::span;
use super::words::has_word;
use crate::facts::{Endpoint, HOLE};
use crate::source::{Source, Span};

use router::Router;

/// What is known of the routes of a file so far.
#[derive(Default)]
pub(super) struct Routes<'a> {
    routes: Vec<Route<'a>>,
    /// Routers by the source of the expression that names them: `app`, `self.router`.
    routers: HashMap<&'a str, Router<'a>>,
    url_lists: Vec<&'a Expr>,
}

/// A route before its router is known.
struct Route<'a> {
    span: Span,
    /// The source of the expression whose route it is; empty when it belongs to none.
    owner: &'a str,
    methods: Vec<String>,
    path: String,
    framework: Option<&'static str>,
    guards: Vec<String>,
}

impl<'a> Routes<'a> {
    /// A value is assigned: a router is built, or a list of Django's URLs.
    pub(super) fn assigned(
        &mut self,
        target: &'a Expr,
        value: &'a Expr,
        names: &Names<'a>,
        source: &'a Source,
    ) {
        if matches!(target, Expr::Name(name) if name.id.as_str() == "urlpatterns") {
            self.url_lists.push(value);
        }
        let Expr::Call(call) = value else { return };
        if matches!(target, Expr::Name(_) | Expr::Attribute(_))
            && let Some(router) = Router::built(call, names)
        {
            self.routers.insert(source.slice(span(target.range())), router);
        }
    }

    /// A function: routes by decorator, and guards that are registered by one.
    pub(super) fn function(&mut self, function: &'a StmtFunctionDef, names: &Names<'a>, source: &'a Source) {
        if function.decorator_list.is_empty() {
            return;
        }
        let mut opened = false;
        for decorator in &function.decorator_list {
            if let Some(mut route) = decorator::route(decorator, names, source) {
                opened = true;
                route.guards.extend(guard::of_function(function, names));
                self.routes.push(route);
            } else if let Some(owner) = decorator::runs_before(decorator, source) {
                let name = function.name.as_str();
                if body::refuses(&function.body) {
                    self.router(owner).guards.push(guard::by_kind(name));
                } else if guard::looks_like_guard(name)
                    && !has_word(name, &["load", "set", "attach", "inject"])
                {
                    self.router(owner).guards.push(name.to_owned());
                }
            }
        }
        if !opened {
            self.routes.extend(view::of_api_view(function, names));
        }
    }

    /// A class: routes by decorator, and views whose permissions are written on them.
    pub(super) fn class(&mut self, class: &'a StmtClassDef, names: &Names<'a>, source: &'a Source) {
        for decorator in &class.decorator_list {
            if let Some(route) = decorator::route(decorator, names, source) {
                self.routes.extend(view::of_class(class, &route, names));
            }
        }
        self.routes.extend(view::of_rest_class(class, names));
    }

    /// A call: routes and guards that are registered by one.
    pub(super) fn call(&mut self, call: &'a ExprCall, names: &Names<'a>, source: &'a Source) {
        match call.func.as_ref() {
            Expr::Attribute(method) => {
                let owner = source.slice(span(method.value.range()));
                if let Some(included) = router::included(call, method.attr.as_str(), names, source) {
                    let router = self.router(included.child);
                    router.parents.push(router::Parent {
                        owner,
                        prefix: included.prefix,
                        guards: included.guards,
                    });
                } else if let Some(name) = router::guard_call(call, method.attr.as_str(), names) {
                    self.router(owner).guards.push(name);
                } else {
                    self.routes.extend(router::added(call, method.attr.as_str(), owner, names));
                }
            }
            Expr::Name(_) => self.routes.extend(router::declared(call, names)),
            _ => {}
        }
    }

    fn router(&mut self, name: &'a str) -> &mut Router<'a> {
        self.routers.entry(name).or_default()
    }

    /// The endpoints, in the order of the file.
    pub(super) fn finish(mut self, names: &Names<'a>) -> Vec<Endpoint> {
        for list in std::mem::take(&mut self.url_lists) {
            self.routes.extend(urlconf::routes(list, names));
        }
        let mut endpoints = Vec::new();
        for route in &self.routes {
            let Some((prefix, inherited, framework)) = self.above(route) else { continue };
            let mut guards = route.guards.clone();
            guards.extend(inherited);
            guards.dedup();
            let framework = route.framework.or(framework).unwrap_or_else(|| framework_of_imports(names));
            for method in &route.methods {
                endpoints.push(Endpoint {
                    span: route.span,
                    method: method.clone(),
                    path: join(&prefix, &route.path),
                    framework,
                    guards: guards.clone(),
                });
            }
        }
        endpoints.sort_by_key(|endpoint| endpoint.span);
        endpoints.dedup();
        endpoints
    }

    /// What stands above a route: prefix, guards, framework. Nothing when its owner is no router.
    fn above(&self, route: &Route<'a>) -> Option<(String, Vec<String>, Option<&'static str>)> {
        if route.owner.is_empty() {
            return Some((String::new(), Vec::new(), None));
        }
        let known = self.routers.get(route.owner).filter(|router| router.framework.is_some());
        let path_like = route.path.starts_with(['/', HOLE]);
        let plausible = router::is_plausible_name(route.owner);
        if known.is_none() && !(path_like || (plausible && route.path.is_empty())) {
            return None;
        }
        let mut prefix = String::new();
        let mut guards = Vec::new();
        let mut owner = route.owner;
        for _ in 0..8 {
            let Some(router) = self.routers.get(owner) else { break };
            prefix = join(&router.prefix, &prefix);
            guards.extend(router.guards.iter().cloned());
            let Some(parent) = router.parents.first() else { break };
            prefix = join(&parent.prefix, &prefix);
            // A router that is included twice is guarded only when it is guarded both times.
            if router.parents.iter().all(|parent| !parent.guards.is_empty()) {
                guards.extend(parent.guards.iter().cloned());
            }
            owner = parent.owner;
        }
        Some((prefix, guards, known.and_then(|router| router.framework)))
    }
}

fn join(prefix: &str, path: &str) -> String {
    match (prefix.ends_with('/'), path.strip_prefix('/')) {
        (true, Some(rest)) => format!("{prefix}{rest}"),
        _ => format!("{prefix}{path}"),
    }
}

fn framework_of_imports(names: &Names<'_>) -> &'static str {
    const KNOWN: [(&str, &str); 8] = [
        ("fastapi", "fastapi"),
        ("flask", "flask"),
        ("starlette", "starlette"),
        ("quart", "quart"),
        ("sanic", "sanic"),
        ("aiohttp", "aiohttp"),
        ("litestar", "litestar"),
        ("bottle", "bottle"),
    ];
    KNOWN
        .iter()
        .find(|(module, _)| names.imports_any(&[module]))
        .map_or("fastapi", |(_, framework)| framework)
}
