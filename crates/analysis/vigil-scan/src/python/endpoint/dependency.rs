//! What FastAPI's dependencies ask for.

use ruff_python_ast::{Expr, ExprCall, StmtFunctionDef};

use super::{body, guard};
use crate::python::names::Names;
use crate::python::words::has_word;

const MAX_STEPS: u32 = 3;

/// What `dependencies=[Depends(…), …]` ask for.
pub(super) fn of_list<'a>(value: &'a Expr, names: &Names<'a>) -> Vec<String> {
    let elements = match value {
        Expr::List(list) => list.elts.as_slice(),
        Expr::Tuple(tuple) => tuple.elts.as_slice(),
        Expr::Name(name) => match names.constant(name.id.as_str()) {
            Some(Expr::Name(_)) | None => return Vec::new(),
            Some(constant) => return of_list(constant, names),
        },
        one => std::slice::from_ref(one),
    };
    elements.iter().filter_map(|element| of_marker(element, None, names, 0)).collect()
}

/// What the parameters of a handler ask for.
pub(super) fn of_parameters<'a>(function: &'a StmtFunctionDef, names: &Names<'a>, steps: u32) -> Vec<String> {
    let mut guards = Vec::new();
    for parameter in function.parameters.iter_non_variadic_params() {
        let annotation = parameter.annotation();
        let by_default = parameter.default().and_then(|default| of_marker(default, annotation, names, steps));
        guards.extend(
            by_default.or_else(|| annotation.and_then(|annotation| of_annotation(annotation, names, steps))),
        );
    }
    guards
}

/// `Annotated[User, Depends(get_user)]`, or a name for it.
fn of_annotation<'a>(annotation: &'a Expr, names: &Names<'a>, steps: u32) -> Option<String> {
    match annotation {
        Expr::Subscript(subscript) => {
            let Expr::Tuple(parts) = subscript.slice.as_ref() else { return None };
            let kind = parts.elts.first();
            parts.iter().skip(1).find_map(|part| of_marker(part, kind, names, steps))
        }
        Expr::Name(name) => match names.constant(name.id.as_str()) {
            Some(alias @ Expr::Subscript(_)) => of_annotation(alias, names, steps + 1),
            Some(_) => None,
            // `CurrentUser` from elsewhere; `User` alone is a body.
            None => is_alias_of_guard(name.id.as_str()).then(|| name.id.to_string()),
        },
        Expr::Attribute(attribute) => {
            is_alias_of_guard(attribute.attr.as_str()).then(|| attribute.attr.to_string())
        }
        _ => None,
    }
}

fn is_alias_of_guard(name: &str) -> bool {
    let about =
        has_word(name, &["user", "admin", "superuser", "auth", "principal", "member", "identity", "account"]);
    about
        && has_word(
            name,
            &["current", "authenticated", "authorized", "dep", "depends", "required", "superuser", "active"],
        )
}

/// `Depends(x)`, `Security(x)`: the name of `x`.
fn of_marker<'a>(
    expr: &'a Expr,
    annotation: Option<&'a Expr>,
    names: &Names<'a>,
    steps: u32,
) -> Option<String> {
    let Expr::Call(call) = expr else { return None };
    let name = names.dotted(&call.func)?.last();
    if !matches!(name, "Depends" | "Security" | "Provide" | "Inject") {
        return None;
    }
    let asked = call.arguments.find_argument_value("dependency", 0).or(annotation);
    let Some(asked) = asked else { return (name == "Security").then(|| name.to_owned()) };
    let asked_name = name_of(asked);
    if name == "Security" {
        return Some(asked_name.map_or_else(|| name.to_owned(), |asked| guard::by_kind(&asked)));
    }
    let asked_name = asked_name?;
    Some(if is_guard_by_kind(asked, names, steps) { guard::by_kind(&asked_name) } else { asked_name })
}

fn name_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Call(call) => name_of(&call.func),
        Expr::Attribute(attribute) => Some(attribute.attr.to_string()),
        Expr::Name(name) => Some(name.id.to_string()),
        _ => None,
    }
}

/// What this file says about the dependency: a security scheme, or a function that refuses.
fn is_guard_by_kind<'a>(asked: &'a Expr, names: &Names<'a>, steps: u32) -> bool {
    if steps >= MAX_STEPS {
        return false;
    }
    match asked {
        Expr::Call(call) => is_scheme(call, names) || is_guard_by_kind(&call.func, names, steps + 1),
        Expr::Name(name) => {
            let name = name.id.as_str();
            if let Some(function) = names.function(name) {
                return names.remembered(function, || {
                    let asks = || of_parameters(function, names, steps + 1);
                    let guards =
                        |name: &String| guard::looks_like_guard(name) || name.starts_with("Security");
                    body::refuses(&function.body) || asks().iter().any(guards)
                });
            }
            if let Some(class) = names.class(name) {
                return class.body.iter().filter_map(|statement| statement.as_function_def_stmt()).any(
                    |method| {
                        matches!(method.name.as_str(), "__call__" | "__init__") && body::refuses(&method.body)
                    },
                );
            }
            matches!(names.constant(name), Some(Expr::Call(call)) if is_scheme(call, names) || is_guard_by_kind(&call.func, names, steps + 1))
        }
        _ => false,
    }
}

fn is_scheme<'a>(call: &'a ExprCall, names: &Names<'a>) -> bool {
    const SCHEMES: &[&str] = &[
        "HTTPBearer",
        "HTTPBasic",
        "HTTPDigest",
        "APIKeyHeader",
        "APIKeyQuery",
        "APIKeyCookie",
        "OpenIdConnect",
        "OAuth2AuthorizationCodeBearer",
    ];
    names
        .dotted(&call.func)
        .is_some_and(|callee| SCHEMES.contains(&callee.last()) || callee.last().starts_with("OAuth2"))
        && !matches!(call.func.as_ref(), Expr::Name(name) if name.id.as_str().contains("Form"))
}
