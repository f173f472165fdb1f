//! Applications, routers and blueprints: how they are built, included and guarded, and routes added by a call.

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;

use super::{Route, dependency, guard};
use crate::facts::HOLE;
use crate::python::names::Names;
use crate::python::span;
use crate::python::text::{follow, literal};
use crate::python::words::has_word;
use crate::source::Source;

/// An application, a router, a blueprint.
#[derive(Default)]
pub(super) struct Router<'a> {
    /// Known when the file builds it.
    pub(super) framework: Option<&'static str>,
    pub(super) prefix: String,
    pub(super) guards: Vec<String>,
    pub(super) parents: Vec<Parent<'a>>,
}

/// What a router is included into.
pub(super) struct Parent<'a> {
    pub(super) owner: &'a str,
    pub(super) prefix: String,
    pub(super) guards: Vec<String>,
}

/// A router that a call includes.
pub(super) struct Included<'a> {
    pub(super) child: &'a str,
    /// Its path, when an import brought it.
    pub(super) path: Option<String>,
    pub(super) prefix: String,
    pub(super) guards: Vec<String>,
}

impl<'a> Router<'a> {
    /// The router that a call builds.
    pub(super) fn built(call: &'a ExprCall, names: &Names<'a>) -> Option<Self> {
        let callee = names.dotted(&call.func)?;
        let (framework, prefix) = match callee.last() {
            "FastAPI" => ("fastapi", None),
            "APIRouter" => ("fastapi", Some("prefix")),
            "Starlette" | "Router" if callee.root() == "starlette" => ("starlette", None),
            "Flask" => ("flask", None),
            "Blueprint" if callee.root() == "sanic" => ("sanic", Some("url_prefix")),
            "Blueprint" if callee.root() == "quart" => ("quart", Some("url_prefix")),
            "Blueprint" | "APIBlueprint" => ("flask", Some("url_prefix")),
            "APIFlask" | "OpenAPI" => ("flask", None),
            "Api" | "Namespace" if callee.root().starts_with("flask_rest") => ("flask", Some("prefix")),
            "Quart" => ("quart", None),
            "Sanic" => ("sanic", None),
            "Bottle" => ("bottle", None),
            "Litestar" => ("litestar", None),
            "RouteTableDef" => ("aiohttp", None),
            "Application" if callee.owner() == Some("web") => ("aiohttp", None),
            "NinjaAPI" => ("ninja", None),
            "Router" if callee.root() == "ninja" => ("ninja", None),
            _ => return None,
        };
        let prefix = prefix.and_then(|keyword| call.arguments.find_keyword(keyword));
        let prefix = prefix.map(|keyword| path_text(&keyword.value, names)).unwrap_or_default();
        Some(Self {
            framework: Some(framework),
            prefix,
            guards: guards_of_keywords(call, names),
            parents: Vec::new(),
        })
    }
}

/// Names that are applications and routers wherever they come from.
pub(super) fn is_plausible_name(owner: &str) -> bool {
    let last = owner.rsplit('.').next().unwrap_or(owner);
    has_word(
        last,
        &[
            "app",
            "application",
            "api",
            "router",
            "routes",
            "bp",
            "blueprint",
            "ns",
            "namespace",
            "server",
            "web",
        ],
    )
}

/// The text of a path, with a hole where it is computed.
pub(super) fn path_text<'a>(expr: &'a Expr, names: &Names<'a>) -> String {
    follow(expr, names).map_or_else(|| HOLE.to_string(), |text| text.value)
}

/// Guards given to a constructor, a decorator or an inclusion by keyword.
pub(super) fn guards_of_keywords<'a>(call: &'a ExprCall, names: &Names<'a>) -> Vec<String> {
    let mut guards = Vec::new();
    for keyword in &call.arguments.keywords {
        let Some(name) = &keyword.arg else { continue };
        match name.as_str() {
            "dependencies" => guards.extend(dependency::of_list(&keyword.value, names)),
            // Whatever stands here is a guard by its place.
            "guards" | "permission_classes" | "authentication_classes" | "auth" | "permissions" => {
                guards.extend(
                    guard::names_of_list(&keyword.value, names).iter().map(|name| guard::by_kind(name)),
                );
            }
            "decorators" | "middleware" | "before_request" => {
                guards.extend(guard::names_of_list(&keyword.value, names));
            }
            _ => {}
        }
    }
    guards
}

