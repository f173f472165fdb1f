//! Checks at the head of a handler.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Number, Stmt};

use crate::python::text::literal;
use crate::python::words::{contains, has_word, has_word_starting};

/// How many statements are the head.
const HEAD: usize = 8;
/// How much of the head is looked at.
const MAX_NODES: u32 = 400;

/// What the head of a handler checks, by name.
pub(super) fn check(body: &[Stmt]) -> Option<String> {
    let mut search = Search { found: None, nodes: 0, calls_count: true };
    for statement in body.iter().take(HEAD) {
        search.visit_stmt(statement);
    }
    search.found
}

/// The function turns people away: it answers 401 or 403, or sends them to the login.
pub(super) fn refuses(body: &[Stmt]) -> bool {
    let mut search = Search { found: None, nodes: 0, calls_count: false };
    for statement in body.iter().take(HEAD * 2) {
        search.visit_stmt(statement);
    }
    search.found.is_some()
}

struct Search {
    found: Option<String>,
    nodes: u32,
    /// Calls of what is named like a check count too.
    calls_count: bool,
}

impl<'a> Visitor<'a> for Search {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if self.found.is_none() && self.nodes < MAX_NODES {
            walk_stmt(self, statement);
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.nodes += 1;
        if self.found.is_some() || self.nodes > MAX_NODES {
            return;
        }
        match expr {
            Expr::Attribute(attribute)
                if matches!(
                    attribute.attr.as_str(),
                    "is_authenticated" | "is_staff" | "is_superuser" | "is_admin"
                ) =>
            {
                self.found = Some(attribute.attr.to_string());
            }
            Expr::Attribute(attribute)
                if matches!(attribute.attr.as_str(), "HTTP_401_UNAUTHORIZED" | "HTTP_403_FORBIDDEN") =>
            {
                self.found = Some(attribute.attr.to_string());
            }
            Expr::Call(call) => {
                let name = match call.func.as_ref() {
                    Expr::Name(name) => name.id.as_str(),
                    Expr::Attribute(attribute) => attribute.attr.as_str(),
                    _ => "",
                };
                let arguments = call
                    .arguments
                    .args
                    .iter()
                    .chain(call.arguments.keywords.iter().map(|keyword| &keyword.value));
                let refusal = (self.calls_count && is_check(name))
                    || matches!(
                        name,
                        "HttpResponseForbidden"
                            | "PermissionDenied"
                            | "HTTPUnauthorized"
                            | "HTTPForbidden"
                            | "NotAuthorizedException"
                    )
                    || contains(name, "unauthorized")
                    || contains(name, "forbidden")
                    || (answers(name) && call.arguments.len() < 8 && arguments.clone().any(is_refusal))
                    || (has_word(name, &["redirect"]) && arguments.clone().any(is_login));
                if refusal {
                    self.found = Some(name.to_owned());
                    return;
                }
                walk_expr(self, expr);
            }
            // `return {"error": "…"}, 401`
            Expr::Tuple(tuple) if tuple.elts.len() < 4 && tuple.elts.iter().skip(1).any(is_refusal) => {
                self.found = Some("401".to_owned());
            }
            Expr::Name(name)
                if matches!(name.id.as_str(), "PermissionDenied" | "Unauthorized" | "Forbidden") =>
            {
                self.found = Some(name.id.to_string());
            }
            _ => walk_expr(self, expr),
        }
    }
}

fn answers(name: &str) -> bool {
    has_word(name, &["abort", "exception", "error", "response", "reply", "fail", "raise", "json", "status"])
}

fn is_refusal(expr: &Expr) -> bool {
    match expr {
        Expr::NumberLiteral(number) => {
            matches!(&number.value, Number::Int(int) if matches!(int.as_i64(), Some(401 | 403)))
        }
        Expr::Attribute(attribute) => {
            contains(attribute.attr.as_str(), "unauthorized")
                || contains(attribute.attr.as_str(), "forbidden")
        }
        _ => false,
    }
}

fn is_login(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => call.arguments.args.iter().any(is_login),
        _ => literal(expr).is_some_and(|target| has_word(target, &["login", "signin"])),
    }
}

/// A call that checks who is there: `verify_token(…)`, `require_admin()`, `get_jwt_identity()`, `check_object_permissions(…)`.
fn is_check(name: &str) -> bool {
    if matches!(
        name,
        "get_jwt_identity"
            | "verify_jwt_in_request"
            | "get_current_user"
            | "authenticate"
            | "authorize"
            | "login_required"
    ) {
        return name != "authenticate";
    }
    has_word_starting(
        name,
        &["verify", "require", "check", "ensure", "validate", "authoriz", "assert", "enforce"],
    ) && has_word(
        name,
        &[
            "token",
            "jwt",
            "auth",
            "permission",
            "permissions",
            "role",
            "roles",
            "admin",
            "user",
            "login",
            "access",
            "scope",
            "key",
            "signature",
            "session",
            "owner",
            "authenticated",
            "authorized",
            "object",
        ],
    ) && !has_word(name, &["password", "exists", "email"])
}
