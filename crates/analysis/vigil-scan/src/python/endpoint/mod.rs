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

use std::collections::{BTreeSet, HashMap};

use ruff_python_ast::{Expr, ExprCall, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::names::Names;
use super::span;
use super::words::has_word;
use crate::facts::{Endpoint, HOLE, Mount};
use crate::source::{Source, Span};

use router::Router;

/// Most guards above a route that count; every route below has them.
const MAX_GUARDS: usize = 64;

/// What is known of the routes of a file so far.
#[derive(Default)]
pub(super) struct Routes<'a> {
    routes: Vec<Route<'a>>,
    /// Routers by the source of the expression that names them: `app`, `self.router`.
    routers: HashMap<&'a str, Router<'a>>,
    url_lists: Vec<&'a Expr>,
    /// Routers of other files, with the expressions that name them here.
    foreign: BTreeSet<(&'a str, String)>,
}

/// What stands above a route.
#[derive(Default)]
struct Above<'a> {
    prefix: String,
    guards: Vec<String>,
    framework: Option<&'static str>,
    router: Option<&'a str>,
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
                    if let Some(path) = included.path {
                        self.foreign.insert((included.child, path));
                    }
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
            let Some(Above { prefix, guards: inherited, framework, router }) = self.above(route) else {
                continue;
            };
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
                    router: router.map(str::to_owned),
                });
            }
        }
        endpoints.sort_by_key(|endpoint| endpoint.span);
        endpoints.dedup();
        endpoints
    }

    /// The routers of other files that are put below those of this one.
    pub(super) fn mounts(&self) -> Vec<Mount> {
        let mut mounts = Vec::new();
        for (child, target) in &self.foreign {
            let Some(router) = self.routers.get(child) else { continue };
            for parent in &router.parents {
                let (_, mut guards, into) = self.chain(parent.owner);
                guards.extend(parent.guards.iter().cloned());
                mounts.push(Mount { target: target.clone(), guards, into: into.to_owned() });
            }
        }
        mounts.sort_by(|one, other| (&one.target, &one.into).cmp(&(&other.target, &other.into)));
        mounts.dedup();
        mounts
    }

    /// What stands above a route. Nothing when its owner is no router.
    fn above(&self, route: &Route<'a>) -> Option<Above<'a>> {
        if route.owner.is_empty() {
            return Some(Above::default());
        }
        let known = self.routers.get(route.owner).filter(|router| router.framework.is_some());
        let path_like = route.path.starts_with(['/', HOLE]);
        let plausible = router::is_plausible_name(route.owner);
        if known.is_none() && !(path_like || (plausible && route.path.is_empty())) {
            return None;
        }
        let (prefix, guards, outermost) = self.chain(route.owner);
        let framework = known.and_then(|router| router.framework);
        Some(Above { prefix, guards, framework, router: known.map(|_| outermost) })
    }

    /// The prefix and the guards of a router and of those above it, and the outermost of them.
    fn chain(&self, owner: &'a str) -> (String, Vec<String>, &'a str) {
        let mut prefix = String::new();
        let mut guards = Vec::new();
        let mut owner = owner;
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
        guards.truncate(MAX_GUARDS);
        (prefix, guards, owner)
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