/// `app.include_router(router, prefix=…)`, `app.register_blueprint(bp, url_prefix=…)`.
pub(super) fn included<'a>(
    call: &'a ExprCall,
    method: &str,
    names: &Names<'a>,
    source: &'a Source,
) -> Option<Included<'a>> {
    let keyword = match method {
        "include_router" | "add_router" => "prefix",
        "register_blueprint" | "blueprint" => "url_prefix",
        _ => return None,
    };
    let child = call
        .arguments
        .args
        .iter()
        .rfind(|argument| matches!(argument, Expr::Name(_) | Expr::Attribute(_)))?;
    let by_place =
        call.arguments.args.first().filter(|argument| method == "add_router" && literal(argument).is_some());
    let prefix = call.arguments.find_keyword(keyword).map(|keyword| &keyword.value).or(by_place);
    Some(Included {
        child: source.slice(span(child.range())),
        path: names.imported_path(child),
        prefix: prefix.map(|prefix| path_text(prefix, names)).unwrap_or_default(),
        guards: guards_of_keywords(call, names),
    })
}

/// `app.before_request(check_login)`, `app.add_middleware(AuthMiddleware)`: the guard's name.
pub(super) fn guard_call<'a>(call: &'a ExprCall, method: &str, names: &Names<'a>) -> Option<String> {
    if !matches!(method, "before_request" | "before_app_request" | "add_middleware" | "register_middleware") {
        return None;
    }
    let name = names.dotted(call.arguments.args.first()?)?.last();
    let refuses = names.function(name).is_some_and(|function| super::body::refuses(&function.body));
    Some(if refuses { guard::by_kind(name) } else { name.to_owned() })
}

/// `app.add_url_rule("/x", view_func=f)`, `app.add_api_route("/x", f)`, `app.router.add_get("/x", f)`, `web.get("/x", f)`.
pub(super) fn added<'a>(
    call: &'a ExprCall,
    method: &str,
    owner: &'a str,
    names: &Names<'a>,
) -> Vec<Route<'a>> {
    let single = match method {
        "add_get" | "add_post" | "add_put" | "add_patch" | "add_delete" => method.strip_prefix("add_"),
        "get" | "post" | "put" | "patch" | "delete"
            if names.dotted(&call.func).is_some_and(|callee| callee.ends_with(&["web", method])) =>
        {
            Some(method)
        }
        "add_url_rule" | "add_api_route" | "add_route" | "add_resource" => None,
        _ => return Vec::new(),
    };
    let mut texts =
        call.arguments.args.iter().filter(|argument| !matches!(argument, Expr::Name(_) | Expr::Attribute(_)));
    let by_name = call.arguments.find_keyword("rule").or_else(|| call.arguments.find_keyword("path"));
    let path = by_name.map(|keyword| &keyword.value).or_else(|| texts.next());
    let Some(path) = path.and_then(|path| follow(path, names)).map(|text| text.value) else {
        return Vec::new();
    };
    if !path.starts_with(['/', HOLE]) {
        return Vec::new();
    }
    let handler =
        ["view_func", "endpoint", "handler"].iter().find_map(|name| call.arguments.find_keyword(name));
    let handler = handler.map(|keyword| &keyword.value).filter(|value| literal(value).is_none());
    let handler = handler.or_else(|| {
        call.arguments
            .args
            .iter()
            .find(|argument| matches!(argument, Expr::Name(_) | Expr::Attribute(_) | Expr::Call(_)))
    });
    let methods = match single {
        Some(method) => vec![method.to_ascii_uppercase()],
        None => super::decorator::methods(call, names).unwrap_or_default(),
    };
    let route = Route {
        span: span(call.range()),
        // `web.get` describes a route of whatever application it is added to.
        owner: if method.starts_with("add_") && is_plausible_name(owner) { owner } else { "" },
        methods,
        path,
        framework: match method {
            "add_url_rule" | "add_resource" => Some("flask"),
            _ => single.map(|_| "aiohttp"),
        },
        guards: guards_of_keywords(call, names),
    };
    super::view::of_handler(route, handler, names)
}

/// `Route("/x", endpoint=f, methods=[…])` of Starlette.
pub(super) fn declared<'a>(call: &'a ExprCall, names: &Names<'a>) -> Vec<Route<'a>> {
    let Some(callee) = names.dotted(&call.func) else { return Vec::new() };
    if !(callee.root() == "starlette" && callee.last() == "Route") {
        return Vec::new();
    }
    let path = call.arguments.find_argument_value("path", 0).and_then(|path| follow(path, names));
    let Some(path) = path.map(|text| text.value) else { return Vec::new() };
    let route = Route {
        span: span(call.range()),
        owner: "",
        methods: super::decorator::methods(call, names).unwrap_or_default(),
        path,
        framework: Some("starlette"),
        guards: guards_of_keywords(call, names),
    };
    super::view::of_handler(route, call.arguments.find_argument_value("endpoint", 1), names)
}
