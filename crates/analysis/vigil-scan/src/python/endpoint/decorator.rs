//! Routes and guards by decorator.

use ruff_python_ast::{Decorator, Expr, ExprCall};
use ruff_text_size::Ranged;

use super::{Route, router};
use crate::facts::HOLE;
use crate::python::names::Names;
use crate::python::span;
use crate::python::text::{follow, literal};
use crate::python::words::starts_with;
use crate::source::Source;

/// What is decorated with these is no handler: mocks, recorded replies, commands.
const NOT_ROUTERS: &[&str] = &[
    "mock",
    "mocker",
    "unittest",
    "pytest",
    "responses",
    "respx",
    "requests_mock",
    "requests",
    "httpx",
    "httpretty",
    "aioresponses",
    "vcr",
    "click",
    "typer",
    "celery",
    "patch",
    "respx_mock",
];

/// The route that a decorator opens.
pub(super) fn route<'a>(
    decorator: &'a Decorator,
    names: &Names<'a>,
    source: &'a Source,
) -> Option<Route<'a>> {
    let Expr::Call(call) = &decorator.expression else { return None };
    let (name, owner) = match call.func.as_ref() {
        Expr::Attribute(method) => (method.attr.as_str(), Some(method.value.as_ref())),
        Expr::Name(name) => (name.id.as_str(), None),
        _ => return None,
    };
    let single = match name {
        "get" | "post" | "put" | "delete" | "patch" | "head" | "options" => Some(name),
        "route" | "api_route" | "view" => None,
        _ => return None,
    };
    let framework = match owner {
        Some(owner) => {
            let root = names.dotted(owner)?;
            if NOT_ROUTERS.contains(&root.root()) || NOT_ROUTERS.contains(&root.last()) {
                return None;
            }
            (name == "route"
                && !names.imports_any(&[
                    "fastapi",
                    "starlette",
                    "sanic",
                    "quart",
                    "aiohttp",
                    "bottle",
                    "litestar",
                ]))
            .then_some("flask")
        }
        // `@get("/x")` of Litestar and Bottle.
        None => match names.dotted(&call.func)?.root() {
            "litestar" | "starlite" => Some("litestar"),
            "bottle" => Some("bottle"),
            _ => return None,
        },
    };
    let path = match path_argument(call) {
        Some(path) => follow(path, names)
            .map(|text| text.value)
            .or_else(|| matches!(path, Expr::Name(_) | Expr::Attribute(_)).then(|| HOLE.to_string()))?,
        None if owner.is_none() => "/".to_owned(),
        None => return None,
    };
    // What OpenAPI's callbacks look like: the route is opened by whoever is called back.
    if path.starts_with("{$") {
        return None;
    }
    let methods = match single {
        Some(method) => vec![method.to_ascii_uppercase()],
        None => methods(call, names)
            .unwrap_or_else(|| if name == "view" { Vec::new() } else { vec!["GET".to_owned()] }),
    };
    Some(Route {
        span: span(decorator.range()),
        owner: owner.map_or("", |owner| source.slice(span(owner.range()))),
        methods,
        path,
        framework,
        guards: router::guards_of_keywords(call, names),
    })
}

fn path_argument(call: &ExprCall) -> Option<&Expr> {
    let by_name = ["path", "rule", "uri"]
        .iter()
        .find_map(|name| call.arguments.find_keyword(name))
        .map(|keyword| &keyword.value);
    let path = call.arguments.args.first().or(by_name)?;
    match path {
        // Litestar takes several paths; the first stands for all.
        Expr::List(list) => list.elts.first(),
        _ => Some(path),
    }
}

/// The methods that a call names, in capitals; nothing when it names none.
pub(super) fn methods<'a>(call: &'a ExprCall, names: &Names<'a>) -> Option<Vec<String>> {
    let given = call.arguments.find_keyword("methods").or_else(|| call.arguments.find_keyword("method"))?;
    let value = match &given.value {
        Expr::Name(name) => names.constant(name.id.as_str())?,
        value => value,
    };
    Some(method_names(value))
}

/// The texts of a list, a tuple or a set of methods, in capitals.
pub(super) fn method_names(value: &Expr) -> Vec<String> {
    let elements = match value {
        Expr::List(list) => list.elts.as_slice(),
        Expr::Tuple(tuple) => tuple.elts.as_slice(),
        Expr::Set(set) => set.elts.as_slice(),
        one => std::slice::from_ref(one),
    };
    elements.iter().filter_map(literal).map(str::to_ascii_uppercase).collect()
}

/// The router whose handlers a decorated function runs before: `@app.before_request`, `@app.middleware("http")`.
pub(super) fn runs_before<'a>(decorator: &'a Decorator, source: &'a Source) -> Option<&'a str> {
    let expr = match &decorator.expression {
        Expr::Call(call) => call.func.as_ref(),
        other => other,
    };
    let Expr::Attribute(attribute) = expr else { return None };
    let name = attribute.attr.as_str();
    let before = matches!(
        name,
        "before_request" | "before_app_request" | "middleware" | "on_request" | "before_serving" | "hook"
    ) || starts_with(name, "before_request");
    before.then(|| source.slice(span(attribute.value.range())))
}
