//! Which names are guards.

use ruff_python_ast::{Expr, StmtFunctionDef};

use super::{body, dependency};
use crate::python::names::Names;
use crate::python::words::{contains, has_word, has_word_starting};

/// Words of decorators, middlewares and functions that let only some people pass.
const GUARD: &[&str] = &[
    "auth",
    "authed",
    "login",
    "logged",
    "jwt",
    "token",
    "tokens",
    "permission",
    "permissions",
    "permitted",
    "perm",
    "perms",
    "role",
    "roles",
    "admin",
    "admins",
    "superuser",
    "staff",
    "secured",
    "secure",
    "protected",
    "protect",
    "guard",
    "guarded",
    "acl",
    "rbac",
    "scope",
    "scopes",
    "oauth",
    "bearer",
    "apikey",
    "signed",
    "signature",
    "owner",
    "restricted",
    "privileged",
    "identity",
    "member",
    "members",
    "can",
    "policy",
    "verified",
    "users",
    "passes",
    "session",
    "credentials",
];
/// Words that undo it: what is named so lets everybody pass, or is something else.
const NO_GUARD: &[&str] = &[
    "csrf",
    "exempt",
    "public",
    "anonymous",
    "anon",
    "optional",
    "unauthenticated",
    "guest",
    "cache",
    "cached",
    "limit",
    "limiter",
    "throttle",
    "log",
    "logger",
    "logging",
];

/// The name is one of a guard.
pub(super) fn looks_like_guard(name: &str) -> bool {
    if has_word(name, NO_GUARD) {
        return false;
    }
    has_word(name, GUARD)
        || has_word_starting(name, &["auth", "oauth"]) && !has_word(name, &["author", "authors"])
        || contains(name, "api_key")
        || contains(name, "apikey")
        || (has_word(name, &["user", "account", "member"])
            && has_word(
                name,
                &["current", "require", "required", "requires", "check", "ensure", "verify", "needs"],
            ))
}

/// What is a guard by its kind, whatever its name says, is written as what FastAPI would ask for it with.
pub(super) fn by_kind(name: &str) -> String {
    const PLAIN: &[&str] = &["login", "jwt", "permission", "permissions", "role", "roles", "admin", "guard"];
    let plain = has_word(name, PLAIN) || has_word_starting(name, &["auth", "isauth"]);
    if plain { name.to_owned() } else { format!("Security({name})") }
}

/// Guards of a function that handles requests: its decorators, its dependencies, and what it checks first.
pub(super) fn of_function<'a>(function: &'a StmtFunctionDef, names: &Names<'a>) -> Vec<String> {
    let mut guards =
        of_decorators(function.decorator_list.iter().map(|decorator| &decorator.expression), names);
    guards.extend(dependency::of_parameters(function, names, 0));
    guards.extend(body::check(&function.body).map(|name| by_kind(&name)));
    guards
}

/// The names of decorators; a decorator of this file that refuses is a guard by its kind.
pub(super) fn of_decorators<'a>(
    decorators: impl Iterator<Item = &'a Expr>,
    names: &Names<'a>,
) -> Vec<String> {
    let mut guards = Vec::new();
    for decorator in decorators {
        let (expr, call) = match decorator {
            Expr::Call(call) => (call.func.as_ref(), Some(call)),
            other => (other, None),
        };
        let Some(name) = names.dotted(expr) else { continue };
        match (name.last(), call) {
            ("permission_classes" | "authentication_classes", Some(call)) => {
                guards.extend(
                    call.arguments
                        .args
                        .iter()
                        .flat_map(|list| names_of_list(list, names))
                        .map(|name| by_kind(&name)),
                );
            }
            ("method_decorator" | "decorators", Some(call)) => {
                guards.extend(call.arguments.args.iter().take(1).flat_map(|list| names_of_list(list, names)));
            }
            // The decorator of the route itself.
            (
                "route" | "get" | "post" | "put" | "patch" | "delete" | "head" | "options" | "api_route"
                | "view" | "api_view",
                _,
            ) => {}
            // `@auth.required`: the owner says what for.
            (last @ ("required" | "require" | "requires" | "authorize"), _) => {
                guards.push(name.owner().map_or_else(|| last.to_owned(), |owner| format!("{owner}.{last}")));
            }
            (last, _) => {
                let refuses = !name.imported
                    && names.function(last).is_some_and(|function| body::refuses(&function.body));
                guards.push(if refuses { by_kind(last) } else { last.to_owned() });
            }
        }
    }
    guards
}

/// The names in a list of guards; those that let everybody pass are left out.
pub(super) fn names_of_list<'a>(value: &'a Expr, names: &Names<'a>) -> Vec<String> {
    let elements = match value {
        Expr::List(list) => list.elts.as_slice(),
        Expr::Tuple(tuple) => tuple.elts.as_slice(),
        Expr::Set(set) => set.elts.as_slice(),
        Expr::NoneLiteral(_) | Expr::BooleanLiteral(_) => return Vec::new(),
        one => std::slice::from_ref(one),
    };
    let mut found = Vec::new();
    for element in elements {
        let name = match element {
            Expr::Call(call) => names.dotted(&call.func),
            // `IsOwner | IsAdmin`
            Expr::BinOp(binary) => names.dotted(&binary.right),
            other => names.dotted(other),
        };
        if let Some(name) = name.map(|name| name.last())
            && !matches!(name, "AllowAny" | "AllowAnonymous" | "Anonymous")
        {
            found.push(name.to_owned());
        }
    }
    found
}
